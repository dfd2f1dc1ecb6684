"""Plans: compiled price documents, from which the cards of stretches of time are made."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from llmlab_shared.pricing.rate_card import ATTO_PER_PICO, RateCard, Rates, UnitRate, half_even_of

MILLIONTHS: Final = 10**6
MICROSECONDS_PER_MINUTE: Final = 60_000_000
DAY_US: Final = 1440 * MICROSECONDS_PER_MINUTE


class Window(NamedTuple):
    """One stretch of the UTC day, in microseconds since midnight, the prices inside it, and on which days."""

    from_us: int
    until_us: int
    plan: "Plan"
    days: frozenset[int]


class Plan(NamedTuple):
    """A compiled price document.

    `factor`, in millionths, makes it relative: it has no rates of its own then.
    """

    rates: Rates
    tiers: tuple[tuple[int, Rates], ...]
    scale: int
    units: Mapping[str, UnitRate]
    unpriced_classes: tuple[str, ...]
    windows: tuple[Window, ...] = ()
    factor: int | None = None

    def times(self, millionths: int) -> "Plan":
        """Return the plan whose token rates are these times a factor, rounded half-even at 10^-18 USD."""

        def scaled(rates: Rates) -> Rates:
            to_atto = 1 if self.scale == ATTO_PER_PICO else ATTO_PER_PICO
            return rates_of(half_even_of(rate * to_atto * millionths, MILLIONTHS) for rate in rates)

        tiers = tuple((above, scaled(rates)) for above, rates in self.tiers)
        windows = tuple(w._replace(plan=w.plan.times(millionths)) for w in self.windows)
        plan = in_coarsest(scaled(self.rates), tiers, self.units, self.unpriced_classes)
        return plan._replace(windows=windows)

    def card(self, price_id: int, rule: str, valid_from_us: int, valid_until_us: int) -> RateCard:
        """Return the card of this plan outside its windows."""
        return RateCard(
            price_id=price_id,
            rule=rule,
            rates=self.rates,
            scale=self.scale,
            tiers=self.tiers,
            units=self.units,
            unpriced_classes=self.unpriced_classes,
            valid_from_us=valid_from_us,
            valid_until_us=valid_until_us,
        )

    def at(self, at_us: int) -> tuple["Plan", int, int]:
        """Return the plan in force at an instant of a day and how long it is, `[from, until)`."""
        day_start = at_us - at_us % DAY_US
        time_of_day = at_us - day_start
        # The first day of the count was a Thursday.
        weekday = (day_start // DAY_US + 3) % 7 + 1
        start, end = 0, DAY_US
        for window in self.windows:
            if weekday not in window.days:
                continue
            if window.from_us <= time_of_day < window.until_us:
                return window.plan, day_start + window.from_us, day_start + window.until_us
            if window.until_us <= time_of_day:
                start = max(start, window.until_us)
            else:
                end = min(end, window.from_us)
        return self, day_start + start, day_start + end


def in_coarsest(
    base: Rates,
    tiers: tuple[tuple[int, Rates], ...],
    units: Mapping[str, UnitRate],
    unpriced: tuple[str, ...],
) -> Plan:
    """Return the plan of rates in 10^-18 USD, in 10^-12 where that is exact too."""
    everything = (base, *(rates for _, rates in tiers))
    if any(rate % ATTO_PER_PICO for rates in everything for rate in rates):
        return Plan(base, tiers, ATTO_PER_PICO, units, unpriced)

    def in_pico(rates: Rates) -> Rates:
        return rates_of(rate // ATTO_PER_PICO for rate in rates)

    return Plan(in_pico(base), tuple((above, in_pico(rates)) for above, rates in tiers), 1, units, unpriced)


def rates_of(rates: Iterable[int]) -> Rates:
    return tuple(rates)  # type: ignore[return-value] # as long as TOKEN_CLASSES is
