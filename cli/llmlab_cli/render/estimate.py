"""What calls would cost, a row for each model, the cheapest marked."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.text import Text

from llmlab_cli.render import figures, rates
from llmlab_cli.render.confidence import command_line, set_price
from llmlab_cli.render.tables import plain_table
from llmlab_cli.screen import Screen

Json = Mapping[str, Any]
_LEAST_NAME = 10
_GAP = 2
_NO_CALL_BELOW = 50


def estimate(answer: Json, screen: Screen) -> RenderableType:
    """Return the models in the order asked, and what was asked above them."""
    rows = answer["estimates"]
    calls = int(answer["calls"])
    known = [figures.amount_of(row["cost"]) for row in rows if row["cost"] is not None]
    parts: list[RenderableType] = [_heading(answer, calls), Text(), _table(rows, calls, known, screen)]
    unpriced = [set_price(row["provider"], row["model"]) for row in rows if row["cost"] is None]
    if unpriced:
        parts += [Text(), Text("▲ What has no known price is not free. To give it one:", "yellow")]
        parts += [command_line(line) for line in unpriced]
    if len(known) > 1:
        told = "All cost the same." if min(known) == max(known) else "Saves: against the dearest of these."
        parts += [Text(), Text(told, "dim")]
    return Group(*parts)


def _heading(answer: Json, calls: int) -> Text:
    used = [
        f"{figures.compact(int(number))} {rates.CLASSES.get(name, figures.clean(name)).lower()}"
        for name, number in answer["tokens"].items()
        if number and name != "reasoning"
    ]
    each = " each" if calls > 1 else ""
    what = f" of {', '.join(used)} tokens{each}" if used else ""
    return Text.assemble((figures.plural(calls, "call"), "bold"), (what, "dim"))


def _table(rows: Sequence[Json], calls: int, known: Sequence[Decimal], screen: Screen) -> RenderableType:
    total_places = figures.places_to_compare(known)
    per_call = [figures.amount_of(r["cost_per_call"]) for r in rows if r["cost_per_call"] is not None]
    call_places = figures.places_to_compare(per_call)
    lines = [
        [
            figures.clean(f"{row['provider']}/{row['model']}") + _context(row),
            _amount(row["cost_per_call"], call_places),
            _amount(row["cost"], total_places),
            _cheaper(row),
        ]
        for row in rows
    ]
    titles = ["Model", "A call", figures.plural(calls, "call"), "Saves"]
    shown = [True, calls > 1 and screen.columns >= _NO_CALL_BELOW, True, len(known) > 1]
    widths = [max(map(cell_len, column)) for column in zip(titles, *lines, strict=True)]
    taken = _GAP + 1 + sum(_GAP + w for w, show in zip(widths[1:], shown[1:], strict=True) if show)
    room = None if screen.width is None else max(_LEAST_NAME, screen.width - taken)
    table = plain_table()
    table.add_column("", width=1)
    for index, (title, show) in enumerate(zip(titles, shown, strict=True)):
        if show:
            table.add_column(title, justify="right" if index else "left", no_wrap=True)
    for row, line in zip(rows, lines, strict=True):
        best = len(known) > 1 and row["cost"] is not None and figures.amount_of(row["cost"]) == min(known)
        line[0] = figures.shorten(line[0], room) if room else line[0]
        style = "green" if best else "yellow" if row["cost"] is None else ""
        cells = [Text(cell, style) for cell, show in zip(line, shown, strict=True) if show]
        table.add_row(Text("✓" if best else "", style), *cells)
    return table


def _context(row: Json) -> str:
    return f" ({figures.clean(row['context_used'])})" if row.get("context_used") else ""


def _amount(value: object, places: int) -> str:
    return "unpriced" if value is None else figures.money(figures.amount_of(value), places)


def _cheaper(row: Json) -> str:
    percent = row.get("cheaper_by_percent")
    return "–" if percent is None or not figures.amount_of(percent) else f"{figures.amount_of(percent):.1f}%"
