"""Anthropic's messages: `input_tokens` is what neither came from the cache nor went into it.

In a stream, `message_delta.usage` overwrites `message_start.usage`: counts are cumulative.
"""

from llmlab_shared.domain.usage import Measured, TokenUsage, UsageError, usage_of
from llmlab_shared.providers.reading import (
    Usage,
    count,
    part,
    refuse_unknown_counts,
    required_count,
    rows,
    shown,
    units,
    word,
)

KEYS = frozenset({"input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"})
# Fields that only this shape has.
OWN_KEYS = frozenset(
    {
        *("cache_creation_input_tokens", "cache_read_input_tokens", "cache_creation"),
        *("inference_geo", "iterations"),
    }
)
# Fields of OpenAI's shapes: gateways that speak those count as OpenAI does.
FOREIGN_KEYS = frozenset({"prompt_tokens", "input_tokens_details", "input_token_details"})
_KNOWN = KEYS | {"total_tokens"}
_LIVES = ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")


def read(usage: Usage) -> Measured:
    """Return what a messages usage object says."""
    refuse_unknown_counts(usage, _KNOWN)
    tokens = _tokens(usage)
    _check_total(usage, tokens)
    for compaction in _compactions(usage):
        tokens = _plus(tokens, compaction)
    searches = count(part(usage, "server_tool_use"), "web_search_requests")
    tier = "fast" if word(usage, "speed") == "fast" else word(usage, "service_tier")
    return Measured(
        tokens,
        units=units(web_searches=searches),
        service_tier=tier,
        region=_region(usage),
    )


def _tokens(usage: Usage) -> TokenUsage:
    # Token counting answers with the input alone: that is no call, and costs nothing.
    plain, output = required_count(usage, "input_tokens"), required_count(usage, "output_tokens")
    read_tokens = count(usage, "cache_read_input_tokens")
    short, long = _written(usage)
    return usage_of(
        plain + read_tokens + short + long,
        output,
        cache_read=read_tokens,
        cache_write_5m=short,
        cache_write_1h=long,
        reasoning=count(part(usage, "output_tokens_details"), "thinking_tokens", "reasoning_tokens"),
    )


def _written(usage: Usage) -> tuple[int, int]:
    """Return cache writes kept five minutes and an hour.

    The breakdown leaves out what the server's own tools wrote, which is kept five minutes, and in a
    stream it may be the first message's; so what it does not name belongs to the five minutes. Only
    where the call itself writes for an hour nothing says which of the two the rest is.
    """
    breakdown = part(usage, "cache_creation")
    refuse_unknown_counts(breakdown, frozenset(_LIVES))
    short, long = (count(breakdown, name) for name in _LIVES)
    if usage.get("cache_creation_input_tokens") is None:
        return short, long
    written = count(usage, "cache_creation_input_tokens")
    if short + long > written or (long and short + long < written):
        raise UsageError(
            f"cache_creation_input_tokens is {written}, but its parts are {short} (5m) and {long} (1h)"
        )
    return written - long, long


def _check_total(usage: Usage, tokens: TokenUsage) -> None:
    """Raise when there is a total, which gateways add with or without the cache, and it is another."""
    if usage.get("total_tokens") is None:
        return
    total = count(usage, "total_tokens")
    if total not in (tokens.input_tokens + tokens.output_tokens, tokens.input + tokens.output):
        raise UsageError(
            f"total_tokens is {total}, but input is {tokens.input_tokens} and output {tokens.output_tokens}"
        )


def _compactions(usage: Usage) -> list[TokenUsage]:
    """Return what the totals leave out of a call of several steps though it is billed like them.

    A compaction of the context is such a step. Raises for what another model did at a price of its own:
    an event has one model.
    """
    iterations = rows(usage, "iterations")
    served_by_another = any(step.get("type") == "fallback_message" for step in iterations)
    found = []
    for step in iterations:
        kind = step.get("type")
        if kind == "compaction":
            found.append(_tokens(step))
        elif kind == "fallback_message" or (kind == "message" and not served_by_another):
            continue
        elif kind == "message" and not count(step, "output_tokens"):
            continue  # declined before any output, which is not billed
        elif any(count(step, name) for name in KEYS):
            raise UsageError(
                f"a step of type {shown(kind)} was done by another model, {shown(step.get('model'))}, "
                "at a price of its own that the counts of the call leave out"
            )
    return found


def _region(usage: Usage) -> str | None:
    """Where inference was confined to; `global` and `not_available` are no confinement."""
    region = word(usage, "inference_geo")
    return None if region in {"global", "not_available"} else region


def _plus(one: TokenUsage, other: TokenUsage) -> TokenUsage:
    return usage_of(
        one.input_tokens + other.input_tokens,
        one.output_tokens + other.output_tokens,
        cache_read=one.cache_read + other.cache_read,
        cache_write_5m=one.cache_write_5m + other.cache_write_5m,
        cache_write_1h=one.cache_write_1h + other.cache_write_1h,
        reasoning=one.reasoning + other.reasoning,
    )
