"""`llmlab status`: reads the summary and the budgets, asks again where the server's day is another one."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import rich_click as click
from llmlab import InvalidRequest, LLMLab

from llmlab_cli import screen
from llmlab_cli.app import Invocation, shared_options
from llmlab_cli.render.status import TOP_MODELS, Report, status
from llmlab_cli.selection import check_period, filters_of, period_of, selection_options, today_in
from llmlab_cli.session import connect


@click.command("status", epilog="Example: `llmlab status --period month --group-by feature`")
@selection_options
@click.option(
    "-g",
    "--group-by",
    metavar="A,B",
    help="Break down by these instead: day, model, provider, feature, customer, user, team, …",
)
@click.option(
    "--top",
    metavar="N",
    type=click.IntRange(1, 1000),
    default=TOP_MODELS,
    show_default=True,
    help="Rows shown.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print the API's own JSON: exact amounts, for programs."
)
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
    top: int,
    as_json: bool,
) -> None:
    """Show what was spent, on what, and against which budget.

    Amounts are rounded for reading; `--json` has them exactly.
    """
    check_period(period, start, end)
    query = filters_of(filters)
    groups = [part.strip() for part in group_by.split(",") if part.strip()] if group_by is not None else []
    if group_by is not None and not groups:
        raise click.UsageError("--group-by names nothing: give what to break down by, as in feature,day")
    if groups:
        query["group_by"] = ",".join(groups)
    if tz:
        query["tz"] = tz
    with connect(invocation) as client:
        if start or end:
            query |= {name: value for name, value in (("from_", start), ("to", end)) if value}
            title = f"{start or ''} to {end or 'now'}"
            summary: Mapping[str, Any] = client.costs.summary(**query)
        else:
            title, summary = _of_period(client, period or "30d", query)
        if as_json:
            screen.write_json(summary)
            return
        report = Report(
            title=title,
            summary=summary,
            budgets=client.budgets.list(),
            unpriced=_unpriced(client, summary, query),
            group_by=tuple(groups),
            top=top,
        )
    screen.show(lambda here: status(report, here))


def _of_period(client: LLMLab, name: str, query: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return the period's title and its summary, with the dates of the zone that the server answers in."""
    day = today_in(query.get("tz") or "UTC")
    for _ in range(2):
        period = period_of(name, day)
        summary = client.costs.summary(**{**query, "from_": period.start, "to": period.end})
        there = today_in(str(summary.get("tz") or "UTC"))
        if there == day:
            break
        day = there
    return period.title, summary


def _unpriced(
    client: LLMLab, summary: Mapping[str, Any], query: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """Return the summary of only what has no price; asked only when there is any."""
    if not summary["counts"]["unpriced"]:
        return None
    same = {**query, "from_": summary["from"], "to": summary["to"], "tz": summary["tz"]}
    # Not every grouping is kept by price as well; then the names are missing, and no more.
    with suppress(InvalidRequest):
        return client.costs.summary(**{**same, "price_status": "unpriced"})
    return None
