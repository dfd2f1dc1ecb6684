"""The rates of a price, class by class: a column for each size of a call and each time of the day."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from rich.cells import cell_len
from rich.console import RenderableType

from llmlab_cli.render import figures
from llmlab_cli.render.tables import plain_table
from llmlab_cli.screen import Screen

Json = Mapping[str, Any]
CLASSES = {
    "input": "Input",
    "cache_read": "Cache read",
    "cache_write_5m": "Cache write, 5 min",
    "cache_write_1h": "Cache write, 1 h",
    "input_audio": "Audio input",
    "cache_audio_read": "Audio cache read",
    "input_image": "Image input",
    "output": "Output",
    "output_audio": "Audio output",
    "output_image": "Image output",
}
UNITS = {
    "web_searches": "web search",
    "file_searches": "file search",
    "images": "image",
    "seconds": "second",
    "characters": "character",
    "pages": "page",
    "requests": "request",
}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_ONE = Decimal(1)
_GAP = 2


class Column(NamedTuple):
    """When rates hold, in words, and the rates: USD for a million tokens by class."""

    title: str
    tokens: Mapping[str, Decimal]


def columns_of(document: Json, factor: Decimal = _ONE) -> list[Column]:
    """Return the token rates of a price document, times a factor: its own, then tiers, then times of day."""
    found = list(_plan(document, "", factor))
    for window in document.get("windows") or ():
        found += _plan(window, _times(window), factor)
    return found


def _times(window: Json) -> str:
    """Return when a window holds: `16:30–00:30 UTC`, `Mon–Fri 01:00–05:00 UTC`."""
    times = f"{window['from']}–{window['until']} UTC"
    days = sorted(int(day) for day in window.get("days") or ())
    if not days or len(days) == len(_DAYS):
        return times
    names = [_DAYS[day - 1] for day in days]
    in_a_row = len(days) > 2 and days[-1] - days[0] == len(days) - 1
    return f"{f'{names[0]}–{names[-1]}' if in_a_row else ', '.join(names)} {times}"


def _plan(document: Json, when: str, factor: Decimal) -> Iterator[Column]:
    if document.get("tokens"):
        yield Column(when, _rates(document["tokens"], factor))
    for tier in document.get("tiers") or ():
        # To the last token: whether 131,050 are above "131k" could not be seen.
        above = f"over {int(tier['above']):,} input"
        yield Column(f"{when}, {above}" if when else above, _rates(tier["tokens"], factor))


def _rates(tokens: Json, factor: Decimal) -> dict[str, Decimal]:
    return {name: figures.amount_of(usd) * factor for name, usd in tokens.items()}


def rate_tables(columns: Sequence[Column], screen: Screen) -> list[RenderableType]:
    """Return the columns as one table, or each as its own where they do not fit beside each other."""
    amounts = [usd for column in columns for usd in column.tokens.values()]
    places = max(2, *map(figures.decimals_of, amounts))
    usual = "usually" if len(columns) > 1 else ""
    named = [column._replace(title=column.title or usual) for column in columns]
    width = max(map(cell_len, CLASSES.values())) + sum(_GAP + cell_len(c.title) for c in named)
    if screen.width is None or width <= screen.width or len(named) == 1:
        return [_table(named, places)]
    return [_table([column], places) for column in named]


def _table(columns: Sequence[Column], places: int) -> RenderableType:
    table = plain_table()
    table.show_header = any(column.title for column in columns)
    table.add_column("", no_wrap=True)
    for column in columns:
        table.add_column(column.title, justify="right", no_wrap=True)
    for name, label in {**CLASSES, **{n: figures.clean(n) for c in columns for n in c.tokens}}.items():
        cells = [
            figures.price(column.tokens[name], places) if name in column.tokens else "" for column in columns
        ]
        if any(cells):
            table.add_row(CLASSES.get(name, label), *cells)
    return table


def in_words(document: Json, of_tokens: str = "") -> str:
    """Return all that a price document says: `input $2.00, output $8.00; $0.01 per request`, `20% off`.

    `of_tokens` follows rates of tokens, to say of how many.
    """
    if "factor" in document:
        return factor_words(Decimal(document["factor"]))
    columns = [
        f"{f'{column.title}: ' if column.title else ''}{_classes_in_words(column)}{of_tokens}"
        for column in columns_of(document)
    ]
    return "; ".join([*columns, *fees_of(document)])


def _classes_in_words(column: Column) -> str:
    """Return rates as a list in a sentence: `input $2.00, output $8.00`."""
    return ", ".join(
        f"{CLASSES.get(name, figures.clean(name)).lower()} {figures.price(usd)}"
        for name, usd in column.tokens.items()
    )


def fees_of(document: Json) -> list[str]:
    """Return the fees per use in words: `$10.00 per 1,000 web searches`."""
    found = []
    for name, fee in (document.get("units") or {}).items():
        per = int(fee["per"])
        # A unit that is not known here is called as the list calls it.
        many = figures.clean(name).replace("_", " ")
        one = UNITS.get(name, many)
        number = f"{figures.count(per)} {many}" if per > 1 else one
        found.append(f"{figures.price(figures.amount_of(fee['usd']))} per {number}")
    return found


def factor_words(factor: Decimal) -> str:
    """Return a factor as what it does to a price: `20% off`, `15% on top`, `half the price`."""
    percent = (factor - 1) * 100
    shown = f"{abs(percent).normalize():f}%"
    return f"{shown} off" if percent < 0 else f"{shown} on top" if percent > 0 else "unchanged"
