"""How sure a total is: what it is made of, which calls are not in it, and the commands that mend that."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from llmlab_cli.render import figures
from llmlab_cli.screen import Screen

Json = Mapping[str, Any]
_PARTS = {"priced": "priced", "reported": "reported by providers", "estimated": "estimated"}
# Of so many models the names and the commands are shown.
_MOST_NAMED = 2
# Where calls name a deployment or a profile of the customer's making, not a model.
_OWN_NAMES = ("azure", "aws")


def makeup(confidence: Json) -> list[str]:
    """Return the parts of a total as `$1.20 priced`; nothing where all of it is priced by the price list."""
    amounts = {word: figures.amount_of(confidence[name]) for name, word in _PARTS.items()}
    known = [f"{figures.headline(amount)} {word}" for word, amount in amounts.items() if amount]
    return known if any(amounts[word] for word in list(amounts)[1:]) else []


def doubts(summary: Json, unpriced: Json | None, screen: Screen) -> list[RenderableType]:
    """Return what is not in the total, each with what mends it.

    `unpriced` is the same summary of only the calls without a price, which names their models.
    """
    confidence: Json = summary["confidence"]
    lines: list[RenderableType] = []
    if number := int(confidence["unpriced"]["events"]):
        lines += _unpriced(number, int(confidence["unpriced"]["tokens"]), unpriced, screen)
    if number := int(confidence["missing"]["events"]):
        its = "its cost is" if number == 1 else "their costs are"
        calls = figures.plural(number, "call")
        lines.append(
            warning(f"{calls} came without token counts: {its} unknown (`llmlab quarantine ls --missing`).")
        )
    if number := int(confidence["quarantined"]["events"]):
        is_ = "is" if number == 1 else "are"
        calls = figures.plural(number, "call")
        what = "with token counts that contradict each other"
        lines.append(warning(f"{calls} {what} {is_} left out (`llmlab quarantine ls`)."))
    return lines


def _unpriced(number: int, tokens: int, unpriced: Json | None, screen: Screen) -> list[RenderableType]:
    rows = sorted((unpriced or {}).get("by_model") or (), key=lambda row: -int(row["events"]))
    models = [figures.clean(row["model"]) for row in rows]
    if screen.width is not None:
        models = [figures.shorten(model, 30) for model in models]
    of = f" of {_listed(models)}" if models else ""
    has, costs = ("has", "it costs") if number == 1 else ("have", "they cost")
    calls = figures.plural(number, "call")
    with_tokens = f" ({figures.compact(tokens)} tokens)" if tokens else ""
    lines = [warning(f"{calls}{of} {has} no known price{with_tokens}: what {costs} is not in the total.")]
    if rows:
        lines += [command_line(_mend(row["provider"], row["model"])) for row in rows[:_MOST_NAMED]]
    else:
        lines.append(command_line("llmlab status --where price_status=unpriced"))
    return lines


def set_price(provider: str, model: str) -> str:
    """Return the command that gives a model a price; names are anybody's words, so quoted for a shell."""
    return f"llmlab prices set {_quoted(provider, model)} --input USD --output USD"


def _mend(provider: str, model: str) -> str:
    """Return the command that most probably mends a model without a price."""
    if provider in _OWN_NAMES:
        return f"llmlab prices map {_quoted(provider, model)} {provider}/MODEL"
    return set_price(provider, model)


def _quoted(provider: str, model: str) -> str:
    return shlex.quote(figures.clean(f"{provider}/{model}"))


def _listed(names: Sequence[str]) -> str:
    shown = list(names[:_MOST_NAMED])
    if len(names) > len(shown):
        shown.append(figures.plural(len(names) - len(shown), "more model"))
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def warning(text: str) -> RenderableType:
    """Return a line that somebody should act on."""
    return _marked("▲", "yellow", Text(text))


def remark(text: str) -> RenderableType:
    """Return a line that is good to know."""
    return _marked("", "", Text(text, style="dim"))


def command_line(text: str) -> RenderableType:
    """Return a command to type, indented; a name that does not fit is folded, never cut."""
    return Padding(Text(text, "cyan", overflow="fold"), (0, 0, 0, 4))


def _marked(sign: str, style: str, text: Text) -> RenderableType:
    line = Table.grid(padding=(0, 1, 0, 0))
    line.add_column(width=1)
    line.add_column()
    line.add_row(Text(sign, style), text)
    return line
