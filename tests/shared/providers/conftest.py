"""A worker's view of a database, for what only its whole path shows."""

from collections.abc import AsyncIterator

import pytest
from ledger import Ledger
from llmlab_shared.db.engine import open_pool


@pytest.fixture
async def ledger(database_url: str) -> AsyncIterator[Ledger]:
    """A ledger over a fresh database with the price catalogue."""
    pool = await open_pool(database_url, max_size=4)
    yield Ledger(pool)
    await pool.close()
