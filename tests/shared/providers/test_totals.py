"""Random objects of each shape: classes add up to the provider's totals, and another total is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llmlab_shared.domain.usage import TOKEN_CLASSES, TokenUsage, UsageError
from llmlab_shared.providers.factory import get_provider

counts = st.integers(0, 10**9)
off = st.integers(-5, 5)


def _read(provider: str, usage: dict[str, Any], wrong: int) -> TokenUsage | None:
    """Return the classes, None when the total was made wrong, and it was refused."""
    if wrong:
        with pytest.raises(UsageError):
            get_provider(provider).normalise(usage, None)
        return None
    tokens = get_provider(provider).normalise(usage, None).tokens
    assert sum(getattr(tokens, name) for name in TOKEN_CLASSES) == tokens.input_tokens + tokens.output_tokens
    return tokens


def _without(usage: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is zero, as some providers do."""
    return {name: value for name, value in usage.items() if value != 0}


@given(
    provider=st.sampled_from(
        ["openai", "azure", "openrouter", "groq", "cerebras", "mistral", "deepseek", "anybody"]
    ),
    names=st.sampled_from(
        [
            ("prompt_tokens", "completion_tokens", "prompt_tokens_details", "completion_tokens_details"),
            ("input_tokens", "output_tokens", "input_tokens_details", "output_tokens_details"),
            ("input_tokens", "output_tokens", "input_token_details", "output_token_details"),
        ]
    ),
    **dict.fromkeys(
        (
            *("text", "cached", "written", "audio", "cached_audio", "image"),
            *("answer", "reasoning", "spoken"),
        ),
        counts,
    ),
    wrong=off,
)
def test_openai(
    *,
    provider: str,
    names: tuple[str, str, str, str],
    text: int,
    cached: int,
    written: int,
    audio: int,
    cached_audio: int,
    image: int,
    answer: int,
    reasoning: int,
    spoken: int,
    wrong: int,
) -> None:
    inside = text + cached + written + audio + cached_audio + image
    outside = answer + reasoning + spoken
    total_in, total_out, details_in, details_out = names
    usage = {
        total_in: inside,
        total_out: outside,
        "total_tokens": max(0, inside + outside + wrong),
        details_in: {
            "cached_tokens": cached + cached_audio,
            "cached_tokens_details": {"text_tokens": cached, "audio_tokens": cached_audio},
            "cache_write_tokens": written,
            "audio_tokens": audio + cached_audio,
            "image_tokens": image,
        },
        details_out: {"reasoning_tokens": reasoning, "audio_tokens": spoken},
    }
    wrong = usage["total_tokens"] - inside - outside  # type: ignore[operator] # a count, as the line above
    if wrong == reasoning:
        return  # reads as reasoning beside the output
    tokens = _read(provider, usage, wrong)
    if tokens is not None:
        assert (tokens.input_tokens, tokens.output_tokens) == (inside, outside)
        assert (tokens.input, tokens.cache_read, tokens.cache_write_5m) == (text, cached, written)
        assert (tokens.input_audio, tokens.cache_audio_read, tokens.input_image) == (
            audio,
            cached_audio,
            image,
        )
        assert (tokens.output, tokens.output_audio, tokens.reasoning) == (
            answer + reasoning,
            spoken,
            reasoning,
        )


