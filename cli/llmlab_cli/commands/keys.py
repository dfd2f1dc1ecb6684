"""`llmlab keys`: lists, makes, rotates and revokes API keys."""

from collections.abc import Mapping, Sequence
from typing import Any

import rich_click as click

from llmlab_cli import config, screen
from llmlab_cli.aliases import AliasGroup
from llmlab_cli.app import Invocation, shared_options
from llmlab_cli.named import find_one
from llmlab_cli.prompts import confirm
from llmlab_cli.quantities import DurationType
from llmlab_cli.render.keys import key_table
from llmlab_cli.session import connect

_LONGEST_GRACE = 86_400
_JSON = click.option("--json", "as_json", is_flag=True, help="Print the API's own JSON.")


@click.group("keys", cls=AliasGroup, epilog="Example: `llmlab keys create ci --scope ingest`")
def command() -> None:
    """List, create, rotate and revoke API keys.

    This needs a person: `llmlab login` signs in.
    """


@command.command("list", epilog="Example: `llmlab keys list`")
@_JSON
@shared_options
@click.pass_obj
def list_keys(invocation: Invocation, as_json: bool) -> None:
    """List the workspace's keys, without their secrets."""
    with connect(invocation) as client:
        keys = client.keys.list()
    if as_json:
        screen.write_json({"keys": keys})
    else:
        screen.show(lambda here: key_table(keys, here))


@command.command("create", epilog="Example: `llmlab keys create search --scope ingest --default team=search`")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(["ingest", "read", "admin"]),
    help="What it may do; repeatable. [default: ingest, read]",
)
@click.option(
    "--default",
    "defaults",
    multiple=True,
    metavar="NAME=VALUE",
    help="What its events carry unless they say otherwise, as in team=search; repeatable.",
)
@_JSON
@shared_options
@click.pass_obj
def create(
    invocation: Invocation, name: str, scopes: Sequence[str], defaults: Sequence[str], as_json: bool
) -> None:
    """Make a key and show it: this once."""
    labels = dict(_pair(default) for default in defaults)
    with connect(invocation) as client:
        key = client.keys.create(name, scopes=list(scopes) or None, defaults=labels or None)
    _show(key, as_json)


@command.command("rotate", epilog="Example: `llmlab keys rotate search --grace 24h`")
@click.argument("key", metavar="ID|NAME|PREFIX")
@click.option(
    "--grace",
    type=DurationType(),
    default=0,
    metavar="TIME",
    help="Let the old secret work so much longer, as in 15m or 24h (at most a day). [default: not at all]",
)
@_JSON
@shared_options
@click.pass_obj
def rotate(invocation: Invocation, key: str, grace: int, as_json: bool) -> None:
    """Give a key a new secret and show it: this once.

    Profiles of this machine that hold the old one get the new one. --grace gives services elsewhere the
    time to be told.
    """
    if grace > _LONGEST_GRACE:
        raise click.UsageError("--grace: an old secret works for a day at most, 24h")
    with connect(invocation) as client:
        found = _find(client.keys.list(), key)
        rotated = client.keys.rotate(found["id"], grace_seconds=grace)
    # Shown before anything else can go wrong: nobody shows it again.
    _show(rotated, as_json)
    _keep_in_profiles(str(found["prefix"]), rotated["api_key"])


@command.command("revoke", epilog="Example: `llmlab keys revoke search --yes`")
@click.argument("key", metavar="ID|NAME|PREFIX")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@shared_options
@click.pass_obj
def revoke(invocation: Invocation, key: str, yes: bool) -> None:
    """End a key: whatever uses it stops within seconds."""
    with connect(invocation) as client:
        found = _find(client.keys.list(), key)
        if not yes:
            confirm(f"Revoke {found['name']} ({found['prefix']}…)? Whatever uses it stops.", "--yes")
        client.keys.revoke(found["id"])
    screen.write(f"✓ Revoked {found['name']} ({found['prefix']}…).\n")


def _keep_in_profiles(prefix: str, api_key: str) -> None:
    """Give the new secret to every profile of this machine that held the old one."""
    file = config.load()
    holders = [
        name for name, saved in file.profiles.items() if (saved.get("api_key") or "").startswith(prefix)
    ]
    for name in holders:
        file.update(name, api_key=api_key)
    if holders:
        file.save()
        screen.say(f"Saved in profile {', '.join(holders)} too.")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise click.UsageError(f"--default {text!r} is not of the form NAME=VALUE, as in team=search")
    return name.strip(), value


def _find(keys: Sequence[Mapping[str, Any]], wanted: str) -> Mapping[str, Any]:
    by_secret = [key for key in keys if key.get("prefix") and wanted.startswith(str(key["prefix"]))]
    return find_one(keys, wanted, "key", "llmlab keys list", by_secret)


def _show(key: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        screen.write_json(key)
        return
    screen.write(f"{key['api_key']}\n")
    screen.say("Keep it now: it is not shown again.")
