"""Anthropic's messages: `input_tokens` is what neither came from the cache nor went into it.

In a stream, `message_delta.usage` overwrites `message_start.usage`: counts are cumulative.
"""

from llmlab_shared.domain.usage import Measured, TokenUsage, UsageError, usage_of
from llmlab_shared.providers.reading import Usage, count, part, required_count, rows, units, word

KEYS = frozenset({"input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"})
# Fields that only this shape has.
OWN_KEYS = frozenset({"cache_creation_input_tokens", "cache_read_input_tokens", "cache_creation"})


def read(usage: Usage) -> Measured:
    """Return what a messages usage object says."""
    tokens = _tokens(usage)
    for iteration in rows(usage, "iterations"):
        # The totals leave compactions of the context out, the bill does not.
        if iteration.get("type") == "compaction":
            tokens = _plus(tokens, _tokens(iteration))
    searches = count(part(usage, "server_tool_use"), "web_search_requests")
    tier = "fast" if word(usage, "speed") == "fast" else word(usage, "service_tier")
    return Measured(
        tokens,
        units=units(web_searches=searches),
        service_tier=tier,
        region=_region(usage),
    )


def _tokens(usage: Usage) -> TokenUsage:
    plain, output = required_count(usage, "input_tokens"), count(usage, "output_tokens")
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
    stream it may be the first message's; so what it does not name belongs to the five minutes.
    """
    breakdown = part(usage, "cache_creation")
    short = count(breakdown, "ephemeral_5m_input_tokens")
    long = count(breakdown, "ephemeral_1h_input_tokens")
    if usage.get("cache_creation_input_tokens") is None:
        return short, long
    written = count(usage, "cache_creation_input_tokens")
    if short + long > written:
        raise UsageError(
            f"cache_creation_input_tokens is {written}, but its parts are {short} (5m) and {long} (1h)"
        )
    return written - long, long


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
