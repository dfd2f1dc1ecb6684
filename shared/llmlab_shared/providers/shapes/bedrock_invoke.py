"""What Bedrock's InvokeModel answers in a shape of its own: headers, Titan's bodies and Llama's.

The headers count as Converse does: the input excludes the cache.
"""

from collections.abc import Set
from typing import Final

from llmlab_shared.domain.usage import Measured, UsageError, usage_of
from llmlab_shared.providers.reading import Usage, as_count, count, required_count, rows, shown

_PREFIX: Final = "x-amzn-bedrock-"
_HEADERS: Final = {
    f"{_PREFIX}input-token-count": "input",
    f"{_PREFIX}output-token-count": "output",
    f"{_PREFIX}cache-read-input-token-count": "cache_read",
    f"{_PREFIX}cache-write-input-token-count": "cache_write",
}
_TIER: Final = f"{_PREFIX}service-tier"
LLAMA_KEYS: Final = frozenset({"generation_token_count"})
TITAN_KEYS: Final = frozenset({"inputTextTokenCount"})


def is_headers(fields: Set[str]) -> bool:
    """Tell whether these are headers that count tokens, in whatever case."""
    return any(str(name)[:33].lower() == f"{_PREFIX}input-token-count" for name in fields)


def read_headers(usage: Usage) -> Measured:
    """Return what the headers of an answer say. An embedding has no output to count."""
    counts = dict.fromkeys(_HEADERS.values(), 0)
    tier = None
    for name, value in usage.items():
        header = str(name)[:64].lower()
        if header in _HEADERS:
            counts[_HEADERS[header]] = as_count(_number(value, header), header)
        elif header == _TIER and isinstance(value, str) and 0 < len(value) <= 64:
            tier = value.lower()
    tokens = usage_of(
        counts["input"] + counts["cache_read"] + counts["cache_write"],
        counts["output"],
        cache_read=counts["cache_read"],
        cache_write_5m=counts["cache_write"],
    )
    return Measured(tokens, service_tier=tier)


def _number(value: object, header: str) -> object:
    """Return the number that a header's text is; some clients keep each header as a list of its values."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str):
        if value.isascii() and value.isdecimal() and len(value) <= 30:
            return int(value)
        raise UsageError(f"{header} must be a whole number, not {shown(value)}")
    return value


def read_llama(usage: Usage) -> Measured:
    """Return what the body of a Llama model says."""
    given = required_count(usage, "prompt_token_count")
    return Measured(usage_of(given, count(usage, "generation_token_count")))


def read_titan(usage: Usage) -> Measured:
    """Return what the body of a Titan model says; one that embeds has no output."""
    given = required_count(usage, "inputTextTokenCount")
    made = sum(count(row, "tokenCount") for row in rows(usage, "results"))
    streamed = count(usage, "totalOutputTextTokenCount")
    if made and streamed and made != streamed:
        raise UsageError(f"totalOutputTextTokenCount is {streamed}, but the results hold {made} tokens")
    return Measured(usage_of(given, made or streamed))
