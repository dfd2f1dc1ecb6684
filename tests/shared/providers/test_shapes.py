"""Usage objects of each API: which classes they mean, and which contradictions are refused.

The recorded ones are in `tests/shared/pricing/test_provider_calls.py`; these come from documentation.
"""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from llmlab_shared.domain.usage import UsageError
from llmlab_shared.providers.factory import get_provider
from llmlab_shared.providers.reading import decode_usage

CASES: list[tuple[str, str, str | None, dict[str, Any], dict[str, int]]] = [
    (
        "OpenAI chat, cached and audio",
        "openai",
        "chat",
        {
            "prompt_tokens": 100,
            "completion_tokens": 50,
            "total_tokens": 150,
            "prompt_tokens_details": {"cached_tokens": 20, "audio_tokens": 30},
            "completion_tokens_details": {"reasoning_tokens": 5, "audio_tokens": 40},
        },
        {"input": 50, "cache_read": 20, "input_audio": 30, "output": 10, "output_audio": 40, "reasoning": 5},
    ),
    (
        "OpenAI responses, cache written",
        "openai",
        "responses",
        {
            "input_tokens": 1000,
            "input_tokens_details": {"cached_tokens": 600, "cache_write_tokens": 300},
            "output_tokens": 10,
            "output_tokens_details": {"reasoning_tokens": 8},
            "total_tokens": 1010,
        },
        {"input": 100, "cache_read": 600, "cache_write_5m": 300, "output": 10, "reasoning": 8},
    ),
    (
        "OpenAI embeddings",
        "openai",
        "embeddings",
        {"prompt_tokens": 8, "total_tokens": 8},
        {"input": 8},
    ),
    (
        "OpenAI completions with nulls",
        "openai",
        "completions",
        {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12, "prompt_tokens_details": None},
        {"input": 5, "output": 7},
    ),
    (
        "OpenAI images",
        "openai",
        "images",
        {
            "input_tokens": 50,
            "input_tokens_details": {"text_tokens": 10, "image_tokens": 40},
            "output_tokens": 4160,
            "output_tokens_details": {"text_tokens": 160, "image_tokens": 4000},
            "total_tokens": 4210,
        },
        {"input": 10, "input_image": 40, "output": 160, "output_image": 4000},
    ),
    (
        "OpenAI images, nothing said of the output",
        "openai",
        "images",
        {
            "input_tokens": 100,
            "input_tokens_details": {
                **{"text_tokens": 20, "image_tokens": 80, "cached_tokens": 50},
                "cached_tokens_details": {"image_tokens": 40, "text_tokens": 10},
            },
            "output_tokens": 200,
            "total_tokens": 300,
        },
        {"input": 10, "cache_read": 50, "input_image": 40, "output_image": 200},
    ),
    (
        "Images in a chat of another provider's",
        "somebody",
        "chat",
        {
            "prompt_tokens": 100,
            "prompt_tokens_details": {"text_tokens": 20, "image_tokens": 80},
            "completion_tokens": 200,
            "total_tokens": 300,
        },
        {"input": 20, "input_image": 80, "output": 200},
    ),
    (
        "OpenAI realtime, cached audio",
        "openai",
        "realtime",
        {
            "input_tokens": 300,
            "input_token_details": {
                "text_tokens": 100,
                "audio_tokens": 200,
                "cached_tokens": 128,
                "cached_tokens_details": {"text_tokens": 64, "audio_tokens": 64},
            },
            "output_tokens": 90,
            "output_token_details": {"text_tokens": 20, "audio_tokens": 70},
            "total_tokens": 390,
        },
        {
            **{"input": 36, "cache_read": 64, "input_audio": 136, "cache_audio_read": 64},
            **{"output": 20, "output_audio": 70},
        },
    ),
    (
        "Anthropic, both lives of the cache",
        "anthropic",
        "messages",
        {
            "input_tokens": 10,
            "cache_read_input_tokens": 200,
            "cache_creation_input_tokens": 700,
            "cache_creation": {"ephemeral_5m_input_tokens": 300, "ephemeral_1h_input_tokens": 400},
            "output_tokens": 50,
            "output_tokens_details": {"thinking_tokens": 30},
        },
        {
            **{"input": 10, "cache_read": 200, "cache_write_5m": 300, "cache_write_1h": 400},
            **{"output": 50, "reasoning": 30},
        },
    ),
    (
        "Anthropic without a breakdown",
        "anthropic",
        None,
        {"input_tokens": 1, "cache_creation_input_tokens": 9, "output_tokens": 2},
        {"input": 1, "cache_write_5m": 9, "output": 2},
    ),
    (
        "Anthropic, a compaction beside the message",
        "anthropic",
        "messages",
        {
            "input_tokens": 10,
            "output_tokens": 5,
            "iterations": [
                {"type": "compaction", "input_tokens": 1000, "output_tokens": 100},
                {"type": "message", "input_tokens": 10, "output_tokens": 5},
            ],
        },
        {"input": 1010, "output": 105},
    ),
    (
        "Anthropic over OpenAI's chat shape",
        "anthropic",
        "chat",
        {"prompt_tokens": 17, "completion_tokens": 15, "total_tokens": 32},
        {"input": 17, "output": 15},
    ),
    (
        "Gemini with a tool's prompt, thoughts and audio in the cache",
        "google",
        "generateContent",
        {
            "promptTokenCount": 100,
            "toolUsePromptTokenCount": 20,
            "candidatesTokenCount": 30,
            "thoughtsTokenCount": 40,
            "totalTokenCount": 190,
            "cachedContentTokenCount": 50,
            "promptTokensDetails": [
                {"modality": "TEXT", "tokenCount": 40},
                {"modality": "AUDIO", "tokenCount": 45},
                {"modality": "IMAGE", "tokenCount": 15},
            ],
            "cacheTokensDetails": [
                {"modality": "TEXT", "tokenCount": 20},
                {"modality": "AUDIO", "tokenCount": 30},
            ],
            "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 25}],
        },
        {
            **{"input": 40, "cache_read": 20, "input_audio": 15, "cache_audio_read": 30, "input_image": 15},
            **{"output": 45, "output_image": 25, "reasoning": 40},
        },
    ),
    (
        "Gemini as Python's client dumps it, with numbers for modalities",
        "google",
        "generate_content",
        {
            "prompt_token_count": 10,
            "candidates_token_count": None,
            "total_token_count": 10,
            "prompt_tokens_details": [{"modality": 4, "token_count": 6}, {"modality": 1, "token_count": 4}],
        },
        {"input": 4, "input_audio": 6},
    ),
    (
        "Vertex serving Claude",
        "vertex_ai",
        None,
        {"input_tokens": 3, "cache_read_input_tokens": 4, "output_tokens": 5},
        {"input": 3, "cache_read": 4, "output": 5},
    ),
    (
        "Bedrock Converse with the cache in its total",
        "aws",
        "converse",
        {
            "inputTokens": 10,
            "outputTokens": 20,
            "cacheReadInputTokens": 100,
            "cacheReadInputTokenCount": 100,
            "cacheWriteInputTokens": 60,
            "cacheDetails": [{"ttl": "1h", "inputTokens": 50}, {"ttl": "5m", "inputTokens": 10}],
            "totalTokens": 190,
        },
        {"input": 10, "cache_read": 100, "cache_write_5m": 10, "cache_write_1h": 50, "output": 20},
    ),
    (
        "Bedrock InvokeModel, Claude's body",
        "aws",
        "invoke_model",
        {"input_tokens": 10, "cache_creation_input_tokens": 5, "output_tokens": 2},
        {"input": 10, "cache_write_5m": 5, "output": 2},
    ),
    (
        "Bedrock InvokeModel, the headers",
        "aws",
        "invoke_model",
        {"inputTokenCount": 10, "outputTokenCount": 2},
        {"input": 10, "output": 2},
    ),
    (
        "xAI, reasoning beside the completion",
        "x-ai",
        "chat",
        {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": 35,
            "completion_tokens_details": {"reasoning_tokens": 20},
        },
        {"input": 10, "output": 25, "reasoning": 20},
    ),
    (
        "DeepSeek",
        "deepseek",
        None,
        {
            **{"prompt_tokens": 100, "prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 36},
            **{"completion_tokens": 5, "total_tokens": 105},
        },
        {"input": 36, "cache_read": 64, "output": 5},
    ),
    (
        "Mistral",
        "mistral",
        "chat",
        {"prompt_tokens": 100, "num_cached_tokens": 30, "completion_tokens": 5, "total_tokens": 105},
        {"input": 70, "cache_read": 30, "output": 5},
    ),
]


@pytest.mark.parametrize(
    ("provider", "api", "usage", "tokens"), [row[1:] for row in CASES], ids=[r[0] for r in CASES]
)
def test_classes(provider: str, api: str | None, usage: dict[str, Any], tokens: dict[str, int]) -> None:
    for hint in (api, None, "no_such_api"):
        measured = get_provider(provider).normalise(usage, hint)
        found = {name: count for name, count in msgspec.structs.asdict(measured.tokens).items() if count}
        assert found == tokens


CONTRADICTIONS: list[tuple[str, dict[str, Any], str]] = [
    ("openai", {"prompt_tokens": 10, "prompt_tokens_details": {"cached_tokens": 11}}, "11 of 10"),
    (
        "openai",
        {"prompt_tokens": 10, "prompt_tokens_details": {"cached_tokens": 6, "audio_tokens": 6}},
        "12 of 10",
    ),
    ("openai", {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 16}, "total_tokens is 16"),
    (
        "openai",
        {"prompt_tokens": 1, "completion_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 6}},
        "reasoning is 6 of 5",
    ),
    ("openai", {"completion_tokens": 5}, "prompt_tokens or input_tokens is missing"),
    ("openai", {"prompt_tokens": -1}, "prompt_tokens must be a whole number"),
    ("openai", {"prompt_tokens": 1.5}, "prompt_tokens must be a whole number"),
    ("openai", {"prompt_tokens": True}, "not True"),
    ("openai", {"prompt_tokens": "12"}, "not '12'"),
    ("openai", {"prompt_tokens": 10**18}, "from 0 to 1000000000000"),
    ("openai", {"prompt_tokens": 10**6000}, "a number of more than 30 digits"),
    ("openai", {"prompt_tokens": 1, "prompt_tokens_details": [1]}, "must be an object, not list"),
    ("openai", {"total": 4}, "no token counts that are known here; its fields: total"),
    ("openai", {}, "its fields: none"),
    (
        "anthropic",
        {
            "input_tokens": 1,
            "output_tokens": 1,
            "cache_creation_input_tokens": 5,
            "cache_creation": {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 3},
        },
        "its parts are 3",
    ),
    ("anthropic", {"output_tokens": 3, "cache_read_input_tokens": 1}, "input_tokens is missing"),
    (
        "anthropic",
        {"input_tokens": 1, "output_tokens": 1, "iterations": {"a": 1}},
        "iterations must be a list",
    ),
    ("google", {"promptTokenCount": 5, "totalTokenCount": 4}, "totalTokenCount is 4"),
    ("google", {"promptTokenCount": 5, "cachedContentTokenCount": 6}, "6 of 5"),
    ("google", {"promptTokenCount": 5, "promptTokensDetails": "TEXT"}, "must be a list"),
    ("aws", {"inputTokens": 5, "outputTokens": 5, "totalTokens": 11}, "totalTokens is 11"),
    (
        "aws",
        {"inputTokens": 5, "outputTokens": 1, "cacheDetails": [{"ttl": "1h", "inputTokens": 9}]},
        "cacheDetails hold 9",
    ),
    ("openrouter", {"prompt_tokens": 1, "cost": -1}, "cost must be an amount"),
    ("openrouter", {"prompt_tokens": 1, "cost": "a lot"}, "cost must be an amount"),
]


@pytest.mark.parametrize(("provider", "usage", "reason"), CONTRADICTIONS)
def test_contradictions(provider: str, usage: dict[str, Any], reason: str) -> None:
    with pytest.raises(UsageError, match=reason) as raised:
        get_provider(provider).normalise(usage, None)
    assert raised.value.code == "inconsistent_usage"
    assert len(raised.value.reason) < 400


@pytest.mark.parametrize("number", ["NaN", "sNaN", "Infinity", "-Infinity", "1E+999999", "-0.1"])
@pytest.mark.parametrize("field", ["prompt_tokens", "cost"])
def test_numbers_that_are_no_counts(field: str, number: str) -> None:
    with pytest.raises(UsageError, match=f"{field} must be"):
        get_provider("openrouter").normalise({"prompt_tokens": 1} | {field: Decimal(number)}, None)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 0.5, 1e300])
