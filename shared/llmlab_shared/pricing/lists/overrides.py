"""LLMLab's own prices where the catalogue is wrong or silent: a reviewed file, each row with its source.

A row states one price of several models in several contexts. That of a batch, a service tier or a region is
mostly a factor of the price that would hold otherwise (`{"factor": "0.5"}`). Where sources say no more
than that a context has a price of its own, `{"tokens": {}}` says so: calls in it are unpriced.
"""

from datetime import date, datetime
from importlib.resources import files
from typing import Annotated, Any

import msgspec

from llmlab_shared.pricing.context import STANDARD
from llmlab_shared.pricing.lists.catalogue import BEGINNING, Catalogue
from llmlab_shared.pricing.store import EVERYONE, Alias, NewPrice

_Instant = Annotated[datetime, msgspec.Meta(tz=True)]
_Names = Annotated[list[str], msgspec.Meta(min_length=1)]


class Row(msgspec.Struct, forbid_unknown_fields=True):
    """One correction: `price` is a price document, in force from `since` (null: always) until `until`.

    `aliases` are further names of the first model.
    """

    provider: str
    models: _Names
    price: dict[str, Any]
    source: str
    checked: date
    contexts: _Names = msgspec.field(default_factory=lambda: [STANDARD])
    since: _Instant = BEGINNING
    until: _Instant | None = None
    aliases: list[str] = []


def read_rows() -> list[Row]:
    """Return the file as it was reviewed."""
    raw = files("llmlab_shared.pricing.lists").joinpath("overrides.json").read_bytes()
    return msgspec.json.decode(raw, type=list[Row])


def read_overrides() -> Catalogue:
    """Return the overrides that come with this version of LLMLab."""
    prices: dict[tuple[str, str, str, datetime], NewPrice] = {}
    ends: dict[tuple[str, str, str, datetime], NewPrice] = {}
    aliases: list[Alias] = []
    repeated: list[NewPrice] = []
    for row in read_rows():
        source = f"{row.source} (checked {row.checked})"
        rates = msgspec.json.encode(row.price).decode()
        for model in row.models:
            for context in row.contexts:
                name = row.provider, model, context
                price = NewPrice("override", *name, row.since, False, rates, source)
                if (*name, row.since) in prices:
                    repeated.append(price)
                prices[*name, row.since] = price
                if row.until is not None:
                    ends[*name, row.until] = NewPrice("override", *name, row.until, True, "{}", source)
        aliases += [Alias(EVERYONE, row.provider, alias, row.models[0], source) for alias in row.aliases]
    # A row that follows another takes its place; a price stated twice is for the sync to refuse.
    return Catalogue("overrides", [*(ends | prices).values(), *repeated], aliases, [])
