"""Cohere's `usage` (v2) and `meta` (v1): what is billed beside what was processed.

`tokens` holds what Cohere adds by itself as well, which is not charged; `billed_units` is the bill.
`cached_tokens` is a part of the former, and may exceed the latter: it is no class of what is billed.
Chat is read as recorded responses have it; embed, rerank and classify are from documentation.
"""

from llmlab_shared.domain.usage import Measured, UsageError, usage_of
from llmlab_shared.providers.reading import Usage, count, part, units

KEYS = frozenset({"billed_units"})
META_KEYS = frozenset({"billed_units", "tokens"})
_TOKENS = ("input_tokens", "output_tokens", "image_tokens")
_UNITS = ("search_units", "classifications", "images")


def read(usage: Usage) -> Measured:
    """Return what a Cohere usage or meta object says."""
    billed, processed = part(usage, "billed_units"), part(usage, "tokens")
    cached, total_in = count(usage, "cached_tokens"), count(processed, "input_tokens")
    if processed and cached > total_in:
        raise UsageError(f"cached_tokens is {cached} of {total_in} input tokens")
    if all(billed.get(name) is None for name in (*_TOKENS, *_UNITS)):
        # Where the bill is another's (Bedrock, Azure, a server of one's own), tokens are all there is.
        if all(processed.get(name) is None for name in _TOKENS):
            raise UsageError("billed_units and tokens hold no counts that are known here")
        return Measured(usage_of(total_in, count(processed, "output_tokens"), cache_read=cached))
    images = count(billed, "image_tokens")
    tokens = usage_of(
        count(billed, "input_tokens") + images, count(billed, "output_tokens"), input_image=images
    )
    return Measured(tokens, units=units(**{name: count(billed, name) for name in _UNITS}))
