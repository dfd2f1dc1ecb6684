"""Amazon Bedrock's Converse: `inputTokens` excludes the cache. Some counts come twice, as `…Count` too."""

from llmlab_shared.domain.usage import Measured, UsageError, usage_of
from llmlab_shared.providers.reading import Usage, count, refuse_unknown_counts, required_count, rows

_INPUT = ("inputTokens", "inputTokenCount")
_OUTPUT = ("outputTokens", "outputTokenCount")
_CACHE_READ = ("cacheReadInputTokens", "cacheReadInputTokenCount")
_CACHE_WRITE = ("cacheWriteInputTokens", "cacheWriteInputTokenCount")
_KNOWN = frozenset((*_INPUT, *_OUTPUT, *_CACHE_READ, *_CACHE_WRITE, "totalTokens"))
KEYS = frozenset((*_INPUT, *_OUTPUT))


def read(usage: Usage) -> Measured:
    """Return what a Converse usage object, or the metrics at the end of an InvokeModel stream, say."""
    refuse_unknown_counts(usage, _KNOWN)
    plain, output = required_count(usage, *_INPUT), required_count(usage, *_OUTPUT)
    cache_read, written = count(usage, *_CACHE_READ), count(usage, *_CACHE_WRITE)
    kept_an_hour = _kept_an_hour(usage, written)
    total = count(usage, "totalTokens")
    whole = plain + cache_read + written + output
    # Older models leave the cache out of the total.
    if usage.get("totalTokens") is not None and total not in (whole, plain + output):
        raise UsageError(f"totalTokens is {total}, but input is {whole - output} and output {output}")
    tokens = usage_of(
        plain + cache_read + written,
        output,
        cache_read=cache_read,
        cache_write_5m=written - kept_an_hour,
        cache_write_1h=kept_an_hour,
    )
    return Measured(tokens)


def _kept_an_hour(usage: Usage, written: int) -> int:
    """Return how much of what was written is kept for an hour; without details it is five minutes."""
    by_ttl = {"5m": 0, "1h": 0}
    details = rows(usage, "cacheDetails")
    for row in details:
        number, ttl = count(row, "inputTokens"), row.get("ttl")
        if isinstance(ttl, str) and ttl in by_ttl:
            by_ttl[ttl] += number
        elif number:
            raise UsageError("cacheDetails hold a ttl that is neither 5m nor 1h")
    known = by_ttl["5m"] + by_ttl["1h"]
    if details and known != written:
        raise UsageError(f"cacheDetails hold {known} tokens, cacheWriteInputTokens is {written}")
    return by_ttl["1h"]
