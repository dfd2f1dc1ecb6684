"""The lock between spend and changes of what spend is computed from, and how a change takes it.

Every spend transaction holds it shared and reads the epochs; every change of prices or budgets holds
it exclusively and bumps one: see `llmlab_shared.db.epochs`. It stands here, beside the layers, because
prices are changed below the database's models.
"""

from typing import Final, Literal

import asyncpg

SPEND_LOCK: Final = 0x6C6C6D0001
EpochName = Literal["prices", "budgets"]

TAKE_EXCLUSIVELY: Final = f"SELECT pg_advisory_xact_lock({SPEND_LOCK})"


async def take_exclusively(connection: asyncpg.Connection) -> None:
    """Wait until no spend is in flight and keep new spend waiting, for the rest of the transaction."""
    await connection.execute(TAKE_EXCLUSIVELY)


async def bump(connection: asyncpg.Connection, name: EpochName) -> None:
    """Tell every worker that what it cached is stale; call it under the lock."""
    await connection.execute("UPDATE epochs SET value = value + 1 WHERE name = $1", name)
