"""More tokens in a call than the reference: what lies above it may be left out of the prompts."""

from collections.abc import Sequence
from decimal import Decimal

from llmlab_api.recommendations import words
from llmlab_api.recommendations.advice import Advice, Found, Saving, Silence, Slice
from llmlab_api.recommendations.history import WINDOW_DAYS, Cell, History, Use, models_of, spend_of
from llmlab_api.recommendations.repricing import Prices, without_input

MIN_CALLS = 50
SURENESS = Decimal("0.5")
# A call of more than so many times the usual one is an exception among its own kind.
EXCEPTION = 2


def find(history: History, prices: Prices) -> Found:
    """Recommend shorter prompts when a call takes more tokens on average than the reference.

    high: the input of every call is cut so that input and output together are the reference, and priced
    again. likely: as much less as keeps short calls at their length and the average of each model at the
    reference. low: only calls of more than twice their model's median are cut, to that. Output is never cut.
    """
    calls, tokens = history.calls, sum(use.all_tokens for use in history.uses)
    reference = history.reference_tokens
    if calls < MIN_CALLS:
        return Silence(f"{words.calls(calls)}, of the {MIN_CALLS} that it takes")
    average = Decimal(tokens) / calls
    if average <= reference:
        return Silence(
            f"a call takes {words.whole(average)} tokens on average, not more than the reference of "
            f"{reference:,}"
        )
    long = [use for use in history.uses if use.all_tokens > reference * use.calls]
    low = likely = high = Decimal(0)
    for use in long:
        cells = history.cells([use])
        above, saved = _cut(cells, Decimal(reference), prices)
        net = use.all_tokens - reference * use.calls
        high += saved
        likely += saved * min(Decimal(net) / above, Decimal(1)) if above else Decimal(0)
        low += _cut(cells, max(Decimal(reference), EXCEPTION * _median(cells)), prices)[1]
    if likely <= 0:
        return Silence("what lies above the reference is output, or costs nothing")
    return [_advice(history, long, average, Saving.within(spend_of(long), low, likely, high))]


def _cut(cells: Sequence[Cell], limit: Decimal, prices: Prices) -> tuple[int, Decimal]:
    """Return how many tokens lie above a limit for each call, and what leaving them out saves."""
    above, saved = 0, Decimal(0)
    for cell in cells:
        excess = int((cell.tokens_per_call - limit) * cell.calls)
        if excess <= 0:
            continue
        above += excess
        left, cut = without_input(cell.tokens, excess)
        shorter = cell.input_tokens - cut // cell.calls
        saved += max(prices.own(cell) - prices.own(cell, left, shorter), Decimal(0))
    return above, saved


def _median(cells: Sequence[Cell]) -> Decimal:
    half = sum(cell.calls for cell in cells) / 2
    seen = 0
    for cell in sorted(cells, key=lambda cell: cell.tokens_per_call):
        seen += cell.calls
        if seen >= half:
            return cell.tokens_per_call
    return Decimal(0)


def _advice(history: History, long: Sequence[Use], average: Decimal, saving: Saving) -> Advice:
    calls, reference = history.calls, history.reference_tokens
    about = Slice(models_of(long))
    return Advice(
        kind="shorten_prompts",
        target=(),
        title="Shorten the prompts",
        why=(
            f"A call takes {words.whole(average)} tokens on average, {words.whole(average - reference)} "
            f"above the reference of {reference:,}. The input above it cost {words.usd(saving.likely)} in "
            f"{WINDOW_DAYS} days, priced again without it."
        ),
        saving=saving,
        sureness=SURENESS,
        sure_because=(
            f"nobody knows yet what can be left out of a prompt, so half; {words.calls(calls)} on "
            f"{words.days(max(use.days for use in history.uses))}"
        ),
        effort="medium",
        risk="Quality not measured: how much of a prompt can be left out before answers suffer is unknown.",
        slice=about,
        calls=calls,
        days=max(use.days for use in history.uses),
        evidence={
            "calls": calls,
            "tokens_per_call": str(average.quantize(Decimal("0.1"))),
            "reference_tokens_per_call": reference,
            "models": [
                {
                    "provider": use.provider,
                    "model": use.model,
                    "calls": use.calls,
                    "tokens_above": use.all_tokens - reference * use.calls,
                    "spend": words.money(use.spend),
                }
                for use in long
            ],
            "events": history.link(about),
        },
    )
