"""Cohere, Groq, DeepSeek, Mistral, Cerebras and xAI: usage as documented, and contradictory.

What they were recorded to send is in `test_recorded_usage.py`.
"""

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger import Ledger, entry_of, event
from llmlab_shared.domain.usage import Measured, UsageError
from llmlab_shared.providers.factory import get_provider
from llmlab_shared.providers.reading import decode_usage

counts = st.integers(0, 1_000)


def _read(provider: str, usage: dict[str, Any], api: str | None = "chat") -> Measured:
    return get_provider(provider).normalise(decode_usage(json.dumps(usage).encode()), api)


def _classes(measured: Measured) -> dict[str, int]:
    return {name: count for name, count in msgspec.structs.asdict(measured.tokens).items() if count}


DOCUMENTED: list[tuple[str, str, dict[str, Any], dict[str, int], dict[str, int] | None]] = [
    (
        "Cohere v1, its meta",
        "cohere",
        {
            "api_version": {"version": "1"},
            "billed_units": {"input_tokens": 10.0, "output_tokens": 26.0},
            "tokens": {"input_tokens": 82.0, "output_tokens": 26.0},
        },
        {"input": 10, "output": 26},
        None,
    ),
    (
        "Cohere v1, what holds its meta",
        "cohere",
        {"meta": {"billed_units": {"input_tokens": 10, "output_tokens": 26}}},
        {"input": 10, "output": 26},
        None,
    ),
    ("Cohere embed", "cohere", {"billed_units": {"input_tokens": 12}}, {"input": 12}, None),
    (
        "Cohere embed, images",
        "cohere",
        {"billed_units": {"input_tokens": 2, "image_tokens": 300, "images": 1}},
        {"input": 2, "input_image": 300},
        {"images": 1},
    ),
    ("Cohere rerank", "cohere", {"billed_units": {"search_units": 1}}, {}, {"search_units": 1}),
    ("Cohere classify", "cohere", {"billed_units": {"classifications": 3}}, {}, {"classifications": 3}),
    (
        "Cohere, billed by somebody else",
        "cohere",
        {"tokens": {"input_tokens": 100, "output_tokens": 7}, "cached_tokens": 40},
        {"input": 60, "cache_read": 40, "output": 7},
        None,
    ),
    (
        "Cohere's models elsewhere",
        "aws",
        {"billed_units": {"input_tokens": 3, "output_tokens": 4}},
        {"input": 3, "output": 4},
        None,
    ),
    (
        "Groq, a chunk whose usage lacks the prompt",
        "groq",
        {
            "usage": {"prompt_tokens": 0, "completion_tokens": 31, "total_tokens": 31},
            "x_groq": {"usage": {"prompt_tokens": 21, "completion_tokens": 31, "total_tokens": 52}},
        },
        {"input": 21, "output": 31},
        None,
    ),
    (
        "DeepSeek, hits and misses without their sum",
        "deepseek",
        {"prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 36, "completion_tokens": 5},
        {"input": 36, "cache_read": 64, "output": 5},
        None,
    ),
    (
        "DeepSeek, misses only",
        "deepseek",
        {"prompt_tokens": 100, "prompt_cache_miss_tokens": 36, "completion_tokens": 5},
        {"input": 36, "cache_read": 64, "output": 5},
        None,
    ),
    (
        "Mistral, the same count under both names",
        "mistral",
        {
            **{"prompt_tokens": 13, "completion_tokens": 7, "total_tokens": 20, "prompt_audio_seconds": 0},
            **{"num_cached_tokens": 5, "prompt_tokens_details": {"cached_tokens": 5}},
        },
        {"input": 8, "cache_read": 5, "output": 7},
        None,
    ),
    (
        "Mistral, the third name",
        "mistral",
        {"prompt_tokens": 13, "completion_tokens": 7, "prompt_token_details": {"cached_tokens": 5}},
        {"input": 8, "cache_read": 5, "output": 7},
        None,
    ),
    ("Mistral OCR", "mistral", {"pages_processed": 3, "doc_size_bytes": 900}, {}, {"pages": 3}),
    (
        "xAI chat without a total",
        "x-ai",
        {
            **{"prompt_tokens": 32, "completion_tokens": 9},
            "completion_tokens_details": {"reasoning_tokens": 94},
        },
        {"input": 32, "output": 103, "reasoning": 94},
        None,
    ),
    (
        "xAI responses, reasoning inside",
        "x-ai",
        {
            **{"input_tokens": 36361, "input_tokens_details": {"cached_tokens": 192}},
            **{"output_tokens": 1252, "output_tokens_details": {"reasoning_tokens": 763}},
            "total_tokens": 37613,
        },
        {"input": 36169, "cache_read": 192, "output": 1252, "reasoning": 763},
        None,
    ),
]


@pytest.mark.parametrize(
    ("provider", "usage", "tokens", "units"), [row[1:] for row in DOCUMENTED], ids=[r[0] for r in DOCUMENTED]
)
def test_documented(
    provider: str, usage: dict[str, Any], tokens: dict[str, int], units: dict[str, int] | None
) -> None:
    for api in ("chat", None, "no_such_api"):
        measured = _read(provider, usage, api)
        assert _classes(measured) == tokens
        assert measured.units == units


CONTRADICTIONS: list[tuple[str, dict[str, Any], str]] = [
    ("cohere", {"billed_units": {}}, "hold no counts"),
    ("cohere", {"billed_units": {"input_tokens": None}}, "hold no counts"),
    ("cohere", {"meta": {"api_version": {"version": "1"}}}, "hold no counts"),
    ("cohere", {"meta": 1}, "meta must be an object"),
    ("cohere", {"billed_units": {"input_tokens": 1.5}}, "input_tokens must be a whole number"),
    ("cohere", {"billed_units": {"input_tokens": -1}}, "input_tokens must be a whole number"),
    (
        "cohere",
        {"billed_units": {"input_tokens": 1}, "tokens": {"input_tokens": 5}, "cached_tokens": 6},
        "cached_tokens is 6 of 5",
    ),
    ("groq", {"x_groq": {"id": "req_1"}}, "is missing"),
    ("groq", {"x_groq": {"usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 3}}}, "is 3"),
    ("groq", {"x_groq": 1}, "x_groq must be an object"),
    (
        "deepseek",
        {"prompt_tokens": 100, "prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 35},
        "prompt_tokens is 100, but",
    ),
    (
        "deepseek",
        {
            **{"prompt_tokens": 9, "prompt_cache_hit_tokens": 4, "prompt_cache_miss_tokens": 5},
            "prompt_tokens_details": {"cached_tokens": 3},
        },
        "prompt_cache_hit_tokens is 4",
    ),
    ("deepseek", {"prompt_tokens": 9, "prompt_cache_hit_tokens": 10}, "10 of 9"),
    ("deepseek", {"prompt_tokens": 9, "prompt_cache_miss_tokens": 10}, "is 10 of 9"),
    ("deepseek", {"prompt_cache_hit_tokens": 10}, "is missing"),
    ("mistral", {"prompt_tokens": 9, "num_cached_tokens": 10}, "10 of 9"),
    (
        "mistral",
        {"prompt_tokens": 9, "num_cached_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}},
        "num_cached_tokens is 3",
    ),
    ("mistral", {"pages_processed": -3}, "pages_processed must be"),
    ("x-ai", {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 3}, "total_tokens is 3"),
    ("x-ai", {"prompt_tokens": 1, "cached_prompt_text_tokens": 2}, "2 of 1"),
    *(
        ("x-ai", {"prompt_tokens": 1, "cost_in_usd_ticks": ticks}, "cost_in_usd_ticks must be")
        for ticks in (-1, 0.5, True, "", "-1", "1.5", "a lot", "٣", "9" * 21, 10**19 + 1, [])
    ),
    ("cerebras", {"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 6}}, "6 of 5"),
]


@pytest.mark.parametrize(("provider", "usage", "reason"), CONTRADICTIONS)
def test_contradictions(provider: str, usage: dict[str, Any], reason: str) -> None:
    for api in ("chat", None):
        with pytest.raises(UsageError, match=reason):
            _read(provider, usage, api)


@given(billed_in=counts, billed_out=counts, added_in=counts, added_out=counts, cached=st.integers(0, 2_000))
def test_cohere_s_classes_make_the_bill(**parts: int) -> None:
    processed = parts["billed_in"] + parts["added_in"]
    usage = {
        "billed_units": {"input_tokens": parts["billed_in"], "output_tokens": parts["billed_out"]},
        "tokens": {"input_tokens": processed, "output_tokens": parts["billed_out"] + parts["added_out"]},
        "cached_tokens": min(parts["cached"], processed),
    }
    tokens = _read("cohere", usage).tokens
    assert (tokens.input_tokens, tokens.output_tokens) == (parts["billed_in"], parts["billed_out"])


@given(hit=counts, miss=counts, out=counts, reasoning=counts, off=st.integers(-3, 3))
def test_deepseek_s_prompt_is_its_hits_and_misses(
    hit: int, miss: int, out: int, reasoning: int, off: int
) -> None:
    prompt = max(0, hit + miss + off)
    usage = {
        "prompt_tokens": prompt,
        "prompt_cache_hit_tokens": hit,
        "prompt_cache_miss_tokens": miss,
        "completion_tokens": out + reasoning,
        "total_tokens": prompt + out + reasoning,
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }
    if prompt != hit + miss:
        with pytest.raises(UsageError):
            _read("deepseek", usage)
        return
    tokens = _read("deepseek", usage).tokens
    assert (tokens.input, tokens.cache_read, tokens.output) == (miss, hit, out + reasoning)


@given(
    st.sampled_from(["groq", "mistral", "cerebras"]),
    *(counts for _ in range(4)),
)
def test_classes_make_the_totals_of_chat(
    provider: str, plain: int, cached: int, out: int, reasoning: int
) -> None:
    usage: dict[str, Any] = {
        "prompt_tokens": plain + cached,
        "completion_tokens": out + reasoning,
        "total_tokens": plain + cached + out + reasoning,
        "prompt_tokens_details": {"cached_tokens": cached},
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }
    for form in (usage, {"x_groq": {"usage": usage}}) if provider == "groq" else (usage,):
        tokens = _read(provider, form).tokens
        assert tokens.input_tokens + tokens.output_tokens == usage["total_tokens"]
        assert (tokens.input, tokens.cache_read, tokens.reasoning) == (plain, cached, reasoning)


@given(
    plain=counts,
    cached=counts,
    out=counts,
    reasoning=counts,
    ticks=st.integers(0, 10**19),
    total=st.booleans(),
)
def test_xai_s_reasoning_is_counted_once_and_its_charge_is_exact(
    *, plain: int, cached: int, out: int, reasoning: int, ticks: int, total: bool
) -> None:
    chat = {
        "prompt_tokens": plain + cached,
        "completion_tokens": out,
        "prompt_tokens_details": {"cached_tokens": cached},
        "completion_tokens_details": {"reasoning_tokens": reasoning},
        "cost_in_usd_ticks": ticks,
    }
    responses = {
        "input_tokens": plain + cached,
        "output_tokens": out + reasoning,
        "input_tokens_details": {"cached_tokens": cached},
        "output_tokens_details": {"reasoning_tokens": reasoning},
        "cost_in_usd_ticks": ticks,
    }
    for usage in (chat, responses):
        if total:
            usage["total_tokens"] = plain + cached + out + reasoning
        measured = _read("x-ai", usage)
        assert (measured.tokens.input, measured.tokens.cache_read) == (plain, cached)
        assert (measured.tokens.output, measured.tokens.reasoning) == (out + reasoning, reasoning)
        assert measured.reported_cost == Decimal(ticks).scaleb(-10)


async def test_the_worker_charges_the_searches_that_only_the_client_saw(ledger: Ledger) -> None:
    await ledger.price(
        "searching-toy",
        '{"tokens": {"input": "1", "output": "10"}, "units": {"web_searches": {"usd": "10", "per": 1000},'
        ' "file_searches": {"usd": "2.5", "per": 1000}}}',
    )
    usage = {"input_tokens": 100, "output_tokens": 10, "total_tokens": 110}
    searched = event(
        model="searching-toy",
        api="responses",
        usage=usage,
        units={"web_searches": 1, "file_searches": 2},
        input_tokens=None,
        output_tokens=None,
    )
    assert (await ledger.process(entry_of(searched, workspace_id=await ledger.workspace()))).stored == 1
    (row,) = await ledger.events()
    assert (row["computed_cost"], row["tool_cost"]) == (Decimal("0.0002"), Decimal("0.015"))
    assert row["cost"] == Decimal("0.0152")


async def test_the_worker_prices_what_is_billed_and_takes_what_was_charged(ledger: Ledger) -> None:
    await ledger.price("command-toy", '{"tokens": {"input": "1", "output": "10"}}', provider="cohere")
    await ledger.price("grok-toy", '{"tokens": {"input": "1", "output": "10"}}', provider="x-ai")
    cohere = {
        "billed_units": {"input_tokens": 2406, "output_tokens": 2},
        "tokens": {"input_tokens": 2935, "output_tokens": 4},
        "cached_tokens": 2928,
    }
    grok = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15, "cost_in_usd_ticks": 37756000}
    none = {"input_tokens": None, "output_tokens": None}
    entry = entry_of(
        event(provider="cohere", model="command-toy", usage=cohere, **none),
        event(provider="xai", model="grok-toy", usage=grok, **none),
        event(provider="groq", model="any", usage={"x_groq": {"id": "req_1"}}, **none),
        workspace_id=await ledger.workspace(),
    )
    outcome = await ledger.process(entry)
    assert (outcome.stored, outcome.dead) == (3, 0)
    found = {row["provider"]: row for row in await ledger.events()}
    assert (found["cohere"]["price_status"], found["cohere"]["cost"]) == ("priced", Decimal("0.002426"))
    assert (found["x-ai"]["price_status"], found["x-ai"]["cost"]) == ("reported", Decimal("0.0037756"))
    assert found["x-ai"]["computed_cost"] == Decimal("0.00006")
    assert found["x-ai"]["reported_by"] == "provider"
    assert found["groq"]["price_status"] == "quarantined"
