"""Money for calls that gave no answer: errors that were charged, and calls that were broken off."""

from collections.abc import Sequence
from decimal import Decimal

from llmlab_shared.db.repositories.call_mix import Failures

from llmlab_api.recommendations import words
from llmlab_api.recommendations.advice import Advice, Found, Saving, Silence, Slice
from llmlab_api.recommendations.history import Cell, History

MIN_FAILED = 20
MIN_SHARE = Decimal("0.01")
SURENESS = Decimal("0.6")


def find(history: History, _: object) -> Found:
    """Recommend to mend the errors of a feature where 20 failed calls cost 1 % of what it spends.

    It is what these calls did cost: low those that were made again within a minute, with as much input for
    the same user and session; likely all that ended in an error; high also those that were broken off.
    """
    found = [
        _advice(history, failures, cells)
        for failures in history.failures
        if failures.errors + failures.aborted >= MIN_FAILED
        and (cells := history.places.get((failures.provider, failures.model, failures.feature)))
        and _lost(history, failures) >= MIN_SHARE * sum(cell.spend + cell.fees for cell in cells)
        and failures.error_cost > 0
    ]
    return found or Silence(
        f"no feature has {MIN_FAILED} failed calls that cost {words.percent(MIN_SHARE, Decimal(1))} of its "
        "spend"
    )


def _lost(history: History, one: Failures) -> Decimal:
    return (one.error_cost + one.aborted_cost) * history.scale(one.provider, one.model)


def _advice(history: History, read: Failures, cells: Sequence[Cell]) -> Advice:
    one = history.in_all(read, "errors", "error_cost", "retried", "retried_cost", "aborted", "aborted_cost")
    spend = sum((cell.spend + cell.fees for cell in cells), Decimal(0))
    calls = sum(cell.calls for cell in cells)
    saving = Saving.within(spend, one.retried_cost, one.error_cost, one.error_cost + one.aborted_cost)
    failed = read.errors + read.aborted
    about = Slice(((one.provider, one.model),), (("feature", one.feature),), per_answer=True)
    return Advice(
        kind="failed_calls",
        target=(one.provider, one.model, one.feature),
        title=f"Mend the failing calls of {one.model}{words.place(one.feature)}",
        why=(
            f"{words.calls(one.errors)} ended in an error and cost {words.usd(one.error_cost)}, "
            f"{words.percent(one.error_cost, spend)} of what these calls cost in all; "
            f"{one.retried:,} of them were made again within a minute. {words.calls(one.aborted)} more were "
            f"broken off ({words.usd(one.aborted_cost)})."
        ),
        saving=saving,
        sureness=SURENESS,
        sure_because=(
            "the money was spent without an answer, whether the cause can be mended is not known; "
            f"{words.calls(failed)} that failed, on {words.days(one.days)}"
        ),
        effort="medium",
        risk="None: fewer calls fail.",
        slice=about,
        calls=failed,
        days=one.days,
        evidence={
            "provider": one.provider,
            "model": one.model,
            "feature": one.feature or None,
            "calls": calls,
            "spend": words.money(spend),
            "errors": one.errors,
            "error_spend": words.money(one.error_cost),
            "made_again": one.retried,
            "made_again_spend": words.money(one.retried_cost),
            "aborted": one.aborted,
            "aborted_spend": words.money(one.aborted_cost),
            "events": history.link(about, status="error"),
        },
    )