def test_floats_that_are_no_counts(number: float) -> None:
    with pytest.raises(UsageError, match="prompt_tokens must be"):
        get_provider("openai").normalise({"prompt_tokens": number}, None)


def test_what_else_a_usage_object_says() -> None:
    measured = get_provider("anthropic").normalise(
        {
            **{"input_tokens": 1, "output_tokens": 1, "service_tier": "batch", "inference_geo": "us"},
            "server_tool_use": {"web_search_requests": 2, "web_fetch_requests": 5},
        },
        "messages",
    )
    assert measured.units == {"web_searches": Decimal(2)}
    assert (measured.service_tier, measured.region) == ("batch", "us")
    fast = get_provider("anthropic").normalise(
        {"input_tokens": 1, "output_tokens": 1, "speed": "fast"}, "messages"
    )
    assert fast.service_tier == "fast"
    vertex = get_provider("google").normalise({"promptTokenCount": 1, "trafficType": "ON_DEMAND"}, None)
    assert vertex.service_tier == "on_demand"
    whisper = get_provider("openai").normalise({"type": "duration", "seconds": 9}, "transcriptions")
    assert whisper.units == {"seconds": Decimal(9)}


@pytest.mark.parametrize(
    ("usage", "charge"),
    [
        (b'{"prompt_tokens":1,"cost":0.1}', "0.1"),
        (b'{"prompt_tokens":1,"cost":5e-05}', "0.00005"),
        (b'{"prompt_tokens":1,"cost":"0.1"}', "0.1"),
        (b'{"prompt_tokens":1,"cost":2}', "2"),
        (b'{"prompt_tokens":1,"cost":0.0000000000005}', "0"),
        (
            b'{"prompt_tokens":1,"cost":0.01,"is_byok":true,"cost_details":{"upstream_inference_cost":0.2}}',
            "0.21",
        ),
        (
            b'{"prompt_tokens":1,"cost":0.01,"is_byok":false,"cost_details":{"upstream_inference_cost":0.2}}',
            "0.01",
        ),
    ],
)
def test_charges_are_read_without_a_float(usage: bytes, charge: str) -> None:
    measured = get_provider("openrouter").normalise(decode_usage(usage), "chat")
    assert measured.reported_cost == Decimal(charge)


def test_a_fee_is_no_charge_while_the_upstream_s_is_not_known() -> None:
    for details in ({"upstream_inference_cost": None}, {}, None):
        usage = {"prompt_tokens": 1, "cost": 0, "is_byok": True, "cost_details": details}
        assert get_provider("openrouter").normalise(usage, "chat").reported_cost is None


def test_only_the_provider_s_own_charge_counts() -> None:
    measured = get_provider("openai").normalise({"prompt_tokens": 1, "cost": "9"}, "chat")
    assert measured.reported_cost is None


@pytest.mark.parametrize(
    "raw", [b"", b"nul", b"[" * 9000, b"[]", b'"text"', b"12", b"\xff", b'{"a":1e999999999999}']
)
def test_bytes_that_are_no_usage_object(raw: bytes) -> None:
    with pytest.raises(UsageError):
        get_provider("openai").normalise(decode_usage(raw), None)
