"""Rate cards: what a model costs in one context for a while, compiled for the speed of the ledger.

A card is made from a plan (`plan`), and that from a price document (`price_document`).
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from llmlab_shared.domain.usage import TOKEN_CLASSES, TokenUsage

# Money inside a card: integers of 10^-18 USD, which hold every published price per token exactly, or
# of 10^-12 where that is exact too, as it nearly always is: then nothing needs to be rounded.
ATTO_PER_PICO: Final = 10**6
ALWAYS_FROM: Final = -(1 << 62)
ALWAYS_UNTIL: Final = 1 << 62

Rates = tuple[int, int, int, int, int, int, int, int, int, int]


class UnitRate(NamedTuple):
    """`atto` for every `per` units."""

    atto: int
    per: int


class RateCard:
    """Immutable prices of one (workspace, provider, model, context) for one stretch of time.

    `price_id` is the price version behind it (0: no price is in force), `rule` how the model was
    found, `[valid_from_us, valid_until_us)` when it may be used. `rates` and `tiers` (threshold and
    rates, the highest first) are pico-USD a token times `scale`.
    """

    __slots__ = (
        "_conditional",
        "price_id",
        "rates",
        "rule",
        "scale",
        "tiers",
        "units",
        "unpriced_classes",
        "valid_from_us",
        "valid_until_us",
    )

    def __init__(
        self,
        *,
        price_id: int,
        rule: str,
        rates: Rates,
        scale: int = 1,
        tiers: tuple[tuple[int, Rates], ...] = (),
        units: Mapping[str, UnitRate] | None = None,
        unpriced_classes: tuple[str, ...] = (),
        valid_from_us: int = ALWAYS_FROM,
        valid_until_us: int = ALWAYS_UNTIL,
    ) -> None:
        self.price_id = price_id
        self.rule = rule
        self.rates = rates
        self.scale = scale
        self.tiers = tiers
        self.units = units or {}
        self.unpriced_classes = unpriced_classes
        self._conditional = bool(tiers or unpriced_classes)
        self.valid_from_us = valid_from_us
        self.valid_until_us = valid_until_us

    def token_cost(self, tokens: TokenUsage) -> int | None:
        """Return the cost of the tokens in pico-USD, rounded half-even once.

        None when a class in use has no price.
        """
        rates = self.rates
        if self._conditional:
            for name in self.unpriced_classes:
                if getattr(tokens, name):
                    return None
            rates = self._rates_for(tokens.input_tokens)
        cost = tokens.input * rates[0] + tokens.output * rates[7]
        # Most calls use few classes: asking is a third of the price of multiplying.
        if tokens.cache_read:
            cost += tokens.cache_read * rates[1]
        if tokens.cache_write_5m:
            cost += tokens.cache_write_5m * rates[2]
        if tokens.cache_write_1h:
            cost += tokens.cache_write_1h * rates[3]
        if tokens.input_audio:
            cost += tokens.input_audio * rates[4]
        if tokens.cache_audio_read:
            cost += tokens.cache_audio_read * rates[5]
        if tokens.input_image:
            cost += tokens.input_image * rates[6]
        if tokens.output_audio:
            cost += tokens.output_audio * rates[8]
        if tokens.output_image:
            cost += tokens.output_image * rates[9]
        return cost if self.scale == 1 else half_even(cost)

    def sum_cost(self, tokens: TokenUsage, input_tokens: int) -> int | None:
        """Return what the tokens of several calls cost together, in pico-USD, rounded half-even once.

        Sums cannot be priced as one call, because a long input is dearer by the token: `input_tokens` is
        that of each call, or of any that falls into the same tier. None when a class in use has no price.
        """
        if any(getattr(tokens, name) for name in self.unpriced_classes):
            return None
        rates = self._rates_for(input_tokens)
        cost = sum(getattr(tokens, name) * rate for name, rate in zip(TOKEN_CLASSES, rates, strict=True))
        return cost if self.scale == 1 else half_even(cost)

    def _rates_for(self, input_tokens: int) -> Rates:
        for above, dearer in self.tiers:
            if input_tokens > above:
                return dearer
        return self.rates

    def unit_cost(self, units: Mapping[str, Decimal] | None) -> int:
        """Return the fees of what is not tokens, in pico-USD; units without a fee cost nothing.

        A fee per request is due once a call unless the call counts its requests itself.
        """
        if not units and "requests" not in self.units:
            return 0
        total = Decimal(0)
        for name, rate in self.units.items():
            amount = units.get(name) if units else None
            if amount is None and name == "requests":
                amount = Decimal(1)
            if amount:
                total += Decimal(rate.atto) * amount / rate.per
        return round(total / ATTO_PER_PICO)


NO_RATES: Final[Rates] = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
# Valid at no time, so that it is never taken for a price.
UNPRICED: Final = RateCard(price_id=0, rule="", rates=NO_RATES, valid_until_us=ALWAYS_FROM)


def half_even(atto: int) -> int:
    """Return 10^-18 USD as pico-USD, rounded half-even."""
    return half_even_of(atto, ATTO_PER_PICO)


def half_even_of(number: int, divisor: int) -> int:
    """Return a quotient rounded half-even."""
    whole, rest = divmod(number, divisor)
    if 2 * rest > divisor or (2 * rest == divisor and whole & 1):
        return whole + 1
    return whole
