"""What of a call changes its price besides the model: how it was processed, and where."""

from collections.abc import Mapping
from typing import Final

STANDARD: Final = ""
# The names of service tiers that providers use, and which price they mean.
SERVICE_TIERS: Final[Mapping[str | None, str]] = {
    None: STANDARD,
    "default": STANDARD,
    "standard": STANDARD,
    "batch": "batch",
    "flex": "flex",
    "priority": "priority",
    "fast": "fast",
    "on_demand_flex": "flex",
    "on_demand_priority": "priority",
}


def context_of(service_tier: str | None, processing: str | None, region: str | None) -> str:
    """Return the key of a price context: `batch`, `flex`, `priority`, `fast` or empty, and `@region`.

    A service tier that is not known to change prices counts as standard.
    """
    if processing is None and region is None and service_tier in SERVICE_TIERS:
        return SERVICE_TIERS[service_tier]
    if processing is not None and processing.lower() == "batch":
        tier = "batch"
    else:
        tier = SERVICE_TIERS.get(service_tier.lower() if service_tier else None, STANDARD)
    return f"{tier}@{region.strip().lower()}" if region and region.strip() else tier


def processed_as(context: str, tier: str) -> str:
    """Return the context of the same call processed another way, in the same region."""
    _, at, region = context.partition("@")
    return f"{tier}{at}{region}"


def less_specific(context: str) -> list[str]:
    """Return the contexts whose prices may hold for a call, the most specific first."""
    tier, at, _ = context.partition("@")
    candidates = [context, tier, STANDARD] if at else [context, STANDARD]
    return list(dict.fromkeys(candidates))
