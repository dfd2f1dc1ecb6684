"""`llmlab status`: reads what was asked for and shows it, on a screen or for a program."""

from collections.abc import Sequence

import rich_click as click

from llmlab_cli import completing, screen
from llmlab_cli.app import Invocation, shared_options
from llmlab_cli.render.spend_csv import spend_csv
from llmlab_cli.render.status import MOST_COLUMNS, TOP_MODELS, TOP_OTHERS, status
from llmlab_cli.report import Asked, exact, read
from llmlab_cli.selection import check_period, selection_options
from llmlab_cli.session import connect


@click.command("status", epilog="Example: `llmlab status --period month --group-by feature`")
@selection_options
@click.option(
    "-g",
    "--group-by",
    metavar="A,B",
    shell_complete=completing.groupings,
    help="Break down by these instead: day, model, provider, feature, customer, user, team, …",
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
    check_period(period, start, end)
    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other: give one of them")
    groups = [part.strip() for part in group_by.split(",") if part.strip()] if group_by is not None else []
    if group_by is not None and not groups:
        raise click.UsageError("--group-by names nothing: give what to break down by, as in feature,day")
    asked = Asked(period or "30d", start, end, tz, groups, filters)
    with connect(invocation) as client:
        report = read(client, asked)
    if as_json:
        screen.write_json(exact(report))
    elif as_csv:
        screen.write(spend_csv(report))
    else:
        screen.show(lambda here: status(report, here, top), MOST_COLUMNS)
