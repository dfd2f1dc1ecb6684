"""Syncing the catalogue: repeatable, append-only, all or nothing, and under the spend lock."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import asyncpg
import msgspec
import pytest
from llmlab_shared.clock import to_us
from llmlab_shared.db.epochs import enter_spend
from llmlab_shared.domain.usage import TokenUsage
from llmlab_shared.pricing.calculator import CostCalculator
from llmlab_shared.pricing.catalogue import BEGINNING, Catalogue
from llmlab_shared.pricing.price_book import PriceBook
from llmlab_shared.pricing.rate_card import PriceDocumentError
from llmlab_shared.pricing.store import Alias, NewPrice
from llmlab_shared.pricing.sync import sync_catalogue, sync_if_new

MARCH, MAY = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)


def listed(*prices: tuple[datetime, str], model: str = "one", aliases: tuple[str, ...] = ()) -> Catalogue:
    return Catalogue(
        "a list",
        [
            NewPrice("catalogue", "acme", model, "", start, False, document(usd), "a list")
            for start, usd in prices
        ],
        [Alias(0, "acme", alias, model, "a list") for alias in aliases],
        [],
    )


def document(usd: str) -> str:
    return msgspec.json.encode({"tokens": {"input": usd, "output": "1"}}).decode()


async def usd_at(connection: asyncpg.Connection, at: datetime, model: str = "one") -> int | None:
    book = await PriceBook.load(connection)
    quote = CostCalculator(book).price(1, "acme", model, TokenUsage(input=10**6), None, to_us(at))
    return quote and quote.computed_pico // 10**12


async def state(connection: asyncpg.Connection) -> tuple[Any, ...]:
    return tuple(
        await connection.fetchrow(
            """SELECT (SELECT count(*) FROM price_versions), (SELECT count(*) FROM model_aliases),
                      (SELECT count(*) FROM price_syncs), (SELECT value FROM epochs WHERE name = 'prices')"""
        )
    )


async def test_a_second_run_writes_nothing(connection: asyncpg.Connection) -> None:
    before = await state(connection)
    report = await sync_catalogue(connection)
    assert (report.appended, report.aliases_changed, report.changes) == (0, 0, [])
    assert report.prices > 2_500
    assert await state(connection) == before


async def test_a_full_run_fills_an_empty_database_and_moves_the_epoch(connection: asyncpg.Connection) -> None:
    await connection.execute("TRUNCATE price_versions, model_aliases")
    *_, syncs, epoch = await state(connection)
    report = await sync_catalogue(connection)
    assert report.appended == report.prices == len(report.changes)
    assert await state(connection) == (report.prices, report.aliases, syncs + 1, epoch + 1)
    assert report.dropped


async def test_a_start_syncs_only_what_is_new(connection: asyncpg.Connection) -> None:
    before = await state(connection)
    assert await sync_if_new(connection) is None
    await connection.execute("UPDATE price_syncs SET digest = 'an earlier version'")
    report = await sync_if_new(connection)
    assert report is not None
    assert report.appended == 0
    assert await sync_if_new(connection) is None
    prices, aliases, syncs, epoch = before
    assert await state(connection) == (prices, aliases, syncs + 1, epoch)


async def test_a_dry_run_says_what_it_would_do_and_does_nothing(connection: asyncpg.Connection) -> None:
    before = await state(connection)
    catalogue = listed((BEGINNING, "1"), aliases=("uno",))
    report = await sync_catalogue(connection, catalogue=catalogue, dry_run=True)
    assert (report.appended, report.aliases_changed) == (1, 1)
    assert await state(connection) == before


async def test_a_new_dated_price_is_appended(connection: asyncpg.Connection) -> None:
    await sync_catalogue(connection, catalogue=listed((BEGINNING, "1")))
    report = await sync_catalogue(connection, catalogue=listed((BEGINNING, "1"), (MAY, "2")))
    (change,) = report.changes
    assert change.before == {"tokens": {"input": "1", "output": "1"}}
    assert change.after == {"tokens": {"input": "2", "output": "1"}}
    assert [await usd_at(connection, at) for at in (MARCH, MAY, JUNE)] == [1, 2, 2]


async def test_a_corrected_price_leaves_the_old_row_where_it_was(connection: asyncpg.Connection) -> None:
    await sync_catalogue(connection, catalogue=listed((BEGINNING, "1")))
    await sync_catalogue(connection, catalogue=listed((BEGINNING, "3")))
    rows = await connection.fetch(
        "SELECT rates::text FROM price_versions WHERE provider = 'acme' ORDER BY id"
    )
    assert [msgspec.json.decode(row[0]) for row in rows] == [
        msgspec.json.decode(document(usd)) for usd in ("1", "3")
    ]
    assert await usd_at(connection, MAY) == 3
    back = await sync_catalogue(connection, catalogue=listed((BEGINNING, "1")))
    assert back.appended == 1
    assert await usd_at(connection, MAY) == 1


async def test_a_price_change_that_moves_to_another_day(connection: asyncpg.Connection) -> None:
    await sync_catalogue(connection, catalogue=listed((BEGINNING, "1"), (MARCH, "2")))
    moved = listed((BEGINNING, "1"), (MAY, "2"))
    assert (await sync_catalogue(connection, catalogue=moved)).appended == 2
    assert [await usd_at(connection, at) for at in (MARCH, MAY)] == [1, 2]
    assert (await sync_catalogue(connection, catalogue=moved)).appended == 0


async def test_a_price_that_begins_later_than_it_was_said_to(connection: asyncpg.Connection) -> None:
    await sync_catalogue(connection, catalogue=listed((MARCH, "2")))
    later = listed((MAY, "2"))
    await sync_catalogue(connection, catalogue=later)
    assert [await usd_at(connection, at) for at in (MARCH, MAY)] == [None, 2]
    assert (await sync_catalogue(connection, catalogue=later)).appended == 0


async def test_models_that_are_no_longer_listed_keep_their_prices(connection: asyncpg.Connection) -> None:
    await sync_catalogue(connection, catalogue=listed((BEGINNING, "1")))
    await sync_catalogue(connection, catalogue=listed((BEGINNING, "5"), model="two"))
    assert await usd_at(connection, MAY, "one") == 1
    assert await usd_at(connection, MAY, "two") == 5


async def test_an_alias_that_moves(connection: asyncpg.Connection) -> None:
    await sync_catalogue(connection, catalogue=listed((BEGINNING, "1"), aliases=("newest",)))
    assert await usd_at(connection, MAY, "newest") == 1
    report = await sync_catalogue(
        connection, catalogue=listed((BEGINNING, "2"), model="two", aliases=("newest",))
    )
    assert report.aliases_changed == 1
    assert await usd_at(connection, MAY, "newest") == 2


@pytest.mark.parametrize(
    ("catalogue", "said"),
    [
        (Catalogue("empty", [], [], []), "no prices at all"),
        (listed((BEGINNING, "1"), (MAY, "-1")), "acme/one standard from 2026-05-01: input"),
        (listed((BEGINNING, "1"), (MAY, "1000000")), "acme/one standard from 2026-05-01: input"),
        (listed((MAY, "1"), (MAY, "2")), "acme/one standard from 2026-05-01: stated twice"),
        (
            Catalogue(
                "odd",
                [NewPrice("catalogue", "a", "b", "", MAY, False, '{"tokens":{"soul":"1"}}', "")],
                [],
                [],
            ),
            "soul",
        ),
    ],
)
async def test_a_catalogue_that_cannot_be_is_refused_whole(
    connection: asyncpg.Connection, catalogue: Catalogue, said: str
) -> None:
    before = await state(connection)
    with pytest.raises(PriceDocumentError, match=said):
        await sync_catalogue(connection, catalogue=catalogue)
    assert await state(connection) == before


async def test_it_waits_for_spend_in_flight(connection: asyncpg.Connection, database_url: str) -> None:
    other = await asyncpg.connect(database_url)
    try:
        spend = other.transaction()
        await spend.start()
        epochs = await enter_spend(other)
        sync = asyncio.create_task(sync_catalogue(connection, catalogue=listed((BEGINNING, "1"))))
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        while not await other.fetchval(waiting):
            assert not sync.done()
            await asyncio.sleep(0.01)
        await spend.commit()
        await sync
        async with other.transaction():
            assert (await enter_spend(other)).prices == epochs.prices + 1
    finally:
        await other.close()
