"""How a price row is named and its rates are listed, wherever people read of one."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from llmlab_shared.pricing.store import NewPrice, StoredPrice

# A price from before this has no start: it always held.
_FIRST_DATED = 2000


def row_name(provider: str, model: str, context: str, valid_from: datetime) -> str:
    """Return what a row is called: `openai/gpt-4o batch from 2026-05-01 14:30 UTC`."""
    return f"{provider}/{model} {context or 'standard'} {since(valid_from)}"


def name_of(price: NewPrice | StoredPrice) -> str:
    """Return the name of a price's row."""
    return row_name(price.provider, price.model, price.context, price.valid_from)


def since(valid_from: datetime) -> str:
    """Return from when a price holds: `always`, `from 2026-05-01`, `from 2026-05-01 14:30 UTC`."""
    if valid_from.year < _FIRST_DATED:
        return "always"
    midnight = not (valid_from.hour or valid_from.minute or valid_from.second)
    return f"from {valid_from:%Y-%m-%d}" if midnight else f"from {valid_from:%Y-%m-%d %H:%M} UTC"


def rates_of(document: Mapping[str, Any]) -> dict[str, object]:
    """Return every amount of a price document under a name of its own, as the document states it.

    `input`, `input above 200,000`, `input 00:30-16:30 on days 1, 2` in USD a million tokens;
    `1,000 web_searches` in USD; `factor`.
    """
    return dict(_rates(document))


def _rates(document: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    if "factor" in document:
        yield "factor", document["factor"]
    yield from _tokens(document, "")
    for window in document.get("windows", ()):
        days = f" on days {', '.join(map(str, window['days']))}" if "days" in window else ""
        yield from _tokens(window, f" {window['from']}-{window['until']}{days}")
    for unit, fee in document.get("units", {}).items():
        yield f"{fee['per']:,} {unit}", fee["usd"]


def _tokens(part: Mapping[str, Any], when: str) -> Iterator[tuple[str, object]]:
    for name, usd in part.get("tokens", {}).items():
        yield name + when, usd
    for tier in part.get("tiers", ()):
        for name, usd in tier["tokens"].items():
            yield f"{name} above {tier['above']:,}{when}", usd
