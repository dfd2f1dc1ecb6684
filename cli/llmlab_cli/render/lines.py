"""Lines of a label and what it says, the texts below each other and wrapped beneath themselves."""

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from llmlab_cli.screen import Screen

LABEL = 10


def labelled(label: str, text: Text) -> RenderableType:
    """Return a line; a text that is too long goes on below itself, not below the label."""
    line = Table.grid()
    line.add_column(width=LABEL, no_wrap=True)
    line.add_column(overflow="fold")
    line.add_row(Text(label, "dim"), text)
    return line


def room(screen: Screen) -> int:
    """Return how many columns a text beside its label has."""
    return screen.columns - LABEL


def append_if_it_fits(text: Text, more: str, screen: Screen) -> None:
    """Append a side remark where there is room for it."""
    if screen.width is None or text.cell_len + len(more) <= room(screen):
        text.append(more, "dim")
