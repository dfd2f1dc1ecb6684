"""An event's state by what is known now: its usage normalised again, priced at its own time again."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
from llmlab_shared.clock import to_us
from llmlab_shared.domain.estimates import estimate_usage
from llmlab_shared.domain.money import from_pico
from llmlab_shared.domain.repricing import Counts
from llmlab_shared.domain.usage import Measured, UsageError, from_totals
from llmlab_shared.pricing.calculator import CostCalculator
from llmlab_shared.providers.factory import get_provider

from llmlab_worker.pipeline.decode import Call, StoredEvent
from llmlab_worker.pipeline.normalise import Quarantined, normalise
from llmlab_worker.pipeline.price import price
from llmlab_worker.repricing.states import State, state_in, state_of

# What of an event its price depends on.
EVENT_COLUMNS = (
    "provider",
    "model",
    "api",
    "service_tier",
    "processing",
    "region",
    "status",
    "billing",
    "timestamp",
    "units",
    "usage",
    "input_chars",
    "output_chars",
    "output_chunks",
)
# The flat counts that are columns too: writes of the cache are two there.
_FLAT = tuple(name for name in Counts.__struct_fields__ if name != "cache_write_tokens")
_units = msgspec.json.Decoder(dict[str, Decimal])


def recompute(
    calculator: CostCalculator,
    workspace_id: int,
    row: Mapping[str, Any],
    now: State,
    counts: Counts | None = None,
) -> State:
    """Return the state of an event by today's adapters and prices; `counts` are stated by hand.

    `row` has EVENT_COLUMNS and, as `was_…`, the state in which the event was written: flat counts are
    found nowhere else. Counts that were stated once stay, until they are stated anew or undone.
    """
    stated = counts is not None or now.stated
    was = state_in(row, "was_")
    event = _event(row, was)
    used: Measured | Quarantined | None
    if counts is not None:
        used = _stated(counts)
    elif was.status == "quarantined" and not event.usage and not now.stated:
        # Its flat counts contradicted each other and were not kept: there is nothing to read again.
        return now
    elif now.stated:
        used = Measured(now.tokens) if now.tokens is not None else None
    elif not event.usage and _was_estimated(event, was):
        used = normalise(_without_counts(event), get_provider(event.provider))
    else:
        used = normalise(event, get_provider(event.provider))
    if isinstance(used, Measured) and used.reported_cost is not None and was.reported_by == "provider":
        # The object itself says what was charged: that is read again too.
        event.reported_cost = event.reported_by = None
    call = Call(event, 0, b"", to_us(row["timestamp"]), 0, False)
    return state_of(price(calculator, workspace_id, event.provider, call, used), used, stated=stated)


def _event(row: Mapping[str, Any], was: State) -> StoredEvent:
    event = StoredEvent(
        provider=row["provider"],
        model=row["model"],
        api=row["api"],
        service_tier=row["service_tier"],
        processing=row["processing"],
        region=row["region"],
        status=row["status"],
        billing=row["billing"],
        input_chars=row["input_chars"],
        output_chars=row["output_chars"],
        output_chunks=row["output_chunks"],
        units=None if row["units"] is None else _units.decode(row["units"]),
        usage=msgspec.Raw() if row["usage"] is None else msgspec.Raw(row["usage"].encode()),
    )
    if was.reported is not None:
        event.reported_cost = from_pico(was.reported)
        event.reported_by = was.reported_by  # type: ignore[assignment] # as it was accepted
    if not event.usage:
        for name in _FLAT:
            setattr(event, name, row[f"was_{name}"])
        if was.tokens is not None:
            event.cache_write_tokens = was.tokens.cache_write_5m + was.tokens.cache_write_1h
    return event


def _was_estimated(event: StoredEvent, was: State) -> bool:
    """Say whether an event's counts are not its own: one without a price does not tell by its status."""
    estimate = estimate_usage(event.input_chars, event.output_chars, event.output_chunks)
    return was.status in ("estimated", "unpriced") and was.tokens is not None and was.tokens == estimate


def _without_counts(event: StoredEvent) -> StoredEvent:
    """Return an event without the counts that are not its own but an estimate."""
    return msgspec.structs.replace(event, cache_write_tokens=None, **dict.fromkeys(_FLAT))


def _stated(counts: Counts) -> Measured | Quarantined:
    try:
        tokens = from_totals(counts)
    except UsageError as error:
        return Quarantined(error.reason)
    return Measured(tokens) if tokens is not None else Quarantined("the correction states no count")
