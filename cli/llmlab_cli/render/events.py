"""Calls one by one: as a table, as lines of a log, as CSV."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from rich.cells import cell_len
from rich.console import RenderableType
from rich.text import Text

from llmlab_cli.render import figures
from llmlab_cli.render.tables import plain_table
from llmlab_cli.screen import Screen

Json = Mapping[str, Any]
CSV_COLUMNS = (
    "id",
    "timestamp",
    "provider",
    "model",
    "api",
    "input_tokens",
    "output_tokens",
    "cost",
    "price_status",
    "billing",
    "status",
    "latency_ms",
    "feature",
    "customer",
    "user",
    "team",
    "project",
    "environment",
    "release",
)
_LABELS = ("feature", "customer", "user", "team", "project")
# Columns that may be cut, and to how much.
_CUT = {"Model": 9, "For": 8}
_GAP = 2
_AMOUNT = 10
# Where the time begins in what `when` returns.
_TIME_AT = len("2026-11-23 ")
_TOKENS = 15


def event_table(events: Sequence[Json], zone: str, screen: Screen, *, ids: bool = False) -> RenderableType:
    """Return the calls as rows. In a pipe there is every column; a terminal gets what fits, or the ids."""
    if not events:
        return Text("No calls in this time.")
    titles: list[str] = ["Time", "Model", "Input", "Output", "Cost", "For"]
    droppable = ["For", "Output", "Input"]
    if screen.width is None:
        titles += ["ID"]
    elif ids:
        titles, droppable = ["ID", "Time", "Cost", "Model"], ["Model", "Cost", "Time"]
    made: dict[str, Callable[[Json], str]] = {
        "Time": lambda e: when(e, zone),
        "Model": model_of,
        "Input": lambda e: _count(e["input_tokens"]),
        "Output": lambda e: _count(e["output_tokens"]),
        "Cost": cost_word,
        "For": labels_of,
        "ID": lambda e: str(e["id"]),
    }
    rows = {title: [made[title](event) for event in events] for title in titles}
    if screen.width is not None:
        _fit(rows, droppable, screen.width)
    table = plain_table()
    for title in rows:
        right = title in ("Input", "Output", "Cost")
        table.add_column(title, justify="right" if right else "left", no_wrap=True)
    for event, *cells in zip(events, *rows.values(), strict=True):
        styled = (
            Text(cell, cost_style(event) if title == "Cost" else "dim" if title in ("Time", "ID") else "")
            for title, cell in zip(rows, cells, strict=True)
        )
        table.add_row(*styled)
    return table


def _fit(rows: dict[str, list[str]], droppable: list[str], width: int) -> None:
    """Make all columns fit: names are cut, the longest first; where that is not enough, columns go."""
    widths = {title: max(map(cell_len, [title, *cells])) for title, cells in rows.items()}
    least = {title: min(taken, _CUT.get(title, taken)) for title, taken in widths.items()}
    while sum(least.values()) + _GAP * (len(least) - 1) > width and droppable:
        gone = droppable.pop(0)
        del rows[gone], widths[gone], least[gone]
    while sum(widths.values()) + _GAP * (len(widths) - 1) > width:
        title = max(widths, key=lambda one: widths[one] - least[one])
        if widths[title] == least[title]:
            return
        widths[title] -= 1
        rows[title][:] = [figures.shorten(cell, widths[title]) for cell in rows[title]]


def event_line(event: Json, zone: str, screen: Screen, *, day: bool = True) -> Text:
    """Return one call as a line of a log, its figures below those of the line before.

    Time (with its `day`), cost, tokens in and out, model, what it was for; in a pipe the id too.
    """
    line = Text.assemble(
        (when(event, zone)[0 if day else _TIME_AT :], "dim"),
        "  ",
        (cost_word(event).rjust(_AMOUNT), cost_style(event)),
        "  ",
        (_tokens(event).rjust(_TOKENS), "dim"),
        "  ",
        model_of(event),
    )
    if labels := labels_of(event):
        line.append(f"  {labels}", "cyan")
    if screen.width is None:
        line.append(f"  {event['id']}")
    elif cell_len(line.plain) > screen.width:
        line.truncate(screen.width, overflow="ellipsis")
    return line


def csv_text(events: Sequence[Json], *, head: bool) -> str:
    """Return the calls as CSV with exact amounts; what is not known is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if head:
        writer.writerow(CSV_COLUMNS)
    for event in events:
        writer.writerow("" if event[name] is None else event[name] for name in CSV_COLUMNS)
    return text.getvalue()


def when(event: Json, zone: str) -> str:
    """Return a call's time in a zone, to the second."""
    at = figures.instant(event["timestamp"], zone)
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else figures.clean(event["timestamp"])


def model_of(event: Json) -> str:
    """Return a call's provider and model."""
    return figures.clean(f"{event['provider']}/{event['model']}")


def labels_of(event: Json) -> str:
    """Return what a call was for: its feature, customer and so on, as far as it says."""
    return " · ".join(figures.clean(event[name]) for name in _LABELS if event.get(name))


def cost_word(event: Json) -> str:
    """Return a call's cost with digits that say something, or why it is not known."""
    if event["cost"] is None:
        return figures.clean(event["price_status"])
    if event["status"] == "error" and event["price_status"] == "free":
        return "failed"
    amount = figures.amount_of(event["cost"])
    if amount and abs(amount) < Decimal("0.0001"):
        return figures.headline(amount)
    return figures.money(amount, 4 if abs(amount) < 100 else 2)


def cost_style(event: Json) -> str:
    """Return the style of a call's cost: what is not known, and what failed, stand out."""
    return "yellow" if event["cost"] is None else "red" if event["status"] == "error" else ""


def _tokens(event: Json) -> str:
    counts = event["input_tokens"], event["output_tokens"]
    if counts == (None, None):
        return "–"
    return " / ".join(figures.compact(count or 0) for count in counts)


def _count(number: int | None) -> str:
    return "–" if number is None else figures.count(number)
