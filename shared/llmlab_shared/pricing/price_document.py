"""Price documents: what a price version says, and compiling that into a plan.

A document is the `rates` of a price version. All amounts are USD as
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

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any, Final

from llmlab_shared.domain.usage import TOKEN_CLASSES
from llmlab_shared.errors import LLMLabError
from llmlab_shared.pricing.plan import (
    DAY_US,
    MICROSECONDS_PER_MINUTE,
    MILLIONTHS,
    Plan,
    Window,
    in_coarsest,
    rates_of,
)
from llmlab_shared.pricing.rate_card import NO_RATES, Rates, UnitRate

_ATTO_PER_TOKEN: Final = 10**12  # of one USD per million tokens
_ATTO_PER_USD: Final = 10**18
# Dearer than this is a slip of the decimal point: the dearest model of 2026 is at 600 USD a million.
MAX_USD_PER_MILLION: Final = Decimal(100_000)
# So that a call with as many units as a count may be still fits the ledger's column.
MAX_USD_PER_UNIT: Final = Decimal(10)
MAX_FACTOR: Final = Decimal(10)
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


class PriceDocumentError(LLMLabError):
    """A price document that cannot be a price; `detail` names what of it."""

    def __init__(self, detail: str) -> None:
        super().__init__("bad_price", detail)


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
    return in_coarsest(base, tuple(tiers), units, unpriced)


def _factor(value: object) -> int:
    factor = _amount(value, MAX_FACTOR, "a factor")
    millionths = factor * MILLIONTHS
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
    return rates_of(rates), tuple(unpriced)


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
            return (int(hours) * 60 + int(minutes)) * MICROSECONDS_PER_MINUTE
    raise PriceDocumentError(f"a window's time must read HH:MM in UTC, not {value!r:.40}")
