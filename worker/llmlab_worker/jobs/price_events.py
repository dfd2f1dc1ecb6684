"""`price_events`: the way of the stream, for events that come another way (replay, imports, files)."""

from typing import Any
from uuid import UUID

from arq import Retry
from llmlab_shared.db.partitions import Partitions
from llmlab_shared.queue.entry import Entry

from llmlab_worker.jobs.context import runtime_of
from llmlab_worker.pipeline.faults import is_outage
from llmlab_worker.pipeline.process import process_entries
from llmlab_worker.pipeline.reference import Reference

_RETRY_AFTER = 5


async def price_events(
    ctx: dict[str, Any],
    *,
    entry: str,
    workspace_id: int,
    api_key_id: int,
    at_us: int,
    events: int,
    body: str,
    defaults: str = "",
) -> dict[str, int]:
    """Price and store the events of one entry, given by its fields; `entry` is its id, `body` its JSON.

    The same entry again is recognised and changes nothing. While the database is away the job is tried
    again. Returns the counts of the outcome.
    """
    whole = Entry(
        id=UUID(entry),
        workspace_id=workspace_id,
        api_key_id=api_key_id,
        at_us=at_us,
        events=events,
        body=body.encode(),
        defaults=defaults.encode(),
    )
    runtime = runtime_of(ctx)
    try:
        async with runtime.pricing:
            outcome = await process_entries(runtime.pool, Partitions(), Reference(), [whole])
    except Exception as error:
        if is_outage(error):
            raise Retry(defer=_RETRY_AFTER) from error
        raise
    await runtime.live.publish(outcome.items)
    return {"stored": outcome.stored, "duplicates": outcome.duplicates, "dead": outcome.dead}
