"""Heavy use of an expensive model: a cheaper one that may do its work."""

from collections.abc import Sequence
from decimal import Decimal

from llmlab_api.recommendations import words
from llmlab_api.recommendations.advice import UNMEASURED, Advice, Found, Saving, Silence, Slice
from llmlab_api.recommendations.alternatives import ALTERNATIVES, Alternative
from llmlab_api.recommendations.history import (
    WINDOW_DAYS,
    History,
    Use,
    models_of,
    spend_of,
    token_sums,
)
from llmlab_api.recommendations.repricing import Prices

MIN_CALLS = 50
MIN_SHARE = Decimal("0.2")
_SAVED = tuple[Alternative, Decimal]


def find(history: History, prices: Prices) -> Found:
    """Recommend the best alternative of every model with a fifth of the spend and 50 calls.

    likely: all its calls re-priced on the alternative of the greatest closeness × saving. low: the
    alternative is tried first, and as often as closeness leaves in doubt the old model answers as well.
    high: the cheapest alternative of the table instead.
    """
    heavy = [
        (family, uses)
        for family, uses in history.families().items()
        if sum(use.calls for use in uses) >= MIN_CALLS and spend_of(uses) >= MIN_SHARE * history.spend > 0
    ]
    if not heavy:
        return Silence(f"no model has at least {MIN_CALLS} calls and a fifth of the spend")
    found = []
    for (provider, family), uses in heavy:
        cells = history.cells(uses)
        offers = [
            (line, saved)
            for line in ALTERNATIVES
            if (line.provider, line.model) == (provider, family)
            and (saved := prices.saved_by_moving(cells, provider, line.to)) > 0
        ]
        if offers:
            found.append(_advice(history, prices, family, uses, offers))
    return found or Silence("nothing cheaper is listed for the models with most of the spend")


def _advice(
    history: History, prices: Prices, family: str, uses: Sequence[Use], offers: Sequence[_SAVED]
) -> Advice:
    best, saved = max(offers, key=lambda offer: offer[0].closeness * offer[1])
    calls, spend = sum(use.calls for use in uses), spend_of(uses)
    cells = history.cells(uses)
    paid = prices.paid_by_moving(cells, best.provider, best.to)
    staying = prices.staying(cells, best.provider, best.to)
    about = Slice(models_of(uses), moved_to=((best.provider, best.to),))
    return Advice(
        kind="switch_model",
        target=(best.provider, family),
        title=f"Switch from {family} to {best.to}",
        why=(
            f"{family} took {words.percent(spend, history.spend)} of the spend of the last {WINDOW_DAYS} "
            f"days: {words.calls(calls)}, {words.usd(spend)}. The same tokens on {best.to} cost "
            f"{words.usd(spend - saved)}. {best.reason}.{words.staying(staying, best.to)}"
        ),
        saving=Saving.within(
            spend, saved - (1 - best.closeness) * paid, saved, max(amount for _, amount in offers)
        ),
        sureness=best.closeness,
        sure_because=(
            f"{best.to} is given {words.percent(best.closeness, Decimal(1))} to do the same work as well "
            f"({best.reason}); {words.calls(calls)} on {words.days(max(use.days for use in uses))}"
        ),
        effort="low",
        risk=UNMEASURED,
        slice=about,
        calls=calls,
        days=max(use.days for use in uses),
        evidence={
            "provider": best.provider,
            "model": family,
            "to": best.to,
            "calls": calls,
            "calls_that_stay": staying,
            "spend": words.money(spend),
            "share_of_spend": words.ratio(spend, history.spend),
            "cost_on_alternative": words.money(spend - saved),
            "tokens": token_sums(uses),
            "alternatives": [
                {
                    "model": other.to,
                    "saving_month": words.money(amount),
                    "closeness": words.money(other.closeness),
                }
                for other, amount in offers
            ],
            "events": history.link(about),
        },
    )
