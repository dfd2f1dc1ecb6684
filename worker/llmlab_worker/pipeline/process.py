"""The way of a batch from entries to committed rows: `process_entries`.

    reference = Reference()
    outcome = await process_entries(pool, partitions, reference, entries)

is all that the stream consumer, the arq jobs and the tests call; acknowledging is the caller's. It may
be called again with the same entries at any time: what is written already is recognised and not counted.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import asyncpg
from asyncpg.exceptions import PostgresError
from llmlab_shared.clock import from_us
from llmlab_shared.db.partitions import Partitions
from llmlab_shared.queue.entry import Entry

from llmlab_worker.pipeline.compose import DAY_US, Batch, compose
from llmlab_worker.pipeline.faults import is_data_error, is_missing_partition
from llmlab_worker.pipeline.isolate import find_culprits
from llmlab_worker.pipeline.reference import Reference
from llmlab_worker.pipeline.sums import Item
from llmlab_worker.pipeline.write import EpochMoved, Redelivered, Written, write


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of some entries, in events: `duplicates` were stored before under the same id, `dead`
    are dead letters. `redelivered` counts entries that were written before; `crossings` thresholds.
    `items` are the stored events themselves."""

    stored: int = 0
    duplicates: int = 0
    dead: int = 0
    redelivered: int = 0
    crossings: int = 0
    items: Sequence[Item] = field(default=(), repr=False, compare=False)


class Lanes:
    """Lets one batch of a process compute and one write at a time, side by side.

    Two that computed at once would then write at once, and wait for each other's rows of the rollups
    while nobody computes.
    """

    def __init__(self) -> None:
        self.computing = asyncio.Lock()
        self.writing = asyncio.Lock()


async def process_entries(
    pool: asyncpg.Pool,
    partitions: Partitions,
    reference: Reference,
    entries: Iterable[Entry],
    *,
    lanes: Lanes | None = None,
) -> Outcome:
    """Price and store the events of these entries in one transaction, and return when it is committed.

    Raises only what is not the events' fault (the database is away, a deadlock, a full disk): then call
    it again with the same entries.
    """
    wanted = {entry.id: entry for entry in entries}
    offered = len(wanted)
    lanes = lanes or Lanes()
    async with pool.acquire() as connection:
        while wanted:
            ordered = list(wanted.values())
            workspaces = {entry.workspace_id for entry in ordered}
            async with reference.prepared(connection, workspaces) as prepared:
                async with lanes.computing:
                    batch = await compose(ordered, prepared, reference.calculator)
                try:
                    async with lanes.writing:
                        written = await _write(connection, partitions, batch)
                except EpochMoved:
                    reference.outdated(prepared.epochs)
                except Redelivered as known:
                    wanted = {key: entry for key, entry in wanted.items() if key not in known.entries}
                else:
                    return Outcome(
                        len(written.stored),
                        written.duplicates,
                        written.dead,
                        offered - len(wanted),
                        written.crossings,
                        written.stored,
                    )
    return Outcome(redelivered=offered)


async def _write(connection: asyncpg.Connection, partitions: Partitions, batch: Batch) -> Written:
    """Write a batch, setting aside what the database refuses."""
    months_made_anew = False
    while True:
        await partitions.ensure(connection, (from_us(day * DAY_US) for day in batch.days))
        try:
            return await write(connection, batch)
        except PostgresError as error:
            if is_missing_partition(error) and not months_made_anew:
                partitions.forget()
                months_made_anew = True
            elif is_data_error(error):
                culprits = await find_culprits(connection, batch)
                if not culprits:
                    raise
                await batch.set_aside(culprits)
            else:
                raise
