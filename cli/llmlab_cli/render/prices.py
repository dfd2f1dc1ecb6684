"""Prices on the screen: one model in full, and many as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from llmlab_cli.render import figures, rates
from llmlab_cli.render.tables import plain_table
from llmlab_cli.screen import Screen
from llmlab_cli.standing import EVERY_MODEL, Standing, standing_of

Json = Mapping[str, Any]
_LABEL = 11
_GAP = 2
_OLD_DAYS = 45
# Below these widths the less telling columns of the table go.
_NO_LAYER_BELOW = 76
_NO_SINCE_BELOW = 66
_NO_CACHE_BELOW = 52
_LEAST_NAME = 12
_SHORT_LAYERS = {"catalogue": "list", "override": "LLMLab", "custom": "own"}
LAYERS = {"catalogue": "the list", "override": "LLMLab's corrections", "custom": "your own"}


@dataclass(frozen=True)
class PriceView:
    """What is shown of one model.

    `prices` are its versions in force, `discounts` the workspace's on all models of the provider,
    `fallback` the versions of the model whose price holds where it has none of its own, found by `rule`,
    `elsewhere` other providers that list the same name.
    """

    provider: str
    model: str
    context: str
    prices: Sequence[Json]
    discounts: Sequence[Json]
    catalogue: Json | None
    fallback: Sequence[Json] = ()
    rule: str = ""
    elsewhere: Sequence[str] = ()
    everything: bool = False


def price(view: PriceView, screen: Screen) -> RenderableType:
    """Return one model's price in full."""
    found = standing_of([view.prices, view.fallback], view.discounts, view.context)
    heading = Text.assemble((figures.clean(f"{view.provider}/{view.model}"), "bold"))
    if view.context:
        heading.append(f" · {figures.clean(view.context)}")
    if found.base is not None and found.base["rates"].get("tokens"):
        heading.append(" · USD per million tokens", "dim")
    parts: list[RenderableType] = [heading, Text()]
    if found.base is None:
        parts += [Text("▲ No price is in force: what its calls cost is unknown.", "yellow"), Text()]
    else:
        parts += _standing(found, view, screen)
    parts += _lines(_remarks(view))
    if view.everything:
        parts += [Text(), price_table([*view.prices, *view.fallback], screen)]
    return Group(*parts)


def _standing(found: Standing, view: PriceView, screen: Screen) -> list[RenderableType]:
    base = found.base or {}
    parts: list[RenderableType] = []
    columns = rates.columns_of(base["rates"], found.factor)
    for table in rates.rate_tables(columns, screen) if columns else ():
        parts += [table, Text()]
    lines: list[tuple[str, str]] = []
    if base in view.fallback:
        lines.append(("Priced as", figures.clean(f"{base['provider']}/{base['model']} ({view.rule})")))
    if fees := rates.fees_of(base["rates"]):
        lines.append(("Fees", ", ".join(fees)))
    # Fees per use are what they are: a factor is for tokens.
    for factor in found.factors if columns else ():
        words = rates.factor_words(Decimal(factor["rates"]["factor"]))
        if factor["model"] == EVERY_MODEL:
            words += " for all models of the provider"
        elif factor["context"]:
            words += f" for {figures.clean(factor['context'])}"
        until = when(factor["valid_until"])
        words += f" until {until}" if until else ""
        lines.append(("Counted in", f"{words} ({_origin(factor, recorded=False)})"))
    if base["context"] != view.context and not any(f["context"] == view.context for f in found.factors):
        asked = figures.clean(view.context)
        lines.append(
            ("Note", f"{asked} has no price of its own: the {context_name(base['context'])} one holds")
        )
    if columns and any("cache_read" not in column.tokens for column in columns):
        lines.append(("Besides", "what is not listed costs as much as plain input or output"))
    lines += [("Since", _period(base)), ("From", _origin(base))]
    return [*parts, *_lines(lines)]


def _remarks(view: PriceView) -> list[tuple[str, str]]:
    lines = []
    others = sorted({p["context"] for p in (*view.prices, *view.fallback) if p["effective"]} - {view.context})
    if others and not view.everything:
        named = ", ".join(context_name(context) for context in others)
        lines.append(("Also", f"{named} (`--context`, or `--all`)"))
    if view.elsewhere:
        named = ", ".join(figures.clean(provider) for provider in view.elsewhere)
        lines.append(("Elsewhere", f"{named}: `llmlab prices show {view.elsewhere[0]}/{view.model}`"))
    age = int((view.catalogue or {}).get("age_days") or 0)
    if age > _OLD_DAYS:
        told = f"▲ {figures.plural(age, 'day')} old: `llmlab prices sync` on the server brings a newer one"
        lines.append(("The list", told))
    return lines


