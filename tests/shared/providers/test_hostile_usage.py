"""Whatever a usage object holds, it is read or refused with a reason; nothing else is ever raised."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llmlab_shared.domain.usage import MAX_COUNT, UsageError
from llmlab_shared.providers.factory import get_provider
from llmlab_shared.providers.shapes import anthropic, bedrock, google, openai

PROVIDERS = (
    *("openai", "azure", "anthropic", "google", "aws", "openrouter", "somebody"),
    *("cohere", "deepseek", "groq", "mistral", "x-ai", "perplexity", "voyageai"),
)
APIS = (None, "chat", "responses", "messages", "generateContent", "converse", "invoke_model", "odd")

counts = st.integers(0, 1_000)
junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.decimals(),
    st.decimals(allow_nan=False).map(lambda number: number.scaleb(999_000)),
    st.text(max_size=20),
    st.just("0.5"),
    st.just([]),
    st.just({}),
    st.just([None, {"modality": ["AUDIO"], "tokenCount": 1}]),
    st.just({"audio_tokens": {}}),
)
FIELDS = sorted(
    openai.KEYS
    | anthropic.KEYS
    | google.KEYS
    | bedrock.KEYS
    | {
        *(
            "type",
            "cost",
            "is_byok",
            "cost_details",
            "speed",
            "service_tier",
            "server_tool_use",
            "iterations",
        ),
        *(
            "prompt_tokens_details",
            "input_tokens_details",
            "input_token_details",
            "completion_tokens_details",
        ),
        *(
            "output_tokens_details",
            "cache_creation",
            "promptTokensDetails",
            "cacheTokensDetails",
            "cacheDetails",
        ),
        *("cacheReadInputTokens", "cacheWriteInputTokens", "total_tokens", "totalTokens", "inference_geo"),
        *("cached_tokens", "audio_tokens", "image_tokens", "reasoning_tokens", "cached_tokens_details"),
        *("billed_units", "tokens", "meta", "search_units", "x_groq", "usage", "num_cached_tokens"),
        *("prompt_cache_hit_tokens", "prompt_cache_miss_tokens", "pages_processed"),
        *("cost_in_usd_ticks", "cached_prompt_text_tokens"),
        *("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens", "modality", "tokenCount", "ttl"),
        *("usageMetadata", "metadata", "message", "response", "delta", "body", "headers", "serviceTier"),
        *("X-Amzn-Bedrock-Input-Token-Count", "x-amzn-bedrock-output-token-count", "usage_info", "results"),
        *("inputTextTokenCount", "generation_token_count", "total_input_tokens", "input_tokens_by_modality"),
        *("amazon-bedrock-invocationMetrics", "server_side_tool_usage_details", "server_side_tools_used"),
        *("citation_tokens", "total_cost", "num_search_queries", "prompt_audio_seconds", "thinking_tokens"),
        *("billable_audio_seconds", "prompt_image_tokens", "cache_creation_token_details", "image_pixels"),
    }
)
names = st.one_of(st.sampled_from(FIELDS), st.text(max_size=10), st.integers(), st.none())
values = st.recursive(
    st.one_of(counts, junk),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=5)),
    max_leaves=12,
)


@settings(max_examples=600)
@given(
    st.sampled_from(PROVIDERS),
    st.sampled_from(APIS),
    st.one_of(st.dictionaries(names, values, max_size=10), values),
)
def test_read_or_refused(provider: str, api: str | None, usage: Any) -> None:
    try:
        measured = get_provider(provider).normalise(usage, api)
    except UsageError as error:
        reason = error.reason
        measured = None
    if measured is None:
        assert 0 < len(reason) < 500
        return
    tokens = measured.tokens
    assert all(
        type(getattr(tokens, name)) is int and getattr(tokens, name) >= 0 for name in tokens.__struct_fields__
    )
    assert tokens.input_tokens <= MAX_COUNT
    assert tokens.reasoning <= tokens.output_tokens <= MAX_COUNT
    assert measured.reported_cost is None or 0 <= measured.reported_cost <= 10**10


@given(cached=counts, written=counts, audio=counts, plain=counts, out=counts, reasoning=counts, spoken=counts)
def test_openai_s_classes_make_its_totals(**parts: int) -> None:
    total_in = parts["cached"] + parts["written"] + parts["audio"] + parts["plain"]
    total_out = parts["out"] + parts["reasoning"] + parts["spoken"]
    usage = {
        "prompt_tokens": total_in,
        "completion_tokens": total_out,
        "total_tokens": total_in + total_out,
        "prompt_tokens_details": {
            "cached_tokens": parts["cached"],
            "cache_write_tokens": parts["written"],
            "audio_tokens": parts["audio"],
        },
        "completion_tokens_details": {
            "reasoning_tokens": parts["reasoning"],
            "audio_tokens": parts["spoken"],
        },
    }
    tokens = get_provider("openai").normalise(usage, "chat").tokens
    assert (tokens.input_tokens, tokens.output_tokens) == (total_in, total_out)
    assert (tokens.input, tokens.cache_read, tokens.input_audio) == (
        parts["plain"],
        parts["cached"],
        parts["audio"],
    )


@given(plain=counts, read=counts, short=counts, long=counts, out=counts)
def test_anthropic_s_classes_make_what_is_billed(**parts: int) -> None:
    usage = {
        "input_tokens": parts["plain"],
        "cache_read_input_tokens": parts["read"],
        "cache_creation_input_tokens": parts["short"] + parts["long"],
        "cache_creation": {
            "ephemeral_5m_input_tokens": parts["short"],
            "ephemeral_1h_input_tokens": parts["long"],
        },
        "output_tokens": parts["out"],
    }
    tokens = get_provider("anthropic").normalise(usage, "messages").tokens
    assert tokens.input_tokens == parts["plain"] + parts["read"] + parts["short"] + parts["long"]
    assert (tokens.cache_write_5m, tokens.cache_write_1h, tokens.output) == (
        parts["short"],
        parts["long"],
        parts["out"],
    )


@given(prompt=counts, tools=counts, cached=counts, audio=counts, candidates=counts, thoughts=counts)
def test_google_s_classes_make_its_total(**parts: int) -> None:
    prompt = parts["prompt"] + parts["cached"] + parts["audio"]
    total = prompt + parts["tools"] + parts["candidates"] + parts["thoughts"]
    usage = {
        "promptTokenCount": prompt,
        "toolUsePromptTokenCount": parts["tools"],
        "cachedContentTokenCount": parts["cached"],
        "candidatesTokenCount": parts["candidates"],
        "thoughtsTokenCount": parts["thoughts"],
        "totalTokenCount": total,
        "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": parts["audio"]}],
    }
    tokens = get_provider("google").normalise(usage, "generateContent").tokens
    assert tokens.input_tokens + tokens.output_tokens == total
    assert (tokens.cache_read, tokens.input_audio, tokens.reasoning) == (
        parts["cached"],
        parts["audio"],
        parts["thoughts"],
    )


@pytest.mark.parametrize("number", [7, 7.0, Decimal(7), Decimal("7.000"), Decimal("0.7E+1")])
def test_whole_counts_in_any_number_type(number: Any) -> None:
    assert get_provider("cohere").normalise({"prompt_tokens": number}, None).tokens.input == 7
