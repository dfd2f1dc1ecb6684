"""A workspace's own prices as a table, whenever they hold: what each says, from when until when, its note."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmlab_cli.render import figures, rates
from llmlab_cli.render.prices import full_name
from llmlab_cli.render.tables import plain_table
from llmlab_cli.screen import Screen

Json = Mapping[str, Any]
_STYLES = {"to come": "cyan", "in force": "green", "ended": ""}
# Below this width a price says when it holds in its own cell.
_NO_TIMES_BELOW = 64
_LEAST = 16
_ALWAYS = "always"


def own_price_table(prices: Sequence[Json], now: datetime, screen: Screen) -> RenderableType:
    """Return the prices in the order given, each with how it stands at `now`."""
    if not prices:
        return Text(
            "No price of your own: `llmlab prices set openai/gpt-4o --input 2.5 --output 10` sets one."
        )
    timed = screen.columns >= _NO_TIMES_BELOW
    table = plain_table()
    for title in ("Id", "State", *(("From", "Until") if timed else ())):
        table.add_column(title, no_wrap=True)
    if screen.width is None:
        # Whoever reads a pipe has what a price says in columns, and each price on a line.
        for title in ("Model", "Says", "Note"):
            table.add_column(title, no_wrap=True)
    else:
        table.add_column("Price", overflow="fold", min_width=_LEAST)
    for price in prices:
        state = _state(price, now)
        since, until = _time(price["valid_from"]), _time(price["valid_until"])
        name, says, note = full_name(price), rates.in_words(price["rates"]), figures.clean(price["source"])
        cells = [Text(str(price["id"])), Text(state, _STYLES[state])]
        cells += [Text(since or _ALWAYS), Text(until)] if timed else []
        if screen.width is None:
            cells += [Text(name), Text(says), Text(note)]
        else:
            lines = [(name, "bold"), (says, ""), ("" if timed else _period(since, until), ""), (note, "dim")]
            cells.append(Text("\n").join(Text(line, style) for line, style in lines if line))
        table.add_row(*cells, style="dim" if state == "ended" else None)
    heading = f"{figures.plural(len(prices), 'price')} of your own · USD per million tokens · times in UTC"
    return Group(Text(heading, "dim"), Text(), table)


def _state(price: Json, now: datetime) -> str:
    """Return how a price of one's own stands: nothing of the workspace's own goes before it."""
    if price["effective"]:
        return "in force"
    begins = figures.instant(price["valid_from"])
    return "to come" if begins is not None and begins > now else "ended"


def _period(since: str, until: str) -> str:
    return " ".join(filter(None, [since and f"from {since}", until and f"until {until}"])) or _ALWAYS


def _time(text: object) -> str:
    """Return an instant of the API in UTC, as a date alone where a day begins; "" for null."""
    at = figures.instant(text, "UTC") if text else None
    if at is None:
        return ""
    return f"{at:%Y-%m-%d}" if (at.hour, at.minute) == (0, 0) else f"{at:%Y-%m-%d %H:%M}"
