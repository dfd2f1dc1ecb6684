"""Mappings as a table: the name that calls carry, and the model whose price they get."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from llmlab_cli.render import figures
from llmlab_cli.render.tables import plain_table
from llmlab_cli.screen import Screen

_LEAST_NAME = 8
_GAP = 2


def mapping_table(mappings: Sequence[Mapping[str, Any]], screen: Screen) -> RenderableType:
    """Return a row for each mapping."""
    if not mappings:
        return Text("No mapping yet: `llmlab prices map azure/our-gpt openai/gpt-4o` makes one.")
    table = plain_table()
    for title in ("Calls of", "are priced as"):
        table.add_column(title, no_wrap=True)
    room = max(_LEAST_NAME, (screen.width - _GAP) // 2) if screen.width else None
    for row in mappings:
        names = (
            f"{row['provider']}/{row['name']}",
            f"{row.get('target_provider') or row['provider']}/{row['model']}",
        )
        cells = [figures.clean(name) for name in names]
        table.add_row(*(Text(figures.shorten(cell, room) if room else cell) for cell in cells))
    return table
