"""A bar on the terminal for work that takes a while; nothing where nobody looks."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Show(Protocol):
    """Shows how much is done, of how much where that is known, and what else is to be told of it."""

    def __call__(self, done: int, of: int | None, more: str = "") -> None: ...


@contextmanager
def progress(what: str, before: str = "", unit: str = "calls") -> Iterator[Show]:
    """Show a bar on standard error until the block ends; `before` stands there until something is done."""
    if not sys.stderr.isatty():
        yield lambda done, of, more="": None
        return
    # Only here: it costs a tenth of a second that no other command needs.
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[told]}"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None, told="")

        def show(done: int, of: int | None, more: str = "") -> None:
            told = f"{done:,} of {of:,} {unit}" if of else f"{done:,} {unit}" if done else before
            bar.update(task, completed=done, total=of or None, told=f"{told} · {more}" if more else told)

        yield show
