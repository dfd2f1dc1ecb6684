"""What `PUT /api/prices` takes: a price that makes sense, or every reason why it makes none."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from difflib import get_close_matches
from itertools import chain
from typing import Annotated, Any, Final, Literal, Self, get_args

import msgspec
from llmlab_shared import clock
from llmlab_shared.domain.events import EARLIEST, Unit
from llmlab_shared.domain.money import to_wire
from llmlab_shared.domain.usage import MAX_COUNT, TOKEN_CLASSES
from llmlab_shared.pricing.price_book import EVERY_MODEL
from llmlab_shared.pricing.price_document import (
    MAX_FACTOR,
    MAX_USD_PER_MILLION,
    MAX_USD_PER_UNIT,
    PriceDocumentError,
    compile_document,
)
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from llmlab_api.bodies import Wrong, as_object, read_amount, refuse
from llmlab_api.fields import RequestBody, printable
from llmlab_api.names import SHOWN, did_you_mean
from llmlab_api.price_fields import (
    ContextName,
    Instant,
    ModelName,
    ProviderName,
    read_region,
    read_tier,
)

MAX_AHEAD: Final = timedelta(days=3653)
MAX_TIERS: Final = 16
MAX_WINDOWS: Final = 24
MAX_UNITS: Final = 16
MAX_NOTE: Final = 500
# More would be rounded: a rate is kept in 10^-18 USD a token.
_RATE_DECIMALS: Final = 12
_PERCENT_DECIMALS: Final = 4
_UNIT_NAMES: Final = (*get_args(Unit), "search_units", "classifications", "sources")
_UNIT_NAME: Final = r"^[a-z][a-z0-9_]{0,63}$"
# How alike a name must be to a known unit to be taken for a slip: adapters may bring units of their own.
_SLIP: Final = 0.85
_RATES: Final = ("tokens", "tiers", "units", "windows")


def _usd(value: object) -> str:
    return read_amount(value, 0, MAX_USD_PER_MILLION, _RATE_DECIMALS)


def _rates(given: Any) -> dict[str, Any]:
    """Return rates by token class; name what is no class with the one that was meant."""
    rates = as_object(given, 'USD a million by token class, such as {"input": "2.5", "output": "10"}')
    refuse(
        Wrong(
            (name[:SHOWN],),
            f"is not a token class{did_you_mean(name.removesuffix('_tokens'), TOKEN_CLASSES)}; the classes "
            f"are {', '.join(TOKEN_CLASSES)}",
        )
        for name in rates
        if name not in TOKEN_CLASSES
    )
    return {name: rate for name, rate in rates.items() if rate is not None}


def _fees(given: Any) -> dict[str, Any]:
    fees = as_object(given, 'fees by unit, such as {"web_searches": {"usd": "10", "per": 1000}}')
    refuse(
        Wrong((name[:SHOWN],), f"is not a unit; did you mean {near[0]}?")
        for name in fees
        if name not in _UNIT_NAMES and (near := get_close_matches(name[:SHOWN], _UNIT_NAMES, 1, _SLIP))
    )
    return fees


def _currency(value: object) -> object:
    if isinstance(value, str) and value.strip().upper() != "USD":
        raise ValueError("prices are in USD only; convert the amounts and leave this out")
    return "USD"


def _percent(value: object) -> str:
    return read_amount(value, 100 - 100 * MAX_FACTOR, 100, _PERCENT_DECIMALS)


def _in_time(instant: datetime) -> datetime:
    latest = clock.now() + MAX_AHEAD
    if not EARLIEST <= instant <= latest:
        raise ValueError(f"must lie between {EARLIEST:%Y-%m-%d} and {latest:%Y-%m-%d}, ten years from now")
    return instant


Usd = Annotated[str, BeforeValidator(_usd)]
Rates = Annotated[dict[str, Usd], BeforeValidator(_rates)]
Percent = Annotated[str, BeforeValidator(_percent)]
PriceInstant = Annotated[Instant, AfterValidator(_in_time)]
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]

# Monday is 1.
Weekday = Annotated[int, Field(ge=1, le=7, strict=True)]


class Tier(RequestBody):
    """Rates of requests whose input is above a number of tokens."""

    above: int = Field(ge=0, le=MAX_COUNT, strict=True)
    tokens: Rates


Tiers = Annotated[list[Tier], Field(max_length=MAX_TIERS)]


class Fee(RequestBody):
    """USD for so many units."""

    usd: Annotated[str, BeforeValidator(lambda value: read_amount(value, 0, 10**9, _RATE_DECIMALS))]
    per: int = Field(1, ge=1, le=10**9, strict=True)


class Window(RequestBody):
    """Rates of a time of the UTC day, which may run over midnight; `days` are those on which it begins."""

    from_: TimeOfDay = Field(alias="from")
    until: TimeOfDay
    days: Annotated[list[Weekday], Field(min_length=1, max_length=7)] | None = None
    tokens: Rates
    tiers: Tiers | None = None


class PriceRequest(RequestBody):
    """A price of a workspace's own. Without `valid_from` it begins when it is recorded."""

    provider: ProviderName
    model: ModelName
    context: ContextName | None = None
    service_tier: Annotated[str, AfterValidator(read_tier)] | None = None
    processing: Literal["batch"] | None = None
    region: Annotated[str, AfterValidator(read_region)] | None = None
    valid_from: PriceInstant | None = None
    valid_until: PriceInstant | None = None
    currency: Annotated[Literal["USD"], BeforeValidator(_currency)] = "USD"
    tokens: Rates | None = None
    tiers: Tiers | None = None
    units: (
        Annotated[
            dict[Annotated[str, StringConstraints(pattern=_UNIT_NAME)], Fee],
            BeforeValidator(_fees),
            Field(max_length=MAX_UNITS),
        ]
        | None
    ) = None
    windows: Annotated[list[Window], Field(max_length=MAX_WINDOWS)] | None = None
    discount_percent: Percent | None = None
    note: Annotated[
        str,
        StringConstraints(strip_whitespace=True, max_length=MAX_NOTE),
        AfterValidator(printable),
    ] = ""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        refuse(
            chain(
                _about_context(self),
                _about_model(self.model, discount=self.discount_percent is not None),
                _about_kind(self),
                _about_rates(self),
                _about_fees(self.units or {}),
                about_period(self.valid_from or clock.now(), self.valid_until),
            )
        )
        refuse(_about_document(self.document()))
        return self

    def kept_context(self) -> str:
        """Return the context in the form in which it is kept."""
        if self.context is not None:
            return self.context
        tier = self.processing or self.service_tier or ""
        return f"{tier}@{self.region}" if self.region else tier

    def document(self) -> dict[str, Any]:
        """Return the price document, amounts in the form of the wire."""
        if self.discount_percent is not None:
            return {"factor": to_wire((100 - Decimal(self.discount_percent)) / 100)}
        given = self.model_dump(include=set(_RATES), by_alias=True, exclude_none=True)
        return {name: rates for name, rates in given.items() if rates}