@given(
    provider=st.sampled_from(["anthropic", "aws", "google", "azure", "openrouter"]),
    **dict.fromkeys(("plain", "read", "short", "long", "out", "thought", "compacted"), counts),
    wrong=off,
    total=st.booleans(),
)
def test_anthropic(
    *,
    provider: str,
    plain: int,
    read: int,
    short: int,
    long: int,
    out: int,
    thought: int,
    compacted: int,
    wrong: int,
    total: bool,
) -> None:
    whole = plain + read + short + long
    usage: dict[str, Any] = {
        "input_tokens": plain,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": short + long,
        "cache_creation": {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": long},
        "output_tokens": out + thought,
        "output_tokens_details": {"thinking_tokens": thought},
        "iterations": [
            {"type": "compaction", "input_tokens": compacted, "output_tokens": 1},
            {"type": "message", "input_tokens": plain, "output_tokens": out + thought},
        ],
    }
    if total:
        usage["total_tokens"] = max(0, whole + out + thought + wrong)
        wrong = usage["total_tokens"] - whole - out - thought
    if total and usage["total_tokens"] == plain + out + thought:
        wrong = 0  # the total without the cache is another right one
    tokens = _read(provider, usage, wrong if total else 0)
    if tokens is not None:
        assert (tokens.input_tokens, tokens.output_tokens) == (whole + compacted, out + thought + 1)
        assert (tokens.cache_read, tokens.cache_write_5m, tokens.cache_write_1h) == (read, short, long)


@given(
    **dict.fromkeys(
        (
            *("text", "video", "audio", "image", "cached", "cached_audio", "tools"),
            *("answer", "drawn", "thoughts"),
        ),
        counts,
    ),
    wrong=off,
    snake=st.booleans(),
)
def test_google(
    *,
    text: int,
    video: int,
    audio: int,
    image: int,
    cached: int,
    cached_audio: int,
    tools: int,
    answer: int,
    drawn: int,
    thoughts: int,
    wrong: int,
    snake: bool,
) -> None:
    prompt = text + video + audio + image + cached + cached_audio
    whole = prompt + tools + answer + drawn + thoughts
    usage: dict[str, Any] = {
        "promptTokenCount": prompt,
        "toolUsePromptTokenCount": tools,
        "cachedContentTokenCount": cached + cached_audio,
        "candidatesTokenCount": answer + drawn,
        "thoughtsTokenCount": thoughts,
        "totalTokenCount": max(0, whole + wrong),
        "promptTokensDetails": [
            {"modality": "TEXT", "tokenCount": text + cached},
            {"modality": "VIDEO", "tokenCount": video},
            {"modality": 4, "tokenCount": audio + cached_audio},
            {"modality": "MODALITY_IMAGE", "tokenCount": image},
        ],
        "cacheTokensDetails": [
            {"modality": "TEXT", "tokenCount": cached},
            {"modality": "AUDIO", "tokenCount": cached_audio},
        ],
        "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": drawn}],
    }
    wrong = usage["totalTokenCount"] - whole
    if snake:
        for camel in [name for name in usage if name.endswith("Count")]:
            words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in camel)
            usage[words] = usage.pop(camel)
    prompt_name = "prompt_token_count" if snake else "promptTokenCount"
    tokens = _read("google", _without(usage) | {prompt_name: prompt}, wrong if whole + wrong else 0)
    if tokens is not None:
        assert tokens.input_tokens + tokens.output_tokens == whole
        assert (tokens.input, tokens.cache_read) == (text + video + tools, cached)
        assert (tokens.input_audio, tokens.cache_audio_read, tokens.input_image) == (
            audio,
            cached_audio,
            image,
        )
        assert (tokens.output, tokens.output_image, tokens.reasoning) == (answer + thoughts, drawn, thoughts)


@given(**dict.fromkeys(("plain", "read", "short", "long", "out"), counts), wrong=off, older=st.booleans())
def test_bedrock(*, plain: int, read: int, short: int, long: int, out: int, wrong: int, older: bool) -> None:
    whole = plain + read + short + long
    right = {whole + out, plain + out}
    total = max(0, (plain if older else whole) + out + wrong)
    usage = {
        "inputTokens": plain,
        "outputTokens": out,
        "cacheReadInputTokens": read,
        "cacheReadInputTokenCount": read,
        "cacheWriteInputTokens": short + long,
        "cacheDetails": [{"ttl": "1h", "inputTokens": long}, {"ttl": "5m", "inputTokens": short}],
        "totalTokens": total,
    }
    tokens = _read("aws", usage, total not in right)
    if tokens is not None:
        assert (tokens.input_tokens, tokens.output_tokens) == (whole, out)
        assert (tokens.cache_read, tokens.cache_write_5m, tokens.cache_write_1h) == (read, short, long)
    headers = {
        "X-Amzn-Bedrock-Input-Token-Count": str(plain),
        "X-Amzn-Bedrock-Output-Token-Count": [str(out)],
        "X-Amzn-Bedrock-Cache-Read-Input-Token-Count": str(read),
        "X-Amzn-Bedrock-Cache-Write-Input-Token-Count": str(short + long),
    }
    by_header = _read("aws", headers, 0)
    assert by_header == TokenUsage(plain, read, short + long, output=out)


@given(**dict.fromkeys(("text", "cached", "image", "out", "reasoning"), counts), wrong=off)
def test_xai_chat(*, text: int, cached: int, image: int, out: int, reasoning: int, wrong: int) -> None:
    prompt = text + cached + image
    total = max(0, prompt + out + reasoning + wrong)
    usage = {
        "prompt_tokens": prompt,
        "prompt_text_tokens": text + cached,
        "prompt_image_tokens": image,
        "cached_prompt_text_tokens": cached,
        "completion_tokens": out,
        "reasoning_tokens": reasoning,
        "total_tokens": total,
    }
    if total == prompt + out:
        return  # reads as reasoning inside the output
    tokens = _read("x-ai", usage, total - prompt - out - reasoning)
    if tokens is not None:
        assert (tokens.input, tokens.cache_read, tokens.input_image) == (text, cached, image)
        assert (tokens.output, tokens.reasoning) == (out + reasoning, reasoning)
