"""`llmlab channels`: where alerts go."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import rich_click as click

from llmlab_cli import screen
from llmlab_cli.aliases import AliasGroup
from llmlab_cli.app import Invocation, shared_options
from llmlab_cli.commands.price_options import JSON_OPTION
from llmlab_cli.errors import OK, PROBLEM
from llmlab_cli.named import find_one
from llmlab_cli.prompts import confirm
from llmlab_cli.quantities import DurationType
from llmlab_cli.render import figures
from llmlab_cli.render.alerts import channel_table, delivery_line
from llmlab_cli.session import connect

_CHANNEL = click.argument("channel", metavar="ID|NAME")
_KINDS = ["budget_crossing", "budget_forecast", "spend_anomaly", "report"]
# A test goes out within a second or two; a slow receiver has fifteen.
_PATIENCE = 25.0
_POLL = 0.3
_LONGEST_GRACE = 604_800


@click.group("channels", cls=AliasGroup, epilog="Example: `llmlab channels add email ada@example.com`")
def command() -> None:
    """Say where alerts go: by mail, to a chat, to a service of yours."""


@command.command("ls", epilog="Example: `llmlab channels ls`")
@JSON_OPTION
@shared_options
@click.pass_obj
def list_channels(invocation: Invocation, *, as_json: bool) -> None:
    """List the channels, what they are told, and whether they work."""
    with connect(invocation) as client:
        channels = client.channels.list()
    if as_json:
        screen.write_json({"channels": channels})
        return
    screen.show(lambda here: channel_table(channels, here))
    for problem in dict.fromkeys(c["problem"] for c in channels if c.get("problem")):
        screen.say(f"▲ {figures.clean(problem)}.")


@command.command("add", epilog="Example: `llmlab channels add email ada@example.com bob@example.com`")
@click.argument("kind", type=click.Choice(["email", "slack", "teams", "discord", "pagerduty", "webhook"]))
@click.argument("to", nargs=-1, required=True, metavar="ADDRESS...|URL|KEY")
@click.option("--name", help="What to call it. [default: its kind]")
@click.option(
    "--about",
    "kinds",
    multiple=True,
    type=click.Choice(_KINDS),
    help="What it is told of; repeatable. [default: all that suits its kind]",
)
@JSON_OPTION
@shared_options
@click.pass_obj
def add(
    invocation: Invocation,
    *,
    kind: str,
    to: Sequence[str],
    name: str | None,
    kinds: Sequence[str],
    as_json: bool,
) -> None:
    """Add a channel: addresses of mail, the URL of an incoming webhook, or the key of a PagerDuty service.

    As in `llmlab channels add email ada@example.com bob@example.com` or
    `llmlab channels add slack https://hooks.slack.com/services/…`.
    """
    if kind != "email" and len(to) > 1:
        raise click.UsageError(f"a {kind} channel has one destination; add another channel for {to[1]!r}")
    settings: dict[str, Any] = {"to": list(to)} if kind == "email" else {"url": to[0]}
    if kind == "pagerduty":
        settings = {"routing_key": to[0]}
    with connect(invocation) as client:
        made = client.channels.create(kind, settings, name=name, kinds=list(kinds) or None)
    if as_json:
        screen.write_json(made)
        return
    shown = figures.clean(made["name"])
    screen.write(f"✓ Added {shown}: `llmlab channels test {made['id']}` sends a test.\n")
    _show_secret(made)
    if made.get("problem"):
        screen.say(f"▲ {figures.clean(made['problem'])}.")


@command.command("test", epilog="Example: `llmlab channels test email`")
@_CHANNEL
@JSON_OPTION
@shared_options
@click.pass_context
def test(ctx: click.Context, *, channel: str, as_json: bool) -> None:
    """Send a test by the way of all alerts, and say whether it arrived. Ends with 1 when it did not."""
    with connect(ctx.ensure_object(Invocation)) as client:
        found = _find(client.channels.list(), channel)
        delivery: Mapping[str, Any] = client.channels.test(found["id"])
        until = time.monotonic() + _PATIENCE
        # What is put off has its reason already, and is tried again by itself.
        while delivery["status"] == "waiting" and not delivery["last_error"] and time.monotonic() < until:
            time.sleep(_POLL)
            page = client.alerts.deliveries(alert=delivery["alert_id"])
            delivery = next((each for each in page["deliveries"] if each["id"] == delivery["id"]), delivery)
    if as_json:
        screen.write_json(delivery)
    else:
        screen.write(f"{delivery_line(delivery)}\n")
    if delivery["status"] == "waiting" and not delivery["last_error"]:
        screen.say("▲ No worker has sent it yet: `llmlab doctor` looks why.")
    ctx.exit(OK if delivery["status"] == "sent" else PROBLEM)


@command.command("pause", epilog="Example: `llmlab channels pause email`")
@_CHANNEL
@shared_options
@click.pass_obj
def pause(invocation: Invocation, *, channel: str) -> None:
    """Send nothing for now; what comes waits, for a day at most."""
    with connect(invocation) as client:
        found = _find(client.channels.list(), channel)
        client.channels.pause(found["id"])
    screen.write(f"✓ {figures.clean(found['name'])} is paused: `llmlab channels resume {found['id']}`.\n")


@command.command("resume", epilog="Example: `llmlab channels resume email`")
@_CHANNEL
@shared_options
@click.pass_obj
def resume(invocation: Invocation, *, channel: str) -> None:
    """Send what waited, and what comes."""
    with connect(invocation) as client:
        found = _find(client.channels.list(), channel)
        client.channels.resume(found["id"])
    screen.write(f"✓ {figures.clean(found['name'])} is told again.\n")


@command.command("rotate", epilog="Example: `llmlab channels rotate webhook`")
@_CHANNEL
@click.option(
    "--grace",
    type=DurationType(),
    default="1d",
    metavar="TIME",
    show_default=True,
    help="For so long messages are signed by the old secret too: 15m, 24h, at most 7d.",
)
@JSON_OPTION
@shared_options
@click.pass_obj
def rotate(invocation: Invocation, *, channel: str, grace: int, as_json: bool) -> None:
    """Give a webhook a new secret and show it: this once."""
    if grace > _LONGEST_GRACE:
        raise click.UsageError("--grace: an old secret signs for a week at most, 7d")
    with connect(invocation) as client:
        found = _find(client.channels.list(), channel)
        made = client.channels.rotate(found["id"], grace_seconds=grace)
    if as_json:
        screen.write_json(made)
    else:
        _show_secret(made)


@command.command("rm", epilog="Example: `llmlab channels rm email --yes`")
@_CHANNEL
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@shared_options
@click.pass_obj
def remove(invocation: Invocation, *, channel: str, yes: bool) -> None:
    """Remove a channel with the log of its deliveries."""
    with connect(invocation) as client:
        found = _find(client.channels.list(), channel)
        name = figures.clean(found["name"])
        if not yes:
            confirm(f"Remove {name}? What waits for it is not sent.", "--yes")
        client.channels.delete(found["id"])
    screen.write(f"✓ Removed {name}.\n")


def _show_secret(made: Mapping[str, Any]) -> None:
    if made.get("secret"):
        screen.write(f"{made['secret']}\n")
        screen.say("It signs the messages. Keep it now: it is not shown again.")


def _find(channels: Sequence[Mapping[str, Any]], wanted: str) -> Mapping[str, Any]:
    return find_one(channels, wanted, "channel", "llmlab channels ls")
