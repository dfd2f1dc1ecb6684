"""A workspace, a pool like the worker's, and entries as the API writes them."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio
from ledger import Ledger
from llmlab_shared.db.engine import open_pool


@pytest_asyncio.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    opened = await open_pool(database_url, max_size=12)
    yield opened
    await opened.close()


@pytest.fixture
def ledger(pool: asyncpg.Pool) -> Ledger:
    return Ledger(pool)
