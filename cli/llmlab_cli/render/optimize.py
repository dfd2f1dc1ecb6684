"""`llmlab optimize`: what to change, why, what it saves a month, and how sure that is."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from llmlab_cli.render import figures
from llmlab_cli.screen import Screen

Json = Mapping[str, Any]
_STYLES = {"high": "green", "medium": "yellow", "low": "red"}
_HIGH, _MEDIUM = Decimal("0.7"), Decimal("0.4")
_GAP = 2
# Below this width the saving gets a line of its own.
_NARROW = 60


def optimize(recommendations: Sequence[Json], screen: Screen) -> RenderableType:
    """Return the whole screen, in the order of the API: the best first."""
    if not recommendations:
        return Group(
            Text("✓ Nothing to save that your calls of the last 30 days would show.", style="green"),
            Text("Advice rests on those calls alone, and waits until there are 50 of them.", style="dim"),
        )
    number = len(recommendations)
    ways = "One way" if number == 1 else f"{number} ways"
    parts: list[RenderableType] = [
        Text.assemble((f"{ways} to spend less", "bold"), (" · from your calls of the last 30 days", "dim"))
    ]
    for rank, recommendation in enumerate(recommendations, 1):
        parts += [Text(), *_block(rank, recommendation, screen)]
    if number > 1:
        parts += [Text(), Text("Each saving is counted alone: together they save less than the sum.", "dim")]
    return Group(*parts)


def _block(rank: int, recommendation: Json, screen: Screen) -> list[RenderableType]:
    amount = figures.roughly(figures.amount_of(recommendation["saving_month"]))
    saving = Text(f"saves {amount} a month", style="green")
    beside = screen.columns >= _NARROW
    title = Table.grid(padding=(0, _GAP, 0, 0), expand=screen.width is not None)
    title.add_column(style="dim")
    title.add_column(ratio=1)
    title.add_column(justify="right", no_wrap=True)
    name = Text(figures.clean(recommendation["title"]), style="bold")
    title.add_row(Text(str(rank)), name, saving if beside else "")
    reason = Table.grid(padding=(0, _GAP, 0, 0))
    reason.add_column(width=len(str(rank)))
    reason.add_column()
    if not beside:
        reason.add_row("", saving)
    reason.add_row("", Text(figures.clean(recommendation["why"])))
    reason.add_row("", _sureness(recommendation))
    return [title, reason]


def _sureness(recommendation: Json) -> Text:
    confidence = Decimal(str(recommendation["confidence"]))
    word = "high" if confidence >= _HIGH else "medium" if confidence >= _MEDIUM else "low"
    text = Text.assemble(("Confidence ", "dim"), (word, _STYLES[word]), (f" ({confidence:.0%}", "dim"))
    calls = (recommendation.get("evidence") or {}).get("calls")
    text.append(f", from {figures.plural(int(calls), 'call')})" if calls else ")", style="dim")
    return text
