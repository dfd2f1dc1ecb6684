"""The spend transaction: what was read of one batch becomes true in PostgreSQL, all of it or nothing.

Every writer takes its locks in one order: the epoch's, the inbox, event ids, events, tier 1 and its day
fold, tier 2, budgets; and rows sorted inside each. So two writers never wait for each other in a ring.
Events go in by COPY in the hope that none is there yet; one that is there already is taken out, and the
sums count what was stored and nothing else.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from uuid import UUID

import asyncpg
from llmlab_shared.clock import from_us
from llmlab_shared.db.budget_spend import add_spend
from llmlab_shared.db.epochs import enter_spend

from llmlab_worker.pipeline.compose import Batch
from llmlab_worker.pipeline.rows import COLUMNS, KEY_BYTES, id_time_in_row
from llmlab_worker.pipeline.stage import copy_rows, fill_stage, stage_name
from llmlab_worker.pipeline.sums import Item

# A duplicate costs its piece a second try, so pieces are small; each costs two round trips.
PIECE = 2000
# So many duplicates of a piece are taken out one by one, each by half a COPY more.
_NAMED_DUPLICATES = 2
# What the server says of a key that is there: its names, then (workspace, time, id), the id in hex.
_NAMED = re.compile(r"=\((\d+), [^,]+, ([0-9a-f-]{36})\)")

# A worker that stops inside its transaction must not hold the others longer than this.
_LIMITS = "SET LOCAL idle_in_transaction_session_timeout = '5s'; SET LOCAL lock_timeout = '10s'"

_INBOX = """
INSERT INTO inbox (entry, events, stored) SELECT * FROM unnest($1::uuid[], $2::int[], $3::int[])
ON CONFLICT DO NOTHING RETURNING entry
"""
_STORED_LESS = """
UPDATE inbox SET stored = less.stored FROM unnest($1::uuid[], $2::int[]) AS less(entry, stored)
WHERE inbox.entry = less.entry
"""
_EVENT_IDS = """
INSERT INTO event_ids (workspace_id, id, id_time)
SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::timestamptz[])
ON CONFLICT DO NOTHING RETURNING workspace_id, id
"""
_STAGE = stage_name("cost_events", COLUMNS)
_NAMES = ", ".join(f'"{name}"' for name in COLUMNS)
_FROM_STAGE = f"""
INSERT INTO cost_events ({_NAMES}) SELECT {_NAMES} FROM {_STAGE} ORDER BY workspace_id, id_time, id
ON CONFLICT DO NOTHING RETURNING workspace_id, id
"""
_DEAD_LETTERS = """
INSERT INTO dead_letters (entry, index, workspace_id, api_key_id, received_at, body, defaults, code, reason)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::bigint[], $4::bigint[], $5::timestamptz[], $6::bytea[],
                     $7::bytea[], $8::text[], $9::text[])
