"""API keys as a table; the secret itself is shown once, by whoever made it."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from llmlab_cli.render import figures
from llmlab_cli.render.tables import plain_table
from llmlab_cli.screen import Screen


def key_table(keys: Sequence[Mapping[str, Any]], screen: Screen) -> RenderableType:
    """Return a row for each key."""
    if not keys:
        return Text("No API key yet: `llmlab keys create NAME` makes one.")
    table = plain_table()
    for title in ("Id", "Name", "Key", "Scopes", "Made", "Last used"):
        table.add_column(title, no_wrap=True)
    for key in keys:
        used = _day(key.get("last_used_at")) or "never"
        name = figures.clean(key.get("name") or "")
        cells = [
            str(key.get("id")),
            figures.shorten(name, 20) if screen.width else name,
            f"{figures.clean(key.get('prefix') or '')}…",
            ",".join(map(str, key.get("scopes") or ())),
            _day(key.get("created_at")),
            used,
        ]
        table.add_row(*map(Text, cells))
    return table


def _day(text: object) -> str:
    at = figures.instant(text)
    return figures.day(at) if at else ""
