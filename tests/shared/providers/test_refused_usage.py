"""What no price can be put on without guessing is refused, with a reason that names what is wrong."""

from decimal import Decimal
from typing import Any

import pytest
from llmlab_shared.domain.usage import UsageError
from llmlab_shared.providers.factory import get_provider

CHAT = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
MESSAGE = {"input_tokens": 10, "output_tokens": 5}
CONVERSE = {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15}
HEADER = {"x-amzn-bedrock-input-token-count": "10"}
GEMINI = {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15}

PARTS: list[tuple[str, dict[str, Any], str]] = [
    ("anthropic", {"output_tokens": 108}, "is missing"),
    ("anthropic", {"input_tokens": 14}, "output_tokens is missing"),
    ("openai", {"input_tokens": 14}, "completion_tokens or output_tokens is missing"),
    ("aws", {"inputTokens": 30}, "outputTokens or outputTokenCount is missing"),
    ("aws", {"outputTokens": 30}, "inputTokens or inputTokenCount is missing"),
    ("aws", {"generation_token_count": 30}, "prompt_token_count is missing"),
    ("google", {"candidatesTokenCount": 18, "thoughtsTokenCount": 58}, "promptTokenCount"),
    ("google", {"totalTokenCount": 3512}, "promptTokenCount"),
    ("google", {"total_input_tokens": 5}, "total_tokens is missing"),
    ("openai", {"total_tokens": 12}, "no token counts that are known here; its fields: total_tokens"),
    ("openai", {"type": "duration", "seconds": None}, "seconds is missing"),
    ("mistral", {"pages_processed": None}, "pages_processed is missing"),
    (
        "anthropic",
        {"type": "message_start", "message": {"usage": MESSAGE}},
        "message_start counts only the beginning",
    ),
    ("openai", {"type": "response.created", "response": {"usage": None}}, "its fields: response, type"),
    ("google", {"usageMetadata": {"trafficType": "ON_DEMAND"}}, "its fields: trafficType"),
    ("groq", {"id": "1", "x_groq": {"id": "req_1"}}, "is missing"),
]

CONTRADICTIONS: list[tuple[str, dict[str, Any], str]] = [
    ("openai", CHAT | {"total_tokens": 0}, "total_tokens is 0"),
    ("openai", CHAT | {"input_tokens": 11}, "prompt_tokens is 10, but input_tokens is 11"),
    (
        "openai",
        CHAT | {"prompt_tokens_details": {"cached_tokens": 4}, "cache_read_input_tokens": 5},
        "cached tokens are 4 in the details and 5 beside them",
    ),
    (
        "openai",
        CHAT | {"completion_tokens_details": {"reasoning_tokens": 1}, "reasoning_tokens": 2},
        "reasoning tokens are 1",
    ),
    ("openai", CHAT | {"prompt_tokens_details": {"text_tokens": 8, "audio_tokens": 3}}, "are 11 of 10"),
    ("openai", CHAT | {"completion_tokens_details": {"text_tokens": 6}}, "are 6 of 5"),
    (
        "openai",
        CHAT | {"prompt_tokens_details": {"cached_tokens": 4, "cached_tokens_details": {"text_tokens": 5}}},
        "cached input are 5 of 4",
    ),
    (
        "openai",
        CHAT
        | {
            "prompt_tokens_details": {
                "cache_creation_tokens": 6,
                "cache_creation_token_details": {"ephemeral_1h_input_tokens": 5},
            }
        },
        "6 tokens were written to the cache, but its parts are 0 and 5",
    ),
    (
        "anthropic",
        MESSAGE | {"cache_creation_input_tokens": 9, "cache_creation": {"ephemeral_1h_input_tokens": 8}},
        "its parts are 0 .5m. and 8 .1h.",
    ),
    ("anthropic", MESSAGE | {"total_tokens": 16}, "total_tokens is 16"),
    (
        "anthropic",
        MESSAGE
        | {"iterations": [{"type": "advisor_message", "model": "m", "input_tokens": 9, "output_tokens": 1}]},
        "'advisor_message' was done by another model, 'm'",
    ),
    (
        "anthropic",
        MESSAGE
        | {
            "iterations": [
                {"type": "message", "model": "first", "input_tokens": 9, "output_tokens": 3},
                {"type": "fallback_message", "model": "second", **MESSAGE},
            ]
        },
        "'message' was done by another model, 'first'",
    ),
    ("aws", CONVERSE | {"inputTokenCount": 11}, "inputTokens is 10, but inputTokenCount is 11"),
    (
        "aws",
        CONVERSE
        | {
            **{"cacheWriteInputTokens": 7, "totalTokens": 22},
            "cacheDetails": [{"ttl": "5m", "inputTokens": 6}],
        },
        "cacheDetails hold 6",
    ),
    (
        "aws",
        CONVERSE
        | {
            **{"cacheWriteInputTokens": 7, "totalTokens": 22},
            "cacheDetails": [{"ttl": "24h", "inputTokens": 7}],
        },
        "neither 5m nor 1h",
    ),
    (
        "google",
        GEMINI | {"promptTokensDetails": [{"modality": "TEXT", "tokenCount": 11}]},
        "modalities of the prompt are 11 of 10",
    ),
    (
        "google",
        GEMINI
        | {"cachedContentTokenCount": 3, "cacheTokensDetails": [{"modality": "TEXT", "tokenCount": 4}]},
        "cached content are 4 of 3",
    ),
    (
        "google",
        GEMINI
        | {"cachedContentTokenCount": 3, "cacheTokensDetails": [{"modality": "AUDIO", "tokenCount": 3}]},
        "cached audio .3. exceeds audio .0.",
    ),
    (
        "google",
        {"total_input_tokens": 5, "total_output_tokens": 5, "total_tokens": 11},
        "total_tokens is 11",
    ),
    ("x-ai", CHAT | {"cached_prompt_text_tokens": 11}, "11 of 10"),
    (
        "aws",
        {"inputTextTokenCount": 1, "results": [{"tokenCount": 5}], "totalOutputTextTokenCount": 6},
        "totalOutputTextTokenCount is 6",
    ),
]

