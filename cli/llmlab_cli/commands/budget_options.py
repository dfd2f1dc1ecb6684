"""What the commands of `llmlab budget` take: amounts, thresholds, and what a budget counts."""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

import rich_click as click

from llmlab_cli import completing
from llmlab_cli.quantities import MomentType

F = TypeVar("F", bound=Callable[..., Any])

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_SCOPE = (
    "provider", "model", "api_key", "environment", "feature", "customer", "user", "team", "project",
)  # fmt: skip
_EACH = ("user", "team", "customer", "project", "api_key")
_PERIODS = ("day", "week", "month", "quarter", "year")
_TAG = "tag."


class AmountType(click.ParamType[Decimal]):
    """US dollars, as people write them: 500, $500, 1,500.50."""

    name = "amount"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """Return the amount. Fails for what is none, and for nothing."""
        try:
            amount = Decimal(str(value).strip().removeprefix("$").replace(",", "").replace("_", ""))
        except InvalidOperation:
            self.fail(f"{value!r} is no amount: write it like 500 or 1250.50, in US dollars", param, ctx)
        if not amount.is_finite() or amount <= 0:
            self.fail(f"{value!r} is no budget: it must be more than 0", param, ctx)
        return amount


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
        if name.startswith(_TAG):
            found.setdefault("tag", {})[name.removeprefix(_TAG)] = value
        else:
            found[name] = value
    return {**fields, **({"scope": found} if found else {})}
