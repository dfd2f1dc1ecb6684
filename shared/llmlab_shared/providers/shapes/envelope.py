"""What providers wrap a usage object in: a response, an event of a stream, the headers of an answer.

A client may send any of them in place of the usage object itself.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from llmlab_shared.domain.usage import UsageError
from llmlab_shared.providers.reading import Usage, part, word
from llmlab_shared.providers.shapes import bedrock_invoke, cohere

# Where a usage object lies …
_HOLDERS: Final = (
    "usage",
    "usageMetadata",
    "usage_metadata",
    "usage_info",
    "amazon-bedrock-invocationMetrics",
)
# … and what may lie around that: events of streams, boto3's answers, lines of batch results.
_CARRIERS: Final = (
    "response",
    "message",
    "delta",
    "metadata",
    "x_groq",
    "body",
    "interaction",
    "result",
    "ResponseMetadata",
)
_HEADERS: Final = ("headers", "HTTPHeaders")
_DEPTH: Final = 4
_ANY: Final = frozenset((*_HOLDERS, *_CARRIERS, *_HEADERS, "meta"))


def opened(fields: Usage) -> list[tuple[Usage, str | None]]:
    """Return the usage objects inside an envelope, each with the service tier that stands beside it.

    Empty when it is no envelope that is known here. Raises `UsageError` for the beginning of a stream,
    whose counts are not yet those of the call.
    """
    return [] if _ANY.isdisjoint(fields) else list(_inside(fields, None, _DEPTH))


def _inside(fields: Usage, tier: str | None, depth: int) -> Iterator[tuple[Usage, str | None]]:
    if fields.get("type") == "message_start":
        raise UsageError(
            "message_start counts only the beginning of a stream: "
            "send its usage overwritten by that of message_delta"
        )
    tier = word(fields, "service_tier", "serviceTier") or tier
    if isinstance(fields.get("serviceTier"), Mapping):
        tier = word(part(fields, "serviceTier"), "type") or tier
    for name in _HOLDERS:
        held = fields.get(name)
        if isinstance(held, Mapping) and held:
            yield held, tier
    for name in _HEADERS:
        held = fields.get(name)
        if isinstance(held, Mapping) and bedrock_invoke.is_headers(held.keys()):
            yield held, tier
    meta = fields.get("meta")
    if isinstance(meta, Mapping) and not cohere.META_KEYS.isdisjoint(meta):
        yield meta, tier
    if depth:
        for name in _CARRIERS:
            carried = fields.get(name)
            if isinstance(carried, Mapping):
                yield from _inside(carried, tier, depth - 1)
