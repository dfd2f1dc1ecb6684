"""LLMLab's own prices where the catalogue is wrong or silent: a reviewed file, each row with its source."""

from datetime import date, datetime
from importlib.resources import files
from typing import Annotated, Any

import msgspec

from llmlab_shared.pricing.catalogue import BEGINNING, Catalogue
from llmlab_shared.pricing.store import EVERYONE, Alias, NewPrice

_Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class _Row(msgspec.Struct, forbid_unknown_fields=True):
    """One correction: `price` is a price document, in force from `since` (null: always) until `until`."""

    provider: str
    model: str
    price: dict[str, Any]
    source: str
    checked: date
    since: _Instant = BEGINNING
    until: _Instant | None = None
    aliases: list[str] = []


def read_overrides() -> Catalogue:
    """Return the overrides that come with this version of LLMLab."""
    raw = files("llmlab_shared.pricing").joinpath("overrides.json").read_bytes()
    prices: list[NewPrice] = []
    aliases: list[Alias] = []
    for row in msgspec.json.decode(raw, type=list[_Row]):
        source = f"{row.source} (checked {row.checked})"
        rates = msgspec.json.encode(row.price).decode()
        prices.append(NewPrice("override", row.provider, row.model, "", row.since, False, rates, source))
        if row.until is not None:
            prices.append(NewPrice("override", row.provider, row.model, "", row.until, True, "{}", source))
        aliases += [Alias(EVERYONE, row.provider, alias, row.model, source) for alias in row.aliases]
    return Catalogue("overrides", prices, aliases, [])
