"""The tables that all screens share: names left, figures right, no lines between."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from llmlab_cli.render import charts, figures
from llmlab_cli.screen import Screen

# Below these widths the less telling columns go.
_NO_BARS_BELOW = 76
_NO_TOKENS_BELOW = 56
_NO_SHARE_BELOW = 48
_BAR = 8
_LEAST_NAME = 8
_GAP = 2
_FIGURES = ("Spend", "Share", "Calls", "Tokens")


@dataclass(frozen=True)
class SpendRow:
    """A line of a spend table. `note` stands in place of the amount (`unpriced`)."""

    names: tuple[str, ...]
    spend: Decimal
    calls: int
    tokens: int
    note: str | None = None
    faint: bool = False


def plain_table() -> Table:
    """Return an empty table in the house form."""
    return Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="dim", show_edge=False)


def top_rows(rows: Sequence[SpendRow], most: int, other: str) -> list[SpendRow]:
    """Return the rows of most spend first, what is beyond `most` as one row called `other`."""
    ranked = sorted(rows, key=lambda r: (-r.spend, -r.calls, r.names))
    if len(ranked) <= most + 1:
        return ranked
    rest = ranked[most:]
    sum_of_rest = SpendRow(
        names=(f"{len(rest)} {other}", *("" for _ in rest[0].names[1:])),
        spend=sum((r.spend for r in rest), Decimal(0)),
        calls=sum(r.calls for r in rest),
        tokens=sum(r.tokens for r in rest),
        faint=True,
    )
    return [*ranked[:most], sum_of_rest]


def spend_tables(
    tables: Sequence[tuple[Sequence[str], Sequence[SpendRow]]], total: Decimal, screen: Screen
) -> list[Table]:
    """Return each (titles, rows) with its spend, share, calls and tokens, their columns below each other."""
    rows = [row for _, rows in tables for row in rows]
    # All amounts in the same decimals as their total, so that the eye can add them up.
    places = figures.places_for([total, *(row.spend for row in rows)])
    # A bar is for the eye: whoever reads a pipe has the share.
    bars = screen.width is not None and screen.width >= _NO_BARS_BELOW
    shown = [True, screen.columns >= _NO_SHARE_BELOW, True, screen.columns >= _NO_TOKENS_BELOW]
    lines = [
        [
            row.note or figures.money(row.spend, places),
            "–" if row.note else figures.share(row.spend, total),
            figures.count(row.calls),
            figures.compact(row.tokens),
        ]
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(_FIGURES, *lines, strict=True)]
    taken = sum(_GAP + width for width, show in zip(widths, shown, strict=True) if show)
    taken += _GAP + _BAR if bars else 0
    room = None if screen.width is None else screen.width - taken
    names = [_fitted(titles, rows, room) for titles, rows in tables]
    # The longest set of names decides where the figures of all tables begin.
    widest = max(
        sum(map(_width, _columns(t, n))) + _GAP * (len(t) - 1)
        for (t, _), n in zip(tables, names, strict=True)
    )
    made = []
    remaining = iter(zip(rows, lines, strict=True))
    for (titles, table_rows), table_names in zip(tables, names, strict=True):
        table = plain_table()
        rest = widest
        for title, column in zip(titles[:-1], _columns(titles, table_names), strict=False):
            table.add_column(title, no_wrap=True)
            rest -= _width(column) + _GAP
        table.add_column(titles[-1], no_wrap=True, min_width=rest)
        for title, width, show in zip(_FIGURES, widths, shown, strict=True):
            if show:
                table.add_column(title, justify="right", no_wrap=True, min_width=width)
            if title == "Share" and bars:
                table.add_column("", no_wrap=True, min_width=_BAR)
        for name_cells, (row, line) in zip(table_names, islice(remaining, len(table_rows)), strict=True):
            styles = ("yellow" if row.note else "", "dim", "", "")
            cells = [Text(text, style) for text, style, show in zip(line, styles, shown, strict=True) if show]
            if bars:
                cells.insert(2, Text(charts.share_bar(row.spend, total, _BAR), "cyan"))
            table.add_row(*map(Text, name_cells), *cells, style="dim" if row.faint else None)
        made.append(table)
    return made


def _columns(titles: Sequence[str], names: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    return list(zip(titles, *names, strict=True))


def _width(column: Sequence[str]) -> int:
    return max(map(cell_len, column))


def _fitted(titles: Sequence[str], rows: Sequence[SpendRow], room: int | None) -> list[list[str]]:
    """Return the rows' names, cut so that their columns fit the room, the longest giving way first."""
    names = [[figures.clean(name) for name in row.names] for row in rows]
    if room is None:
        return names
    widths = [_width(column) for column in _columns(titles, names)]
    while sum(widths) + _GAP * (len(widths) - 1) > room and max(widths) > _LEAST_NAME:
        widths[widths.index(max(widths))] -= 1
    return [[figures.shorten(name, width) for name, width in zip(row, widths, strict=True)] for row in names]
