"""How old the price list in force is: by its newest price, by the database's clock."""

from collections.abc import AsyncIterator
from datetime import date

import pytest
from llmlab_shared.db.engine import create_engine
from llmlab_shared.pricing.lists.catalogue import read_catalogue
from llmlab_shared.pricing.lists.catalogue_age import CatalogueAge, read_catalogue_age
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_engine(database_url)
    async with engine.connect() as opened:
        yield opened
    await engine.dispose()


async def aged(connection: AsyncConnection, newest: str) -> CatalogueAge:
    """Return the age of a list with this newest price, an SQL expression, that came in 60 days ago."""
    await connection.execute(
        text(f"UPDATE price_syncs SET newest_price = {newest}, synced_at = now() - interval '60 days'")
    )
    age = await read_catalogue_age(connection)
    assert age is not None
    return age


async def test_what_was_synced(connection: AsyncConnection) -> None:
    age = await read_catalogue_age(connection)
    assert age is not None
    assert age.source == read_catalogue().source
    # The list's own newest price when this was written; a newer release has a newer one.
    assert age.newest_price is not None
    assert age.newest_price >= date(2026, 11, 9)
    assert age.looked_at == age.synced_at
    assert age.refused is None


@pytest.mark.parametrize(("days", "old"), [(0, False), (45, False), (46, True)])
async def test_it_is_counted_from_the_newest_price(connection: AsyncConnection, days: int, old: bool) -> None:
    age = await aged(connection, f"(now() AT TIME ZONE 'UTC')::date - {days}")
    assert (age.days, age.is_old) == (days, old)


async def test_without_a_dated_price_it_is_counted_from_the_sync(connection: AsyncConnection) -> None:
    age = await aged(connection, "NULL")
    assert (age.newest_price, age.days, age.is_old) == (None, 60, True)


async def test_the_last_sync_counts(connection: AsyncConnection) -> None:
    await connection.execute(
        text("INSERT INTO price_syncs (source, digest, prices, aliases) VALUES ('a file', 'x', 1, 0)")
    )
    age = await read_catalogue_age(connection)
    assert age is not None
    assert (age.source, age.days) == ("a file", 0)


async def test_before_the_first_sync_there_is_none(connection: AsyncConnection) -> None:
    await connection.execute(text("DELETE FROM price_syncs"))
    assert await read_catalogue_age(connection) is None
