"""`llmlab status`: reads what was asked for and shows it, on a screen or for a program."""

from collections.abc import Sequence
from typing import Any

import rich_click as click

from llmlab_cli import periods, screen
from llmlab_cli.app import Invocation, shared_options
from llmlab_cli.render.spend_csv import spend_csv
from llmlab_cli.render.status import MOST_COLUMNS, TOP_MODELS, TOP_OTHERS, status
from llmlab_cli.report import Asked, exact, read
from llmlab_cli.session import connect

_FILTERS = (
    "provider, model, api_key, feature, customer, user, team, project, environment, release, status, "
    "price_status, tag.NAME"
)


@click.command("status", epilog="Example: `llmlab status --period month --group-by feature`")
@click.option("-p", "--period", default=None, metavar="PERIOD", help=f"{periods.NAMES}. [default: 30d]")
@click.option("--from", "start", metavar="TIME", help="A date, or a time with zone; instead of --period.")
@click.option("--to", "end", metavar="TIME", help="Up to here, this date or time not included.")
@click.option("--tz", metavar="ZONE", help="Whose days, as in Europe/Berlin. [default: the workspace's]")
@click.option(
    "-g",
    "--group-by",
    metavar="A,B",
    help="Break down by these instead: day, model, provider, feature, customer, user, team, …",
)
@click.option(
    "-w", "--where", "filters", multiple=True, metavar="NAME=VALUE", help=f"Only these calls ({_FILTERS})."
)
@click.option(
    "--top",
    metavar="N",
    type=click.IntRange(1, 1000),
    help=f"Rows of each list. [default: {TOP_MODELS} models, {TOP_OTHERS} of the others]",
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON: exact, for programs.")
@click.option("--csv", "as_csv", is_flag=True, help="Print rows of by,name,spend,events,tokens.")
@shared_options
@click.pass_obj
def command(
    invocation: Invocation,
    *,
    period: str | None,
    start: str | None,
    end: str | None,
    tz: str | None,
    group_by: str | None,
    filters: Sequence[str],
    top: int | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Show what was spent, on what, and against which budget.

    Amounts are rounded for reading; `--json` has them exactly.
    """
    if period and (start or end):
        raise click.UsageError("--period and --from/--to exclude each other: give one of them")
    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other: give one of them")
    groups = [part.strip() for part in group_by.split(",") if part.strip()] if group_by is not None else []
    if group_by is not None and not groups:
        raise click.UsageError("--group-by names nothing: give what to break down by, as in feature,day")
    asked = Asked(period or "30d", start, end, tz, groups, _filters(filters))
    with connect(invocation) as client:
        try:
            report = read(client, asked)
        except periods.UnknownPeriod as error:
            raise click.UsageError(str(error)) from None
    if as_json:
        screen.write_json(exact(report))
    elif as_csv:
        screen.write(spend_csv(report))
    else:
        screen.show(lambda here: status(report, here, top), MOST_COLUMNS)


def _filters(pairs: Sequence[str]) -> dict[str, Any]:
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
