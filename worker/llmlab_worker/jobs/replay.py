"""Dead letters given another chance, by the same way that all events go.

A replayed letter becomes an entry of its own whose id follows from the letter's key, so that a replay
that is itself repeated, or that died between its two transactions, stores nothing twice.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from llmlab_shared.clock import to_us
from llmlab_shared.db.dead_letters import EVERY_WAITING, Selection, read_now
from llmlab_shared.db.partitions import Partitions
from llmlab_shared.domain.dead_letters import WHOLE_ENTRY, read_letter_id
from llmlab_shared.ids import derive_event_id
from llmlab_shared.queue.entry import Entry

from llmlab_worker.jobs.context import runtime_of
from llmlab_worker.pipeline.process import process_entries
from llmlab_worker.pipeline.reference import Reference

_AT_ONCE = 100
# Beyond every place in an entry, so that no event's derived id is met.
_REPLAY = 1 << 24

_DONE = """
UPDATE dead_letters SET replayed_at = now()
FROM unnest($1::uuid[], $2::int[]) AS done(entry, index)
WHERE dead_letters.entry = done.entry AND dead_letters.index = done.index
"""


async def replay_dead_letters(
    ctx: dict[str, Any],
    workspace_id: int | None = None,
    code: str | None = None,
    ids: Sequence[str] | None = None,
) -> dict[str, int]:
    """Replay the dead letters of a workspace, a code or these ids, or all; return how many went where.

    A letter that is refused again leaves a new letter under the replay's own key.
    """
    keys = None if ids is None else [read_letter_id(each) for each in ids]
    return await replay(runtime_of(ctx).pool, Selection(workspace_id, code, keys))


async def replay(
    pool: asyncpg.Pool, chosen: Selection = EVERY_WAITING, told: Callable[[int], None] = lambda _: None
) -> dict[str, int]:
    """Do what `replay_dead_letters` says, with a pool; `told` hears how many letters are done."""
    counts = {"letters": 0, "stored": 0, "duplicates": 0, "dead": 0}
    reference, partitions = Reference(), Partitions()
    after: tuple[UUID, int] = (UUID(int=0), WHOLE_ENTRY)
    # What this very run leaves behind is not tried again by it.
    async with pool.acquire() as connection:
        started = await read_now(connection)
    while letters := await _next(pool, chosen, started, *after):
        after = (letters[-1]["entry"], letters[-1]["index"])
        outcome = await process_entries(pool, partitions, reference, map(_as_entry, letters))
        async with pool.acquire() as connection, connection.transaction():
            keys = [row["entry"] for row in letters], [row["index"] for row in letters]
            await connection.execute(_DONE, *keys)
        counts["letters"] += len(letters)
        for name in ("stored", "duplicates", "dead"):
            counts[name] += getattr(outcome, name)
        told(counts["letters"])
    return counts


async def _next(
    pool: asyncpg.Pool, chosen: Selection, until: datetime, entry: UUID, index: int
) -> list[asyncpg.Record]:
    # An entry that names no workspace cannot be written for anybody.
    statement = (
        "SELECT entry, index, workspace_id, api_key_id, received_at, body, defaults FROM dead_letters "
        f"WHERE {chosen.where} AND workspace_id > 0 AND (entry, index) > ($6, $7) "
        "ORDER BY entry, index LIMIT $8"
    )
    async with pool.acquire() as connection, connection.transaction():
        return list(await connection.fetch(statement, *chosen.parameters(until), entry, index, _AT_ONCE))


def _replay_id(letter: asyncpg.Record) -> UUID:
    at_us = to_us(letter["received_at"])
    return derive_event_id(letter["entry"], _REPLAY + 1 + letter["index"], at_us)


def _as_entry(letter: asyncpg.Record) -> Entry:
    whole = letter["index"] == WHOLE_ENTRY
    body = letter["body"] if whole else b'{"events":[' + letter["body"] + b"]}"
    return Entry(
        id=_replay_id(letter),
        workspace_id=letter["workspace_id"],
        api_key_id=letter["api_key_id"],
        at_us=to_us(letter["received_at"]),
        events=_count(body) if whole else 1,
        body=body,
        defaults=letter["defaults"],
    )


def _count(body: bytes) -> int:
    try:
        return len(msgspec.json.decode(body)["events"])
    except (msgspec.MsgspecError, KeyError, TypeError):
        return 0
