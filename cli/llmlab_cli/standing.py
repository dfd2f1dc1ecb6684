"""What a model costs, put together from the versions in force: a price, and the factors that stand on it."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

Json = Mapping[str, Any]
EVERY_MODEL = "*"


class Standing(NamedTuple):
    """`base` states rates, None when there is none; `factors`, the outermost first, multiply them."""

    base: Json | None
    factors: tuple[Json, ...]

    @property
    def factor(self) -> Decimal:
        """Return the product of the factors."""
        product = Decimal(1)
        for price in self.factors:
            product *= Decimal(price["rates"]["factor"])
        return product


def standing_of(names: Sequence[Sequence[Json]], discounts: Sequence[Json], context: str) -> Standing:
    """Return what holds in a context.

    `names` are the versions in force of the model's own name, and of the names whose prices hold where
    it has none; `discounts` are the workspace's on all of the provider's models. A factor of the list
    stands on what comes after it for a less specific context; a discount of the workspace on what would
    hold without its own prices.
    """
    contexts = list(_less_specific(context))
    chain = _chain(names, contexts)
    if not chain or _is_factor(chain[-1]):
        return Standing(None, ())
    *factors, base = chain
    if chain[0]["layer"] != "custom":
        own = (p for source in (*names, discounts) for name in contexts for p in _of(source, name))
        factors[:0] = [p for p in own if is_discount(p)][:1]
    return Standing(base, tuple(factors))


def _chain(names: Sequence[Sequence[Json]], contexts: Sequence[str]) -> list[Json]:
    """Return the version that holds and, while one states a factor, what it stands on."""
    chain: list[Json] = []
    specific = -1
    for prices in names:
        for rank, context in enumerate(contexts):
            found = next((p for p in _of(prices, context) if not is_discount(p)), None)
            if found is None or rank <= specific:
                continue
            chain.append(found)
            if not _is_factor(found):
                return chain
            specific = rank
    return chain


def _of(prices: Sequence[Json], context: str) -> Iterator[Json]:
    return (price for price in prices if price["effective"] and price["context"] == context)


def _is_factor(price: Json) -> bool:
    return "factor" in price["rates"]


def is_discount(price: Json) -> bool:
    """Say whether a version is a discount, or surcharge, of the workspace's own."""
    return price["layer"] == "custom" and _is_factor(price)


def _less_specific(context: str) -> Iterator[str]:
    tier, at, _ = context.partition("@")
    return iter(dict.fromkeys([context, tier, ""] if at else [context, ""]))
