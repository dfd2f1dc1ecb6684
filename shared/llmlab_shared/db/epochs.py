"""The lock and the counters that keep cached prices and budgets honest.

Every spend transaction holds the lock shared and reads the epochs; every change of prices or budgets
holds it exclusively and bumps one. So a change sees all spend committed before it, and no spend after
it was computed from what it replaced.
"""

from typing import TYPE_CHECKING, NamedTuple

import asyncpg

from llmlab_shared.spend_lock import SPEND_LOCK, TAKE_EXCLUSIVELY, EpochName

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class Epochs(NamedTuple):
    """The two counters as one spend transaction saw them."""

    prices: int
    budgets: int


_ENTER = """
SELECT (SELECT value FROM epochs WHERE name = 'prices'), (SELECT value FROM epochs WHERE name = 'budgets')
"""


async def enter_spend(connection: asyncpg.Connection) -> Epochs:
    """Take the spend lock shared, for the rest of the transaction, and return the epochs under it.

    The lock is a statement of its own: one statement would read the epochs with a snapshot taken
    before the lock was granted.
    """
    await connection.execute(f"SELECT pg_advisory_xact_lock_shared({SPEND_LOCK})")
    prices, budgets = await connection.fetchrow(_ENTER)
    return Epochs(prices, budgets)


async def enter_change(connection: "AsyncConnection", name: EpochName) -> None:
    """Take the spend lock exclusively, for the rest of the transaction, and bump an epoch."""
    # Here, because the worker only spends, and does without the 20 MB of SQLAlchemy.
    from sqlalchemy import text

    await connection.execute(text(TAKE_EXCLUSIVELY))
    await connection.execute(text("UPDATE epochs SET value = value + 1 WHERE name = :name"), {"name": name})
