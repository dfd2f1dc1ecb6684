"""How far an export is, on a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from llmlab_cli.render import figures

Show = Callable[[int, int, int | None], None]


@contextmanager
def bar() -> Iterator[Show]:
    """Yield what shows rows, bytes and expected rows; without a terminal it shows nothing."""
    if not sys.stderr.isatty():
        yield lambda rows, size, expected: None
        return
    # Only here: it costs a tenth of a second that no other command needs.
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("Export"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[told]}"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None, told="")

        def show(rows: int, size: int, expected: int | None) -> None:
            told = f"{rows:,} of {expected:,} rows" if expected else f"{rows:,} rows"
            progress.update(
                task, completed=rows, total=expected or None, told=f"{told} · {figures.size(size)}"
            )

        yield show
