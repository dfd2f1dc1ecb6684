"""Rate cards: what a model costs in one context for a while, compiled for the speed of the ledger.

The source of a card is a price document, the `rates` of a price version. All amounts are USD as
decimal strings, tokens per million:

    {"tokens": {"input": "2.5", "output": "10", "cache_read": "1.25"},
     "tiers": [{"above": 200000, "tokens": {"input": "5", "output": "15"}}],
     "units": {"web_searches": {"usd": "10", "per": 1000}},
     "windows": [{"from": "00:30", "until": "16:30", "days": [1, 2, 3, 4, 5], "tokens": {…}, "tiers": […]}]}

A tier's rates hold for the whole request whose input, all classes together, is above its threshold; it
states every class that the price does. A window is a time of the UTC day with rates of its own; it may run
over midnight. `days` are the days of the week on which it begins, Monday is 1; without them it is every day.
A class without a rate is charged at its parent's, as providers do; input or output without a rate is not
priced at all.

A document may instead state its price by another one:

    {"factor": "0.5"}

is what would hold without it, times the factor: tokens only, fees per use stay as they are. The price
book says which price that is (`price_book.PriceBook`).
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any, Final, NamedTuple

from llmlab_shared.domain.usage import TOKEN_CLASSES, TokenUsage
from llmlab_shared.errors import LLMLabError

# Money inside a card: integers of 10^-18 USD, which hold every published price per token exactly, or
# of 10^-12 where that is exact too, as it nearly always is: then nothing needs to be rounded.
ATTO_PER_PICO: Final = 10**6
_ATTO_PER_TOKEN: Final = 10**12  # of one USD per million tokens
_ATTO_PER_USD: Final = 10**18
_MICROSECONDS_PER_MINUTE: Final = 60_000_000
DAY_US: Final = 1440 * _MICROSECONDS_PER_MINUTE
ALWAYS_FROM: Final = -(1 << 62)
ALWAYS_UNTIL: Final = 1 << 62

# Dearer than this is a slip of the decimal point: the dearest model of 2026 is at 600 USD a million.
MAX_USD_PER_MILLION: Final = Decimal(100_000)
# So that a call with as many units as a count may be still fits the ledger's column.
MAX_USD_PER_UNIT: Final = Decimal(10)
MAX_FACTOR: Final = Decimal(10)
_MILLIONTHS: Final = 10**6
_EVERY_DAY: Final = frozenset(range(1, 8))

_PARENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "cache_read": ("input",),
    "cache_write_5m": ("input",),
    "cache_write_1h": ("cache_write_5m", "input"),
    "input_audio": ("input",),
    "cache_audio_read": ("cache_read", "input_audio", "input"),
    "input_image": ("input",),
    "output_audio": ("output",),
    "output_image": ("output",),
}

Document = Mapping[str, Any]
Rates = tuple[int, int, int, int, int, int, int, int, int, int]


class PriceDocumentError(LLMLabError):
    """A price document that cannot be a price; `detail` names what of it."""

    def __init__(self, detail: str) -> None:
        super().__init__("bad_price", detail)


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
    return _half_even_of(atto, ATTO_PER_PICO)


def _half_even_of(number: int, divisor: int) -> int:
    whole, rest = divmod(number, divisor)
    if 2 * rest > divisor or (2 * rest == divisor and whole & 1):
        return whole + 1
    return whole


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
            return _rates_of(_half_even_of(rate * to_atto * millionths, _MILLIONTHS) for rate in rates)

        tiers = tuple((above, scaled(rates)) for above, rates in self.tiers)
        windows = tuple(w._replace(plan=w.plan.times(millionths)) for w in self.windows)
        plan = _in_coarsest(scaled(self.rates), tiers, self.units, self.unpriced_classes)
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


def compile_document(document: Document) -> Plan:
    """Return the compiled form of a price document; raise `PriceDocumentError` when it is not one."""
    if "factor" in document:
        _only(document, {"factor"}, "a price with a factor")
        return Plan(NO_RATES, (), 1, {}, (), factor=_factor(document["factor"]))
    _only(document, {"tokens", "tiers", "units", "windows"}, "a price")
    units = _units(document.get("units"))
    plan = _plan(document, units)
    windows = sorted(
        (piece for window in _list(document, "windows") for piece in _window(window, units)),
        key=lambda window: window.from_us,
    )
    for day in _EVERY_DAY:
        for earlier, later in pairwise(window for window in windows if day in window.days):
            if later.from_us < earlier.until_us:
                raise PriceDocumentError("windows of the day overlap")
    return plan._replace(windows=tuple(windows))


def _only(document: Document, known: set[str], what: str) -> None:
    unknown = sorted(set(document) - known)
    if unknown:
        raise PriceDocumentError(f"{what} holds what is not known here: {', '.join(unknown)}")


def _list(document: Document, name: str) -> list[Document]:
    value = document.get(name, [])
    if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
        raise PriceDocumentError(f"{name} must be a list of objects")
    return value


def _amount(value: object, limit: Decimal, what: str) -> Decimal:
    try:
        if not isinstance(value, str):
            raise InvalidOperation
        amount = Decimal(value)
        if not amount.is_finite() or not 0 <= amount <= limit:
            raise InvalidOperation
    except InvalidOperation:
        raise PriceDocumentError(
            f"{what} must be a decimal string from 0 to {limit}, not {value!r:.40}"
        ) from None
    return amount


def _plan(document: Document, units: Mapping[str, UnitRate]) -> Plan:
    base, unpriced = _rates(document.get("tokens", {}))
    tiers = []
    for tier in _list(document, "tiers"):
        _only(tier, {"above", "tokens"}, "a tier")
        above = tier.get("above")
        if type(above) is not int or above < 0:
            raise PriceDocumentError("a tier's `above` must be a count of tokens")
        tokens = tier.get("tokens", {})
        tiers.append((above, _rates(tokens)[0]))
        if missing := [name for name in document.get("tokens", {}) if name not in tokens]:
            raise PriceDocumentError(f"the tier above {above} lacks rates for {', '.join(missing)}")
    if len({above for above, _ in tiers}) < len(tiers):
        raise PriceDocumentError("two tiers begin at the same size")
    tiers.sort(reverse=True)
    return _in_coarsest(base, tuple(tiers), units, unpriced)


def _in_coarsest(
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
        return _rates_of(rate // ATTO_PER_PICO for rate in rates)

    return Plan(in_pico(base), tuple((above, in_pico(rates)) for above, rates in tiers), 1, units, unpriced)


def _rates_of(rates: Iterable[int]) -> Rates:
    return tuple(rates)  # type: ignore[return-value] # as long as TOKEN_CLASSES is


def _factor(value: object) -> int:
    factor = _amount(value, MAX_FACTOR, "a factor")
    millionths = factor * _MILLIONTHS
    if millionths != millionths.to_integral_value():
        raise PriceDocumentError(f"a factor has at most six decimals, not {value!r:.40}")
    return int(millionths)


def _rates(given: object) -> tuple[Rates, tuple[str, ...]]:
    if not isinstance(given, Mapping):
        raise PriceDocumentError("tokens must be an object of rates by token class")
    _only(given, set(TOKEN_CLASSES), "tokens")
    usd = {name: _amount(value, MAX_USD_PER_MILLION, name) for name, value in given.items()}
    rates, unpriced = [], []
    for name in TOKEN_CLASSES:
        source = next((n for n in (name, *_PARENTS.get(name, ())) if n in usd), None)
        if source is None:
            unpriced.append(name)
        rates.append(round(usd[source] * _ATTO_PER_TOKEN) if source else 0)
    return _rates_of(rates), tuple(unpriced)


def _units(given: object) -> dict[str, UnitRate]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise PriceDocumentError("units must be an object of fees by unit")
    fees = {}
    for name, fee in given.items():
        per = fee.get("per") if isinstance(fee, Mapping) else None
        if not isinstance(fee, Mapping) or type(per) is not int or per < 1:
            raise PriceDocumentError(f'the fee of {name} must read {{"usd": "10", "per": 1000}}')
        fees[name] = UnitRate(
            round(_amount(fee.get("usd"), MAX_USD_PER_UNIT * per, name) * _ATTO_PER_USD), per
        )
    return fees


def _window(window: Document, units: Mapping[str, UnitRate]) -> list[Window]:
    _only(window, {"from", "until", "days", "tokens", "tiers"}, "a window")
    start, end = _time_of_day(window.get("from")), _time_of_day(window.get("until"))
    plan, days = _plan(window, units), _days(window.get("days"))
    if start < end:
        return [Window(start, end, plan, days)]
    next_days = frozenset(day % 7 + 1 for day in days)
    pieces = [Window(start, DAY_US, plan, days), Window(0, end, plan, next_days)]
    return [piece for piece in pieces if piece.from_us < piece.until_us]


def _days(value: object) -> frozenset[int]:
    if value is None:
        return _EVERY_DAY
    if isinstance(value, list) and value and all(type(day) is int and day in _EVERY_DAY for day in value):
        return frozenset(value)
    raise PriceDocumentError(f"a window's days must be a list of 1 (Monday) to 7, not {value!r:.40}")


def _time_of_day(value: object) -> int:
    if isinstance(value, str) and len(value) == 5 and value[2] == ":":
        hours, minutes = value[:2], value[3:]
        if hours.isdecimal() and minutes.isdecimal() and int(hours) < 24 and int(minutes) < 60:
            return (int(hours) * 60 + int(minutes)) * _MICROSECONDS_PER_MINUTE
    raise PriceDocumentError(f"a window's time must read HH:MM in UTC, not {value!r:.40}")
