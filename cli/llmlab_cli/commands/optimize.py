"""`llmlab optimize`: shows the recommendations, the best first, and takes what is decided about them."""

from collections.abc import Mapping
from typing import Any

import rich_click as click
from llmlab import LLMLab

from llmlab_cli import screen
from llmlab_cli.app import Invocation, shared_options
from llmlab_cli.commands.price_options import JSON_OPTION
from llmlab_cli.errors import CLIError
from llmlab_cli.quantities import MomentType
from llmlab_cli.render import figures
from llmlab_cli.render.optimize import optimize
from llmlab_cli.render.recommendation import recommendation
from llmlab_cli.session import connect

_EVERY_STATE = ["open", "accepted", "dismissed", "snoozed"]
_NOTE = click.option("--note", metavar="TEXT", help="Why, kept with the decision.")
_ID = click.argument("recommendation_id", metavar="ID")
_MOST = 1000


@click.group("optimize", invoke_without_command=True, epilog="Example: `llmlab optimize`")
@click.option(
    "--all", "everything", is_flag=True, help="Also what was dismissed or snoozed, and silent rules."
)
@JSON_OPTION
@shared_options
@click.pass_context
def command(context: click.Context, *, everything: bool, as_json: bool) -> None:
    """Show how to spend less, and how much that saves.

    From the calls of the last 30 days; a saving is what the same tokens would have cost otherwise.
    """
    if context.invoked_subcommand is not None:
        if everything or as_json:
            raise click.UsageError(f"give options after {context.invoked_subcommand}, not before it")
        return
    with connect(context.ensure_object(Invocation)) as client:
        report = client.recommendations.report(state=_EVERY_STATE if everything else None, limit=_MOST)
    if as_json:
        screen.write_json(report)
    else:
        screen.show(lambda here: optimize(report, here, everything=everything))


@command.command("show", epilog="Example: `llmlab optimize show switch`")
@_ID
@JSON_OPTION
@shared_options
@click.pass_obj
def show(invocation: Invocation, *, recommendation_id: str, as_json: bool) -> None:
    """Show all of one recommendation: its figures, and where its calls are.

    ID is what `llmlab optimize` prints beneath each, or as much of its beginning as is clear.
    """
    with connect(invocation) as client:
        found = _find(client, recommendation_id)
    if as_json:
        screen.write_json(found)
    else:
        screen.show(lambda here: recommendation(found, here))


@command.command("accept", epilog="Example: `llmlab optimize accept switch`")
@_ID
@_NOTE
@JSON_OPTION
@shared_options
@click.pass_obj
def accept(invocation: Invocation, *, recommendation_id: str, note: str | None, as_json: bool) -> None:
    """Accept a recommendation, and measure what it saves from the next day on."""
    with connect(invocation) as client:
        answer = client.recommendations.accept(_find(client, recommendation_id)["id"], note=note)
    _told(answer, as_json, "Accepted", "`llmlab optimize` shows what it saved, from the next day on.")


@command.command("dismiss", epilog="Example: `llmlab optimize dismiss batch`")
@_ID
@_NOTE
@JSON_OPTION
@shared_options
@click.pass_obj
def dismiss(invocation: Invocation, *, recommendation_id: str, note: str | None, as_json: bool) -> None:
    """Dismiss a recommendation for good."""
    with connect(invocation) as client:
        answer = client.recommendations.dismiss(_find(client, recommendation_id)["id"], note=note)
    _told(answer, as_json, "Dismissed", f"To go back: `llmlab optimize reopen {answer['id']}`")


@command.command("snooze", epilog="Example: `llmlab optimize snooze switch --days 30`")
@_ID
@click.option("--until", type=MomentType(), metavar="TIME", help="A date, or a time with zone.")
@click.option("--days", type=click.IntRange(1, 366), metavar="N", help="For so many days. [default: 30]")
@_NOTE
@JSON_OPTION
@shared_options
@click.pass_obj
def snooze(
    invocation: Invocation,
    *,
    recommendation_id: str,
    until: str | None,
    days: int | None,
    note: str | None,
    as_json: bool,
) -> None:
    """Hide a recommendation for a while."""
    if until and days:
        raise click.UsageError("--until and --days exclude each other: give one of them")
    if not until and not days:
        days = 30
    with connect(invocation) as client:
        found = _find(client, recommendation_id)
        answer = client.recommendations.snooze(found["id"], until=until, days=days, note=note)
    at = figures.instant(answer["until"])
    when = f" until {figures.day(at.date())}" if at else ""
    _told(answer, as_json, f"Snoozed{when}", f"To go back: `llmlab optimize reopen {answer['id']}`")


@command.command("reopen", epilog="Example: `llmlab optimize reopen switch`")
@_ID
@JSON_OPTION
@shared_options
@click.pass_obj
def reopen(invocation: Invocation, *, recommendation_id: str, as_json: bool) -> None:
    """Take a decision back."""
    with connect(invocation) as client:
        answer = client.recommendations.reopen(_find(client, recommendation_id)["id"])
    _told(answer, as_json, "Open again", "" if answer["current"] else "Its calls are gone, and so is it.")


def _find(client: LLMLab, name: str) -> Mapping[str, Any]:
    """Return the recommendation that an id, or the beginning of one, means."""
    every = client.recommendations(state=_EVERY_STATE, limit=_MOST)
    found = [one for one in every if one["id"] == name] or [
        one for one in every if one["id"].startswith(name)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise CLIError(f"{name!r} is the beginning of {len(found)} recommendations: give more of the id")
    raise CLIError(f"there is no recommendation {name!r}: `llmlab optimize --all` lists them")


def _told(answer: Mapping[str, Any], as_json: bool, done: str, then: str) -> None:
    if as_json:
        screen.write_json(answer)
        return
    screen.write(f"✓ {done}: {figures.clean(answer['title'])}\n")
    if then:
        screen.say(then)
