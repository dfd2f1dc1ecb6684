"""All the money goes to one provider: what comparable models of another would cost."""

from collections.abc import Sequence
from decimal import Decimal

from llmlab_api.recommendations import words
from llmlab_api.recommendations.advice import UNMEASURED, Advice, Found, Saving, Silence, Slice
from llmlab_api.recommendations.alternatives import OTHER_PROVIDER, family_of, peers_of
from llmlab_api.recommendations.history import WINDOW_DAYS, History, Use, models_of, spend_of
from llmlab_api.recommendations.repricing import Prices

MIN_CALLS = 50
SINGLE_SHARE = Decimal("0.95")
_Move = tuple[Use, str, Decimal]


def find(history: History, prices: Prices) -> Found:
    """Recommend the provider that saves most, when another has 95 % of the spend.

    likely: every model that has a comparable one there and is dearer, re-priced on it. low: as often as
    closeness leaves in doubt the old model answers as well. high: the same as likely, because each provider
    has one comparable model of a weight.
    """
    if history.calls < MIN_CALLS:
        return Silence(f"{words.calls(history.calls)}, of the {MIN_CALLS} that it takes")
    providers = sorted({use.provider for use in history.uses})
    shares = {p: spend_of([use for use in history.uses if use.provider == p]) for p in providers}
    single = next((p for p in providers if shares[p] >= SINGLE_SHARE * history.spend > 0), None)
    if single is None:
        return Silence("the spend goes to several providers already")
    offers: dict[str, list[_Move]] = {}
    for use in history.uses:
        peers = peers_of(single, family_of(use.model)) if use.provider == single else None
        for provider, model in peers.stand_in.items() if peers else ():
            saved = prices.saved_by_moving(history.cells([use]), provider, model)
            if provider != single and saved > 0:
                offers.setdefault(provider, []).append((use, model, saved))
    if not offers:
        return Silence(f"no comparable model of another provider is cheaper than those of {single} in use")
    provider, moves = max(offers.items(), key=lambda offer: (sum(move[2] for move in offer[1]), offer[0]))
    return [_advice(history, prices, single, provider, moves)]


def _advice(history: History, prices: Prices, single: str, provider: str, moves: Sequence[_Move]) -> Advice:
    own = [use for use in history.uses if use.provider == single]
    spend, calls = spend_of(own), sum(use.calls for use in own)
    saved = sum((amount for _, _, amount in moves), Decimal(0))
    moved = [use for use, _, _ in moves]
    paid = sum(
        (prices.paid_by_moving(history.cells([use]), provider, model) for use, model, _ in moves), Decimal(0)
    )
    about = Slice(models_of(moved), moved_to=tuple(dict.fromkeys((provider, model) for _, model, _ in moves)))
    models = ", ".join(f"{use.model} by {model}" for use, model, _ in moves)
    return Advice(
        kind="try_provider",
        target=(single,),
        title=f"Try {provider}",
        why=(
            f"{words.percent(spend, history.spend)} of the spend of the last {WINDOW_DAYS} days went to "
            f"{single}. The same tokens at {provider} ({models}) cost {words.usd(saved)} less. Providers "
            "also cut the same text into different numbers of tokens."
        ),
        saving=Saving.within(spend_of(moved), saved - (1 - OTHER_PROVIDER) * paid, saved, saved),
        sureness=OTHER_PROVIDER,
        sure_because=(
            "models of one weight from different makers are given "
            f"{words.percent(OTHER_PROVIDER, Decimal(1))} to do the same work as well; {words.calls(calls)} "
            f"on {words.days(max(use.days for use in own))}"
        ),
        effort="high",
        risk=UNMEASURED,
        slice=about,
        calls=calls,
        days=max(use.days for use in own),
        evidence={
            "provider": single,
            "to": provider,
            "calls": calls,
            "spend": words.money(spend),
            "share_of_spend": words.ratio(spend, history.spend),
            "models": [
                {
                    "model": use.model,
                    "to": model,
                    "calls": use.calls,
                    "calls_that_stay": prices.staying(history.cells([use]), provider, model),
                    "spend": words.money(use.spend),
                    "saving_month": words.money(amount),
                }
                for use, model, amount in moves
            ],
            "events": history.link(about),
        },
    )
