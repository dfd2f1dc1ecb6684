"""Whether a price list in our own form can be true, by itself: before anything is compared or written."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import msgspec

from llmlab_shared.pricing.catalogue import BEGINNING, Catalogue
from llmlab_shared.pricing.rate_card import PriceDocumentError, compile_document
from llmlab_shared.pricing.store import NewPrice
from llmlab_shared.pricing.wording import name_of, since

MAX_NAME: Final = 256

_Key = tuple[str, str, str, str]


def merged(catalogue: Catalogue, overrides: Catalogue) -> Catalogue:
    """Return both as one, checked; an override's alias wins.

    Raises `PriceDocumentError`, which names the row, for the first price that cannot be one, is stated
    twice, or overlaps another.
    """
    aliases = {(alias.provider, alias.alias): alias for alias in (*catalogue.aliases, *overrides.aliases)}
    _check_periods(overrides.prices)
    both = Catalogue(
        catalogue.source,
        [*catalogue.prices, *_without_needless_ends(overrides.prices)],
        list(aliases.values()),
        catalogue.dropped,
        catalogue.digest,
    )
    _check(both)
    return both


def _check(catalogue: Catalogue) -> None:
    seen: set[tuple[object, ...]] = set()
    for price in catalogue.prices:
        key = (price.layer, price.provider, price.model.lower(), price.context, price.valid_from)
        if key in seen:
            raise PriceDocumentError(f"{name_of(price)}: stated twice; one of the two must go")
        seen.add(key)
        for name in (price.provider, price.model):
            _check_name(name_of(price), name)
        if price.valid_from < BEGINNING:
            raise PriceDocumentError(
                f"{name_of(price)}: it begins on {price.valid_from:%Y-%m-%d}; mend the date"
            )
        document = msgspec.json.decode(price.rates)
        try:
            compile_document(document)
            _check_tiers(document)
        except PriceDocumentError as error:
            raise PriceDocumentError(f"{name_of(price)}: {error.detail}") from None
    for alias in catalogue.aliases:
        for name in (alias.provider, alias.alias, alias.model):
            _check_name(f"{alias.provider}/{alias.model}", name)


def _check_name(where: str, name: str) -> None:
    # The database takes no NUL, and people could not read the rest.
    if not name or not name.isprintable() or len(name) > MAX_NAME:
        raise PriceDocumentError(
            f"{where!r:.300}: a name must have 1 to {MAX_NAME} characters that can be printed, not "
            f"{name!r:.40}"
        )


def _check_tiers(document: Mapping[str, Any]) -> None:
    """Refuse tiers that begin in no order, and a rate that falls where a request gets larger."""
    for part in (document, *document.get("windows", ())):
        above, rates = -1, part.get("tokens", {})
        for tier in part.get("tiers", ()):
            if tier["above"] <= above:
                raise PriceDocumentError(
                    f"a tier above {tier['above']:,} tokens follows one above {above:,}; put them in order"
                )
            above = tier["above"]
            for name, usd in tier["tokens"].items():
                # Decimal strings within limits by now; every published tier makes all of a request dearer.
                if name in rates and Decimal(usd) < Decimal(rates[name]):
                    raise PriceDocumentError(
                        f"{name} falls from {rates[name]} to {usd} above {above:,} tokens; a larger request "
                        "cannot cost less a token: mend the tier"
                    )
            rates = {**rates, **tier["tokens"]}


def _check_periods(prices: Iterable[NewPrice]) -> None:
    """Refuse an override that begins before another one of its key that has an end is over.

    One without an end gives way to the next, as every price does. A price's end follows it in the list.
    """
    periods: dict[_Key, list[tuple[datetime, datetime | None]]] = {}
    for price in prices:
        of_key = periods.setdefault((price.layer, price.provider, price.model, price.context), [])
        if price.withdrawn and of_key:
            of_key[-1] = (of_key[-1][0], price.valid_from)
        elif not price.withdrawn:
            of_key.append((price.valid_from, None))
    for price in prices:
        if price.withdrawn:
            continue
        for begun, ended in periods[price.layer, price.provider, price.model, price.context]:
            if ended is not None and ended <= begun:
                raise PriceDocumentError(
                    f"{name_of(price)}: a price of it ends before it begins; mend `until`"
                )
            if ended is not None and begun < price.valid_from < ended:
                raise PriceDocumentError(
                    f"{name_of(price)}: it begins while the one {since(begun)} holds until "
                    f"{ended:%Y-%m-%d %H:%M} UTC; two prices cannot hold at once: mend `since` or `until`"
                )


def _without_needless_ends(prices: list[NewPrice]) -> list[NewPrice]:
    """Leave out the end of a price where the next one begins."""

    def moment(price: NewPrice) -> tuple[object, ...]:
        return price.layer, price.provider, price.model, price.context, price.valid_from

    begun = {moment(price) for price in prices if not price.withdrawn}
    return [price for price in prices if not (price.withdrawn and moment(price) in begun)]
