"""What holds of every price there is, the catalogue's and LLMLab's own, for usage and times at random."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from llmlab_shared.clock import to_us
from llmlab_shared.domain.usage import TOKEN_CLASSES, TokenUsage
from llmlab_shared.pricing.plan import DAY_US, Plan
from llmlab_shared.pricing.price_book import PriceBook
from llmlab_shared.pricing.price_document import PriceDocumentError, compile_document
from llmlab_shared.pricing.rate_card import RateCard

FIRST, LAST = to_us(datetime(2023, 1, 1, tzinfo=UTC)), to_us(datetime(2028, 1, 1, tzinfo=UTC))
INSTANTS_A_KEY = 3
# A price is rounded once an event, to 10^-12 USD.
ROUNDING = 1

Key = tuple[str, str, str]


@pytest.fixture
async def keys(connection: asyncpg.Connection) -> list[Key]:
    """Every (provider, model, context) that any price is stated for."""
    rows = await connection.fetch(
        "SELECT DISTINCT provider, model, context FROM price_versions ORDER BY 1, 2, 3"
    )
    return [(row[0], row[1], row[2]) for row in rows]


def _cards(book: PriceBook, keys: list[Key], chance: random.Random) -> Iterator[tuple[Key, int, RateCard]]:
    """Yield the cards in force at random instants, whole minutes as often as not."""
    for key in keys:
        for _ in range(INSTANTS_A_KEY):
            at = chance.randrange(FIRST, LAST)
            if chance.random() < 0.5:
                at -= at % 60_000_000
            provider, model, context = key
            card = book.card(1, provider, model, context, at)
            if card is not None:
                yield key, at, card


def _usage(chance: random.Random, most: int) -> TokenUsage:
    counts = dict.fromkeys(TOKEN_CLASSES, 0)
    for name in chance.sample(TOKEN_CLASSES, chance.randint(1, len(TOKEN_CLASSES))):
        counts[name] = chance.randint(0, chance.choice((3, 2_000, most)))
    return TokenUsage(**counts)


def _stated(card: RateCard) -> tuple[object, ...]:
    return card.price_id, card.rates, card.tiers, card.units


def _counts(usage: TokenUsage) -> dict[str, int]:
    return {name: getattr(usage, name) for name in TOKEN_CLASSES}


async def test_more_tokens_never_cost_less(book: PriceBook, keys: list[Key]) -> None:
    """Of any class, by any number, over the threshold of a long context or not."""
    chance = random.Random(1)
    seen = 0
    for key, at, card in _cards(book, keys, chance):
        usage = _usage(chance, 400_000)
        cost = card.token_cost(usage)
        name = chance.choice(TOKEN_CLASSES)
        more = msgspec.structs.replace(
            usage, **{name: getattr(usage, name) + chance.choice((1, 50_000, 500_000))}
        )
        dearer = card.token_cost(more)
        if cost is not None and dearer is not None:
            assert 0 <= cost <= dearer, (key, at, usage, more)
            seen += 1
    assert seen > 8_000


async def test_a_call_costs_the_sum_of_its_classes(book: PriceBook, keys: list[Key]) -> None:
    """Each class at its own rate of the call's size: none twice, none forgotten, whatever else is used."""
    chance = random.Random(2)
    seen = 0
    for key, at, card in _cards(book, keys, chance):
        usage = _usage(chance, 400_000)
        cost = card.token_cost(usage)
        if cost is None:
            continue
        rates = next((rates for above, rates in card.tiers if usage.input_tokens > above), card.rates)
        parts = [count * rate for count, rate in zip(_counts(usage).values(), rates, strict=True)]
        assert abs(cost * card.scale - sum(parts)) <= card.scale // 2, (key, at, usage)
        if not card.tiers:
            alone = [
                card.token_cost(TokenUsage(**{name: count}))
                for name, count in _counts(usage).items()
                if count
            ]
            assert None not in alone
            assert abs(sum(filter(None, alone)) - cost) <= ROUNDING * len(alone), (key, at, usage)
        seen += 1
    assert seen > 8_000


