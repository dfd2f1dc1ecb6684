"""Features, users and customers that stand out: against their peers by the call, or against themselves."""

from collections.abc import Sequence
from decimal import Decimal

from llmlab_shared.db.repositories.value_weeks import ValueWeeks

from llmlab_api.recommendations import words
from llmlab_api.recommendations.advice import Advice, Found, Saving, Silence, Slice
from llmlab_api.recommendations.history import History

MIN_CALLS = 20
MIN_PEERS = 8
MIN_SHARE = Decimal("0.05")
TIMES = 3
SURENESS = Decimal("0.4")
DIMENSIONS = ("feature", "user", "customer")


def find(history: History, _: object) -> Found:
    """Recommend to look at values with a twentieth of the spend that stand out by three times.

    By the call, against at least 8 values of 20 calls: high is what it cost above their median, likely above
    twice that, low above the dearest tenth of them. By the week, against its own three weeks before (20 calls
    in each): high is what the last week cost above their mean, likely above the dearest, low above twice the
    dearest. Weeks count as they were: nothing is projected.
    """
    found = []
    peers_enough = False
    for dimension in DIMENSIONS:
        values = [v for v in history.values if v.dimension == dimension and v.calls >= MIN_CALLS]
        peers_enough = peers_enough or len(values) > MIN_PEERS
        for value in values:
            if not value.value or value.cost < MIN_SHARE * history.spend:
                continue
            peers = sorted(_per_call(other) for other in values if other is not value)
            if advice := _against_peers(history, value, peers) or _against_itself(history, value):
                found.append(advice)
    if found:
        return found
    return Silence(
        "no feature, user or customer with a twentieth of the spend costs three times what its peers or its "
        "own weeks before do"
        + ("" if peers_enough else f"; fewer than {MIN_PEERS + 1} of each have {MIN_CALLS} calls to compare")
    )


def _per_call(value: ValueWeeks) -> Decimal:
    return value.cost / value.calls


def _against_peers(history: History, value: ValueWeeks, peers: Sequence[Decimal]) -> Advice | None:
    if len(peers) < MIN_PEERS:
        return None
    median = (peers[(len(peers) - 1) // 2] + peers[len(peers) // 2]) / 2
    dearest_tenth = peers[len(peers) * 9 // 10]
    own = _per_call(value)
    if own < TIMES * median:
        return None
    low, likely, high = (
        (own - usual) * value.calls for usual in (max(dearest_tenth, 2 * median), 2 * median, median)
    )
    times = words.whole(own / median) if median else "many"
    return _advice(
        history,
        value,
        Saving.within(value.cost, low, likely, high),
        why=f"A call costs {words.usd(own)}, {times} times the median of {len(peers)} others "
        f"({words.usd(median)}).",
        figures={
            "cost_per_call": words.money(own),
            "peers": len(peers),
            "peers_median_cost_per_call": words.money(median),
            "peers_dearest_tenth_cost_per_call": words.money(dearest_tenth),
        },
    )


def _against_itself(history: History, value: ValueWeeks) -> Advice | None:
    (now, *before), calls = value.week_costs, value.week_calls
    mean = sum(before, Decimal(0)) / len(before)
    if min(calls) < MIN_CALLS or now < TIMES * max(before) or now < MIN_SHARE * history.spend:
        return None
    return _advice(
        history,
        value,
        Saving.within(value.cost, now - 2 * max(before), now - max(before), now - mean),
        why=f"The last 7 days cost {words.usd(now)}; the three weeks before cost {words.usd(mean)} each on "
        f"average, {words.usd(max(before))} at most.",
        figures={"weeks": [words.money(cost) for cost in value.week_costs], "week_calls": list(calls)},
    )


def _advice(
    history: History, value: ValueWeeks, saving: Saving, *, why: str, figures: dict[str, object]
) -> Advice:
    about = Slice(values=((value.dimension, value.value),))
    return Advice(
        kind="outlier",
        target=(value.dimension, value.value),
        title=f"Look at the {value.dimension} {value.value}",
        why=(
            f"{value.dimension.capitalize()} {value.value} took "
            f"{words.percent(value.cost, history.spend)} of the spend ({words.usd(value.cost)}). {why}"
        ),
        saving=saving,
        sureness=SURENESS,
        sure_because=(
            "that it stands out is sure, that it should not is for you to say; "
            f"{words.calls(value.calls)} on {words.days(value.days)}"
        ),
        effort="medium",
        risk="It may be worth its price: a good customer, a feature that does more.",
        slice=about,
        calls=value.calls,
        days=value.days,
        evidence={
            "dimension": value.dimension,
            "value": value.value,
            "calls": value.calls,
            "spend": words.money(value.cost),
            "share_of_spend": words.ratio(value.cost, history.spend),
            **figures,
            "events": history.link(about),
        },
    )
