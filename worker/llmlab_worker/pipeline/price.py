"""What a call costs, by the rules of the contract: the provider's own figure, else the price book's.

Amounts are integers of pico-USD. `cost` is None exactly when the status is unpriced, missing or
quarantined. Calls that are not metered (subscriptions, provisioned throughput) are priced in the same
way: their cost is their list value, and the rollups keep it apart by `billing`.
"""

import msgspec
from llmlab_shared.domain.events import PriceStatus
from llmlab_shared.domain.money import to_pico
from llmlab_shared.domain.usage import Measured
from llmlab_shared.pricing.calculator import CostCalculator

from llmlab_worker.pipeline.decode import Call
from llmlab_worker.pipeline.normalise import Quarantined


class Priced(msgspec.Struct, gc=False):
    """The money of one call and where it comes from."""

    status: PriceStatus
    cost: int | None = None
    computed: int | None = None
    tool: int | None = None
    reported: int | None = None
    reported_by: str | None = None
    price_id: int | None = None
    rule: str | None = None
    reason: str | None = None


def price(
    calculator: CostCalculator,
    workspace_id: int,
    provider: str,
    call: Call,
    used: Measured | Quarantined | None,
) -> Priced:
    """Return what a call costs at its own time.

    Units that the usage object tells of become the event's own, so that they are kept with it. Raises
    `ValueError` for a reported cost that is no amount of money.
    """
    event = call.event
    if isinstance(used, Measured) and used.units:
        event.units = {**(event.units or {}), **used.units}
    reported, reported_by = None, None
    if event.reported_cost is not None:
        if not (event.reported_cost.is_finite() and event.reported_cost >= 0):
            raise ValueError(f"reported_cost {event.reported_cost} is no amount of money")
        reported, reported_by = to_pico(event.reported_cost), event.reported_by or "client"
    if used is None:
        if reported_by == "provider":
            return Priced("reported", reported, reported=reported, reported_by=reported_by)
        if event.status == "error":
            return Priced("free", 0, reported=reported, reported_by=reported_by)
        return Priced("missing", reported=reported, reported_by=reported_by)
    if isinstance(used, Quarantined):
        return Priced("quarantined", reported=reported, reported_by=reported_by, reason=used.reason)
    if used.reported_cost is not None and reported_by != "provider":
        reported, reported_by = to_pico(used.reported_cost), "provider"
    quote = calculator.price(
        workspace_id,
        provider,
        event.model,
        used.tokens,
        event.units,
        call.at_us,
        service_tier=event.service_tier or used.service_tier,
        processing=event.processing,
        region=event.region or used.region,
    )
    if quote is None:
        if reported_by == "provider":
            return Priced("reported", reported, reported=reported, reported_by=reported_by)
        return Priced("unpriced", reported=reported, reported_by=reported_by)
    computed, tool = quote.computed_pico, quote.tool_pico
    by_provider = reported_by == "provider"
    return Priced(
        "reported" if by_provider else "estimated" if used.estimated else "priced",
        reported if by_provider else computed + tool,
        computed,
        tool,
        reported,
        reported_by,
        quote.price_id,
        quote.rule,
    )
