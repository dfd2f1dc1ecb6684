"""A cheaper version of a model: a later snapshot of it, or what its maker put in its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from llmlab_api.recommendations import words
from llmlab_api.recommendations.advice import UNMEASURED, Advice, Found, Saving, Silence, Slice
from llmlab_api.recommendations.alternatives import ALTERNATIVES, LATER, SUCCESSOR, is_older_snapshot
from llmlab_api.recommendations.history import History, Use, models_of, spend_of, token_sums
from llmlab_api.recommendations.repricing import Prices
from llmlab_api.recommendations.rules.switch_model import MIN_SHARE

MIN_CALLS = 50


@dataclass(frozen=True, slots=True)
class _Version:
    to: str
    closeness: Decimal
    reason: str
    uses: Sequence[Use]
    saved: Decimal


def find(history: History, prices: Prices) -> Found:
    """Recommend the cheaper version of every model with 50 calls.

    Snapshots are compared with the undated name of the same model, where that is an alias of the newest;
    successors come from the table of alternatives, for models with less than a fifth of the spend (above that
    `switch_model` weighs them with all others). likely: the calls re-priced on it. low: as often as closeness
    leaves in doubt the old version answers as well. high: the cheapest version that there is.
    """
    found = []
    enough = False
    for (provider, family), uses in history.families().items():
        if sum(use.calls for use in uses) < MIN_CALLS:
            continue
        enough = True
        versions = [one for one in _versions(history, prices, provider, family, uses) if one.saved > 0]
        if versions:
            found.append(_advice(history, prices, provider, family, versions))
    if found:
        return found
    if not enough:
        return Silence(f"no model has at least {MIN_CALLS} calls")
    return Silence("no version of a model in use is cheaper than the one used")


def _versions(
    history: History, prices: Prices, provider: str, family: str, uses: Sequence[Use]
) -> list[_Version]:
    dated = [use for use in uses if is_older_snapshot(provider, use.model) and use.calls >= MIN_CALLS]
    versions = [
        _Version(
            family,
            SUCCESSOR,
            f"{family} is the same model in a later snapshot",
            [use],
            prices.saved_by_moving(history.cells([use]), provider, family),
        )
        for use in dated
    ]
    if spend_of(uses) < MIN_SHARE * history.spend:
        cells = history.cells(uses)
        versions += [
            _Version(
                line.to, line.closeness, line.reason, uses, prices.saved_by_moving(cells, provider, line.to)
            )
            for line in ALTERNATIVES
            if (line.provider, line.model) == (provider, family) and line.closeness >= LATER
        ]
    return versions


def _advice(
    history: History, prices: Prices, provider: str, family: str, versions: Sequence[_Version]
) -> Advice:
    best = max(versions, key=lambda version: (version.closeness * version.saved, version.to))
    calls, spend = sum(use.calls for use in best.uses), spend_of(best.uses)
    cells = history.cells(best.uses)
    paid = prices.paid_by_moving(cells, provider, best.to)
    staying = prices.staying(cells, provider, best.to)
    about = Slice(models_of(best.uses), moved_to=((provider, best.to),))
    used = ", ".join(use.model for use in best.uses)
    days = max(use.days for use in best.uses)
    same_calls = [version.saved for version in versions if version.uses == best.uses]
    return Advice(
        kind="newer_version",
        target=(provider, family),
        title=f"Use {best.to} in place of {used}",
        why=(
            f"{words.calls(calls)} of {used} cost {words.usd(spend)}; the same tokens on {best.to} cost "
            f"{words.usd(spend - best.saved)}. {best.reason}.{words.staying(staying, best.to)}"
        ),
        saving=Saving.within(spend, best.saved - (1 - best.closeness) * paid, best.saved, max(same_calls)),
        sureness=best.closeness,
        sure_because=(
            f"{best.reason}, which is given {words.percent(best.closeness, Decimal(1))} to answer as well; "
            f"{words.calls(calls)} on {words.days(days)}"
        ),
        effort="low",
        risk=UNMEASURED,
        slice=about,
        calls=calls,
        days=days,
        evidence={
            "provider": provider,
            "model": used,
            "family": family,
            "to": best.to,
            "calls": calls,
            "calls_that_stay": staying,
            "spend": words.money(spend),
            "cost_on_alternative": words.money(spend - best.saved),
            "tokens": token_sums(best.uses),
            "events": history.link(about),
        },
    )
