"""Whether a price list in our own form can be true, by itself: before anything is compared or written."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final, NamedTuple

import msgspec

from llmlab_shared.pricing.lists.catalogue import BEGINNING, Catalogue
from llmlab_shared.pricing.lists.overrides import Row
from llmlab_shared.pricing.lists.wording import name_of, row_name, since
from llmlab_shared.pricing.price_document import PriceDocumentError, compile_document

MAX_NAME: Final = 256

_Key = tuple[str, str, str]


class _Period(NamedTuple):
    since: datetime
    until: datetime | None
    name: str


def merged(catalogue: Catalogue, overrides: Catalogue) -> Catalogue:
    """Return both as one, checked; an override's alias wins.

    Raises `PriceDocumentError`, which names the row, for the first price that cannot be one or is stated
    twice.
    """
    aliases = {(alias.provider, alias.alias): alias for alias in (*catalogue.aliases, *overrides.aliases)}
    both = Catalogue(
        catalogue.source,
        [*catalogue.prices, *overrides.prices],
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


def check_periods(rows: Iterable[Row]) -> None:
    """Raise `PriceDocumentError` for an override that begins before another, which has an end, is over.

    One without an end gives way to the next, as every price does.
    """
    periods: dict[_Key, list[_Period]] = {}
    for row in rows:
        for model in row.models:
            for context in row.contexts:
                name = row_name(row.provider, model, context, row.since)
                if row.until is not None and row.until <= row.since:
                    raise PriceDocumentError(f"{name}: it ends before it begins; mend `until`")
                of_key = periods.setdefault((row.provider, model.lower(), context), [])
                of_key.append(_Period(row.since, row.until, name))
    for of_key in periods.values():
        for earlier, later in pairwise(sorted(of_key, key=lambda period: period.since)):
            if earlier.until is not None and later.since < earlier.until:
                raise PriceDocumentError(
                    f"{later.name}: it begins while the one {since(earlier.since)} holds until "
                    f"{earlier.until:%Y-%m-%d %H:%M} UTC; two prices cannot hold at once: mend `since` or "
                    "`until`"
                )
