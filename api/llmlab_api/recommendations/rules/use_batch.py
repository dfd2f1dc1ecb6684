"""Calls that nobody seems to wait for, at the price of calls that somebody does."""

import re
from decimal import Decimal

from llmlab_shared.db.repositories.call_mix import Rhythm
from llmlab_shared.pricing.context import STANDARD

from llmlab_api.recommendations import words
from llmlab_api.recommendations.advice import Advice, Found, Saving, Silence, Slice
from llmlab_api.recommendations.history import History
from llmlab_api.recommendations.repricing import BATCH, Prices

MIN_CALLS = 100
MIN_DAYS = 3
# So many calls within five minutes are no person's.
CROWD = 20
# More calls than this that name a user or a session: somebody waits.
MOST_ATTENDED = Decimal("0.1")
# Calls come in crowds: most of them, and in few stretches of the day.
MOSTLY = Decimal("0.8")
SELDOM = Decimal("0.1")
STRETCHES_A_DAY = 288
NAMED_AND_CROWDED, NIGHTLY, NAMED, CROWDED = (Decimal(n) for n in ("0.75", "0.65", "0.6", "0.5"))
_NAMES = re.compile(
    r"(^|[^a-z])(batch|nightly|cron|offline|backfill|bulk|etl|ingest\w*|index\w*|eval\w*|import|report\w*|"
    r"enrich\w*|classif\w*|embed\w*|migrat\w*|scheduled?|jobs?)([^a-z]|$)",
    re.IGNORECASE,
)


def find(history: History, prices: Prices) -> Found:
    """Recommend the batch price for 100 calls on 3 days that look like no person's.

    Signs are a feature or environment named like a job, and crowds: four fifths of the calls in stretches of
    five minutes with at least 20, which are at most a tenth of the stretches of these days; by night is a
    sign of its own. None counts where a tenth of the calls name a user or a session. The calls are priced
    again as a batch. high: all of them. likely: all of those named like a job, else those in crowds. low:
    those in crowds by night, of named ones all in crowds.
    """
    found = [
        advice
        for rhythm in history.rhythms
        if rhythm.standard
        and rhythm.calls >= MIN_CALLS
        and history.days_of(rhythm) >= MIN_DAYS
        and rhythm.attended <= MOST_ATTENDED * rhythm.calls
        and (advice := _advice(history, prices, rhythm)) is not None
    ]
    return found or Silence(
        f"no feature has {MIN_CALLS} calls on {MIN_DAYS} days that look as if nobody waits for them, at a "
        "model with a batch price"
    )


def _advice(history: History, prices: Prices, rhythm: Rhythm) -> Advice | None:
    named = bool(_NAMES.search(rhythm.feature) or _NAMES.search(rhythm.environment))
    stretches = STRETCHES_A_DAY * history.days_of(rhythm) * (history.share or Decimal(1))
    crowded = rhythm.crowded_calls >= MOSTLY * rhythm.calls and rhythm.slots <= SELDOM * stretches
    nightly = crowded and rhythm.night_cost >= MOSTLY * rhythm.cost
    if not (named or crowded):
        return None
    sureness = NAMED_AND_CROWDED if named and crowded else NIGHTLY if nightly else NAMED if named else CROWDED
    part = _saved_part(history, prices, rhythm)
    if part <= 0:
        return None
    whole = history.in_all(rhythm, "calls", "cost", "crowded_calls", "crowded_cost", "night_cost", "attended")
    low, likely = (whole.crowded_cost, whole.cost) if named else (whole.night_cost, whole.crowded_cost)
    saving = Saving.within(whole.cost, low * part, likely * part, whole.cost * part)
    signs = [
        *(["the name says so"] if named else []),
        *(
            [
                f"{words.percent(Decimal(rhythm.crowded_calls), Decimal(rhythm.calls))} of the calls come in "
                f"crowds of {CROWD} and more within five minutes"
            ]
            if crowded
            else []
        ),
        *(["most of them by night"] if nightly else []),
    ]
    environment = (("environment", rhythm.environment),) if rhythm.environment else ()
    about = Slice(((rhythm.provider, rhythm.model),), (("feature", rhythm.feature), *environment))
    return Advice(
        kind="use_batch",
        target=(rhythm.provider, rhythm.model, rhythm.feature, rhythm.environment),
        title=f"Send {rhythm.model}{words.place(rhythm.feature, rhythm.environment)} as batches",
        why=(
            f"{words.calls(whole.calls)} cost {words.usd(whole.cost)} and do not look as if anybody waits "
            f"for them: {', '.join(signs)}. As batches they would have saved {words.usd(saving.likely)}."
        ),
        saving=saving,
        sureness=sureness,
        sure_because=(
            f"{', '.join(signs)}; whether somebody waits is not known; {words.calls(rhythm.calls)} on "
            f"{words.days(rhythm.days)}"
        ),
        effort="medium",
        risk="Answers come within hours, not seconds. They are the same.",
        slice=about,
        calls=rhythm.calls,
        days=rhythm.days,
        evidence={
            "provider": rhythm.provider,
            "model": rhythm.model,
            "feature": rhythm.feature or None,
            "environment": rhythm.environment or None,
            "calls": whole.calls,
            "spend": words.money(whole.cost),
            "calls_in_crowds": whole.crowded_calls,
            "spend_in_crowds": words.money(whole.crowded_cost),
            "spend_in_crowds_by_night": words.money(whole.night_cost),
            "calls_with_user_or_session": whole.attended,
            "batch_saves_share": words.money(part.quantize(Decimal("0.0001"))),
            "events": history.link(about),
        },
    )


def _saved_part(history: History, prices: Prices, rhythm: Rhythm) -> Decimal:
    """Return which part of the spend the batch price saves, from the feature's own tokens."""
    paid = saved = Decimal(0)
    for cell in history.places.get((rhythm.provider, rhythm.model, rhythm.feature), ()):
        if cell.context.partition("@")[0] == STANDARD:
            batch = prices.processed(cell, BATCH)
            paid += cell.spend
            saved += Decimal(0) if batch is None else max(prices.paid(cell) - batch, Decimal(0))
    return saved / paid if paid else Decimal(0)
