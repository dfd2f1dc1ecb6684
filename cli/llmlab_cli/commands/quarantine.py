"""`llmlab quarantine`: calls whose token counts cannot be trusted, and how they get into the totals again."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import rich_click as click
from llmlab import LLMLab

from llmlab_cli import screen
from llmlab_cli.aliases import AliasGroup
from llmlab_cli.app import Invocation, shared_options
from llmlab_cli.commands.price_options import JSON_OPTION, count_options
from llmlab_cli.follow import finished
from llmlab_cli.prompts import ask, confirm
from llmlab_cli.quantities import MomentType
from llmlab_cli.render import figures
from llmlab_cli.render.quarantine import Quarantine, quarantine
from llmlab_cli.render.repricing import outcome
from llmlab_cli.session import connect

# More than this is read by programs, from the API's own list.
_MOST_READ = 10_000
_PAGE = 1000
_FROM = click.option("--from", "start", type=MomentType(), metavar="TIME", help="Calls from here on.")
_TO = click.option("--to", "end", type=MomentType(), metavar="TIME", help="Up to here, not included.")
_PROVIDER = click.option("--provider", metavar="NAME", help="Only calls of this provider.")
_MODEL = click.option(
    "--model", "models", multiple=True, metavar="NAME", help="Only these models; repeatable."
)
_REASON = click.option("--reason", metavar="TEXT", help="Why, kept with every call that changes.")
_WHY = "Why (it is kept with the calls)"


@click.group("quarantine", cls=AliasGroup, epilog="Example: `llmlab quarantine ls`")
def command() -> None:
    """Mend calls whose token counts contradict each other.

    They are stored and in no total. `ls` says why each is there, `release` reads them again after an
    update, `correct` states the counts of one by hand.
    """


@command.command("ls", epilog="Example: `llmlab quarantine ls --missing`")
@_FROM
@_TO
@_PROVIDER
@_MODEL
@click.option("--missing", is_flag=True, help="Calls that came without token counts instead.")
@JSON_OPTION
@shared_options
@click.pass_obj
def ls(
    invocation: Invocation,
    *,
    start: str | None,
    end: str | None,
    provider: str | None,
    models: Sequence[str],
    missing: bool,
    as_json: bool,
) -> None:
    """List quarantined calls and why, those alike together.

    Of the last 30 days, unless --from or --to say otherwise.
    """
    status = "missing" if missing else "quarantined"
    query = {"from_": start, "to": end, "provider": provider, "model": list(models) or None}
    with connect(invocation) as client:
        found = list(islice(_costs(client, query, status), _MOST_READ + 1))
    more, costs = len(found) > _MOST_READ, found[:_MOST_READ]
    if as_json:
        screen.write_json({"costs": costs})
        if more:
            screen.say(f"These are the newest {_MOST_READ:,}: narrow the time with --from and --to.")
        return
    span = f"{start or ''} to {end or 'now'}" if start or end else "the last 30 days"
    screen.show(lambda here: quarantine(Quarantine(costs, status, span, more), here))


def _costs(client: LLMLab, query: dict[str, Any], status: str) -> Iterator[dict[str, Any]]:
    return client.costs.iterate(**query, price_status=status, limit=_PAGE)


@command.command("release", epilog="Example: `llmlab quarantine release --dry-run`")
@_FROM
@_TO
@_PROVIDER
@_MODEL
@click.option("--id", "ids", multiple=True, metavar="ID", help="Only this call; repeatable.")
@_REASON
@click.option("--dry-run", is_flag=True, help="Say what would be counted, and change nothing.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@JSON_OPTION
@shared_options
@click.pass_obj
def release(
    invocation: Invocation,
    *,
    start: str | None,
    end: str | None,
    provider: str | None,
    models: Sequence[str],
    ids: Sequence[str],
    reason: str | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Read quarantined calls again, and count those that can be read now.

    After an update that knows a provider's counts better, say. `llmlab prices undo` goes back.
    """
    if as_json and not (dry_run or yes):
        raise click.UsageError("--json asks nothing: give --dry-run or --yes with it")
    if dry_run:
        reason = reason or "dry run"
    elif yes and not reason:
        raise click.UsageError("nobody is asked with --yes: give --reason too")
    reason = reason or ask(_WHY, "--reason")
    chosen: dict[str, Any] = {"from_": start, "to": end, "provider": provider}
    chosen |= {"model": list(models) or None, "ids": list(ids) or None}
    with connect(invocation) as client:
        preview = finished(client, client.costs.release(reason, **chosen, dry_run=True), "Preview")
        if not as_json:
            screen.show(lambda here: outcome(preview, here))
        if dry_run or not (preview["changed"] or as_json):
            if as_json:
                screen.write_json(preview)
            return
        if not yes:
            confirm(f"Count {figures.plural(preview['changed'], 'call')} so?", "--yes")
        job = finished(client, client.costs.release(reason, **chosen), "Release")
    if as_json:
        screen.write_json(job)
    else:
        screen.write(f"✓ {figures.plural(int(job['changed']), 'call')} released (job {job['id']}).\n")
        screen.say(f"To go back: `llmlab prices undo {job['id']} --reason TEXT`")


@command.command("correct", epilog="Example: `llmlab quarantine correct ID --input 1200 --output 300`")
@click.argument("event_id", metavar="ID")
@count_options
@_REASON
@JSON_OPTION
@shared_options
@click.pass_obj
def correct(
    invocation: Invocation,
    /,
    *,
    event_id: str,
    reason: str | None,
    as_json: bool,
    **counts: int | None,
) -> None:
    """State the token counts of one call by hand; the price list prices them.

    For a call in quarantine, or one that came without counts. What you leave out is none.
    """
    if all(count is None for count in counts.values()):
        raise click.UsageError("nothing is stated in this: give --input and --output")
    reason = reason or ask(_WHY, "--reason")
    with connect(invocation) as client:
        started = client.costs.correct(event_id, reason, **counts)
        job = finished(client, started, "Correction")
        cost = client.costs.get(event_id)
    if as_json:
        screen.write_json(job)
        return
    amount = "unpriced" if cost["cost"] is None else figures.headline(figures.amount_of(cost["cost"]))
    screen.write(
        f"✓ {event_id} costs {amount} now ({figures.clean(cost['price_status'])}, job {job['id']}).\n"
    )
    screen.say(f"To go back: `llmlab prices undo {job['id']} --reason TEXT`")
