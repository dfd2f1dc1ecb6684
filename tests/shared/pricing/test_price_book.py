"""The price book: the price of the event's own time, layers, contexts, and a cache that stays small."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import pytest
from llmlab_shared.clock import to_us
from llmlab_shared.domain.usage import TokenUsage
from llmlab_shared.pricing import price_book
from llmlab_shared.pricing.calculator import CostCalculator
from llmlab_shared.pricing.context import context_of
from llmlab_shared.pricing.lists.sync import sync_catalogue
from llmlab_shared.pricing.price_book import PriceBook
from llmlab_shared.pricing.store import Alias, StoredPrice, read_prices

START = datetime(2026, 1, 1, tzinfo=UTC)
ONE = TokenUsage(input=1_000_000)
USD = 10**12


def day(number: int) -> datetime:
    return START + timedelta(days=number)


class Prices:
    """Price versions written down short: `add(day, usd)`."""

    def __init__(self) -> None:
        self.stored: list[StoredPrice] = []

    def add(self, from_day: int, usd: str | None, **key: Any) -> int:
        number = len(self.stored) + 1
        rates = {"tokens": {"input": usd, "output": "1"}} if usd is not None else {}
        defaults = {
            "workspace_id": 0,
            "layer": "catalogue",
            "provider": "acme",
            "model": "one",
            "context": "",
        }
        self.stored.append(
            StoredPrice(
                id=number,
                valid_from=day(from_day),
                withdrawn=usd is None,
                rates=msgspec.json.encode(rates | key.pop("more", {})).decode(),
                **(defaults | key),
            )
        )
        return number

    def calculator(self, *aliases: tuple[str, str]) -> CostCalculator:
        return CostCalculator(PriceBook(self.stored, [Alias(0, "acme", a, m, "") for a, m in aliases]))


def cost(
    calculator: CostCalculator, at: datetime, model: str = "one", **context: str
) -> tuple[int, str] | None:
    quote = calculator.price(9, "acme", model, ONE, None, to_us(at), **context)
    return None if quote is None else (quote.computed_pico // USD, quote.rule)


def test_the_price_of_the_event_s_own_time_in_any_order() -> None:
    prices = Prices()
    for number, usd in ((10, "2"), (0, "1"), (20, "3")):
        prices.add(number, usd)
    calculator = prices.calculator()
    edge = timedelta(microseconds=1)
    expected = {
        day(0) - edge: None,
        day(0): 1,
        day(10) - edge: 1,
        day(10): 2,
        day(20) - edge: 2,
        day(20): 3,
        day(4000): 3,
    }
    instants = list(expected)
    for seed in range(20):
        random.Random(seed).shuffle(instants)
        for at in instants:
            found = cost(calculator, at)
            assert (found and found[0]) == expected[at], at


def test_a_price_may_change_inside_a_day() -> None:
    prices = Prices()
    prices.add(0, "1")
    noon = day(1) + timedelta(hours=12)
    prices.stored.append(prices.stored[0]._replace(id=2, valid_from=noon, rates='{"tokens":{"input":"5"}}'))
    calculator = prices.calculator()
    assert cost(calculator, noon - timedelta(microseconds=1)) == (1, "exact")
    assert cost(calculator, noon) == (5, "exact")


def test_a_withdrawn_price_ends_without_a_successor() -> None:
    prices = Prices()
    prices.add(0, "1")
    prices.add(5, None)
    prices.add(9, "4")
    calculator = prices.calculator()
    assert [cost(calculator, day(number)) for number in (4, 5, 8, 9)] == [
        (1, "exact"),
        None,
        None,
        (4, "exact"),
    ]


def test_an_override_wins_while_it_lasts() -> None:
    prices = Prices()
    prices.add(0, "1")
    prices.add(10, "2")
    prices.add(5, "7", layer="override")
    prices.add(15, None, layer="override")
    calculator = prices.calculator()
    found = [cost(calculator, day(number)) for number in (4, 5, 12, 15)]
    assert found == [(1, "exact"), (7, "exact"), (7, "exact"), (2, "exact")]


def test_contexts_and_what_stands_in_for_one_without_a_price() -> None:
    prices = Prices()
    prices.add(0, "4")
    prices.add(10, "2", context="batch")
    prices.add(10, "1", context="batch@eu")
    calculator = prices.calculator()
    assert cost(calculator, day(12), processing="batch") == (2, "exact")
    assert cost(calculator, day(12), processing="Batch", region="EU") == (1, "exact")
    assert cost(calculator, day(12), service_tier="batch", region="mars") == (2, "exact")
    assert cost(calculator, day(9), processing="batch") == (4, "exact,standard_rate")
    assert cost(calculator, day(9), processing="batch", region="eu") == (4, "exact,standard_rate")
    assert cost(calculator, day(12), region="eu") == (4, "exact")
    assert cost(calculator, day(12), service_tier="priority") == (4, "exact,standard_rate")
    assert cost(calculator, day(12), service_tier="default") == (4, "exact")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((None, None, None), ""),
        (("default", None, None), ""),
        (("Standard", None, None), ""),
        (("something-new", None, None), ""),
        (("FLEX", None, None), "flex"),
        (("flex", "batch", None), "batch"),
        (("on_demand_priority", None, " US "), "priority@us"),
        ((None, "realtime", ""), ""),
    ],
)
def test_context_of(given: tuple[str | None, str | None, str | None], expected: str) -> None:
    assert context_of(*given) == expected


def test_an_exact_name_wins_over_an_alias_from_when_it_has_a_price() -> None:
    prices = Prices()
    prices.add(0, "1", model="one")
    prices.add(10, "5", model="one-latest", layer="override")
    calculator = prices.calculator(("one-latest", "one"))
    assert cost(calculator, day(9), "one-latest") == (1, "alias")
    assert cost(calculator, day(10), "one-latest") == (5, "exact")


def test_windows_meet_dates() -> None:
    prices = Prices()
    prices.add(0, "1", more={"windows": [{"from": "08:00", "until": "20:00", "tokens": {"input": "2"}}]})
    prices.add(10, "3")
    calculator = prices.calculator()
    hours = timedelta(hours=1)
    found = [
        cost(calculator, at) for at in (day(9) + 7 * hours, day(9) + 8 * hours, day(9) + 20 * hours, day(10))
    ]
    assert [pair and pair[0] for pair in found] == [1, 2, 1, 3]


def test_a_stream_of_unknown_names_takes_no_room_and_does_not_push_known_ones_out() -> None:
    prices = Prices()
    prices.add(0, "1")
    book = PriceBook(prices.stored)
    calculator = CostCalculator(book)
    at_us = to_us(day(1))
    assert calculator.price(9, "acme", "one", ONE, None, at_us) is not None
    kept = book.tracks.young[0, "acme", "one", ""]
    chance = random.Random(1)
    for _ in range(40_000):
        name = f"{chance.getrandbits(64):x}"
        assert calculator.price(9, chance.choice(("acme", name)), name, ONE, None, at_us) is None
        assert calculator.price(9, "acme", "one", ONE, None, at_us, region=name) is not None
    assert book.tracks.get((0, "acme", "one", "")) is kept
    assert len(book.tracks) == 1
    assert len(book) <= 1 + price_book.MAX_MISSES


def test_known_names_in_many_spellings_take_bounded_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(price_book, "MAX_TRACKS", 64)
    prices = Prices()
    prices.add(0, "1")
    book = PriceBook(prices.stored)
    for number in range(1_000):
        spelled = f"one-20{20 + number % 80:02d}-01-{1 + number % 28:02d}"
        assert book.card(9, "acme", spelled, "", to_us(day(1))) is not None
    assert len(book) <= 64


# ── with a database ───────────────────────────────────────────────────────────────────────────────────


async def _custom(connection: asyncpg.Connection, workspace_id: int, usd: str, model: str = "gpt-4") -> None:
    await connection.execute(
        """INSERT INTO price_versions (workspace_id, layer, provider, model, valid_from, rates, source)
           VALUES ($1, 'custom', 'openai', $2, '2026-01-01Z', $3::text::jsonb, 'a contract')""",
        workspace_id,
        model,
        msgspec.json.encode({"tokens": {"input": usd, "output": usd}}).decode(),
    )


async def test_a_workspace_s_own_prices_are_its_own(connection: asyncpg.Connection) -> None:
    await _custom(connection, 5, "7")
    await _custom(connection, 5, "8", model="our-own")
    await connection.execute("INSERT INTO model_aliases VALUES (5, 'azure', 'deployed', 'gpt-4o', 'us')")
    book = await PriceBook.load(connection)
    await book.prepare(connection, [4, 5])
    calculator = CostCalculator(book)
    at_us = to_us(day(30))

    def price(workspace_id: int, provider: str, model: str) -> int | None:
        quote = calculator.price(workspace_id, provider, model, ONE, None, at_us)
        return quote and quote.computed_pico

    assert price(5, "openai", "gpt-4") == 7 * USD
    assert price(4, "openai", "gpt-4") == 30 * USD
    assert price(5, "openai", "our-own") == 8 * USD
    assert price(4, "openai", "our-own") is None
    assert price(5, "azure", "deployed") is not None
    assert price(4, "azure", "deployed") is None


async def test_a_workspace_shares_what_its_own_prices_do_not_touch(connection: asyncpg.Connection) -> None:
    for workspace_id in (5, 6):
        await _custom(connection, workspace_id, "7")
    book = await PriceBook.load(connection)
    await book.prepare(connection, [5, 6])
    for model in ("gpt-4", "gpt-4o", "gpt-4o-2024-08-06", "gpt-5"):
        for workspace_id in (4, 5, 6):
            assert book.card(workspace_id, "openai", model, "", to_us(day(30))) is not None
    assert len(book.tracks) == 4 + 2


async def test_reload_sees_new_prices_everywhere(connection: asyncpg.Connection) -> None:
    book = await PriceBook.load(connection)
    await book.prepare(connection, [5])
    calculator = CostCalculator(book)
    at_us = to_us(day(30))
    before = calculator.price(5, "openai", "gpt-4", ONE, None, at_us)
    assert calculator.price(5, "openai", "gpt-99", ONE, None, at_us) is None
    await _custom(connection, 5, "7")
    await _custom(connection, 0, "9", model="gpt-99")
    assert calculator.price(5, "openai", "gpt-4", ONE, None, at_us) == before
    await book.reload(connection)
    await book.prepare(connection, [5])
    for model, usd in (("gpt-4", 7), ("gpt-99", 9)):
        quote = calculator.price(5, "openai", model, ONE, None, at_us)
        assert quote is not None
        assert quote.computed_pico == usd * USD


async def test_everyone_s_prices_are_read_again_only_when_they_changed(
    connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[int]] = []

    async def noted(connection: asyncpg.Connection, workspace_ids: list[int]) -> list[StoredPrice]:
        asked.append(list(workspace_ids))
        return await read_prices(connection, workspace_ids)

    monkeypatch.setattr(price_book, "read_prices", noted)
    book = await PriceBook.load(connection)
    await _custom(connection, 5, "7")
    await book.reload(connection)
    await book.prepare(connection, [5])
    assert asked == [[0], [5]]
    await _custom(connection, 0, "9", model="gpt-99")
    await book.reload(connection)
    await connection.execute(
        "INSERT INTO model_aliases (workspace_id, provider, alias, model, source) "
        "VALUES (0, 'openai', 'gpt-ninety-nine', 'gpt-99', 'test')"
    )
    await book.reload(connection)
    assert asked == [[0], [5], [0], [0]]
    assert book.card(5, "openai", "gpt-ninety-nine", "", to_us(day(30))) is not None


async def test_prepared_workspaces_are_bounded(
    connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(price_book, "MAX_WORKSPACES", 10)
    for workspace_id in range(1, 31):
        await _custom(connection, workspace_id, str(workspace_id))
    book = await PriceBook.load(connection)
    calculator = CostCalculator(book)
    for first in range(1, 31, 6):
        batch = range(first, min(first + 6, 31))
        await book.prepare(connection, batch)
        for workspace_id in batch:
            quote = calculator.price(workspace_id, "openai", "gpt-4", ONE, None, to_us(day(30)))
            assert quote is not None
            assert quote.computed_pico == workspace_id * USD
        assert len(book.workspaces) <= 10


async def test_the_version_recorded_last_holds(connection: asyncpg.Connection) -> None:
    await _custom(connection, 0, "3", model="corrected")
    await _custom(connection, 0, "4", model="corrected")
    book = await PriceBook.load(connection)
    quote = CostCalculator(book).price(1, "openai", "corrected", ONE, None, to_us(day(30)))
    assert quote is not None
    assert quote.computed_pico == 4 * USD


async def test_one_price_is_in_force_at_any_instant(connection: asyncpg.Connection) -> None:
    """What the book says is what a query of the versions says, for every model with dated prices."""
    assert (await sync_catalogue(connection)).appended == 0
    book = await PriceBook.load(connection)
    rows = await connection.fetch(
        """SELECT provider, model FROM price_versions WHERE layer = 'catalogue' AND context = ''
            GROUP BY 1, 2 HAVING count(*) > 1
           EXCEPT SELECT provider, model FROM price_versions WHERE layer = 'override'"""
    )
    assert len(rows) > 200
    chance = random.Random(3)
    for provider, model in rows:
        at = START + timedelta(days=chance.randint(-700, 400), seconds=chance.randint(0, 86_399))
        (expected,) = await connection.fetchrow(
            """SELECT id FROM price_versions WHERE provider = $1 AND model = $2 AND context = ''
                AND valid_from <= $3 ORDER BY valid_from DESC LIMIT 1""",
            provider,
            model,
            at,
        )
        card = book.card(1, provider, model, "", to_us(at))
        assert card is not None
        assert card.price_id == expected
