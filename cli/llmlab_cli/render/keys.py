"""API keys as a table; the secret itself is shown once, by whoever made it."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.text import Text

from llmlab_cli.render import figures
from llmlab_cli.render.confidence import remark
from llmlab_cli.render.tables import plain_table
from llmlab_cli.screen import Screen

_TITLES = ("Id", "Name", "Key", "Scopes", "Made", "Last used")
# What goes first where the terminal is narrow; id, name and key say which key it is.
_DISPENSABLE = ("Made", "Scopes", "Last used")
_LEAST_NAME = 12
_GAP = 2


def key_table(keys: Sequence[Mapping[str, Any]], screen: Screen) -> RenderableType:
    """Return a row for each key, and a line for each whose old secret still works."""
    if not keys:
        return Text("No API key yet: `llmlab keys create NAME` makes one.")
    rows = [dict(zip(_TITLES, _cells(key), strict=True)) for key in keys]
    widths = {title: max(cell_len(row[title]) for row in (*rows, {title: title})) for title in _TITLES}
    shown = list(_TITLES)
    if screen.width is not None:
        for title in _DISPENSABLE:
            if _room(screen.width, widths, shown) < min(widths["Name"], _LEAST_NAME):
                shown.remove(title)
        widths["Name"] = min(widths["Name"], max(4, _room(screen.width, widths, shown)))
    table = plain_table()
    for title in shown:
        table.add_column(title, no_wrap=True)
    for row in rows:
        row["Name"] = figures.shorten(row["Name"], widths["Name"])
        table.add_row(*(Text(row[title]) for title in shown))
    return Group(table, *_graces(keys))


def _room(width: int, widths: Mapping[str, int], shown: Sequence[str]) -> int:
    """Return what is left for the name beside the other columns."""
    return width - sum(widths[title] + _GAP for title in shown if title != "Name")


def _cells(key: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        str(key.get("id")),
        figures.clean(key.get("name") or ""),
        f"{figures.clean(key.get('prefix') or '')}…",
        ",".join(map(str, key.get("scopes") or ())),
        _day(key.get("created_at")),
        _day(key.get("last_used_at")) or "never",
    )


def _graces(keys: Sequence[Mapping[str, Any]]) -> list[RenderableType]:
    return [
        remark(
            f"The secret of {figures.clean(key['name'])} before its rotation works until {at:%d %b %H:%M %Z}."
        )
        for key in keys
        if (at := figures.instant(key.get("previous_valid_until")))
    ]


def _day(text: object) -> str:
    at = figures.instant(text)
    return figures.day(at) if at else ""
