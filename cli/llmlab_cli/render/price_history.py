"""A model's price through time: a row for each version, and a chart where there is more than one."""

from collections.abc import Container, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from rich.console import Group, RenderableType
from rich.text import Text

from llmlab_cli.render import charts, figures, rates
from llmlab_cli.render.prices import date_cell, layer_word, price_cells
from llmlab_cli.render.tables import plain_table
from llmlab_cli.screen import Screen

Json = Mapping[str, Any]
_LAYERS = ("catalogue", "override", "custom")
_TITLES = ("Since", "Until", "Input", "Output", "Cache read", "From")
_NO_CACHE_BELOW = 56
_NO_LAYER_BELOW = 44
_LABEL = 10
_MOST_CELLS = 40
_LEAST_CELLS = 8
# So many cells are as wide as the two dates below them.
_LEAST_DATED = 18
_DATED_BY_MONTH = timedelta(days=90)
# How much of the chart a price takes that has held since nobody knows when.
_ALWAYS = 6


class _Version(NamedTuple):
    """A version that states rates. `start` None: always."""

    start: datetime | None
    end: datetime | None
    layer: int
    tokens: Json


def price_history(name: str, versions: Sequence[Json], now: datetime, screen: Screen) -> RenderableType:
    """Return the versions, newest first, below a chart of what held when, until `now`."""
    number = sum(not _is_taking_back(version) for version in versions)
    parts: list[RenderableType] = [
        Text.assemble((figures.clean(name), "bold"), f" · {figures.plural(number, 'version')}"),
        Text(),
    ]
    if chart := _chart(versions, now, screen):
        parts += [*chart, Text()]
    return Group(*parts, _table(versions, screen))


def _table(versions: Sequence[Json], screen: Screen) -> RenderableType:
    shown = [True, True, True, True, screen.columns >= _NO_CACHE_BELOW, screen.columns >= _NO_LAYER_BELOW]
    table = plain_table()
    for title, show in zip(_TITLES, shown, strict=True):
        if show:
            right = title in ("Input", "Output", "Cache read")
            table.add_column(title, justify="right" if right else "left", no_wrap=True)
    taken_back = {_beginning(v) for v in versions if _is_taking_back(v)}
    for version in versions:
        if _is_taking_back(version):
            continue
        gone = version.get("withdrawn") or version.get("replaced")
        cells = [
            date_cell(version.get("valid_from")),
            date_cell(version.get("valid_until"), never=""),
            *price_cells(version),
            _whose(version, taken_back),
        ]
        row = [text for text, show in zip(cells, shown, strict=True) if show]
        table.add_row(*map(Text, row), style="dim" if gone else None)
    return table


def _whose(version: Json, taken_back: Container[tuple[str, object]]) -> str:
    word = layer_word({**version, "effective": True})
    if version.get("withdrawn"):
        return f"{word}, ended"
    if not version.get("replaced"):
        return word
    return f"{word}, taken back" if _beginning(version) in taken_back else f"{word}, recorded anew"


def _is_taking_back(version: Json) -> bool:
    """Say whether this only records that an own price never was, whose row stands below it."""
    return bool(version.get("withdrawn")) and version["layer"] == "custom"


def _beginning(version: Json) -> tuple[str, object]:
    return version["layer"], version.get("valid_from")


def _chart(versions: Sequence[Json], now: datetime, screen: Screen) -> list[RenderableType]:
    stated = [found for found in map(_read, versions) if found is not None]
    starts = sorted({version.start for version in stated if version.start is not None})
    # One beginning and nothing before it is one price.
    if len({(v.start, v.layer) for v in stated}) < 2 or not starts:
        return []
    last = max(now, starts[-1] + timedelta(days=1))
    first = starts[0]
    if any(version.start is None for version in stated):
        first -= (last - first) / _ALWAYS
    cells = max(_LEAST_CELLS, min(_MOST_CELLS, screen.columns - _LABEL - 24))
    step = (last - first) / cells
    # Each cell shows what held at its end, so that the last is what holds now.
    moments = [first + step * (index + 1) for index in range(cells)]
    lines: list[RenderableType] = []
    for token_class in ("input", "output"):
        amounts = [_amount_at(stated, moment, token_class) for moment in moments]
        if line := _line(rates.CLASSES[token_class], amounts):
            lines.append(line)
    if lines and cells >= _LEAST_DATED:
        form = "%b %Y" if last - first > _DATED_BY_MONTH else "%d %b"
        start, end = format(first, form), format(last, form)
        edges = start + end.rjust(cells - len(start))
        lines.append(Text(" " * _LABEL + edges, "dim"))
    return lines


def _read(version: Json) -> _Version | None:
    if version.get("replaced") or version.get("withdrawn") or not version["rates"].get("tokens"):
        return None
    layer = _LAYERS.index(version["layer"]) if version["layer"] in _LAYERS else 0
    start, end = _instant(version.get("valid_from")), _instant(version.get("valid_until"))
    return _Version(start, end, layer, version["rates"]["tokens"])


def _instant(text: object) -> datetime | None:
    return figures.instant(text, "UTC") if text else None


def _amount_at(versions: Sequence[_Version], moment: datetime, token_class: str) -> Decimal | None:
    """Return what a class cost at an instant, None when no version held or it says nothing of the class."""
    held = [
        v for v in versions if (v.start is None or v.start < moment) and (v.end is None or moment <= v.end)
    ]
    if not held:
        return None
    least = datetime.min.replace(tzinfo=UTC)
    usd = max(held, key=lambda v: (v.layer, v.start or least)).tokens.get(token_class)
    return None if usd is None else figures.amount_of(usd)


def _line(label: str, amounts: Sequence[Decimal | None]) -> Text | None:
    known = [amount for amount in amounts if amount is not None]
    if not known:
        return None
    places = max(2, *map(figures.decimals_of, (known[0], known[-1])))
    blocks = charts.sparkline([amount or Decimal(0) for amount in amounts])
    shown = "".join(" " if amount is None else block for amount, block in zip(amounts, blocks, strict=True))
    line = Text.assemble((label.ljust(_LABEL), "dim"), (shown, "cyan"))
    ends = f"  {figures.price(known[0], places)}"
    if known[-1] != known[0]:
        ends += f" → {figures.price(known[-1], places)}"
    return line.append(ends)
