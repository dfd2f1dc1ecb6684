"""Syncing the catalogue: repeatable, append-only, all or nothing, and under the spend lock."""

import asyncio
from datetime import datetime, timedelta

import asyncpg
import msgspec
from llmlab_shared.clock import to_us
from llmlab_shared.db.epochs import enter_spend
from llmlab_shared.domain.usage import TokenUsage
from llmlab_shared.pricing.calculator import CostCalculator
from llmlab_shared.pricing.lists.catalogue import BEGINNING
from llmlab_shared.pricing.lists.sync import sync_catalogue
from llmlab_shared.pricing.price_book import PriceBook
from llmlab_shared.pricing.store import append_prices
from price_lists import JUNE, MARCH, MAY, document, listed, row, state, sync


async def usd_at(connection: asyncpg.Connection, at: datetime, model: str = "one") -> int | None:
    book = await PriceBook.load(connection)
    quote = CostCalculator(book).price(1, "acme", model, TokenUsage(input=10**6), None, to_us(at))
    return quote and quote.computed_pico // 10**12


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


async def test_a_look_that_finds_nothing_is_remembered_without_a_row(connection: asyncpg.Connection) -> None:
    await connection.execute("UPDATE price_syncs SET synced_at = '2026-01-01', looked_at = '2026-01-01'")
    before = await state(connection)
    report = await sync_catalogue(connection, dry_run=True)
    assert report.appended == 0
    assert not await connection.fetchval("SELECT looked_at > '2026-01-01' FROM price_syncs")
    for _ in range(3):
        await sync_catalogue(connection)
    assert await state(connection) == before
    assert await connection.fetchval("SELECT looked_at > now() - interval '1 minute' FROM price_syncs")
    assert await connection.fetchval("SELECT synced_at = '2026-01-01' FROM price_syncs")


async def test_another_version_of_the_same_prices_is_remembered(connection: asyncpg.Connection) -> None:
    await connection.execute("UPDATE price_syncs SET digest = 'an earlier version'")
    prices, aliases, syncs, epoch = await state(connection)
    assert (await sync_catalogue(connection)).appended == 0
    assert await state(connection) == (prices, aliases, syncs + 1, epoch)
    await sync_catalogue(connection)
    assert await state(connection) == (prices, aliases, syncs + 1, epoch)


async def test_a_dry_run_says_what_it_would_do_and_does_nothing(connection: asyncpg.Connection) -> None:
    before = await state(connection)
    catalogue = listed((BEGINNING, "1"), aliases=("uno",))
    report = await sync(connection, catalogue, dry_run=True)
    assert (report.appended, report.aliases_changed) == (1, 1)
    assert await state(connection) == before


async def test_a_new_dated_price_is_appended(connection: asyncpg.Connection) -> None:
    await sync(connection, listed((BEGINNING, "1")))
    report = await sync(connection, listed((BEGINNING, "1"), (MAY, "2")))
    (change,) = report.changes
    assert change.before == {"tokens": {"input": "1", "output": "1"}}
    assert change.after == {"tokens": {"input": "2", "output": "1"}}
    assert [await usd_at(connection, at) for at in (MARCH, MAY, JUNE)] == [1, 2, 2]


async def test_a_corrected_price_leaves_the_old_row_where_it_was(connection: asyncpg.Connection) -> None:
    await sync(connection, listed((BEGINNING, "1")))
    await sync(connection, listed((BEGINNING, "3")))
    rows = await connection.fetch(
        "SELECT rates::text FROM price_versions WHERE provider = 'acme' ORDER BY id"
    )
    assert [msgspec.json.decode(row[0]) for row in rows] == [
        msgspec.json.decode(document(usd)) for usd in ("1", "3")
    ]
    assert await usd_at(connection, MAY) == 3
    back = await sync(connection, listed((BEGINNING, "1")))
    assert back.appended == 1
    assert await usd_at(connection, MAY) == 1


async def test_a_price_change_that_moves_to_another_day(connection: asyncpg.Connection) -> None:
    await sync(connection, listed((BEGINNING, "1"), (MARCH, "2")))
    moved = listed((BEGINNING, "1"), (MAY, "2"))
    assert (await sync(connection, moved)).appended == 2
    assert [await usd_at(connection, at) for at in (MARCH, MAY)] == [1, 2]
    assert (await sync(connection, moved)).appended == 0


async def test_a_price_that_begins_later_than_it_was_said_to(connection: asyncpg.Connection) -> None:
    await sync(connection, listed((MARCH, "2")))
    later = listed((MAY, "2"))
    await sync(connection, later)
    assert [await usd_at(connection, at) for at in (MARCH, MAY)] == [None, 2]
    assert (await sync(connection, later)).appended == 0


async def test_models_that_are_no_longer_listed_keep_their_prices(connection: asyncpg.Connection) -> None:
    await sync(connection, listed((BEGINNING, "1")))
    await sync(connection, listed((BEGINNING, "5"), model="two"))
    assert await usd_at(connection, MAY, "one") == 1
    assert await usd_at(connection, MAY, "two") == 5


async def test_an_override_that_is_given_up_ends(connection: asyncpg.Connection) -> None:
    await sync(connection, listed((BEGINNING, "1")))
    given_up = row({"tokens": {"input": "5"}}, layer="override", start=MARCH)
    await append_prices(connection, [given_up])
    assert [await usd_at(connection, at) for at in (MARCH, MAY)] == [5, 5]
    report = await sync(connection, listed((BEGINNING, "1")))
    (change,) = report.changes
    assert (change.layer, change.before, change.after) == ("override", {"tokens": {"input": "5"}}, None)
    assert [await usd_at(connection, at) for at in (MARCH, MAY)] == [1, 1]
    assert (await sync(connection, listed((BEGINNING, "1")))).appended == 0


async def test_an_alias_that_moves(connection: asyncpg.Connection) -> None:
    await sync(connection, listed((BEGINNING, "1"), aliases=("newest",)))
    assert await usd_at(connection, MAY, "newest") == 1
    report = await sync(connection, listed((BEGINNING, "2"), model="two", aliases=("newest",)))
    assert report.aliases_changed == 1
    assert await usd_at(connection, MAY, "newest") == 2


async def test_a_price_may_change_inside_a_day(connection: asyncpg.Connection) -> None:
    half_past_two = MAY.replace(hour=14, minute=30)
    report = await sync(connection, listed((BEGINNING, "1"), (half_past_two, "2")))
    assert report.changes[-1].valid_from == half_past_two
    moment = timedelta(microseconds=1)
    at = (half_past_two - moment, half_past_two, half_past_two + timedelta(hours=9))
    assert [await usd_at(connection, instant) for instant in at] == [1, 2, 2]


async def test_it_waits_for_spend_in_flight(connection: asyncpg.Connection, database_url: str) -> None:
    other = await asyncpg.connect(database_url)
    try:
        spend = other.transaction()
        await spend.start()
        epochs = await enter_spend(other)
        change = asyncio.create_task(sync(connection, listed((BEGINNING, "1"))))
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        while not await other.fetchval(waiting):
            assert not change.done()
            await asyncio.sleep(0.01)
        await spend.commit()
        await change
        async with other.transaction():
            assert (await enter_spend(other)).prices == epochs.prices + 1
    finally:
        await other.close()
