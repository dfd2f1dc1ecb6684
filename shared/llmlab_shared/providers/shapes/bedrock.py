"""Amazon Bedrock's Converse: `inputTokens` excludes the cache. Some counts come twice, as `…Count` too."""

from llmlab_shared.domain.usage import Measured, UsageError, usage_of
from llmlab_shared.providers.reading import Usage, count, rows

_INPUT = ("inputTokens", "inputTokenCount")
_OUTPUT = ("outputTokens", "outputTokenCount")
_CACHE_READ = ("cacheReadInputTokens", "cacheReadInputTokenCount")
_CACHE_WRITE = ("cacheWriteInputTokens", "cacheWriteInputTokenCount")
KEYS = frozenset((*_INPUT, *_OUTPUT))


def read(usage: Usage) -> Measured:
    """Return what a Converse usage object, or the counts of InvokeModel's headers, say."""
    plain, output = count(usage, *_INPUT), count(usage, *_OUTPUT)
    cache_read, written = count(usage, *_CACHE_READ), count(usage, *_CACHE_WRITE)
    kept_an_hour = sum(
        count(row, "inputTokens") for row in rows(usage, "cacheDetails") if row.get("ttl") == "1h"
    )
    if kept_an_hour > written:
        raise UsageError(f"cacheDetails hold {kept_an_hour} tokens (1h), cacheWriteInputTokens is {written}")
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