def about_period(start: datetime, end: datetime | None) -> Iterator[Wrong]:
    """Yield what is wrong with when a price begins and ends."""
    if end is not None and end <= start:
        yield Wrong(("valid_until",), f"must lie after the price begins, {_shown(start)}; it is exclusive")


def _about_context(price: PriceRequest) -> Iterator[Wrong]:
    if price.context is not None and (price.service_tier or price.processing or price.region):
        yield Wrong(("context",), "says what service_tier, processing and region say; send it or those")
    if price.processing and price.service_tier not in (None, "", price.processing):
        yield Wrong(("service_tier",), "of a batch there is none beside `processing`; leave one of them out")


def _about_model(model: str, *, discount: bool) -> Iterator[Wrong]:
    if model == EVERY_MODEL and not discount:
        yield Wrong(
            ("model",), "`*` is all of a provider's models, for `discount_percent`; rates are of one model"
        )
    elif model != EVERY_MODEL and "*" in model:
        yield Wrong(
            ("model",), "a price is of one exact name; `*` alone, with `discount_percent`, is all of them"
        )


def _about_kind(price: PriceRequest) -> Iterator[Wrong]:
    given = [name for name in _RATES if getattr(price, name)]
    if price.discount_percent is not None:
        for name in given:
            yield Wrong(
                (name,), "stands alone or is left out: `discount_percent` is of the price list's rates"
            )
    elif not given:
        yield Wrong(
            ("tokens",),
            "is missing: a price has `tokens`, `units` (fees beside tokens) or `discount_percent`",
        )
    elif not price.tokens:
        for name in ("tiers", "windows"):
            if getattr(price, name):
                yield Wrong((name,), "says when other rates hold than those of `tokens`, which are missing")


def _about_rates(price: PriceRequest) -> Iterator[Wrong]:
    """Yield tiers and windows that leave out a class: it would be free there, or without a price."""
    base = price.tokens or {}
    for number, tier in enumerate(price.tiers or ()):
        yield from _about_classes(("tiers", number, "tokens"), tier.tokens, base)
    for number, window in enumerate(price.windows or ()):
        yield from _about_classes(("windows", number, "tokens"), window.tokens, base)
        for inner, tier in enumerate(window.tiers or ()):
            place = ("windows", number, "tiers", inner, "tokens")
            yield from _about_classes(place, tier.tokens, {**base, **window.tokens})


def _about_classes(
    place: tuple[str | int, ...], given: Mapping[str, str], needed: Mapping[str, str]
) -> Iterator[Wrong]:
    missing = [name for name in TOKEN_CLASSES if name in needed and name not in given]
    if missing:
        yield Wrong(place, f"takes the place of all rates, so it needs these too: {', '.join(missing)}")


def _about_fees(units: Mapping[str, Fee]) -> Iterator[Wrong]:
    for name, fee in units.items():
        if Decimal(fee.usd) > MAX_USD_PER_UNIT * fee.per:
            yield Wrong(("units", name, "usd"), f"is more than {MAX_USD_PER_UNIT} USD for one of them")


def _about_document(document: dict[str, Any]) -> Iterator[Wrong]:
    """Yield what the price book itself would refuse: what of the parts does not go together."""
    for names in (("tokens", "tiers"), _RATES, ("factor",)):
        part: dict[str, Any] = {name: document[name] for name in names if name in document}
        try:
            compile_document(part)
        except PriceDocumentError as error:
            yield Wrong((next(reversed(part)),), error.detail)
            return


def _shown(instant: datetime) -> str:
    return msgspec.to_builtins(instant)  # type: ignore[no-any-return]  # a datetime becomes a text
