"""A price list beside what is stored: what to append so that the database says the same, and what changes."""

from bisect import bisect_left
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from llmlab_shared.pricing.lists.catalogue import Catalogue
from llmlab_shared.pricing.store import Alias, NewPrice, StoredPrice

Key = tuple[str, str, str, str]


class PriceChange(msgspec.Struct, frozen=True):
    """One price version that a sync appends.

    `before` is the document it takes the place of, if any: what was stored for the same instant, else what
    holds until then. `after` is None where a price ends.
    """

    provider: str
    model: str
    layer: str
    context: str
    valid_from: datetime
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def missing_prices(wanted: Catalogue, stored: Iterable[StoredPrice]) -> list[NewPrice]:
    """Return the versions to append so that, at every instant, the database says what is wanted.

    A stored version at an instant where the wanted prices no longer change is followed by one that
    repeats what holds there. Models the catalogue no longer lists keep their history; an override that is
    no longer among the overrides is ended from where it began, so that the catalogue holds again.
    """
    timelines: dict[Key, list[NewPrice]] = {}
    for price in wanted.prices:
        timelines.setdefault(_key(price), []).append(price)
    current = {(*_key(price), price.valid_from): price for price in stored}
    missing = [
        price for price in wanted.prices if not _same(price, current.get((*_key(price), price.valid_from)))
    ]
    instants = {(*_key(price), price.valid_from) for price in wanted.prices}
    for (layer, provider, model, context, valid_from), old in current.items():
        timeline = timelines.get((layer, provider, model, context))
        if timeline is None and layer == "override" and not old.withdrawn:
            missing.append(_ended(old))
        if timeline is None or (layer, provider, model, context, valid_from) in instants:
            continue
        in_force = [price for price in timeline if price.valid_from <= valid_from]
        if in_force:
            latest = max(in_force, key=lambda price: price.valid_from)
            repeated = latest._replace(valid_from=valid_from)
        else:
            repeated = timeline[0]._replace(valid_from=valid_from, withdrawn=True, rates="{}")
        if not _same(repeated, old):
            missing.append(repeated)
    return missing


def missing_aliases(wanted: Catalogue, stored: Iterable[Alias]) -> list[Alias]:
    """Return the aliases that are new or point elsewhere now."""
    current = {(alias.provider, alias.alias): alias.model for alias in stored}
    return [a for a in wanted.aliases if current.get((a.provider, a.alias)) != a.model]


def changes_of(missing: list[NewPrice], stored: Iterable[StoredPrice]) -> list[PriceChange]:
    """Return what each version to append takes the place of, by provider, model, context and time."""
    old = {(*_key(price), price.valid_from): price for price in stored}
    timelines: dict[Key, dict[datetime, NewPrice | StoredPrice]] = {}
    resulting: list[NewPrice | StoredPrice] = [*old.values(), *missing]
    for price in resulting:
        timelines.setdefault(_key(price), {})[price.valid_from] = price
    starts = {key: sorted(timeline) for key, timeline in timelines.items()}

    def before(price: NewPrice) -> dict[str, Any] | None:
        key = _key(price)
        earlier = bisect_left(starts[key], price.valid_from) - 1
        replaced = old.get((*key, price.valid_from)) or (
            timelines[key][starts[key][earlier]] if earlier >= 0 else None
        )
        return None if replaced is None or replaced.withdrawn else _document(replaced)

    changes = [
        PriceChange(
            price.provider,
            price.model,
            price.layer,
            price.context,
            price.valid_from,
            before(price),
            None if price.withdrawn else _document(price),
        )
        for price in missing
    ]
    return sorted(changes, key=lambda c: (c.provider, c.model, c.context, c.layer, c.valid_from))


def unlisted_models(wanted: Catalogue, stored: Iterable[StoredPrice]) -> list[str]:
    """Return the models, as `provider/model`, whose stored prices stay although no list has them now."""

    def of_catalogue(prices: Iterable[NewPrice | StoredPrice]) -> set[tuple[str, str]]:
        return {(p.provider, p.model) for p in prices if p.layer == "catalogue" and not p.withdrawn}

    kept = of_catalogue(stored) - of_catalogue(wanted.prices)
    return [f"{provider}/{model}" for provider, model in sorted(kept)]


def _ended(old: StoredPrice) -> NewPrice:
    source = "no longer among the overrides"
    return NewPrice(old.layer, old.provider, old.model, old.context, old.valid_from, True, "{}", source)


def _key(price: NewPrice | StoredPrice) -> Key:
    return price.layer, price.provider, price.model, price.context


def _same(price: NewPrice, stored: StoredPrice | None) -> bool:
    if stored is None or price.withdrawn != stored.withdrawn:
        return False
    return _document(price) == _document(stored)


def _document(price: NewPrice | StoredPrice) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.json.decode(price.rates)
    return document
