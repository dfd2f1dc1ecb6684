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
_FROM_CALLS = " · from your calls of the last 30 days"


def optimize(report: Json, screen: Screen, *, everything: bool = False) -> RenderableType:
    """Return the whole screen, in the order of the API: the best first.

    `everything` shows also what is hidden by a decision, and why rules are silent.
    """
    by_state: dict[str, list[Json]] = {}
    for one in report["recommendations"]:
        by_state.setdefault(one["state"], []).append(one)
    still_open = by_state.get("open", [])
    parts: list[RenderableType] = list(_open(still_open, screen) if still_open else _nothing(report))
    if accepted := by_state.get("accepted"):
        parts += [Text(), Text("Accepted", "bold"), *(_decided(one, screen) for one in accepted)]
    hidden = [*by_state.get("snoozed", []), *by_state.get("dismissed", [])]
    if everything and hidden:
        parts += [Text(), Text("Snoozed and dismissed", "bold"), *(_decided(one, screen) for one in hidden)]
    if everything and report["silent"]:
        parts += [Text(), Text("Silent", "bold"), _silent(report["silent"])]
    return Group(*parts)


def _open(recommendations: Sequence[Json], screen: Screen) -> list[RenderableType]:
    number = len(recommendations)
    ways = "One way" if number == 1 else f"{number} ways"
    parts: list[RenderableType] = [Text.assemble((f"{ways} to spend less", "bold"), (_FROM_CALLS, "dim"))]
    ranks = {one["id"]: rank for rank, one in enumerate(recommendations, 1)}
    for one in recommendations:
        parts += [Text(), *_block(one, ranks, screen)]
    parts += [Text(), Text("`llmlab optimize show ID` has the figures, `accept ID` measures it.", "dim")]
    return parts


def _nothing(report: Json) -> list[RenderableType]:
    basis = report["based_on"]
    calls, unpriced = int(basis["calls"]), int(basis["unpriced_events"])
    if not calls and unpriced:
        return [
            Text(
                f"▲ Nothing to save yet: {figures.plural(unpriced, 'call')} without a known price.", "yellow"
            ),
            Text("`llmlab status` names the models, and how to give each a price.", "dim"),
        ]
    if not calls:
        return [
            Text("Nothing to save yet: no call of the last 30 days has a known cost."),
            Text("`llmlab doctor` says whether calls arrive here.", "dim"),
        ]
    return [
        Text(
            f"✓ Nothing to save that your {figures.plural(calls, 'call')} of the last 30 days would show.",
            style="green",
        ),
        Text("Rules keep silent on few calls: `llmlab optimize --all` says why each does.", "dim"),
    ]


def _block(one: Json, ranks: Mapping[str, int], screen: Screen) -> list[RenderableType]:
    rank = str(ranks[one["id"]])
    saving = Text(f"saves {_amount(one['saving']['likely'])} a month", style="green")
    beside = screen.columns >= _NARROW
    title = Table.grid(padding=(0, _GAP, 0, 0), expand=screen.width is not None)
    title.add_column(style="dim")
    title.add_column(ratio=1)
    title.add_column(justify="right", no_wrap=True)
    title.add_row(Text(rank), Text(figures.clean(one["title"]), style="bold"), saving if beside else "")
    reason = Table.grid(padding=(0, _GAP, 0, 0))
    reason.add_column(width=len(rank))
    reason.add_column()
    if not beside:
        reason.add_row("", saving)
    reason.add_row("", Text(figures.clean(one["why"])))
    for line in (saving_range(one), sureness(one), _cost(one), _shared(one, ranks)):
        if line:
            reason.add_row("", line)
    reason.add_row("", Text(figures.clean(one["id"]), style="dim"))
    return [title, reason]


def _amount(value: object) -> str:
    return figures.roughly(figures.amount_of(value))


def saving_range(one: Json) -> Text | None:
    """Return between what the saving lies, if that is not one amount."""
    low, high = one["saving"]["low"], one["saving"]["high"]
    if figures.amount_of(low) == figures.amount_of(high):
        return None
    return Text.assemble(("Between ", "dim"), f"{_amount(low)} and {_amount(high)} a month")


def sureness(one: Json) -> Text:
    """Return how sure a recommendation is, and why."""
    confidence = Decimal(str(one["confidence"]))
    word = "high" if confidence >= _HIGH else "medium" if confidence >= _MEDIUM else "low"
    return Text.assemble(
        ("Confidence ", "dim"),
        (word, _STYLES[word]),
        (f" ({confidence:.0%}): {figures.clean(one['confidence_reason'])}", "dim"),
    )


def _cost(one: Json) -> Text:
    return Text.assemble(
        ("Effort ", "dim"), figures.clean(one["effort"]), (" · Risk: ", "dim"), figures.clean(one["risk"])
    )


def _shared(one: Json, ranks: Mapping[str, int]) -> Text | None:
    shared = sorted(ranks[other] for other in one["overlaps"] if other in ranks)
    if not shared:
        return None
    return Text(f"Saves some of the same money as {', '.join(map(str, shared))}: do not add them up.", "dim")


def _decided(one: Json, screen: Screen) -> RenderableType:
    line = Table.grid(padding=(0, _GAP, 0, 0))
    line.add_column(width=1)
    line.add_column()
    said = Text(figures.clean(one["title"]))
    if one["state"] == "accepted":
        said.append_text(verified(one))
    elif one["state"] == "snoozed":
        at = figures.instant(one["until"])
        said.append(f" · snoozed until {figures.day(at.date())}" if at else " · snoozed", style="dim")
    else:
        said.append(" · dismissed", style="dim")
    line.add_row("", said)
    line.add_row("", Text(figures.clean(one["id"]), style="dim"))
    return line


def verified(one: Json) -> Text:
    """Return what an accepted recommendation saved since, or why that cannot be said yet."""
    measured = one.get("verified") or {}
    if measured.get("saving") is None:
        return Text(f" · not measured yet: {figures.clean(measured.get('reason') or '')}", style="dim")
    saving = figures.amount_of(measured["saving"])
    at = figures.instant(measured["since"])
    since = f" since {figures.day(at.date())}" if at else ""
    calls = figures.plural(int(measured["calls"]), "call")
    between = f"{_amount(measured['low'])} to {_amount(measured['high'])}"
    word, style = ("saved", "green") if saving >= 0 else ("cost more by", "red")
    return Text.assemble(
        " · ",
        (f"{word} {figures.roughly(abs(saving))}{since}", style),
        (f" ({between}; {calls})", "dim"),
    )


def _silent(silent: Sequence[Json]) -> RenderableType:
    table = Table.grid(padding=(0, _GAP, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    for one in silent:
        table.add_row(
            Text(figures.clean(one["kind"]).replace("_", " ")), Text(figures.clean(one["reason"]), "dim")
        )
    return table
