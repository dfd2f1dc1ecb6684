"""`llmlab budget`: sets and lists budgets."""

import re
from decimal import Decimal, InvalidOperation

import rich_click as click

from llmlab_cli import screen
from llmlab_cli.aliases import AliasGroup
from llmlab_cli.app import Invocation, shared_options
from llmlab_cli.render import figures
from llmlab_cli.render.budgets import budget_table
from llmlab_cli.session import connect

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


class _Amount(click.ParamType[Decimal]):
    """US dollars, as people write them: 500, $500, 1,500.50."""

    name = "amount"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        try:
            amount = Decimal(str(value).strip().removeprefix("$").replace(",", "").replace("_", ""))
        except InvalidOperation:
            self.fail(f"{value!r} is no amount: write it like 500 or 1250.50, in US dollars", param, ctx)
        if not amount.is_finite() or amount <= 0:
            self.fail(f"{value!r} is no budget: it must be more than 0", param, ctx)
        return amount


def _month(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value is not None and not _MONTH.fullmatch(value):
        raise click.BadParameter(f"{value!r} is no month: write it like 2026-11", ctx, param)
    return value


@click.group("budget", cls=AliasGroup, epilog="Example: `llmlab budget set 500`")
def command() -> None:
    """Set and list budgets."""


@command.command("set", epilog="Example: `llmlab budget set 500 --month 2026-11`")
@click.argument("amount", type=_Amount())
@click.option(
    "--month", callback=_month, metavar="YYYY-MM", help="For this month only. [default: every month]"
)
@shared_options
@click.pass_obj
def set_budget(invocation: Invocation, amount: Decimal, month: str | None) -> None:
    """Set what the workspace may spend, in US dollars.

    For every month, or with --month for one. An alert goes off when 80% are spent, unless you set
    another threshold.
    """
    with connect(invocation) as client:
        budget = client.budgets.set(amount, month=month)
    when = f"in {month}" if month else "every month"
    kept = figures.money(figures.amount_of(budget["budget_amount"]), 2)
    screen.write(f"✓ Budget: {kept} {when}. `llmlab status` shows how much of it is spent.\n")


@command.command("list", epilog="Example: `llmlab budget list`")
@click.option("--json", "as_json", is_flag=True, help="Print the API's own JSON.")
@shared_options
@click.pass_obj
def list_budgets(invocation: Invocation, as_json: bool) -> None:
    """List the budgets and how much of each is spent."""
    with connect(invocation) as client:
        budgets = client.budgets.list()
    if as_json:
        screen.write_json({"budgets": budgets})
    else:
        screen.show(lambda here: budget_table(budgets, here))
