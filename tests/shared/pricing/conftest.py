"""A connection to a database with the catalogue, and the book and calculator made from it."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from llmlab_shared.pricing.calculator import CostCalculator
from llmlab_shared.pricing.price_book import PriceBook


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to a fresh database."""
    opened = await asyncpg.connect(database_url, statement_cache_size=0)
    yield opened
    await opened.close()


@pytest.fixture
async def book(connection: asyncpg.Connection) -> PriceBook:
    """The database's own price book."""
    return await PriceBook.load(connection)


@pytest.fixture
def calculator(book: PriceBook) -> CostCalculator:
    """The calculator that reads the database's own prices."""
    return CostCalculator(book)