def context_name(context: str) -> str:
    """Return a price context as people say it."""
    return figures.clean(context) or "standard"


def _origin(version: Json, *, recorded: bool = True) -> str:
    at = figures.instant(version.get("recorded_at")) if recorded else None
    words = LAYERS.get(version["layer"], figures.clean(version["layer"]))
    source = figures.clean(version.get("source") or "")
    parts = [words, source, f"price {version['id']}", f"recorded {figures.day(at)}" if at else ""]
    return ", ".join(filter(None, parts))


def _period(version: Json) -> str:
    since = when(version.get("valid_from")) or "always"
    until = when(version.get("valid_until"))
    return f"{since} until {until}" if until else since


def when(text: object) -> str:
    """Return an instant of the API as a day in UTC, with its time where that is not midnight; "" for null."""
    at = figures.instant(text, "UTC") if text else None
    if at is None:
        return ""
    return figures.day(at) if (at.hour, at.minute) == (0, 0) else f"{figures.day(at)}, {at:%H:%M} UTC"


def _lines(lines: Sequence[tuple[str, str]]) -> list[RenderableType]:
    table = Table.grid(padding=(0, 0))
    table.add_column(width=_LABEL)
    table.add_column()
    for label, text in lines:
        table.add_row(Text(label, "dim"), Text(text))
    return [table] if lines else []


def price_table(prices: Sequence[Json], screen: Screen) -> RenderableType:
    """Return a row for each version, in the order given: USD for a million tokens."""
    rows = [[full_name(p), *price_cells(p), date_cell(p.get("valid_from")), layer_word(p)] for p in prices]
    titles = ["Model", "Input", "Output", "Cache read", "Since", "From"]
    shown = [
        True,
        True,
        True,
        screen.columns >= _NO_CACHE_BELOW,
        screen.columns >= _NO_SINCE_BELOW,
        screen.columns >= _NO_LAYER_BELOW,
    ]
    if screen.width is None:
        shown = [True] * len(titles)
    widths = [max(map(cell_len, column)) for column in zip(titles, *rows, strict=True)]
    room = screen.width and screen.width - sum(
        _GAP + width for width, show in zip(widths[1:], shown[1:], strict=True) if show
    )
    table = plain_table()
    for index, title in enumerate(titles):
        if shown[index]:
            table.add_column(title, justify="right" if 0 < index < 4 else "left", no_wrap=True)
    for version, row in zip(prices, rows, strict=True):
        name = figures.shorten(row[0], max(_LEAST_NAME, room)) if room else row[0]
        cells = [text for text, show in zip([name, *row[1:]], shown, strict=True) if show]
        style = "" if version.get("effective", True) else "dim"
        table.add_row(*map(Text, cells), style=style)
    return table


def full_name(version: Json) -> str:
    """Return whose price a version is, with its context: `openai/gpt-4o (batch)`."""
    name = figures.clean(f"{version['provider']}/{version['model']}")
    return f"{name} ({figures.clean(version['context'])})" if version["context"] else name


def price_cells(version: Json) -> list[str]:
    """Return a version's input, output and cache read in few characters; `+` says that there is more."""
    document = version["rates"]
    if "factor" in document:
        return [rates.factor_words(Decimal(document["factor"])), "", ""]
    tokens = document.get("tokens") or {}
    cells = [
        figures.price(figures.amount_of(tokens[name])) if name in tokens else ""
        for name in ("input", "output", "cache_read")
    ]
    if not any(cells) and document.get("units"):
        cells[0] = "by use"
    elif document.get("tiers") or document.get("windows"):
        cells[0] += "+"
    return cells


def date_cell(text: object, never: str = "always") -> str:
    """Return an instant of the API as a date in UTC, `never` for null."""
    at = figures.instant(text, "UTC") if text else None
    return f"{at:%Y-%m-%d}" if at else never


def layer_word(version: Json) -> str:
    """Return whose price a version is, and whether another wins over it."""
    word = _SHORT_LAYERS.get(version["layer"], figures.clean(version["layer"]))
    return word if version.get("effective", True) else f"{word}, beaten"
