"""Which calls a command is about: the options for a time and for filters, as the SDK takes them."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import rich_click as click
from llmlab import LLMLab

from llmlab_cli import completing, periods

F = TypeVar("F", bound=Callable[..., Any])

WHERE = click.option(
    "-w",
    "--where",
    "filters",
    multiple=True,
    metavar="NAME=VALUE",
    shell_complete=completing.filters,
    help=f"Only these calls ({', '.join(completing.FILTERS)}, tag.NAME).",
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
            "--from", "start", metavar="TIME", help="A date, or a time with zone; instead of --period."
        ),
        click.option("--to", "end", metavar="TIME", help="Up to here, this date or time not included."),
        click.option(
            "--tz", metavar="ZONE", help="Whose days, as in Europe/Berlin. [default: the workspace's]"
        ),
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
    """Return `NAME=VALUE` pairs as the SDK's filters: several values of a name are alternatives."""
    filters: dict[str, Any] = {}
    tags: dict[str, list[str]] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not name or not equals:
            raise click.UsageError(f"--where {pair!r} is not of the form NAME=VALUE, as in feature=search")
        kept = tags if name.startswith("tag.") else filters
        kept.setdefault(name.removeprefix("tag."), []).append(value)
    return {**filters, "tags": tags} if tags else filters


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
