"""Calls that are in no total, those alike together: how many, why, since when, and what mends them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from llmlab_cli.render import figures
from llmlab_cli.render.confidence import command_line
from llmlab_cli.screen import Screen

Json = Mapping[str, Any]
_DIGITS = re.compile(r"\d+")
_WITHOUT_REASON = {"missing": "no token counts came with it", "quarantined": "no reason is known"}
_HINT = "llmlab quarantine correct ID --input N --output N --reason TEXT"


@dataclass(frozen=True)
class Quarantine:
    """The calls, newest first, of one price status; `more` says that older ones were not read."""

    costs: Sequence[Json]
    status: str
    span: str
    more: bool = False


def quarantine(found: Quarantine, screen: Screen) -> RenderableType:
    """Return the groups, the largest first."""
    what = "without token counts" if found.status == "missing" else "in quarantine"
    if not found.costs:
        return Text(f"✓ No calls {what} · {found.span}", "green")
    more = "more than " if found.more else ""
    number = figures.plural(len(found.costs), "call")
    heading = Text.assemble((f"{more}{number} {what}".capitalize(), "bold"), (f" · {found.span}", "dim"))
    parts: list[RenderableType] = [heading, Text("What they cost is in no total.", "dim")]
    for group in _groups(found.costs):
        parts += [Text(), *_block(group, found.status)]
    hints = [("State the counts of one:", _HINT)]
    if found.status == "quarantined":
        hints.insert(0, ("Read them again, after an update:", "llmlab quarantine release"))
    parts.append(Text())
    for told, command in hints:
        parts += [Text(told, "dim"), command_line(command)]
    return Group(*parts)


def _groups(costs: Sequence[Json]) -> list[list[Json]]:
    groups: dict[tuple[str, str, str, str], list[Json]] = {}
    for cost in costs:
        # Reasons name the counts; what differs in figures alone is alike.
        alike = _DIGITS.sub("#", cost.get("quarantine_reason") or "")
        key = (cost["provider"], cost["model"], cost.get("api") or "", alike)
        groups.setdefault(key, []).append(cost)
    return sorted(groups.values(), key=len, reverse=True)


def _block(group: Sequence[Json], status: str) -> list[RenderableType]:
    newest, oldest = group[0], group[-1]
    name = figures.clean(f"{newest['provider']}/{newest['model']}")
    title = Text.assemble((name, "bold"), f" · {figures.plural(len(group), 'call')}")
    if newest.get("api"):
        title.append(f" · {figures.clean(newest['api'])}", "dim")
    reason = figures.clean(newest.get("quarantine_reason") or _WITHOUT_REASON[status])
    first, last = figures.instant(oldest["timestamp"], "UTC"), figures.instant(newest["timestamp"], "UTC")
    span = f"{last:%Y-%m-%d %H:%M} UTC" if last else ""
    if first and last and len(group) > 1:
        span = f"{first:%Y-%m-%d %H:%M} to {span}"
    which = "newest id" if len(group) > 1 else "id"
    lines = [Text(reason, "yellow"), Text(span, "dim"), Text(f"{which} {newest['id']}", "dim")]
    return [title, *(Padding(line, (0, 0, 0, 2)) for line in lines)]
