"""Finding which events a database refuses, by halving, in a transaction that is always undone."""

import asyncpg
from asyncpg.exceptions import PostgresError
from llmlab_shared.db.budget_spend import add_spend

from llmlab_worker.pipeline.compose import Batch
from llmlab_worker.pipeline.decode import Poison, event_body
from llmlab_worker.pipeline.faults import is_data_error
from llmlab_worker.pipeline.sums import Item
from llmlab_worker.pipeline.write import store_events

_LIMITS = "SET LOCAL idle_in_transaction_session_timeout = '5s'; SET LOCAL lock_timeout = '10s'"


async def find_culprits(connection: asyncpg.Connection, batch: Batch) -> dict[tuple[int, int], Poison]:
    """Return the events, by (entry, index), that cannot be written, each with the reason.

    Raises whatever the database raises that is not the data's fault.
    """
    culprits: dict[tuple[int, int], Poison] = {}
    transaction = connection.transaction(isolation="read_committed")
    await transaction.start()
    try:
        await connection.execute(_LIMITS)
        await _probe(connection, batch, batch.items, culprits)
    finally:
        await transaction.rollback()
    return culprits


async def _probe(
    connection: asyncpg.Connection, batch: Batch, items: list[Item], culprits: dict[tuple[int, int], Poison]
) -> None:
    # What goes well stays until the end: two events may be refused only together (their sum overflows).
    try:
        async with connection.transaction():
            dropped: list[Item] = []
            await store_events(connection, items, dropped)
            gone = {id(item) for item in dropped}
            rollups, spend = await batch.sum_up([item for item in items if id(item) not in gone])
            await rollups.write(connection)
            await add_spend(connection, *spend)
    except PostgresError as error:
        if not is_data_error(error):
            raise
        if len(items) > 1:
            middle = len(items) // 2
            await _probe(connection, batch, items[:middle], culprits)
            await _probe(connection, batch, items[middle:], culprits)
            return
        (item,) = items
        body = event_body(batch.entries[item.entry], item.index)
        reason = f"PostgreSQL refuses it ({type(error).__name__}): {error}"
        culprits[item.entry, item.index] = Poison(item.index, "refused", reason, body)
