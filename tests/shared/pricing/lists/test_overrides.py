"""The reviewed corrections: each with its source, each in force where and when it says."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from llmlab_shared.clock import to_us
from llmlab_shared.domain.money import from_pico, to_wire
from llmlab_shared.domain.usage import INPUT_CLASSES, TOKEN_CLASSES, TokenUsage
from llmlab_shared.pricing.calculator import CostCalculator, Quote
from llmlab_shared.pricing.lists.catalogue import BEGINNING, read_catalogue
from llmlab_shared.pricing.lists.overrides import Row, read_overrides, read_rows
from llmlab_shared.pricing.price_book import PriceBook
from llmlab_shared.pricing.price_document import compile_document
from llmlab_shared.pricing.store import NewPrice

MILLION = 10**6
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
TEXT = TokenUsage(input=MILLION, output=MILLION)
# There is a price, and no source says which.
UNKNOWN: dict[str, Any] = {"tokens": {}}

EXPECTED: list[tuple[str, str, datetime, TokenUsage, str]] = [
    ("mistral", "mistral-large-latest", datetime(2025, 12, 1, 23, tzinfo=UTC), TEXT, "8"),
    ("mistral", "mistral-large-latest", datetime(2025, 12, 2, tzinfo=UTC), TEXT, "2"),
    ("mistral", "mistral-large-2411", NOW, TEXT, "8"),
    (
        "openai",
        "gpt-4o-audio-preview-2024-12-17",
        NOW,
        TokenUsage(input_audio=MILLION, output_audio=MILLION),
        "120",
    ),
    ("openai", "gpt-4o-audio-preview", NOW, TEXT, "12.5"),
    ("openai", "ft:gpt-4o-2024-08-06:acme::id", NOW, TokenUsage(cache_read=MILLION), "1.875"),
    ("openai", "ft:gpt-4.1:acme::id", NOW, TEXT, "15"),
    ("google", "gemini-1.5-flash-8b", NOW, TokenUsage(input=100_000, output=100_000), "0.01875"),
    ("google", "gemini-1.5-flash-8b", NOW, TEXT, "0.375"),
    ("google", "gemini-1.5-flash", NOW, TokenUsage(input=100_000), "0.0075"),
    ("azure", "text-embedding-3-small", NOW, TokenUsage(input=MILLION), "0.022"),
    ("deepseek", "deepseek-chat", datetime(2025, 9, 5, 15, tzinfo=UTC), TEXT, "1.37"),
    ("deepseek", "deepseek-chat", datetime(2025, 9, 5, 16, tzinfo=UTC), TEXT, "2.24"),
    ("deepseek", "deepseek-reasoner", datetime(2025, 9, 29, tzinfo=UTC), TEXT, "0.7"),
    ("deepseek", "deepseek-v4-pro", datetime(2026, 8, 16, 2, tzinfo=UTC), TEXT, "1.305"),
    ("deepseek", "deepseek-v4-pro", datetime(2026, 8, 17, 2, tzinfo=UTC), TEXT, "5.28"),
    ("deepseek", "deepseek-v4-pro", datetime(2026, 8, 17, 5, tzinfo=UTC), TEXT, "2.64"),
]


async def test_what_they_correct(calculator: CostCalculator) -> None:
    for provider, model, at, usage, usd in EXPECTED:
        quote = calculator.price(1, provider, model, usage, None, to_us(at))
        assert quote is not None, model
        assert to_wire(from_pico(quote.computed_pico)) == usd, (model, at)


def test_each_names_its_source() -> None:
    overrides = read_overrides()
    assert len(overrides.prices) > 1_000
    for price in overrides.prices:
        assert price.layer == "override"
        assert len(price.source) > 20, price.model
        assert "(checked 20" in price.source


def test_each_is_about_a_model_that_is_known() -> None:
    """A slip in a name would be a price that nobody is ever charged."""
    catalogue = read_catalogue()
    known = {(p.provider, p.model) for p in catalogue.prices}
    known |= {(a.provider, a.alias) for a in catalogue.aliases}
    # Azure sells OpenAI's models; a fine-tune is named after what it was made from.
    known |= {("azure", model) for provider, model in known if provider == "openai"}
    own = {
        (r.provider, m)
        for r in read_rows()
        for m in r.models
        if not r.contexts[0] and "factor" not in r.price
    }
    unknown = {
        (row.provider, model)
        for row in read_rows()
        for model in row.models
        if (row.provider, model) not in known | own
    }
    assert unknown == set()


def _contexts() -> Iterator[tuple[Row, str, str]]:
    for row in read_rows():
        for model in row.models:
            for context in row.contexts:
                yield row, model, context


async def test_a_context_s_price_does_not_jump_where_the_catalogue_takes_over(book: PriceBook) -> None:
    """The catalogue dates its batch and tier prices from when it first read them, not from a change."""
    begun = {(row.provider, model, context, row.since) for row, model, context in _contexts()}
    seen = 0
    for row, model, context in _contexts():
        if not context or row.until is None or row.price == UNKNOWN:
            continue
        if (row.provider, model, context, row.until) in begun:
            continue
        before, after = (
            book.card(1, row.provider, model, context, to_us(at)) for at in (row.until - INSTANT, row.until)
        )
        assert before is not None, (model, context)
        assert after is not None, (model, context)
        assert not after.rule.endswith("_rate"), (model, context)
        for usage in (TEXT, TokenUsage(**dict.fromkeys(TOKEN_CLASSES, 1_000))):
            assert before.token_cost(usage) == after.token_cost(usage), (model, context)
        seen += 1
    assert seen > 100


async def test_a_factor_is_of_every_class_and_of_no_fee(calculator: CostCalculator) -> None:
    usage = TokenUsage(**dict.fromkeys(TOKEN_CLASSES, 1_000))
    units = {"web_searches": Decimal(3)}

    def quote(region: str | None) -> Quote:
        found = calculator.price(1, "anthropic", "claude-opus-5", usage, units, to_us(NOW), region=region)
        assert found is not None
        return found

    plain, regional = quote(None), quote("us")
    assert regional.computed_pico * 10 == plain.computed_pico * 11
    assert regional.tool_pico == plain.tool_pico == 30_000_000_000


async def test_where_only_the_existence_of_a_price_is_known_nothing_is_charged(
    calculator: CostCalculator,
) -> None:
    rows = [row for row in read_rows() if row.price == UNKNOWN]
    assert len(rows) > 5
    for row in rows:
        for context in row.contexts:
            at = NOW if row.until is None else row.until - INSTANT
            tier = {"service_tier": context} if context == "priority" else {"processing": context or None}
            for model in row.models:
                assert calculator.price(1, row.provider, model, TEXT, None, to_us(at), **tier) is None, model


def test_the_rows_of_a_name_follow_each_other() -> None:
    """A row holds until its own end, or else until the next begins: never does one cut another short."""
    rows: dict[tuple[str, str, str], list[Row]] = {}
    for row, model, context in _contexts():
        rows.setdefault((row.provider, model, context), []).append(row)
    for key, of_key in rows.items():
        for earlier, later in pairwise(sorted(of_key, key=lambda row: row.since)):
            if earlier.until is None:
                assert later.until is None, key
            else:
                assert earlier.until <= later.since, key


def test_a_row_that_follows_another_takes_its_place() -> None:
    """An end is not stated beside the beginning of what comes then."""
    prices = [p for p in read_overrides().prices if (p.model, p.context) == ("o3", "batch")]
    assert [(p.valid_from.date().isoformat(), p.withdrawn) for p in sorted(prices, key=_begins)] == [
        ("2024-04-15", False),
        ("2025-06-10", False),
        ("2026-10-14", True),
    ]


def _begins(price: NewPrice) -> datetime:
    return price.valid_from


@pytest.mark.parametrize("kind", ["tokens", "tiers", "windows"])
def test_dearer_classes_are_not_forgotten(kind: str) -> None:
    """A document that lists cached input at all lists it in each of its parts."""

    def parts(document: dict[str, Any]) -> Iterator[dict[str, str]]:
        found = document.get(kind, [])
        yield from [found] if isinstance(found, dict) else [part["tokens"] for part in found]

    for row in read_rows():
        if "factor" in row.price:
            continue
        for part in parts(row.price):
            listed = set(row.price["tokens"]) & set(INPUT_CLASSES)
            assert listed <= set(part), (row.models, kind)
            compile_document(row.price)


def test_the_file_reads_as_it_is_written() -> None:
    """One row a line, so that a change of one price is a change of one line."""
    from importlib.resources import files

    lines = files("llmlab_shared.pricing.lists").joinpath("overrides.json").read_text().splitlines()
    assert len(lines) == len(read_rows()) + 2
    assert all(json.loads(line.strip().rstrip(",")) for line in lines[1:-1])
    assert all(row.since >= BEGINNING and (row.until is None or row.since < row.until) for row in read_rows())
