"""The usual usage objects of the three big APIs, read in a fifth of the time.

A short cut and nothing else: it knows the plainest form of each object, and whatever has a field more,
a null or a contradiction is not read here (None) but by the provider's own `normalise`. Wherever it
does read, it says exactly what `normalise` says; a test holds the two together.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from llmlab_shared.domain.usage import MAX_COUNT, Measured, TokenUsage

Quick = Callable[[bytes], Measured | None]
_Count = Annotated[int, Meta(ge=0, le=MAX_COUNT)]
_Word = Annotated[str, Meta(min_length=1, max_length=64)]
_NO_CONFINEMENT = ("not_available", "global")


class _Object(msgspec.Struct, forbid_unknown_fields=True, frozen=True, gc=False):
    pass


class _ChatInput(_Object, frozen=True):
    cached_tokens: _Count = 0
    cache_write_tokens: _Count = 0
    audio_tokens: _Count = 0


class _ChatOutput(_Object, frozen=True):
    reasoning_tokens: _Count = 0
    audio_tokens: _Count = 0
    accepted_prediction_tokens: _Count = 0
    rejected_prediction_tokens: _Count = 0


_NO_INPUT, _NO_OUTPUT = _ChatInput(), _ChatOutput()


class _Chat(_Object, frozen=True):
    prompt_tokens: _Count
    completion_tokens: _Count
    total_tokens: _Count
    prompt_tokens_details: _ChatInput = _NO_INPUT
    completion_tokens_details: _ChatOutput = _NO_OUTPUT


class _Responses(_Object, frozen=True):
    input_tokens: _Count
    output_tokens: _Count
    total_tokens: _Count
    input_tokens_details: _ChatInput = _NO_INPUT
    output_tokens_details: _ChatOutput = _NO_OUTPUT


class _CacheCreation(_Object, frozen=True):
    ephemeral_5m_input_tokens: _Count = 0
    ephemeral_1h_input_tokens: _Count = 0


class _Thinking(_Object, frozen=True):
    thinking_tokens: _Count = 0


class _ServerTools(_Object, frozen=True):
    web_search_requests: _Count = 0
    web_fetch_requests: _Count = 0


_NO_THINKING, _NO_TOOLS = _Thinking(), _ServerTools()


class _Messages(_Object, frozen=True):
    input_tokens: _Count
    output_tokens: _Count
    cache_creation_input_tokens: _Count = 0
    cache_read_input_tokens: _Count = 0
    cache_creation: _CacheCreation | None = None
    output_tokens_details: _Thinking = _NO_THINKING
    server_tool_use: _ServerTools = _NO_TOOLS
    service_tier: _Word | None = None
    inference_geo: str | None = None


class _Text(_Object, frozen=True):
    modality: Literal["TEXT"]
    tokenCount: _Count = 0  # noqa: N815 # as Google spells it


class _Generated(_Object, frozen=True):
    promptTokenCount: _Count  # noqa: N815
    totalTokenCount: _Count  # noqa: N815
    candidatesTokenCount: _Count = 0  # noqa: N815
    cachedContentTokenCount: _Count = 0  # noqa: N815
    thoughtsTokenCount: _Count = 0  # noqa: N815
    promptTokensDetails: tuple[_Text, ...] = ()  # noqa: N815
    candidatesTokensDetails: tuple[_Text, ...] = ()  # noqa: N815
    serviceTier: _Word | None = None  # noqa: N815
    trafficType: _Word | None = None  # noqa: N815


_chat = msgspec.json.Decoder(_Chat).decode
_responses = msgspec.json.Decoder(_Responses).decode
_messages = msgspec.json.Decoder(_Messages).decode
_generated = msgspec.json.Decoder(_Generated).decode


def _read_openai(raw: bytes) -> Measured | None:
    if b'"prompt_tokens"' in raw:
        chat = _chat(raw)
        given, made, total = chat.prompt_tokens, chat.completion_tokens, chat.total_tokens
        inside, outside = chat.prompt_tokens_details, chat.completion_tokens_details
    else:
        response = _responses(raw)
        given, made, total = response.input_tokens, response.output_tokens, response.total_tokens
        inside, outside = response.input_tokens_details, response.output_tokens_details
    cached, reasoning = inside.cached_tokens, outside.reasoning_tokens
    written = inside.cache_write_tokens
    if total != given + made or cached + written > given or reasoning > made:
        return None
    if inside.audio_tokens or outside.audio_tokens:
        return None
    return Measured(TokenUsage(given - cached - written, cached, written, 0, 0, 0, 0, made, 0, 0, reasoning))


def _read_anthropic(raw: bytes) -> Measured | None:
    message = _messages(raw)
    cached, written = message.cache_read_input_tokens, message.cache_creation_input_tokens
    kept = message.cache_creation
    long = kept.ephemeral_1h_input_tokens if kept is not None else 0
    if kept is not None:
        known = kept.ephemeral_5m_input_tokens + long
        if known > written or (long and known < written):
            return None
    if message.input_tokens + cached + written > MAX_COUNT:
        return None
    if message.inference_geo is not None and message.inference_geo not in _NO_CONFINEMENT:
        return None
    made, thinking = message.output_tokens, message.output_tokens_details.thinking_tokens
    if thinking > made or message.server_tool_use.web_search_requests:
        return None
    tier = message.service_tier
    tokens = TokenUsage(message.input_tokens, cached, written - long, long, 0, 0, 0, made, 0, 0, thinking)
    return Measured(tokens, None, None, tier.lower() if tier is not None else None)


def _read_google(raw: bytes) -> Measured | None:
    generated = _generated(raw)
    given, cached = generated.promptTokenCount, generated.cachedContentTokenCount
    thoughts = generated.thoughtsTokenCount
    made = generated.candidatesTokenCount + thoughts
    if generated.totalTokenCount != given + made or cached > given or made > MAX_COUNT:
        return None
    for parts, whole in (
        (generated.promptTokensDetails, given),
        (generated.candidatesTokensDetails, generated.candidatesTokenCount),
    ):
        if parts and sum([part.tokenCount for part in parts]) > whole:
            return None
    tier = generated.serviceTier or generated.trafficType
    tokens = TokenUsage(given - cached, cached, 0, 0, 0, 0, 0, made, 0, 0, thoughts)
    return Measured(tokens, None, None, tier.lower() if tier is not None else None)


_READERS: Final[Mapping[str, Quick]] = {
    "openai": _read_openai,
    "azure": _read_openai,
    "anthropic": _read_anthropic,
    "google": _read_google,
}


def read_quickly(provider_id: str, raw: bytes | msgspec.Raw) -> Measured | None:
    """Return what a provider's own object says when it is of the usual form, else None. Never raises."""
    reader = _READERS.get(provider_id)
    if reader is None:
        return None
    try:
        return reader(bytes(raw))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
