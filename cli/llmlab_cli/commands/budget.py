"""`llmlab budget`: sets, lists, tries and removes budgets."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import rich_click as click
from llmlab import LLMLab

from llmlab_cli import screen
from llmlab_cli.aliases import AliasGroup
from llmlab_cli.app import Invocation, shared_options
from llmlab_cli.commands.budget_options import AMOUNT, SINCE, WithAmount, fields_of, place_options
from llmlab_cli.commands.price_options import JSON_OPTION
from llmlab_cli.named import find_one
from llmlab_cli.prompts import confirm
from llmlab_cli.render import figures
from llmlab_cli.render.alerts import alert_table
from llmlab_cli.render.backtest import backtest
from llmlab_cli.render.budgets import budget_in_full, budget_table, subject
from llmlab_cli.session import connect

_WHICH = click.argument("budget", metavar="ID|NAME")


@click.group("budget", cls=AliasGroup, epilog="Example: `llmlab budget set 500`")
def command() -> None:
    """Set, list, try and remove budgets."""


@command.command("set", cls=WithAmount, epilog="Example: `llmlab budget set 50 --each user --period week`")
@AMOUNT
@place_options
@SINCE
@click.option("--name", metavar="TEXT", help="What to call it.")
@JSON_OPTION
@shared_options
@click.pass_obj
def set_budget(
    invocation: Invocation,
    /,
    *,
    amount: Decimal,
    since: str | None,
    name: str | None,
    as_json: bool,
    **place: Any,
) -> None:
    """Set what may be spent, in US dollars.

    Of all, every month; or of a part, for each of something, by another period. There is one budget of
    each: to set it again changes it.
    """
    fields = fields_of(**place)
    with connect(invocation) as client:
        budget = client.budgets.set(amount, name=name, from_=since, **fields)
    if as_json:
        screen.write_json(budget)
        return
    kept = figures.money(amount, 2)
    when = f"in {budget['month']}" if budget["month"] else f"every {budget['period']}"
    if since:
        when += f" from {since}"
    what = subject({**budget, "values": None})
    screen.write(f"✓ Budget: {kept} {when}{f' for {what}' if what else ''}. ")
    screen.write("`llmlab status` shows how much of it is spent.\n")
    for note in budget.get("notes") or ():
        screen.say(f"▲ {figures.clean(note)}")


@command.command("list", epilog="Example: `llmlab budget list`")
@JSON_OPTION
@shared_options
@click.pass_obj
def list_budgets(invocation: Invocation, *, as_json: bool) -> None:
    """List the budgets and how much of each is spent."""
    with connect(invocation) as client:
        budgets = client.budgets.list()
    if as_json:
        screen.write_json({"budgets": budgets})
    else:
        screen.show(lambda here: budget_table(budgets, here))


@command.command("show", epilog="Example: `llmlab budget show 3`")
@_WHICH
@JSON_OPTION
@shared_options
@click.pass_obj
def show(invocation: Invocation, *, budget: str, as_json: bool) -> None:
    """Show all of one budget: amounts, alerts, and of one for each who has spent the most."""
    with connect(invocation) as client:
        found = client.budgets.get(_find(client, budget)["id"])
    if as_json:
        screen.write_json(found)
    else:
        screen.show(lambda here: budget_in_full(found, here))


@command.command("rm", epilog="Example: `llmlab budget rm 3`")
@_WHICH
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@shared_options
@click.pass_obj
def remove(invocation: Invocation, *, budget: str, yes: bool) -> None:
    """Remove a budget with the alerts that it recorded."""
    with connect(invocation) as client:
        found = _find(client, budget)
        if not yes:
            confirm(f"Remove {figures.clean(found['name'])} ({found['id']})? It alerts no more.", "--yes")
        client.budgets.delete(found["id"])
    screen.write(f"✓ Removed {figures.clean(found['name'])}.\n")


@command.command("pause", epilog="Example: `llmlab budget pause 3`")
@_WHICH
@shared_options
@click.pass_obj
def pause(invocation: Invocation, *, budget: str) -> None:
    """Go on counting a budget, and tell nobody."""
    _set_paused(invocation, budget, paused=True)


@command.command("resume", epilog="Example: `llmlab budget resume 3`")
@_WHICH
@shared_options
@click.pass_obj
def resume(invocation: Invocation, *, budget: str) -> None:
    """Tell of a budget again; not of what it passed meanwhile."""
    _set_paused(invocation, budget, paused=False)


@command.command(
    "backtest", cls=WithAmount, epilog="Example: `llmlab budget backtest 50 --each user --days 90`"
)
@AMOUNT
@place_options
@click.option(
    "--days", type=click.IntRange(1, 366), default=90, show_default=True, help="How far to look back."
)
@JSON_OPTION
@shared_options
@click.pass_obj
def try_on_the_past(
    invocation: Invocation, /, *, amount: Decimal, days: int, as_json: bool, **place: Any
) -> None:
    """Show when a budget would have alerted before; nothing is set."""
    fields = fields_of(**place)
    with connect(invocation) as client:
        answer = client.budgets.backtest(amount, days=days, **fields)
    if as_json:
        screen.write_json(answer)
    else:
        screen.show(lambda here: backtest(answer, here))


@command.command("alerts", epilog="Example: `llmlab budget alerts`")
@click.option("--budget", metavar="ID|NAME", help="Only of this budget.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most.")
@JSON_OPTION
@shared_options
@click.pass_obj
def list_alerts(invocation: Invocation, *, budget: str | None, limit: int, as_json: bool) -> None:
    """List what budgets have alerted, the newest first; `llmlab alerts` has the rest."""
    with connect(invocation) as client:
        wanted = None if budget is None else _find(client, budget)["id"]
        kinds = ["budget_crossing", "budget_forecast"]
        page = client.alerts.list(kind=kinds, budget_id=wanted, limit=limit)
    if as_json:
        screen.write_json(page)
    else:
        screen.show(lambda here: alert_table(page["alerts"], here))


def _set_paused(invocation: Invocation, wanted: str, *, paused: bool) -> None:
    with connect(invocation) as client:
        found = _find(client, wanted)
        client.budgets.change(found["id"], paused=paused)
    said = "is counted on, and tells nobody" if paused else "tells again"
    screen.write(f"✓ {figures.clean(found['name'])} {said}.\n")


def _find(client: LLMLab, wanted: str) -> Mapping[str, Any]:
    return find_one(client.budgets.list(), wanted, "budget", "llmlab budget list")
