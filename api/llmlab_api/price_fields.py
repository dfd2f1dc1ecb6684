"""Types of the fields and parameters that name a price: its model, its context, its instants."""

import re
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from llmlab_shared.domain.events import MAX_TEXT
from llmlab_shared.domain.ranges import parse_instant
from llmlab_shared.errors import LLMLabError
from llmlab_shared.pricing.context import SERVICE_TIERS, STANDARD
from llmlab_shared.providers.factory import get_provider
from pydantic import AfterValidator, BeforeValidator, StringConstraints

from llmlab_api.fields import printable
from llmlab_api.names import SHOWN

UTC = ZoneInfo("UTC")
TIERS = tuple(dict.fromkeys(tier for tier in SERVICE_TIERS.values() if tier != STANDARD))
_REGION = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)


def _provider(name: str) -> str:
    return get_provider(name).id


def read_instant(value: object) -> datetime:
    """Return the instant of an RFC 3339 time, or of a date's first moment in UTC; raise `ValueError`."""
    if not isinstance(value, str):
        raise ValueError("must be a time such as 2026-11-23T10:00:00Z")
    try:
        return parse_instant(value, UTC)
    except LLMLabError as error:
        raise ValueError(error.detail) from None


def read_tier(name: str) -> str:
    """Return the context of a service tier, however it is spelled; raise `ValueError` for one unknown."""
    tier = SERVICE_TIERS.get(name.strip().lower() or None)
    if tier is None:
        raise ValueError(
            f"{name[:SHOWN]!r} is no context of prices; known are standard, {', '.join(TIERS)}, each with "
            "@region if it is of one region only"
        )
    return tier


def read_region(name: str) -> str:
    """Return a region as contexts spell it; raise `ValueError` for what is no name of one."""
    region = name.strip().lower()
    if not _REGION.fullmatch(region):
        raise ValueError(
            f"{name[:SHOWN]!r} is no region such as eu-west-1: letters, digits, dots, hyphens, underscores"
        )
    return region


def read_context(name: str) -> str:
    """Return a context in the form in which it is kept: '' for standard, `batch`, `flex@eu`, `@eu`."""
    tier, at, region = name.partition("@")
    return f"{read_tier(tier)}@{read_region(region)}" if at else read_tier(tier)


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT),
    AfterValidator(printable),
]
# Both as prices are kept: the canonical id of whatever spelling, and the model's name in lower case.
ProviderName = Annotated[Name, AfterValidator(_provider)]
ModelName = Annotated[Name, AfterValidator(str.lower)]
ContextName = Annotated[str, StringConstraints(max_length=MAX_TEXT), AfterValidator(read_context)]
Instant = Annotated[datetime, BeforeValidator(read_instant)]