UNKNOWN: list[tuple[str, dict[str, Any], str]] = [
    ("anthropic", MESSAGE | {"hologram_tokens": 3}, "hologram_tokens is 3, and what it counts is not known"),
    (
        "anthropic",
        MESSAGE | {"cache_creation_input_tokens": 9, "cache_creation": {"ephemeral_24h_input_tokens": 9}},
        "ephemeral_24h_input_tokens is 9",
    ),
    ("openai", {"prompt_tokens": 1, "completion_tokens": 1, "hologram_tokens": 3}, "hologram_tokens is 3"),
    ("aws", {"inputTokens": 1, "outputTokens": 1, "cachedInputTokens": 1}, "cachedInputTokens is 1"),
    ("google", {"promptTokenCount": 1, "hologramTokenCount": 2}, "hologramTokenCount is 2"),
    (
        "google",
        GEMINI | {"promptTokensDetails": [{"modality": "HOLOGRAM", "tokenCount": 1}]},
        "the price of modality 'HOLOGRAM'",
    ),
    (
        "google",
        GEMINI | {"promptTokensDetails": [{"modality": 9, "tokenCount": 1}]},
        "the price of modality 9",
    ),
    (
        "google",
        GEMINI | {"candidatesTokensDetails": [{"modality": "VIDEO", "tokenCount": 1}]},
        "VIDEO, which has no class",
    ),
    ("perplexity", CHAT | {"citation_tokens": 9}, "usage.cost is missing"),
    ("voyage", {"total_tokens": 9, "image_pixels": 90000}, "billed by the pixel"),
]

AMBIGUOUS: list[tuple[str, dict[str, Any], str]] = [
    ("openai", CHAT | {"promptTokenCount": 10}, "fields of several providers"),
    ("aws", CONVERSE | MESSAGE, "fields of several providers"),
    ("openai", CHAT | {"usage": CHAT | {"prompt_tokens": 9, "total_tokens": 14}}, "usage object of its own"),
    ("mistral", CHAT | {"usage": CHAT}, "usage object of its own"),
    ("x-ai", CHAT | {"response": {"usage": CHAT}}, "usage object of its own"),
    ("anthropic", MESSAGE | {"usage": MESSAGE}, "usage object of its own"),
    ("openai", {"usage": CHAT, "usageMetadata": GEMINI | {"totalTokenCount": 16}}, "do not make it"),
    (
        "openai",
        {"usage": CHAT, "response": {"usage": CHAT | {"completion_tokens": 6, "total_tokens": 16}}},
        "differ",
    ),
]

