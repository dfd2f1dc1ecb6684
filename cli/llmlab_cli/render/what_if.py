"""What the calls that were made would have cost: a row for each model, what was spent above them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.text import Text

from llmlab_cli.render import figures
from llmlab_cli.render.confidence import command_line, set_price
from llmlab_cli.render.tables import plain_table
from llmlab_cli.screen import Screen

Json = Mapping[str, Any]
_GAP = 2
_MOMENT = timedelta(microseconds=1)
_LEAST_NAME = 12
# Below these widths the less telling columns go.
_NO_PERCENT_BELOW = 50
_NO_CALL_BELOW = 60
_LEFT_OUT = {
    "no_token_counts": "without token counts that can be trusted",
    "not_metered": "not paid by the token (subscription, provisioned)",
    "free": "that cost nothing (errors)",
    "unpriced": "without a price of their own",
}
_WHY_NOT = {"no_price": "no known price", "class_without_price": "no price for {}"}


def what_if(answer: Json, screen: Screen) -> RenderableType:
    """Return the models in the order asked for."""
    actual, targets = answer["actual"], answer["targets"]
    calls = int(actual["calls"])
    if not calls:
        return Group(Text("No call of a known cost there."), *_left_out(answer["left_out"]))
    spent = figures.amount_of(actual["spend"])
    parts: list[RenderableType] = [
        Text.assemble(
            (figures.plural(calls, "call"), "bold"),
            f" cost {figures.headline(spent)}",
            (_asked(answer), "dim"),
        ),
        Text(),
        _table(targets, screen),
    ]
    notes = [*_notes(answer, calls), *_left_out(answer["left_out"])]
    if notes:
        parts += [Text(), *notes]
    unpriced = [set_price(t["provider"], t["model"]) for t in targets if t["price_status"] == "unpriced"]
    if unpriced:
        parts += [Text("▲ What has no known price is not free. To give it one:", "yellow")]
        parts += [command_line(line) for line in unpriced]
    parts.append(Text("The same tokens at today's prices; whether it answers as well is not known.", "dim"))
    return Group(*parts)


def _asked(answer: Json) -> str:
    start, end = figures.instant(answer["from"]), figures.instant(answer["to"])
    # The end is not included: what people call the last day is the one before it.
    span = f" · {figures.day(start.date())} to {figures.day((end - _MOMENT).date())}" if start and end else ""
    return span + (f" · priced as {answer['processing']}" if answer["processing"] else "")


def _table(targets: Sequence[Json], screen: Screen) -> RenderableType:
    amounts = [figures.amount_of(t["cost"]) for t in targets if t["cost"] is not None]
    calls = [figures.amount_of(t["cost_per_call"]) for t in targets if t["cost_per_call"] is not None]
    places, call_places = figures.places_to_compare(amounts), figures.places_to_compare(calls)
    lines = [_line(target, places, call_places) for target in targets]
    titles = ["On", "Cost", "Difference", "", "A call"]
    shown = [True, True, True, screen.columns >= _NO_PERCENT_BELOW, screen.columns >= _NO_CALL_BELOW]
    widths = [max(map(cell_len, column)) for column in zip(titles, *lines, strict=True)]
    room = None
    if screen.width is not None:
        room = max(
            _LEAST_NAME,
            screen.width - sum(_GAP + w for w, show in zip(widths[1:], shown[1:], strict=True) if show),
        )
    table = plain_table()
    for index, (title, show) in enumerate(zip(titles, shown, strict=True)):
        if show:
            table.add_column(title, justify="right" if index else "left", no_wrap=True)
    for target, line in zip(targets, lines, strict=True):
        name = figures.shorten(line[0], room) if room else line[0]
        cheaper = target["difference"] is not None and figures.amount_of(target["difference"]) < 0
        style = "yellow" if target["cost"] is None else "green" if cheaper else ""
        cells = zip((name, *line[1:]), shown, strict=True)
        table.add_row(*(Text(cell, style) for cell, show in cells if show))
    return table


def _line(target: Json, places: int, call_places: int) -> list[str]:
    name = figures.clean(f"{target['provider']}/{target['model']}")
    if target["cost"] is None:
        return [name, "unpriced", "–", "", "–"]
    difference, percent = target["difference"], target["difference_percent"]
    return [
        name,
        figures.money(figures.amount_of(target["cost"]), places),
        "–" if difference is None else figures.signed(figures.amount_of(difference), places),
        "" if percent is None else f"{figures.amount_of(percent):+.1f}%",
        figures.money(figures.amount_of(target["cost_per_call"]), call_places),
    ]


def _notes(answer: Json, calls: int) -> list[Text]:
    notes = []
    for target in answer["targets"]:
        for missed in target["not_priced"] if target["cost"] is not None else ():
            why = _WHY_NOT[missed["reason"]].format(figures.clean(", ".join(missed["classes"])))
            notes.append(
                Text(
                    f"▲ {figures.plural(missed['calls'], 'call')} of {calls:,} not priced on "
                    f"{figures.clean(target['model'])}: {why}; compared are the others.",
                    "yellow",
                )
            )
    largest = answer["actual"]["largest_input_tokens"]
    if largest is not None:
        notes.append(
            Text(f"The longest input was {largest:,} tokens: see that the model takes as many.", "dim")
        )
    else:
        notes.append(Text("From rollups: how calls were processed is not known, and not counted.", "dim"))
    if answer["actual"]["fees"] is None:
        notes.append(
            Text(
                "▲ There may be fees of searches in what was spent, which are not known from rollups: what "
                "stands under Cost is of tokens alone. A shorter time is read call by call.",
                "yellow",
            )
        )
    return notes


def _left_out(rows: Sequence[Json]) -> list[Text]:
    return [
        Text(
            f"Not compared: {figures.plural(row['calls'], 'call')} "
            f"{_LEFT_OUT.get(row['reason'], figures.clean(row['reason']))}.",
            "dim",
        )
        for row in rows
    ]
