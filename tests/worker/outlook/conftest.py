"""The engine that these jobs read with."""

from collections.abc import AsyncIterator

import pytest_asyncio
from llmlab_shared.db.engine import create_engine
from sqlalchemy.ext.asyncio import AsyncEngine


@pytest_asyncio.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    opened = create_engine(database_url, pool_size=2)
    yield opened
    await opened.dispose()
