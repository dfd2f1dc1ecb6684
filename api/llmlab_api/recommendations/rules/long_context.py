"""Calls whose input is just long enough to make every token of them dearer."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from llmlab_api.recommendations import words
from llmlab_api.recommendations.advice import Advice, Found, Saving, Silence, Slice
from llmlab_api.recommendations.history import Cell, History
from llmlab_api.recommendations.repricing import Prices, without_input

MIN_CALLS = 20
SURENESS = Decimal("0.5")
# How far above the threshold a call is still cut to it: for low, likely and high.
REACHES: Final = (Decimal("1.05"), Decimal("1.25"), Decimal("1.5"))


def find(history: History, prices: Prices) -> Found:
    """Recommend to keep below the threshold of a dearer tier where 20 calls lie up to a quarter above it.

    Input above the threshold is cut, and what is left priced at the lower tier. low: calls that need a cut
    of at most a twentieth of the threshold, likely: of a quarter, high: of half.
    """
    found = []
    tiered = False
    for use in history.uses:
        cells = history.cells([use])
        above = [(threshold, cell) for cell in cells if (threshold := _threshold(prices, cell)) is not None]
        tiered = tiered or any(_tiers(prices, cell) for cell in cells)
        near = [(t, cell) for t, cell in above if cell.input_tokens <= REACHES[1] * t]
        calls = sum(cell.calls for _, cell in near)
        if calls >= MIN_CALLS:
            found.append(_advice(history, prices, above, near))
    if found:
        return found
    if not tiered:
        return Silence("no model in use is dearer for long inputs")
    return Silence(f"no model has {MIN_CALLS} calls up to a quarter above the length where it gets dearer")


def _tiers(prices: Prices, cell: Cell) -> Sequence[int]:
    card = prices.cards.get((cell.provider, cell.model, cell.context))
    return () if card is None else [above for above, _ in card.tiers]


def _threshold(prices: Prices, cell: Cell) -> int | None:
    """Return the threshold that a cell's calls are above, if any."""
    return next((above for above in _tiers(prices, cell) if cell.input_tokens > above), None)


def _saved(prices: Prices, threshold: int, cell: Cell) -> Decimal:
    excess = cell.tokens.input_tokens - threshold * cell.calls
    left, cut = without_input(cell.tokens, excess)
    if cut < excess:
        return Decimal(0)
    return max(prices.own(cell) - prices.own(cell, left, threshold), Decimal(0))


def _advice(
    history: History,
    prices: Prices,
    above: Sequence[tuple[int, Cell]],
    near: Sequence[tuple[int, Cell]],
) -> Advice:
    threshold, first = near[0]
    calls, spend = (
        sum(cell.calls for _, cell in near),
        sum((cell.spend for _, cell in near), Decimal(0)),
    )
    low, likely, high = (
        sum((_saved(prices, t, cell) for t, cell in above if cell.input_tokens <= reach * t), Decimal(0))
        for reach in REACHES
    )
    all_spend = sum((cell.spend for t, cell in above if cell.input_tokens <= REACHES[2] * t), Decimal(0))
    days = history.days(first.provider, first.model)
    about = Slice(((first.provider, first.model),))
    average = sum(cell.tokens.input_tokens for _, cell in near) // calls
    return Advice(
        kind="long_context",
        target=(first.provider, first.model),
        title=f"Keep {first.model} below {threshold:,} tokens of input",
        why=(
            f"{words.calls(calls)} have {average:,} tokens of input on average, just above the "
            f"{threshold:,} from where on every token of a call is dearer, and cost {words.usd(spend)}. Cut "
            f"to that length they would have cost {words.usd(likely)} less."
        ),
        saving=Saving.within(all_spend, low, likely, high),
        sureness=SURENESS,
        sure_because=(
            f"the prices are sure, that so much input can be left out is not; {words.calls(calls)} within a "
            f"quarter of the threshold, the model in use on {words.days(days)}"
        ),
        effort="medium",
        risk="Quality not measured: answers lack what is cut from the input.",
        slice=about,
        calls=calls,
        days=days,
        evidence={
            "provider": first.provider,
            "model": first.model,
            "threshold": threshold,
            "calls": calls,
            "spend": words.money(spend),
            "input_tokens_per_call": average,
            "calls_above": sum(cell.calls for _, cell in above),
            "events": history.link(about),
        },
    )
