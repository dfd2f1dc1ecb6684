"""`llmlab optimize show`: all of one recommendation, its figures and where its calls are."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from llmlab_cli.render import figures
from llmlab_cli.render.optimize import sureness, verified
from llmlab_cli.screen import Screen

Json = Mapping[str, Any]
_GAP = 2
_MOST_ROWS = 10


def recommendation(one: Json, screen: Screen) -> RenderableType:
    """Return the whole screen; amounts are exact."""
    saving = one["saving"]
    lines: list[tuple[str, Text]] = [
        ("Saving", Text(f"{_usd(saving['likely'])} a month", "green")),
        ("Between", Text(f"{_usd(saving['low'])} and {_usd(saving['high'])}")),
        ("Confidence", _without_label(sureness(one))),
        ("Effort", Text(figures.clean(one["effort"]))),
        ("Risk", Text(figures.clean(one["risk"]))),
        ("Calls", Text(f"{one['sample']['calls']:,} on {figures.plural(one['sample']['days'], 'day')}")),
        ("State", _state(one)),
    ]
    if one["note"]:
        lines.append(("Note", Text(figures.clean(one["note"]))))
    if one["overlaps"]:
        lines.append(("Overlaps", Text("\n".join(map(figures.clean, one["overlaps"])))))
    if measured := one.get("verified"):
        lines.append(("Method", Text(figures.clean(measured["method"]), "dim")))
    parts: list[RenderableType] = [
        Text(figures.clean(one["title"]), "bold"),
        Text(figures.clean(one["why"])),
        Text(),
        _grid(lines),
        Text(),
        Text("What it rests on", "bold"),
        _grid([(name, Text(value)) for name, value in _evidence(one["evidence"])]),
        Text(),
        Text(figures.clean(one["id"]), "dim"),
    ]
    return Group(*parts)


def _usd(amount: object) -> str:
    return figures.price(figures.amount_of(amount))


def _without_label(text: Text) -> Text:
    return text[len("Confidence ") :]


def _state(one: Json) -> Text:
    text = Text(figures.clean(one["state"]))
    if one["state"] == "accepted":
        text.append_text(verified(one))
    if at := figures.instant(one["until"] or ""):
        text.append(f" until {figures.day(at.date())}")
    if not one["current"]:
        text.append(" · its calls are no longer among those of the last 30 days", "dim")
    return text


def _grid(lines: Sequence[tuple[str, Text]]) -> Table:
    table = Table.grid(padding=(0, _GAP, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for name, value in lines:
        table.add_row(name, value)
    return table


def _evidence(evidence: Json) -> Iterator[tuple[str, str]]:
    """Yield the figures in words: a list of objects is a line each."""
    for name, value in evidence.items():
        label = figures.clean(name).replace("_", " ")
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for row in value[:_MOST_ROWS]:
                yield label, _joined(row)
                label = ""
            if len(value) > _MOST_ROWS:
                yield "", f"and {len(value) - _MOST_ROWS} more (--json has all)"
        elif isinstance(value, dict):
            yield label, _joined(value)
        elif value is not None:
            yield label, _plain(value)


def _joined(row: Json) -> str:
    return ", ".join(
        f"{figures.clean(name).replace('_', ' ')} {_plain(value)}" for name, value in row.items()
    )


def _plain(value: object) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return figures.clean(value)
