"""The short cut says what the long way says, wherever it says anything at all."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llmlab_shared.domain.usage import UsageError
from llmlab_shared.providers.factory import get_provider
from llmlab_shared.providers.quick import read_quickly
from llmlab_shared.providers.reading import decode_usage
from provider_calls import FIXTURES, all_calls

PROVIDERS = ("openai", "azure", "anthropic", "google", "x-ai", "openrouter", "aws", "unheard-of")
APIS = (None, "chat", "responses", "messages", "generate_content")
FIELDS = (
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "input_tokens",
    "output_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "promptTokenCount",
    "candidatesTokenCount",
    "totalTokenCount",
    "cachedContentTokenCount",
    "thoughtsTokenCount",
    "toolUsePromptTokenCount",
    "unheard_of",
)
counts = st.sampled_from([0, 1, 2, 3, 5, 8, 10**12, 10**12 + 1, -1, None, 2.0, "3"])
details = st.dictionaries(
    st.sampled_from(
        [
            "cached_tokens",
            "cache_write_tokens",
            "audio_tokens",
            "reasoning_tokens",
            "thinking_tokens",
            "web_search_requests",
            "web_fetch_requests",
            "ephemeral_5m_input_tokens",
            "ephemeral_1h_input_tokens",
            "image_tokens",
        ]
    ),
    st.sampled_from([0, 1, 2, 9]),
    max_size=3,
)


@st.composite
def usages(draw: st.DrawFn) -> dict[str, Any]:
    """Objects near the usual ones: their fields in any company, with totals that mostly agree."""
    shape = draw(
        st.sampled_from(
            [FIELDS, FIELDS[:3], FIELDS[3:5] + FIELDS[2:3], FIELDS[3:7], FIELDS[7:12], FIELDS[7:13]]
        )
    )
    usage = draw(st.dictionaries(st.sampled_from(shape), counts | st.integers(0, 9)))
    names = (
        "prompt_tokens_details",
        "completion_tokens_details",
        "input_tokens_details",
        "output_tokens_details",
        "cache_creation",
        "server_tool_use",
    )
    usage |= draw(st.dictionaries(st.sampled_from(names), details | st.none(), max_size=2))
    text = {
        "service_tier": ["standard", "Batch", ""],
        "inference_geo": ["us", "global", "not_available"],
        "serviceTier": ["standard", "FLEX", "", None],
        "trafficType": ["ON_DEMAND", "", None],
    }
    modalities = st.fixed_dictionaries(
        {"modality": st.sampled_from(["TEXT", "TEXT", "AUDIO", "text", 1])},
        optional={"tokenCount": st.integers(0, 9)},
    )
    usage |= draw(
        st.dictionaries(
            st.sampled_from(["promptTokensDetails", "candidatesTokensDetails", "cacheTokensDetails"]),
            st.lists(modalities, max_size=2),
            max_size=2,
        )
        if "promptTokenCount" in usage
        else st.just({})
    )
    for name, values in text.items():
        if draw(st.integers(0, 3)) == 0:
            usage[name] = draw(st.sampled_from(values))
    if draw(st.booleans()):
        sums = {
            "total_tokens": ("prompt_tokens", "completion_tokens", "input_tokens", "output_tokens"),
            "totalTokenCount": FIELDS[7:9] + FIELDS[11:12],
        }
        total = draw(st.sampled_from(sorted(sums)))
        usage[total] = sum(usage[name] for name in sums[total] if type(usage.get(name)) is int)
    return usage


def check(provider: str, api: str | None, raw: bytes) -> bool:
    quick = read_quickly(provider, raw)
    if quick is None:
        return False
    try:
        slow = get_provider(provider).normalise(decode_usage(raw), api)
    except UsageError as error:
        raise AssertionError(f"{raw!r} was read quickly, but {error.reason}") from error
    assert quick == slow
    return True


@settings(max_examples=600)
@given(st.sampled_from(PROVIDERS), st.sampled_from(APIS), usages())
def test_both_ways_agree(provider: str, api: str | None, usage: dict[str, Any]) -> None:
    check(provider, api, msgspec.json.encode(usage))


@given(st.integers(0, 3), st.integers(0, 3), st.integers(0, 6), st.sampled_from(["long", "short", "odd"]))
def test_both_ways_agree_on_the_lives_of_a_cache(short: int, long: int, written: int, kind: str) -> None:
    """Sums that are nearly right, which arbitrary objects seldom have."""
    lives = {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": long}
    usage: dict[str, Any] = {
        "input_tokens": 1,
        "output_tokens": 1,
        "cache_creation_input_tokens": written,
        "cache_creation": {name: count for name, count in lives.items() if count}
        if kind != "long"
        else lives,
    }
    if kind == "odd":
        usage["cache_creation"]["ephemeral_24h_input_tokens"] = long
    check("anthropic", None, msgspec.json.encode(usage))


def test_both_ways_agree_on_what_providers_sent() -> None:
    calls = [(call.provider, call.api, call.usage) for call in all_calls()]
    recorded = (FIXTURES / "responses" / "recorded_usage.jsonl").read_text().splitlines()
    calls += [(row["provider"], row.get("api", "chat"), row["usage"]) for row in map(json.loads, recorded)]
    quick = sum(check(provider, api, msgspec.json.encode(usage)) for provider, api, usage in calls)
    assert quick > len(calls) // 2


@pytest.mark.parametrize(
    ("provider", "usage"),
    [
        ("openai", {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}),
        ("azure", {"input_tokens": 9, "output_tokens": 2, "total_tokens": 11}),
        ("anthropic", {"input_tokens": 9, "output_tokens": 2, "cache_read_input_tokens": 5}),
        ("google", {"promptTokenCount": 9, "candidatesTokenCount": 2, "totalTokenCount": 11}),
    ],
)
def test_the_usual_is_read_quickly(provider: str, usage: dict[str, int]) -> None:
    assert check(provider, None, msgspec.json.encode(usage))


@pytest.mark.parametrize(
    ("provider", "usage"),
    [
        (
            "openai",
            {
                **{"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6},
                "prompt_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 3},
            },
        ),
        (
            "anthropic",
            {"input_tokens": 5, "output_tokens": 1, "output_tokens_details": {"thinking_tokens": 2}},
        ),
        (
            "google",
            {
                **{"promptTokenCount": 5, "totalTokenCount": 5},
                "promptTokensDetails": [{"modality": "TEXT", "tokenCount": n} for n in (3, 3)],
            },
        ),
    ],
)
def test_a_part_larger_than_its_whole_is_left_to_the_long_way(provider: str, usage: dict[str, Any]) -> None:
    assert read_quickly(provider, msgspec.json.encode(usage)) is None
    with pytest.raises(UsageError):
        get_provider(provider).normalise(usage, None)
