"""`llmlab watch`: a screen that follows the live stream; without a terminal, a line for each call."""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import rich_click as click
from llmlab import ConnectionFailed, LLMLab, PermissionDenied, RateLimited, ServerUnavailable

from llmlab_cli import screen
from llmlab_cli.app import Invocation, shared_options
from llmlab_cli.render import figures
from llmlab_cli.render.events import event_line
from llmlab_cli.render.watch import watch as watch_screen
from llmlab_cli.selection import WHERE, filters_of
from llmlab_cli.session import connect
from llmlab_cli.updates import following
from llmlab_cli.watching import Watching

_REFRESH_SECONDS = 0.25
_BUDGETS_SECONDS = 10.0
_SEED_SECONDS = 3.0
_FIRST_CALLS = 50


@click.command("watch", epilog="Example: `llmlab watch --where customer=acme`")
@WHERE
@click.option(
    "--json", "as_json", is_flag=True, help='Print a line of JSON for each update: {"kind", "data"}.'
)
@shared_options
@click.pass_obj
def command(invocation: Invocation, *, filters: Sequence[str], as_json: bool) -> None:
    """Watch spend and calls as they happen.

    Ctrl-C ends it. Totals are of the whole workspace; --where chooses the calls shown. In a pipe it
    prints a line for each call, as `llmlab events tail -f -n 0` does.
    """
    query = filters_of(filters)
    with connect(invocation) as client, suppress(KeyboardInterrupt):
        if as_json:
            _print_updates(client, query)
        elif sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
            _draw(client, query)
        else:
            print_calls(client.costs.live(**query))


def _print_updates(client: LLMLab, query: Mapping[str, Any]) -> None:
    with client.costs.live(**query) as stream:
        for kind, data in stream:
            screen.write(json.dumps({"kind": kind, "data": data}) + "\n")


def print_calls(
    stream: Iterator[tuple[str, Mapping[str, Any]]], *, as_json: bool = False, known: Sequence[str] = ()
) -> None:
    """Print a line for each call of a live stream but the known ones, and what happens to the connection."""
    here = screen.screen_of(sys.stdout)
    seen, zone, lost = set(known), "UTC", False
    for kind, data in stream:
        if kind == "lost":
            if not lost:
                screen.say(f"llmlab: {figures.clean(data['error'])}; trying again")
            lost = True
            continue
        if lost:
            screen.say("llmlab: live again")
            lost = False
        if kind == "spend":
            zone = str(data["tz"])
            _tell_left_out(data)
        elif kind == "event" and data["id"] not in seen:
            if as_json:
                screen.write(json.dumps(data) + "\n")
            else:
                screen.write(screen.text_of(event_line(data, zone, here), here))


def _tell_left_out(standing: Mapping[str, Any]) -> None:
    if standing["gap"]:
        screen.say("llmlab: calls may have passed unseen meanwhile: `llmlab events ls` has them")
    if standing["omitted"]:
        number = figures.plural(int(standing["omitted"]), "call")
        screen.say(f"llmlab: {number} came too fast to be shown: `llmlab events ls` has them")


def _draw(client: LLMLab, query: Mapping[str, Any]) -> None:
    # Only here: it costs a tenth of a second that no other command needs.
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    # Whoever ends it in another way than by Ctrl-C wants the terminal back as it was too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    here = screen.screen_of(sys.stdout)
    console = Console(
        color_system="standard" if here.colour else None,
        no_color=not here.colour,
        legacy_windows=False,
        highlight=False,
        emoji=False,
        markup=False,
    )
    view = Watching()
    budgets: list[Mapping[str, Any]] = []

    def read_budgets() -> None:
        budgets[:] = client.budgets.list()

    renew_budgets = Paced(read_budgets, _BUDGETS_SECONDS)
    seed = Paced(lambda: view.seed(client.costs.list(**query, limit=_FIRST_CALLS)["costs"]), _SEED_SECONDS)
    with (
        following(client, query) as updates,
        Live(
            console=console, screen=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
        ) as live,
    ):
        while True:
            for kind, data in updates.take(_REFRESH_SECONDS):
                view.take(kind, data, datetime.now(UTC))
            if view.lost is None:
                renew_budgets()
                if view.gap:
                    seed()
            here = screen.screen_of(sys.stdout)
            height = shutil.get_terminal_size().lines
            shown = watch_screen(view, budgets, datetime.now(UTC), here, height - 1)
            lines = Text.from_ansi(screen.text_of(shown, here), no_wrap=True, overflow="crop")
            live.update(lines, refresh=True)


class Paced:
    """Reads something beside the stream, so many seconds after the last time at the earliest.

    While the server is away or busy, and where the right to read is missing, what was read before stands.
    """

    def __init__(self, read: Callable[[], None], seconds: float) -> None:
        self._read = read
        self._seconds = seconds
        self._next_at = 0.0

    def __call__(self) -> None:
        """Read, if it is time to."""
        if monotonic() < self._next_at:
            return
        pause = self._seconds
        try:
            self._read()
        except RateLimited as error:
            pause = max(pause, error.retry_after or 0.0)
        except (ConnectionFailed, ServerUnavailable, PermissionDenied):
            pass
        self._next_at = monotonic() + pause