ON CONFLICT DO NOTHING
"""

_Identity = tuple[int, bytes]


class EpochMoved(Exception):
    """Prices or budgets changed since the batch was computed: compute it anew."""


class Redelivered(Exception):
    """Some entries were written before: write the batch without them."""

    def __init__(self, entries: frozenset[UUID]) -> None:
        super().__init__(f"{len(entries)} entries were written before")
        self.entries = entries


@dataclass(frozen=True, slots=True)
class Written:
    """What a committed batch amounts to, in events; `crossings` in thresholds. `stored` are the new ones."""

    stored: Sequence[Item]
    duplicates: int
    dead: int
    crossings: int


async def write(connection: asyncpg.Connection, batch: Batch) -> Written:
    """Write a batch in one transaction and return when it is committed.

    Raises `EpochMoved`, `Redelivered`, and whatever the database raises; then nothing was written,
    unless the connection was lost while committing: the inbox knows.
    """
    dropped: list[Item] = []
    async with connection.transaction(isolation="read_committed"):
        await connection.execute(_LIMITS)
        if await enter_spend(connection) != batch.prepared.epochs:
            raise EpochMoved
        await _take_in(connection, batch)
        kept = await _claim_ids(connection, batch.items, dropped)
        await store_events(connection, kept, dropped)
        await _write_dead_letters(connection, batch)
        rollups, spend = batch.rollups, batch.spend
        if dropped:
            await _correct_inbox(connection, batch, dropped)
            gone, gone_spend = await batch.sum_up(dropped)
            rollups = rollups.less(gone)
            spend = spend.less(gone_spend)
        await rollups.write(connection)
        crossings = await add_spend(connection, *spend)
    return Written(_without(batch.items, dropped), len(dropped), len(batch.poison), crossings)


async def _take_in(connection: asyncpg.Connection, batch: Batch) -> None:
    stored = [0] * len(batch.entries)
    for item in batch.items:
        stored[item.entry] += 1
    rows = sorted((entry.id, entry.events, count) for entry, count in zip(batch.entries, stored, strict=True))
    new = {row["entry"] for row in await connection.fetch(_INBOX, *map(list, zip(*rows, strict=True)))}
    if len(new) < len(rows):
        raise Redelivered(frozenset(entry.id for entry in batch.entries) - new)


async def _correct_inbox(connection: asyncpg.Connection, batch: Batch, dropped: Sequence[Item]) -> None:
    gone = {item.entry for item in dropped}
    stored = dict.fromkeys(gone, 0)
    for item in batch.items:
        if item.entry in gone:
            stored[item.entry] += 1
    for item in dropped:
        stored[item.entry] -= 1
    rows = sorted((batch.entries[entry].id, count) for entry, count in stored.items())
    await connection.execute(_STORED_LESS, *map(list, zip(*rows, strict=True)))


async def _claim_ids(
    connection: asyncpg.Connection, items: Sequence[Item], dropped: list[Item]
) -> Sequence[Item]:
    """Claim the ids that hold no time; return what is left, and add what was claimed before to `dropped`."""
    timeless = [item for item in items if item.timeless]
    if not timeless:
        return items
    first = _first_of_each(timeless)
    rows = sorted(first.items(), key=itemgetter(0))
    claimed = await connection.fetch(
        _EVENT_IDS,
        [workspace_id for (workspace_id, _), _ in rows],
        [UUID(bytes=raw) for (_, raw), _ in rows],
        [id_time_in_row(item.row) for _, item in rows],
    )
    new = _winners(first, claimed)
    gone = {id(item) for item in timeless if id(item) not in new}
    dropped += [item for item in timeless if id(item) in gone]
    return [item for item in items if id(item) not in gone]


async def store_events(connection: asyncpg.Connection, items: Sequence[Item], dropped: list[Item]) -> None:
    """Store events piece by piece; add those that were there before to `dropped`.

    A duplicate ends its piece's COPY and is named by the error: the rows before it and those after it
    go in without it. A piece with more of them than that pays for goes by way of a stage.
    """
    await connection.execute("SAVEPOINT piece")
    pieces = [(items[start : start + PIECE], _NAMED_DUPLICATES) for start in range(0, len(items), PIECE)]
    pieces.reverse()
    while pieces:
        piece, chances = pieces.pop()
        try:
            await copy_rows(connection, "cost_events", COLUMNS, (item.row for item in piece))
        except asyncpg.UniqueViolationError as error:
            await connection.execute("ROLLBACK TO SAVEPOINT piece")
            at = _place_of_duplicate(error, piece) if chances else None
            if at is None:
                await _store_by_stage(connection, piece, dropped)
            else:
                dropped.append(piece[at])
                parts = (piece[at + 1 :], piece[:at])
                pieces += [(part, chances - 1) for part in parts if part]
        await connection.execute("RELEASE SAVEPOINT piece; SAVEPOINT piece")
    await connection.execute("RELEASE SAVEPOINT piece")


def _place_of_duplicate(error: asyncpg.UniqueViolationError, items: Sequence[Item]) -> int | None:
    """Return which item a COPY was refused for, or None when the error does not say or two have its id."""
    named = _NAMED.search(getattr(error, "detail", None) or "")
    if named is None:
        return None
    identity = int(named[1]), bytes.fromhex(named[2].replace("-", ""))
    places = [place for place, item in enumerate(items) if identity_of(item) == identity]
    return places[0] if len(places) == 1 else None


async def _store_by_stage(connection: asyncpg.Connection, items: Sequence[Item], dropped: list[Item]) -> None:
    first = _first_of_each(items)
    await fill_stage(connection, "cost_events", COLUMNS, (item.row for item in first.values()))
    new = _winners(first, await connection.fetch(_FROM_STAGE))
    dropped += [item for item in items if id(item) not in new]


def _winners(first: Mapping[_Identity, Item], returned: Iterable[asyncpg.Record]) -> set[int]:
    """Return which items (by `id`) the database took, of those that were offered for each identity."""
    return {id(first[row["workspace_id"], row["id"].bytes]) for row in returned}


async def _write_dead_letters(connection: asyncpg.Connection, batch: Batch) -> None:
    rows = sorted(
        (
            entry.id,
            poison.place,
            entry.workspace_id,
            entry.api_key_id,
            from_us(entry.at_us),
            poison.body,
            entry.defaults,
            poison.code,
            poison.reason.replace("\0", "")[:1000],
        )
        for number, poison in batch.poison
        for entry in [batch.entries[number]]
    )
    if rows:
        await connection.execute(_DEAD_LETTERS, *map(list, zip(*rows, strict=True)))


def _without(items: Sequence[Item], dropped: Sequence[Item]) -> Sequence[Item]:
    if not dropped:
        return items
    gone = set(map(id, dropped))
    return [item for item in items if id(item) not in gone]


def _first_of_each(items: Iterable[Item]) -> dict[_Identity, Item]:
    """Return, of items with the same id, the one that was sent first."""
    first: dict[_Identity, Item] = {}
    for item in items:
        other = first.setdefault(identity_of(item), item)
        if (item.entry, item.index) < (other.entry, other.index):
            first[identity_of(item)] = item
    return first


def identity_of(item: Item) -> _Identity:
    """Return an event's workspace and id."""
    return int.from_bytes(item.row[6:14], "big"), item.row[30:KEY_BYTES]
