"""Which calls a command is about: the options for a time and for filters, as the SDK takes them."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import rich_click as click
from llmlab import LLMLab

from llmlab_cli import completing, periods
from llmlab_cli.errors import one_line
from llmlab_cli.quantities import MomentType

F = TypeVar("F", bound=Callable[..., Any])
_TAG = "tag."

WHERE = click.option(
    "-w",
    "--where",
    "filters",
    multiple=True,
    metavar="NAME=VALUE",
    shell_complete=completing.filters,
    help=f"Only these calls ({', '.join(completing.FILTERS)}, tag.NAME).",
)
TZ = click.option(
    "--tz", metavar="ZONE", help="Whose days and times, as in Europe/Berlin. [default: the workspace's]"
)


def selection_options(command: F) -> F:
    """Add `--period`, `--from`, `--to`, `--tz` and `--where`; read the last with `filters_of`."""
    options = (
        click.option(
            "-p",
            "--period",
            metavar="PERIOD",
            shell_complete=completing.period,
            help=f"{periods.NAMES}. [default: 30d]",
        ),
        click.option(
            "--from",
            "start",
            type=MomentType(),
            metavar="TIME",
            help="A date, or a time with zone; instead of --period.",
        ),
        click.option(
            "--to",
            "end",
            type=MomentType(),
            metavar="TIME",
            help="Up to here, this date or time not included.",
        ),
        TZ,
        WHERE,
    )
    for option in reversed(options):
        command = option(command)
    return command


def check_period(period: str | None, start: str | None, end: str | None) -> None:
    """Raise the UsageError for a period beside other limits, or for a name that is no period."""
    if period and (start or end):
        raise click.UsageError("--period and --from/--to exclude each other: give one of them")
    if period:
        period_of(period, today_in("UTC"))


def period_of(name: str, day: date) -> periods.Period:
    """Return the period of a name, seen from a day; raise the UsageError for a name that is none."""
    try:
        return periods.resolve(name, day)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def filters_of(pairs: Sequence[str]) -> dict[str, Any]:
    """Return `NAME=VALUE` pairs as the SDK's filters: several values of a name are alternatives.

    Raises UsageError for what is no such pair, and for a name that calls are not filtered by.
    """
    filters: dict[str, Any] = {}
    tags: dict[str, list[str]] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not name or not equals:
            raise click.UsageError(f"--where {pair!r} is not of the form NAME=VALUE, as in feature=search")
        tag = name.removeprefix(_TAG)
        if name not in completing.FILTERS and tag in ("", name):
            raise _no_filter(name)
        kept = filters if tag == name else tags
        kept.setdefault(tag, []).append(value)
    return {**filters, "tags": tags} if tags else filters


def _no_filter(name: str) -> click.UsageError:
    near = get_close_matches(name, (*completing.FILTERS, _TAG), n=1)
    known = ", ".join((*completing.FILTERS, f"{_TAG}NAME"))
    meant = f"did you mean {near[0].replace(_TAG, f'{_TAG}NAME')}?" if near else f"there are {known}"
    return click.UsageError(f"--where: {one_line(name)!r} is no filter: {meant}")


def today_in(zone: str) -> date:
    """Return today's date in a zone, or in UTC where this machine does not know the zone."""
    try:
        return datetime.now(ZoneInfo(zone)).date()
    except (KeyError, ValueError, OSError):
        # Whether the zone exists is the server's to judge; its tables may be newer than ours.
        return datetime.now(UTC).date()


def zone_of(client: LLMLab, wished: str | None) -> str:
    """Return the zone whose days and times are meant: the wished one, else the workspace's own.

    Raises what the server says of a zone that is none.
    """
    today = today_in(wished or "UTC")
    return str(client.costs.summary(from_=today, to=today + timedelta(days=1), tz=wished)["tz"])


def span_of(period: str | None, start: str | None, end: str | None, zone: str) -> dict[str, Any]:
    """Return `from_` and `to` of a period, or of a beginning and an end; nothing where none is given.

    Raises UsageError for a period that is none, and for both at once.
    """
    check_period(period, start, end)
    if not period:
        return {name: value for name, value in (("from_", start), ("to", end)) if value}
    found = period_of(period, today_in(zone))
    return {"from_": found.start, "to": found.end}