async def test_one_price_is_in_force_at_any_instant(book: PriceBook, keys: list[Key]) -> None:
    """A card says how long it holds; inside it is the only one, and where it ends another begins."""
    chance = random.Random(3)
    seen = 0
    for (provider, model, context), at, card in _cards(book, keys, chance):
        where = provider, model, context, at
        start, end = card.valid_from_us, card.valid_until_us
        assert start <= at < end, where
        inside = {max(start, FIRST), min(end, LAST) - 1, chance.randrange(max(start, FIRST), min(end, LAST))}
        for instant in inside:
            found = book.card(1, provider, model, context, instant)
            assert found is not None, where
            assert _stated(found) == _stated(card), (where, instant)
        if end < LAST:
            then = book.card(1, provider, model, context, end)
            assert then is None or then.valid_from_us == end, where
        seen += 1
    assert seen > 10_000


async def test_the_price_of_an_instant_does_not_depend_on_what_was_asked_before(
    connection: asyncpg.Connection, book: PriceBook, keys: list[Key]
) -> None:
    chance = random.Random(4)
    some = [*(key for key in keys if key[0] == "deepseek"), *chance.sample(keys, 1_500)]
    asked = [(key, at, _stated(card)) for key, at, card in _cards(book, some, chance)]
    chance.shuffle(asked)
    other = await PriceBook.load(connection)
    for (provider, model, context), at, stated in asked:
        found = other.card(1, provider, model, context, at)
        assert found is not None
        assert _stated(found) == stated, (provider, model, context, at)
    assert len(asked) > 3_000


def _minute(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


_windows = st.lists(st.integers(0, 1439), min_size=2, max_size=6, unique=True)


@given(marks=_windows, at=st.integers(0, 3 * DAY_US))
def test_the_day_is_covered_once(marks: list[int], at: int) -> None:
    """Windows in any order, also over midnight: one plan at an instant, and its stretch is truly its own."""
    pairs = [(marks[i], marks[i + 1]) for i in range(0, len(marks) - 1, 2)]
    document = {
        "tokens": {"input": "1", "output": "1"},
        "windows": [
            {"from": _minute(a), "until": _minute(b), "tokens": {"input": str(i + 2), "output": "1"}}
            for i, (a, b) in enumerate(pairs)
        ],
    }
    minutes = [minute for a, b in pairs for minute in range(1440) if _inside(a, b, minute)]
    if len(set(minutes)) < len(minutes):
        with pytest.raises(PriceDocumentError, match="overlap"):
            compile_document(document)
        return
    plan = compile_document(document)
    found, start, end = plan.at(at)
    assert start <= at < end
    assert _rate(found) == _expected(pairs, at)
    for instant in (start, end - 1):
        assert plan.at(instant)[1:] == (start, end)
        assert _rate(plan.at(instant)[0]) == _rate(found)


def _rate(plan: Plan) -> int:
    return plan.rates[0]


def _expected(pairs: list[tuple[int, int]], at_us: int) -> int:
    minute = at_us % DAY_US / 60_000_000
    index = next((i for i, (a, b) in enumerate(pairs) if _inside(a, b, minute)), -1)
    return (index + 2) * 10**6


def _inside(start: int, end: int, minute: float) -> bool:
    return start <= minute < end if start < end else minute >= start or minute < end


async def test_a_microsecond_decides(book: PriceBook) -> None:
    change = datetime(2026, 7, 30, tzinfo=UTC)
    costs = [
        card.token_cost(TokenUsage(input=100_000))
        for at in (change - timedelta(microseconds=1), change)
        if (card := book.card(1, "openai", "gpt-5.6-luna", "batch", to_us(at)))
    ]
    assert costs == [50_000_000_000, 10_000_000_000]
