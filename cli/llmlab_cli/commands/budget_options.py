"""What the commands of `llmlab budget` take: amounts, thresholds, and what a budget counts."""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

import rich_click as click

from llmlab_cli import completing
from llmlab_cli.quantities import AmountType, MomentType

F = TypeVar("F", bound=Callable[..., Any])

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_SCOPE = (
    "provider", "model", "api_key", "environment", "feature", "customer", "user", "team", "project",
)  # fmt: skip
_EACH = ("user", "team", "customer", "project", "api_key")
_PERIODS = ("day", "week", "month", "quarter", "year")
_TAG = "tag."
_NEGATIVE = re.compile(r"-\$?[\d.,_]+")


class WithAmount(click.RichCommand):
    """A command with an amount: one below nothing is told as such, and not as an option that is none."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Return what is left of the arguments, as click does."""
        for argument in args:
            if _NEGATIVE.fullmatch(argument):
                raise click.UsageError(f"{argument!r} is no budget: it must be more than 0", ctx)
        return super().parse_args(ctx, args)


AMOUNT = click.argument("amount", type=AmountType(what="budget", above_zero=True))


class ThresholdType(click.ParamType[Decimal]):
    """A part of the amount: 80%, or 0.8."""

    name = "threshold"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """Return the part, 1 being all. Fails for what is none."""
        text = str(value).strip()
        try:
            part = Decimal(text.removesuffix("%").strip())
        except InvalidOperation:
            part = Decimal(0)
        if not part.is_finite() or part <= 0:
            self.fail(f"{value!r} is no threshold: write it like 80% or 0.8", param, ctx)
        if text.endswith("%"):
            return part / 100
        if part > 10:
            self.fail(f"{value!r} is more than ten times the budget: did you mean {part}%?", param, ctx)
        return part


def _month(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value is not None and not _MONTH.fullmatch(value):
        raise click.BadParameter(f"{value!r} is no month: write it like 2026-11", ctx, param)
    return value


def place_options(command: F) -> F:
    """Add what a budget counts and when it alerts; read it with `fields_of`."""
    options = (
        click.option(
            "-s",
            "--scope",
            multiple=True,
            metavar="NAME=VALUE",
            shell_complete=completing.of(*(f"{name}=" for name in _SCOPE), _TAG),
            help=f"Only this part of the spend, by {', '.join(_SCOPE)} or tag.NAME; all that are given.",
        ),
        click.option("--each", type=click.Choice(_EACH), help="The amount is for every one by itself."),
        click.option("--period", type=click.Choice(_PERIODS), help="[default: month]"),
        click.option(
            "--month", callback=_month, metavar="YYYY-MM", help="For this month only. [default: every month]"
        ),
        click.option(
            "-t",
            "--threshold",
            "thresholds",
            multiple=True,
            type=ThresholdType(),
            metavar="PERCENT",
            help="Alert at this part of it; repeatable. [default: 50%, 80%, 100%]",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


SINCE = click.option(
    "--from",
    "since",
    type=MomentType(),
    metavar="DAY",
    help="From the period that begins then. [default: now]",
)


def fields_of(
    *,
    scope: Sequence[str],
    each: str | None,
    period: str | None,
    month: str | None,
    thresholds: Sequence[Decimal],
) -> dict[str, Any]:
    """Return what `place_options` took as the SDK takes it. Raises UsageError for a scope that is none."""
    fields = {"each": each, "period": period, "month": month}
    if thresholds:
        fields["thresholds"] = sorted(set(thresholds))  # type: ignore[assignment]  # of several kinds
    found: dict[str, Any] = {}
    for pair in scope:
        name, equals, value = pair.partition("=")
        known = name in _SCOPE or (name.startswith(_TAG) and name != _TAG)
        if not (equals and value and known):
            raise click.UsageError(
                f"--scope {pair!r} is not of the form NAME=VALUE, as in feature=search; names are "
                f"{', '.join(_SCOPE)}, tag.NAME"
            )
        place, key = (
            (found.setdefault("tag", {}), name.removeprefix(_TAG)) if name.startswith(_TAG) else (found, name)
        )
        if key in place:
            raise click.UsageError(
                f"--scope names {name} twice, and a call has one only: make a budget for each value"
            )
        place[key] = value
    return {**fields, **({"scope": found} if found else {})}
