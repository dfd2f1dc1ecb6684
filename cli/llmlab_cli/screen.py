"""Where output goes: a terminal with its width and colours, or a pipe with neither."""

import io
import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TextIO

from rich.console import Console, RenderableType

from llmlab_cli.errors import ReaderGone

MOST_COLUMNS = 100
# In a pipe nothing is wrapped or cut: no line is as long as this.
_PIPE_COLUMNS = 1_000_000
# What a stream that cannot carry the line's own signs shows instead.
_PLAIN_SIGNS = str.maketrans(
    {
        "█": "#", "░": ".", "▏": "|", "│": "|", "─": "-", "━": "-",
        "▉": "#", "▊": "#", "▋": "#", "▌": "#", "▍": "#", "▎": ":",
        "▁": "_", "▂": ".", "▃": ":", "▄": "-", "▅": "=", "▆": "+", "▇": "*",
        "✓": "+", "✗": "x", "●": "*", "▲": "^", "▼": "v", "→": "->", "↳": ">",
        "·": "-", "–": "-", "—": "-", "…": "~", "×": "x", "≥": ">=", "≤": "<=",
        "’": "'", "“": '"', "”": '"', "\N{REPLACEMENT CHARACTER}": "?",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Screen:
    """What the place of output can show. `width` None: a pipe."""

    width: int | None
    colour: bool = False
    unicode: bool = True

    @property
    def columns(self) -> int:
        """Return the width to lay out for; a pipe gets that of a usual terminal."""
        return 80 if self.width is None else self.width


def screen_of(stream: TextIO, most: int = MOST_COLUMNS) -> Screen:
    """Return what the stream can show, by its kind and by NO_COLOR, FORCE_COLOR and TERM.

    Of a terminal `most` columns are used: longer lines than that are hard to read, unless a screen says
    that it has something to put beside each other.
    """
    terminal = stream.isatty()
    environment = os.environ
    if environment.get("NO_COLOR"):
        colour = False
    elif environment.get("FORCE_COLOR"):
        colour = True
    else:
        colour = terminal and environment.get("TERM") != "dumb"
    width = min(shutil.get_terminal_size().columns, most) if terminal else None
    encoding = (stream.encoding or "ascii").lower().replace("-", "")
    return Screen(width, colour, unicode=encoding.startswith("utf"))


def text_of(renderable: RenderableType, screen: Screen) -> str:
    """Return the renderable as the text for this screen, lines without trailing blanks."""
    console = Console(
        file=io.StringIO(),
        width=screen.width or _PIPE_COLUMNS,
        force_terminal=screen.colour,
        color_system="standard" if screen.colour else None,
        legacy_windows=False,
        highlight=False,
        emoji=False,
        markup=False,
        # The decision above is final; the console must not look at the environment again.
        _environ={},
    )
    with console.capture() as capture:
        console.print(renderable, soft_wrap=False)
    lines = [line.rstrip() for line in capture.get().splitlines()]
    text = "\n".join(lines) + "\n" if lines else ""
    return text if screen.unicode else text.translate(_PLAIN_SIGNS)


def show(render: Callable[[Screen], RenderableType], most: int = MOST_COLUMNS) -> None:
    """Write to standard output what `render` makes for this terminal or pipe."""
    here = screen_of(sys.stdout, most)
    write(text_of(render(here), here))


def write(text: str) -> None:
    """Write to standard output; a sign that its encoding lacks becomes `?`."""
    encoding = sys.stdout.encoding or "ascii"
    try:
        sys.stdout.write(text.encode(encoding, errors="replace").decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError as error:
        raise ReaderGone from error


def discard_output() -> None:
    """Lead standard output to nowhere, so that what could not be written is not tried again at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_json(value: Any) -> None:
    """Write the API's own JSON, for programs: exact, and ASCII so that no encoding can spoil it."""
    write(json.dumps(value, indent=2) + "\n")


def say(line: str) -> None:
    """Write one line to standard error, beside the result."""
    encoding = sys.stderr.encoding or "ascii"
    sys.stderr.write(line.encode(encoding, errors="replace").decode(encoding) + "\n")


def on_terminal() -> bool:
    """Say whether there is a person to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()
