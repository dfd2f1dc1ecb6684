"""`llmlab events`: single calls, listed, followed and looked at closely."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any

import rich_click as click
from llmlab import LLMLab, LLMLabError

from llmlab_cli import screen
from llmlab_cli.aliases import AliasGroup
from llmlab_cli.app import Invocation, shared_options
from llmlab_cli.commands.price_options import JSON_OPTION
from llmlab_cli.commands.watch import print_calls
from llmlab_cli.render import figures
from llmlab_cli.render.event import Shown, event_in_full
from llmlab_cli.render.events import csv_text, event_line, event_table
from llmlab_cli.selection import TZ, WHERE, filters_of, selection_options, span_of, zone_of
from llmlab_cli.session import connect

_PAGE = 1000


@click.group("events", cls=AliasGroup, epilog="Example: `llmlab events ls --period today`")
def command() -> None:
    """List, follow and look at single calls."""


@command.command("ls", epilog="Example: `llmlab events ls --period today -w feature=search`")
@selection_options
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(1, 100_000),
    default=50,
    metavar="N",
    show_default=True,
    help="How many, the newest.",
)
@click.option("--ids", is_flag=True, help="Show their ids, for `llmlab events show`.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV with exact amounts.")
@JSON_OPTION
@shared_options
@click.pass_obj
def ls(
    invocation: Invocation,
    *,
    period: str | None,
    start: str | None,
    end: str | None,
    tz: str | None,
    filters: Sequence[str],
    limit: int,
    ids: bool,
    as_csv: bool,
    as_json: bool,
) -> None:
    """List calls, the newest first.

    In a pipe every column is there, ids too.
    """
    if as_csv and as_json:
        raise click.UsageError("--csv and --json exclude each other: give one of them")
    query = filters_of(filters)
    # Before anything is asked for: what makes no sense is said at once.
    span_of(period, start, end, "UTC")
    with connect(invocation) as client:
        zone = zone_of(client, tz)
        query |= span_of(period, start, end, zone)
        if tz:
            query["tz"] = tz
        found = islice(client.costs.iterate(**query, limit=min(limit, _PAGE)), limit)
        if as_csv:
            _write_csv(found)
            return
        events = list(found)
    if as_json:
        screen.write_json({"costs": events})
        return
    screen.show(lambda here: event_table(events, zone, here, ids=ids))
    if len(events) == limit:
        screen.say(f"The newest {figures.plural(limit, 'call')}: `--limit` shows more.")


def _write_csv(events: Iterator[Mapping[str, Any]]) -> None:
    head = True
    while True:
        page = list(islice(events, _PAGE))
        if page or head:
            screen.write(csv_text(page, head=head))
        if len(page) < _PAGE:
            return
        head = False


@command.command("tail", epilog="Example: `llmlab events tail -f -w customer=acme`")
@click.option("-f", "--follow", is_flag=True, help="Go on with calls as they happen, until Ctrl-C.")
@click.option(
    "-n",
    "number",
    type=click.IntRange(0, _PAGE),
    default=10,
    metavar="N",
    show_default=True,
    help="How many to begin with.",
)
@WHERE
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each call.")
@shared_options
@click.pass_obj
def tail(invocation: Invocation, *, follow: bool, number: int, filters: Sequence[str], as_json: bool) -> None:
    """Print the latest calls, a line each, the newest last."""
    query = filters_of(filters)
    with connect(invocation) as client, suppress(KeyboardInterrupt):
        if not follow:
            _print_latest(client, query, number, zone_of(client, None), as_json)
            return
        with client.costs.live(**query) as stream:
            # It is open before the latest are read, so that none falls between.
            first = next(stream)
            known = _print_latest(client, query, number, str(first[1]["tz"]), as_json)
            print_calls(_after(first, stream), as_json=as_json, known=known)


def _after(
    first: tuple[str, Mapping[str, Any]], rest: Iterator[tuple[str, Mapping[str, Any]]]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield first
    yield from rest


def _print_latest(
    client: LLMLab, query: Mapping[str, Any], number: int, zone: str, as_json: bool
) -> Sequence[str]:
    """Print the newest calls, oldest first; return their ids."""
    if not number:
        return ()
    here = screen.screen_of(sys.stdout)
    latest = client.costs.list(**query, limit=number)["costs"][::-1]
    for event in latest:
        if as_json:
            screen.write(json.dumps(event) + "\n")
        else:
            screen.write(screen.text_of(event_line(event, zone, here), here))
    return [event["id"] for event in latest]


@command.command("show", epilog="Example: `llmlab events show 01990f5c-5a6b-7c3d-8e4f-0123456789ab`")
@click.argument("event_id", metavar="ID")
@TZ
@JSON_OPTION
@shared_options
@click.pass_obj
def show(invocation: Invocation, *, event_id: str, tz: str | None, as_json: bool) -> None:
    """Show all of one call: what it used, what it cost and by which price, and who sent it."""
    with connect(invocation) as client:
        event = client.costs.get(event_id.strip())
        if as_json:
            screen.write_json(event)
            return
        shown = Shown(event, zone_of(client, tz), _price_of(client, event), _key_of(client, event))
    screen.show(lambda here: event_in_full(shown, here))


def _price_of(client: LLMLab, event: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the version that priced an event, where it is of the event's own name."""
    if event["price_id"] is None:
        return None
    with suppress(LLMLabError):
        history = client.prices.history(event["provider"], event["model"].lower())
        return next((price for price in history if price["id"] == event["price_id"]), None)
    return None


def _key_of(client: LLMLab, event: Mapping[str, Any]) -> str | None:
    """Return the name of the key that sent an event, for those who may see keys."""
    with suppress(LLMLabError):
        return next((key["name"] for key in client.keys.list() if key["id"] == event["api_key"]), None)
    return None
