"""What people type on the command line for counts, amounts, shares, times and models, read exactly."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

import rich_click as click

from llmlab_cli.errors import one_line

_COUNT = re.compile(r"(\d+(?:\.\d+)?|\.\d+)([kmb]?)", re.IGNORECASE)
_SUFFIXES = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9}
MOST = 10**12
_DURATION = re.compile(r"(\d{1,9})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class Model(NamedTuple):
    """A provider and a name there, which may hold slashes itself."""

    provider: str
    name: str

    def __str__(self) -> str:
        return f"{self.provider}/{self.name}"


class CountType(click.ParamType[int]):
    """A count as people write it: 1200, 1_200, 1,200, 1.2k, 3M."""

    name = "count"

    def __init__(self, least: int = 0) -> None:
        self._least = least

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the count. Fails for what is none, and for a part of one."""
        found = _COUNT.fullmatch(str(value).strip().replace("_", "").replace(",", ""))
        number = Decimal(found[1]) * _SUFFIXES[found[2].lower()] if found else Decimal(-1)
        if number != number.to_integral_value() or not self._least <= number <= MOST:
            self.fail(
                f"{_shown(value)} is no count: write it like 1200, 1_200, 1.2k or 3M"
                + (f", {self._least} or more" if self._least else ""),
                param,
                ctx,
            )
        return int(number)


class AmountType(click.ParamType[Decimal]):
    """US dollars, zero or more, or only more: 2.5, $2.50, 1,250."""

    name = "usd"

    def __init__(self, *, what: str = "price", above_zero: bool = False) -> None:
        self._what = what
        self._above_zero = above_zero

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """Return the amount. Fails for what is none."""
        amount = _decimal(str(value).strip().removeprefix("$").replace(",", "").replace("_", ""))
        if amount is None or (amount < 0 and not self._above_zero):
            self.fail(f"{_shown(value)} is no {self._what}: write it like 2.5, in US dollars", param, ctx)
        if amount <= 0 and self._above_zero:
            self.fail(f"{_shown(value)} is no {self._what}: it must be more than 0", param, ctx)
        return amount


class DurationType(click.ParamType[int]):
    """A length of time in whole seconds: 90s, 15m, 24h, 1d."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the seconds. Fails for what is no length of time."""
        if isinstance(value, int):
            return value
        found = _DURATION.fullmatch(str(value).strip().lower())
        if found is None:
            self.fail(f"{_shown(value)} is no length of time: write it like 90s, 15m, 24h or 1d", param, ctx)
        return int(found[1]) * _SECONDS[found[2]]


class PercentType(click.ParamType[Decimal]):
    """A discount in percent, with or without its sign; a negative one is a surcharge."""

    name = "percent"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """Return the percentage. Fails for what is none."""
        percent = _decimal(str(value).strip().removesuffix("%").strip())
        if percent is None:
            self.fail(
                f"{_shown(value)} is no discount: write it like 20%, or -5% for a surcharge", param, ctx
            )
        return percent


class ModelType(click.ParamType[Model]):
    """A model with its provider, `openai/gpt-4o`."""

    name = "provider/model"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Model:
        """Return provider and name. Fails where one is missing."""
        if isinstance(value, Model):
            return value
        provider, slash, name = str(value).strip().partition("/")
        if not (slash and provider.strip() and name.strip()):
            self.fail(
                f"{_shown(value)} does not say whose model: write PROVIDER/MODEL, as in openai/gpt-4o",
                param,
                ctx,
            )
        return Model(provider.strip(), name.strip())


class MomentType(click.ParamType[str]):
    """A date, or a time with its zone: 2026-11-01, 2026-11-01T12:00Z.

    With `instant` a date is the beginning of that day in UTC, when providers change their prices; else
    it stays a date, which begins in the workspace's zone.
    """

    name = "time"

    def __init__(self, *, instant: bool = False) -> None:
        self._instant = instant

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the time in its ISO form. Fails for what is none, and for a time without a zone."""
        text = str(value).strip()
        try:
            day: date | None = date.fromisoformat(text)
        except ValueError:
            day = None
        if day is not None:
            midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
            return midnight.isoformat() if self._instant else day.isoformat()
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            self.fail(f"{_shown(value)} is no time: write 2026-11-01 or 2026-11-01T12:00Z", param, ctx)
        if at.tzinfo is None:
            self.fail(f"{_shown(value)} has no zone: write {text}Z for UTC, or {text}+01:00", param, ctx)
        return at.isoformat()


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _shown(value: object) -> str:
    return repr(one_line(str(value)))