HEADERS: list[tuple[str, dict[str, Any], str]] = [
    ("aws", {"x-amzn-bedrock-input-token-count": value}, "x-amzn-bedrock-input-token-count must be")
    for value in ("-1", "1.5", "", "many", "٣", "9" * 31, ["1", "2"], None, {"a": 1}, -1)
]


@pytest.mark.parametrize(
    ("provider", "usage", "reason"), [*PARTS, *CONTRADICTIONS, *UNKNOWN, *AMBIGUOUS, *HEADERS]
)
def test_refused(provider: str, usage: dict[str, Any], reason: str) -> None:
    for api in (None, "chat", "messages", "converse", "generate_content", "invoke_model"):
        with pytest.raises(UsageError, match=reason) as raised:
            get_provider(provider).normalise(usage, api)
        assert len(raised.value.reason) < 400


@pytest.mark.parametrize(
    ("provider", "usage"),
    [
        ("openai", CHAT | {"input_tokens": 0, "output_tokens": 0}),  # a gateway that fills both spellings
        ("openai", CHAT | {"hologram_tokens": 3}),  # the total shows that it is a part of the others
        ("openai", CHAT | {"total_tokens": None}),
        ("anthropic", MESSAGE | {"total_tokens": 15}),
        ("anthropic", MESSAGE | {"hologram_tokens": 0}),
        ("aws", CONVERSE | {"cachedInputTokens": 0}),
        ("aws", {"usage": CONVERSE, "metrics": {"latencyMs": 9}, "additional": [1]}),
        ("google", GEMINI | {"promptTokensDetails": [{"modality": "HOLOGRAM"}]}),
        ("openai", {"usage": CHAT, "response": {"usage": CHAT}}),
        ("aws", {"X-AMZN-Bedrock-Input-Token-Count": "10", "x-amzn-bedrock-output-token-count": ["5"]}),
        ("aws", {"usage": MESSAGE, "ResponseMetadata": {"HTTPHeaders": {"date": "today"}}}),
    ],
)
def test_what_is_beside_the_counts_does_not_matter(provider: str, usage: dict[str, Any]) -> None:
    tokens = get_provider(provider).normalise(usage, None).tokens
    assert (tokens.input, tokens.output, tokens.input_tokens, tokens.output_tokens) == (10, 5, 10, 5)


@pytest.mark.parametrize(
    ("provider", "usage", "tier"),
    [
        ("openai", {"service_tier": "flex", "usage": CHAT}, "flex"),
        ("openai", {"response": {"service_tier": "Priority", "usage": CHAT}}, "priority"),
        ("aws", {"metadata": {"usage": CONVERSE, "serviceTier": {"type": "flex"}}}, "flex"),
        ("aws", HEADER | {"X-Amzn-Bedrock-Service-Tier": "flex"}, "flex"),
        ("anthropic", {"service_tier": "odd", "usage": MESSAGE | {"service_tier": "batch"}}, "batch"),
        ("google", GEMINI | {"trafficType": 2}, "provisioned_throughput"),
    ],
)
def test_the_tier_stands_in_the_object_or_beside_it(provider: str, usage: dict[str, Any], tier: str) -> None:
    assert get_provider(provider).normalise(usage, None).service_tier == tier


def test_seconds_need_not_be_whole() -> None:
    heard = get_provider("openai").normalise(
        {"type": "duration", "seconds": Decimal("9.5")}, "transcriptions"
    )
    assert heard.units == {"seconds": Decimal("9.5")}
    for odd in (-1, Decimal("NaN"), Decimal("1E+13"), "9", True):
        with pytest.raises(UsageError, match="seconds must be a number"):
            get_provider("openai").normalise({"type": "duration", "seconds": odd}, None)
