"""Cache writes that are read too seldom to pay: writing costs more than plain input, and only reads save."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec
from llmlab_shared.domain.dimensions import OTHER
from llmlab_shared.domain.usage import TokenUsage

from llmlab_api.recommendations import words
from llmlab_api.recommendations.advice import Advice, Found, Saving, Silence, Slice
from llmlab_api.recommendations.history import Cell, History
from llmlab_api.recommendations.repricing import Prices

MIN_CALLS = 50
SURENESS = Decimal("0.8")


def find(history: History, prices: Prices) -> Found:
    """Recommend to write less where 50 calls of a model in a feature paid more for caching than it saved.

    likely: the same tokens priced without a cache, reads and writes as plain input. low: only what is
    written beyond the tokens that were read is priced as plain input, as if each written token had been read
    once at most. high: the same as likely, because nothing is guessed.
    """
    groups = {
        place: cells
        for place, cells in history.places.items()
        if place[2] != OTHER and any(_writes(cell.tokens) for cell in cells)
    }
    if not groups:
        return Silence("nothing is written to a cache at a price of its own")
    found = []
    for key, cells in groups.items():
        saved = sum((prices.own(c) - prices.own(c, _uncached(c.tokens)) for c in cells), Decimal(0))
        if sum(cell.calls for cell in cells) >= MIN_CALLS and saved > 0:
            found.append(_advice(history, prices, key, cells, saved))
    return found or Silence(f"caching pays wherever {MIN_CALLS} calls or more use it")


def _writes(tokens: TokenUsage) -> int:
    return tokens.cache_write_5m + tokens.cache_write_1h


def _uncached(tokens: TokenUsage) -> TokenUsage:
    return msgspec.structs.replace(
        tokens,
        input=tokens.input + tokens.cache_read + _writes(tokens),
        cache_read=0,
        cache_write_5m=0,
        cache_write_1h=0,
    )


def _unread_as_input(tokens: TokenUsage) -> TokenUsage:
    unread = max(_writes(tokens) - tokens.cache_read, 0)
    short = min(unread, tokens.cache_write_5m)
    hour = unread - short
    return msgspec.structs.replace(
        tokens,
        input=tokens.input + unread,
        cache_write_5m=tokens.cache_write_5m - short,
        cache_write_1h=tokens.cache_write_1h - hour,
    )


def _advice(
    history: History, prices: Prices, key: tuple[str, str, str], cells: Sequence[Cell], saved: Decimal
) -> Advice:
    provider, model, feature = key
    spend = sum((cell.spend for cell in cells), Decimal(0))
    calls = sum(cell.calls for cell in cells)
    written = sum(_writes(cell.tokens) for cell in cells)
    read = sum(cell.tokens.cache_read for cell in cells)
    low = sum((prices.own(c) - prices.own(c, _unread_as_input(c.tokens)) for c in cells), Decimal(0))
    days = history.days(provider, model)
    about = Slice(((provider, model),), (("feature", feature),))
    return Advice(
        kind="drop_cache",
        target=key,
        title=f"Stop writing to the cache what {model} hardly reads{words.place(feature)}",
        why=(
            f"{words.calls(calls)} wrote {written:,} tokens to the cache and read {read:,} from it. Without "
            f"a cache the same tokens would have cost {words.usd(saved)} less."
        ),
        saving=Saving.within(spend, low, saved, saved),
        sureness=SURENESS,
        sure_because=(f"it follows from the counts alone; {words.calls(calls)} on {words.days(days)}"),
        effort="low",
        risk="None for the answers: they are the same. Calls may begin to answer a little later.",
        slice=about,
        calls=calls,
        days=days,
        evidence={
            "provider": provider,
            "model": model,
            "feature": feature or None,
            "calls": calls,
            "spend": words.money(spend),
            "cache_write_tokens": written,
            "cache_read_tokens": read,
            "cost_without_cache": words.money(spend - saved),
            "events": history.link(about),
        },
    )
