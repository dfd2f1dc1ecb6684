"""From the bytes of a request to entries on the stream."""

import asyncio
from collections.abc import Sequence

from llmlab_shared.clock import from_us, now_us
from llmlab_shared.domain.events import MAX_AHEAD
from llmlab_shared.ids import uuid7
from llmlab_shared.queue.entry import Entry
from llmlab_shared.queue.writer import BacklogFull, QueueUnavailable, StreamWriter

from llmlab_api.auth import Principal
from llmlab_api.errors import Problem
from llmlab_api.ingest.body import Body
from llmlab_api.ingest.judge import judge
from llmlab_api.ingest.verdicts import Verdict
from llmlab_api.room import FREE_BYTES, Place

# Stored for events that a signed-in person sends without a key.
NO_KEY = 0


async def take(
    writer: StreamWriter, principal: Principal, body: Body, place: Place
) -> tuple[int, Sequence[Verdict]]:
    """Queue the good events of a body; return how many they are and the verdicts on the others.

    A large body waits for its turn, until others that are judged are queued: their pieces are as large as
    they are. Raises `Problem`: 400, 413 or 422 for the body, 422 when none of its events is good, 503.
    """
    at_us = now_us()
    latest = from_us(at_us) + MAX_AHEAD
    if len(body) > FREE_BYTES:
        await place.begin_judging()
        # It would hold up the event loop for longer than a request.
        judged = await asyncio.to_thread(judge, body, latest)
    else:
        judged = judge(body, latest)
    if not judged.accepted:
        raise _none_accepted(judged.rejected)
    entries = [
        Entry(
            id=uuid7(at_us),
            workspace_id=principal.workspace_id,
            api_key_id=NO_KEY if principal.api_key_id is None else principal.api_key_id,
            at_us=at_us,
            events=events,
            body=piece,
            defaults=principal.defaults,
        )
        for piece, events in judged.pieces
    ]
    try:
        await writer.append(entries)
    except (QueueUnavailable, BacklogFull) as error:
        raise Problem(
            503, error.code, error.detail, headers={"Retry-After": str(error.retry_after)}
        ) from None
    return judged.accepted, judged.rejected


def _none_accepted(rejected: Sequence[Verdict]) -> Problem:
    first = rejected[0]
    detail = (
        first.message if len(rejected) == 1 else f"none of the {len(rejected)} events; first: {first.message}"
    )
    return Problem(
        422,
        first.code if len({verdict.code for verdict in rejected}) == 1 else "no_event_accepted",
        detail,
        errors=[{"index": v.index, "id": v.id, "code": v.code, "message": v.message} for v in rejected],
    )
