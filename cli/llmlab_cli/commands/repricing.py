"""`llmlab prices reprice`, `undo` and `jobs`: pricing calls again, first as a preview."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import rich_click as click
from llmlab import LLMLab

from llmlab_cli import screen
from llmlab_cli.app import Invocation, shared_options
from llmlab_cli.commands.price_options import JSON_OPTION
from llmlab_cli.follow import finished
from llmlab_cli.prompts import ask, confirm
from llmlab_cli.quantities import MomentType
from llmlab_cli.render import figures
from llmlab_cli.render.repricing import job_table, outcome
from llmlab_cli.session import connect

_STATUSES = ("priced", "estimated", "unpriced", "reported", "free")
_SHOWN_JOBS = 20


@click.command(
    "reprice", panel="Price again", epilog="Example: `llmlab prices reprice --from 2026-11-01 --model gpt-4o`"
)
@click.option(
    "--from",
    "start",
    required=True,
    type=MomentType(),
    metavar="TIME",
    help="Calls from here on; a date begins in the workspace's zone.",
)
@click.option(
    "--to", "end", type=MomentType(), metavar="TIME", help="Up to here, not included. [default: now]"
)
@click.option("--provider", metavar="NAME", help="Only calls of this provider.")
@click.option("--model", "models", multiple=True, metavar="NAME", help="Only these models; repeatable.")
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice(_STATUSES),
    help="Only calls that are this now; repeatable.",
)
@click.option("--reason", metavar="TEXT", help="Why, kept with every call that changes.")
@click.option("--dry-run", is_flag=True, help="Show the preview and stop.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@JSON_OPTION
@shared_options
@click.pass_obj
def reprice(
    invocation: Invocation,
    *,
    start: str,
    end: str | None,
    provider: str | None,
    models: Sequence[str],
    statuses: Sequence[str],
    reason: str | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Price calls again by the prices of now, after showing what that changes.

    Nothing is overwritten: every call keeps what it cost before, and `llmlab prices undo` goes back.
    """
    if as_json and not (dry_run or yes):
        raise click.UsageError("--json asks nothing: give --dry-run or --yes with it")
    if yes and not dry_run and not reason:
        raise click.UsageError("nobody is asked with --yes: give --reason too")
    with connect(invocation) as client:
        end = end or datetime.now(UTC).isoformat()
        chosen: dict[str, Any] = {"provider": provider, "model": list(models) or None}
        chosen["price_status"] = list(statuses) or None
        preview = finished(client, client.prices.reprice(start, end, **chosen), "Preview")
        if dry_run and as_json:
            screen.write_json(preview)
            return
        if not as_json:
            screen.show(lambda here: outcome(preview, here))
        if dry_run or not (preview["changed"] or as_json):
            return
        if not yes:
            confirm(f"Change the cost of {figures.plural(preview['changed'], 'call')} so?", "--yes")
            reason = reason or ask("Why (it is kept with them)", "--reason")
        # The times that the preview was of, should the same words mean others by now.
        times = preview["selection"]
        started = client.prices.reprice(times["from"], times["to"], dry_run=False, reason=reason, **chosen)
        job = finished(client, started, "Repricing")
    _show_done(job, as_json)


def _show_done(job: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        screen.write_json(job)
        return
    by = figures.delta(figures.amount_of(job["difference"]))
    calls = figures.plural(int(job["changed"]), "call")
    screen.write(f"✓ {calls} changed, {by} (job {job['id']}).\n")
    if job["changed"]:
        screen.say(f"To go back: `llmlab prices undo {job['id']} --reason TEXT`")


@click.command("undo", panel="Price again", epilog="Example: `llmlab prices undo 7`")
@click.argument("job_id", metavar="ID", type=click.IntRange(1))
@click.option("--reason", metavar="TEXT", help="Why, kept with every call that changes back.")
@JSON_OPTION
@shared_options
@click.pass_obj
def undo(invocation: Invocation, *, job_id: int, reason: str | None, as_json: bool) -> None:
    """Give the calls of a repricing the cost they had before it."""
    reason = reason or ask("Why (it is kept with them)", "--reason")
    with connect(invocation) as client:
        job = finished(client, client.prices.undo(job_id, reason), "Undoing")
    if not as_json:
        screen.show(lambda here: outcome(job, here))
    _show_done(job, as_json)


@click.command("jobs", panel="Price again", epilog="Example: `llmlab prices jobs 7`")
@click.argument("job_id", metavar="[ID]", type=click.IntRange(1), required=False)
@click.option("--follow", is_flag=True, help="With an ID: wait until it is done.")
@JSON_OPTION
@shared_options
@click.pass_obj
def jobs(invocation: Invocation, *, job_id: int | None, follow: bool, as_json: bool) -> None:
    """List what was priced again lately, or show one job and what it changed."""
    if follow and job_id is None:
        raise click.UsageError("--follow waits for one job: give its id")
    with connect(invocation) as client:
        if job_id is None:
            answer = client.prices.repricings(limit=_SHOWN_JOBS)
            if as_json:
                screen.write_json(answer)
            else:
                screen.show(lambda here: job_table(answer["repricings"], here))
            return
        job = _job(client, job_id, follow)
    if as_json:
        screen.write_json(job)
    elif job["status"] == "done":
        screen.show(lambda here: outcome(job, here))
    else:
        screen.show(lambda here: job_table([job], here))
        if job.get("error"):
            screen.say(f"It says: {figures.clean(job['error'])}")


def _job(client: LLMLab, job_id: int, follow: bool) -> Mapping[str, Any]:
    job = client.prices.repricing(job_id)
    return finished(client, job, "Repricing") if follow else job
