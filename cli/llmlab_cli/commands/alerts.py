"""`llmlab alerts`: lists what was told, acknowledges it, and follows it on its way."""

from collections.abc import Sequence

import rich_click as click
from llmlab import LLMLab

from llmlab_cli import screen
from llmlab_cli.aliases import AliasGroup
from llmlab_cli.app import Invocation, shared_options
from llmlab_cli.commands.price_options import JSON_OPTION
from llmlab_cli.errors import CLIError
from llmlab_cli.render import figures
from llmlab_cli.render.alerts import alert_table, delivery_table
from llmlab_cli.session import connect

_LIMIT = click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most.")
# As many as the API lists, and acknowledges, at once.
_AT_ONCE = 1000
# So many ids that there are not are named.
_NAMED = 10
_KINDS = ["budget_crossing", "budget_forecast", "spend_anomaly", "report", "test"]


@click.group("alerts", cls=AliasGroup, epilog="Example: `llmlab alerts ls`")
def command() -> None:
    """See what was told, acknowledge it, and send it again."""


@command.command("ls", epilog="Example: `llmlab alerts ls`")
@click.option("--open", "only_open", is_flag=True, help="Only what nobody has acknowledged.")
@click.option("--kind", "kinds", multiple=True, type=click.Choice(_KINDS), help="Repeatable.")
@click.option("--budget", type=click.IntRange(1), metavar="ID", help="Only of this budget.")
@_LIMIT
@JSON_OPTION
@shared_options
@click.pass_obj
def list_alerts(
    invocation: Invocation,
    *,
    only_open: bool,
    kinds: Sequence[str],
    budget: int | None,
    limit: int,
    as_json: bool,
) -> None:
    """List alerts, the newest first, with what became of each."""
    with connect(invocation) as client:
        page = client.alerts.list(
            acknowledged=False if only_open else None, kind=list(kinds), budget_id=budget, limit=limit
        )
    if as_json:
        screen.write_json(page)
        return
    screen.show(lambda here: alert_table(page["alerts"], here))
    failed = [
        each["id"] for alert in page["alerts"] for each in alert["deliveries"] if each["status"] == "failed"
    ]
    if failed:
        said = figures.plural(len(failed), "delivery has", "deliveries have")
        screen.say(f"▲ {said} failed: `llmlab alerts deliveries --status failed` says why.")
    if page.get("next_cursor"):
        screen.say(f"There are more: `--limit {min(limit * 5, 1000)}` shows them.")


@command.command("ack", epilog="Example: `llmlab alerts ack --all`")
@click.argument("ids", type=click.IntRange(1), nargs=-1, metavar="[ID]...")
@click.option("--all", "every", is_flag=True, help="All that nobody has acknowledged.")
@shared_options
@click.pass_obj
def acknowledge(invocation: Invocation, *, ids: Sequence[int], every: bool) -> None:
    """Say that alerts were seen."""
    if bool(ids) == every:
        raise click.UsageError("give the ids of alerts (`llmlab alerts ls` shows them), or --all")
    with connect(invocation) as client:
        wanted = _open(client) if every else list(dict.fromkeys(ids))
        answers = [
            client.alerts.acknowledge_several(wanted[first : first + _AT_ONCE])
            for first in range(0, len(wanted), _AT_ONCE)
        ]
    fresh = sum(answer["acknowledged"] for answer in answers)
    unknown = [alert for answer in answers for alert in answer["unknown"]]
    told = [f"Acknowledged {figures.plural(fresh, 'alert')}"] if fresh else []
    if before := len(wanted) - fresh - len(unknown):
        told.append(f"{figures.plural(before, 'alert was', 'alerts were')} acknowledged already")
    if told:
        screen.write(f"✓ {'; '.join(told)}.\n")
    elif not wanted:
        screen.write("Nothing waits to be acknowledged.\n")
    if unknown:
        raise _unknown(unknown)


def _open(client: LLMLab) -> list[int]:
    """Return the ids of all alerts that nobody has acknowledged, before any is."""
    return [alert["id"] for alert in client.alerts.iterate(acknowledged=False, limit=_AT_ONCE)]


def _unknown(ids: Sequence[int]) -> CLIError:
    named = ", ".join(map(str, ids[:_NAMED])) + (" …" if len(ids) > _NAMED else "")
    what = f"alert {named}" if len(ids) == 1 else f"alerts {named}"
    return CLIError(f"this workspace has no {what}: `llmlab alerts ls` shows those there are")


@command.command("deliveries", epilog="Example: `llmlab alerts deliveries --status failed`")
@click.option("--status", type=click.Choice(["waiting", "sent", "failed"]), help="Only those.")
@click.option("--channel", type=click.IntRange(1), metavar="ID", help="Only to this channel.")
@click.option("--alert", type=click.IntRange(1), metavar="ID", help="Only of this alert.")
@_LIMIT
@JSON_OPTION
@shared_options
@click.pass_obj
def list_deliveries(
    invocation: Invocation,
    *,
    status: str | None,
    channel: int | None,
    alert: int | None,
    limit: int,
    as_json: bool,
) -> None:
    """List what went to which channel, how it stands, and why."""
    with connect(invocation) as client:
        page = client.alerts.deliveries(
            status=status,  # type: ignore[arg-type]  # one of the choices
            channel=channel,
            alert=alert,
            limit=limit,
        )
    if as_json:
        screen.write_json(page)
    else:
        screen.show(lambda here: delivery_table(page["deliveries"], here))


@command.command("retry", epilog="Example: `llmlab alerts retry --failed`")
@click.argument("ids", type=click.IntRange(1), nargs=-1, metavar="[DELIVERY]...")
@click.option("--failed", is_flag=True, help="All that have failed.")
@shared_options
@click.pass_obj
def retry(invocation: Invocation, *, ids: Sequence[int], failed: bool) -> None:
    """Send again what has failed, or what waits, at once."""
    if bool(ids) == failed:
        raise click.UsageError("give the ids of deliveries (`llmlab alerts deliveries`), or --failed")
    with connect(invocation) as client:
        wanted = _failed(client) if failed else list(ids)
        for delivery in wanted:
            client.alerts.retry(delivery)
    if wanted:
        said = figures.plural(len(wanted), "delivery is", "deliveries are")
        screen.write(f"✓ {said} tried again now: `llmlab alerts deliveries` shows how it goes.\n")
    else:
        screen.write("Nothing has failed.\n")


def _failed(client: LLMLab) -> list[int]:
    """Return the ids of all deliveries that have failed, before any is tried again."""
    found: list[int] = []
    cursor: str | None = None
    while True:
        page = client.alerts.deliveries(status="failed", limit=1000, cursor=cursor)
        found += [each["id"] for each in page["deliveries"]]
        cursor = page.get("next_cursor")
        if not cursor:
            return found
