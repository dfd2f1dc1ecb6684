"""From what a call reports to what can be priced: disjoint token classes, units, the provider's charge."""

from typing import NamedTuple

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

    The provider's own object goes before flat totals. An adapter that fails in a way nobody foresaw
    quarantines the event too: its usage is stored as it came and can be normalised again.
    """
    try:
        usage = bytes(event.usage)
        if usage not in _EMPTY:
            quick = read_quickly(provider.id, usage)
            return quick or provider.normalise(decode_usage(usage), event.api)
        tokens = from_totals(event)
    except UsageError as error:
        return Quarantined(error.reason)
    except Exception as error:
        log.warning("usage_not_understood", provider=provider.id, api=event.api, error=repr(error))
        return Quarantined(f"the usage could not be understood: {error!r}"[:256])
    if tokens is None and event.units:
        tokens = _NO_TOKENS
    return None if tokens is None else Measured(tokens)
