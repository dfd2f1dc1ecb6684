"""`llmlab doctor`: a line for every check, and beneath what is wrong how to mend it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from llmlab_cli.render import figures
from llmlab_cli.screen import Screen

State = Literal["ok", "warning", "wrong"]
_SIGNS: dict[State, tuple[str, str]] = {
    "ok": ("✓", "green"),
    "warning": ("!", "yellow"),
    "wrong": ("✗", "red"),
}


@dataclass(frozen=True)
class Check:
    """What was looked at, what was found, and what to do when that is not as it should be."""

    name: str
    state: State
    found: str
    mend: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the check as `doctor --json` shows it."""
        return {"name": self.name, "state": self.state, "found": self.found, "mend": self.mend or None}


def doctor(checks: Sequence[Check], screen: Screen) -> RenderableType:
    """Return the whole screen."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for check in checks:
        sign, style = _SIGNS[check.state]
        found = Text(figures.clean(check.found))
        if check.mend and check.state != "ok":
            found.append(f"\n→ {figures.clean(check.mend)}", style=style)
        table.add_row(Text(sign, style), Text(check.name, "dim"), found)
    return Group(table, Text(), _verdict(checks))


def _verdict(checks: Sequence[Check]) -> Text:
    wrong = sum(c.state == "wrong" for c in checks)
    warnings = sum(c.state == "warning" for c in checks)
    if wrong:
        return Text(f"{figures.plural(wrong, 'thing')} to mend.", style="red")
    if warnings:
        return Text(f"It works; {figures.plural(warnings, 'thing')} to know.", style="yellow")
    return Text("All is well.", style="green")
