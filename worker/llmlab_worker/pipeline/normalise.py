"""From what a call reports to what can be priced: disjoint token classes, units, the provider's charge."""

from typing import NamedTuple

import msgspec
from llmlab_shared.domain.estimates import estimate_usage
from llmlab_shared.domain.usage import Measured, TokenUsage, UsageError, from_totals
from llmlab_shared.log import get_logger
from llmlab_shared.providers.base import Provider
from llmlab_shared.providers.quick import read_quickly
from llmlab_shared.providers.reading import decode_usage

from llmlab_worker.pipeline.decode import StoredEvent

_EMPTY = (b"", b"null", b"{}")
_NO_TOKENS = TokenUsage()

log = get_logger(__name__)


class Quarantined(NamedTuple):
    """The usage contradicts itself; `reason` says how. The event is kept and costs nothing yet."""

    reason: str


def normalise(event: StoredEvent, provider: Provider) -> Measured | Quarantined | None:
    """Return what was used, or None when the event reports no usage. Never raises.

    The provider's own object goes before flat totals, and those before an estimate. An adapter that
    fails in a way nobody foresaw quarantines the event too: its usage is stored as it came and can be
    normalised again.
    """
    try:
        usage = bytes(event.usage)
        if usage not in _EMPTY:
            quick = read_quickly(provider.id, usage)
            measured = quick or provider.normalise(decode_usage(usage), event.api)
            return measured if event.status != "aborted" else _completed(measured, event)
        tokens = from_totals(event)
    except UsageError as error:
        return Quarantined(error.reason)
    except Exception as error:
        log.warning("usage_not_understood", provider=provider.id, api=event.api, error=repr(error))
        return Quarantined(f"the usage could not be understood: {error!r}"[:256])
    return Measured(tokens) if tokens is not None else _without_tokens(event)


def _completed(measured: Measured, event: StoredEvent) -> Measured:
    """Return what a call that was broken off used: its provider counts the output at the end, if ever.

    Until then it is what was seen of it, where that is more than what the usage object says. What the
    provider charged needs no estimate.
    """
    if measured.reported_cost is not None or event.reported_by == "provider":
        return measured
    seen = estimate_usage(None, event.output_chars, event.output_chunks)
    if seen is None or seen.output <= measured.tokens.output_tokens:
        return measured
    missing = seen.output - measured.tokens.output_tokens
    tokens = msgspec.structs.replace(measured.tokens, output=measured.tokens.output + missing)
    return msgspec.structs.replace(measured, tokens=tokens, estimated=True)


def _without_tokens(event: StoredEvent) -> Measured | None:
    # A call that failed and names no usage was not billed; what a provider charged needs no estimate.
    if event.status != "error" and event.reported_by != "provider":
        estimated = estimate_usage(event.input_chars, event.output_chars, event.output_chunks)
        if estimated is not None:
            return Measured(estimated, estimated=True)
    return Measured(_NO_TOKENS) if event.units else None
