"""Answering `GET /api/recommendations`: advice as it was worked out, beside what was decided about it."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import msgspec
from llmlab_shared import clock
from llmlab_shared.db.repositories.costs import read_calendar, read_snapshot
from llmlab_shared.db.repositories.recommendation_states import Decision, list_decisions

from llmlab_api.costs.timeouts import refuse_when_slow
from llmlab_api.recommendations import verification, words
from llmlab_api.recommendations.advice import Advice, overlaps
from llmlab_api.recommendations.reading import TIMEOUT_MS, Basis, Worked, work_out
from llmlab_api.services import Services

# Open ones first; then what was decided.
_ORDER = ("open", "accepted", "snoozed", "dismissed")


async def recommendations(
    services: Services, workspace_id: int, *, states: Collection[str], limit: int
) -> dict[str, Any]:
    """Return a workspace's recommendations in these states, the best first, and why rules are silent."""
    with refuse_when_slow():
        worked, decisions, told = await _told(services, workspace_id)
        wanted = sorted(
            (one for one in told if one["state"] in states), key=lambda one: _ORDER.index(one["state"])
        )[:limit]
        await _verify(services, workspace_id, wanted, decisions)
    return {
        "recommendations": wanted,
        "silent": [{"kind": kind, "reason": reason} for kind, reason in worked.advised.silent.items()],
        "based_on": _basis(worked.basis),
    }


async def one_of(services: Services, workspace_id: int, recommendation_id: str) -> dict[str, Any] | None:
    """Return one recommendation in whatever state, or None when there is none of that id."""
    with refuse_when_slow():
        _, decisions, told = await _told(services, workspace_id)
        wanted = [one for one in told if one["id"] == recommendation_id]
        await _verify(services, workspace_id, wanted, decisions)
    return next(iter(wanted), None)


async def _told(
    services: Services, workspace_id: int
) -> tuple[Worked, Mapping[str, Decision], list[dict[str, Any]]]:
    worked = await work_out(services, workspace_id)
    async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
        decisions = {d.recommendation_id: d for d in await list_decisions(connection, workspace_id)}
    shown = {one.id: advice_wire(one, worked.advised.advice) for one in worked.advised.advice}
    return worked, decisions, stated(shown, decisions, clock.now())


def stated(
    advice: Mapping[str, dict[str, Any]], decisions: Mapping[str, Decision], now: datetime
) -> list[dict[str, Any]]:
    """Return advice with its state, and what was decided about advice that is not given any more.

    An accepted one says what it said then: once it is followed, its calls would not lead to it any more.
    """
    told = []
    for recommendation_id, one in advice.items():
        decision = decisions.get(recommendation_id)
        if decision is not None and decision.state == "accepted":
            told.append({**decision.advice, "overlaps": one["overlaps"], "current": True, **_state(decision)})
        elif decision is None or (decision.until is not None and decision.until <= now):
            told.append({**one, "current": True, **OPEN})
        else:
            told.append({**one, "current": True, **_state(decision)})
    for recommendation_id, decision in decisions.items():
        over = decision.until is not None and decision.until <= now
        if recommendation_id not in advice and not over:
            told.append({**decision.advice, "overlaps": [], "current": False, **_state(decision)})
    return told


OPEN: dict[str, Any] = {"state": "open", "until": None, "note": None, "decided_at": None, "verified": None}


def _state(decision: Decision) -> dict[str, Any]:
    return {
        "state": decision.state,
        "until": msgspec.to_builtins(decision.until),
        "note": decision.note,
        "decided_at": msgspec.to_builtins(decision.decided_at),
        "verified": None,
    }


def advice_wire(advice: Advice, every: list[Advice]) -> dict[str, Any]:
    """Return what advice says, as the wire has it and as it is kept with a decision."""
    return {
        "id": advice.id,
        "kind": advice.kind,
        "title": advice.title,
        "why": advice.why,
        "saving_month": words.money(advice.saving.likely),
        "saving": {
            "low": words.money(advice.saving.low),
            "likely": words.money(advice.saving.likely),
            "high": words.money(advice.saving.high),
        },
        "confidence": float(advice.confidence),
        "confidence_reason": advice.sure_because,
        "effort": advice.effort,
        "risk": advice.risk,
        "evidence": dict(advice.evidence),
        "sample": {"calls": advice.calls, "days": advice.days},
        "overlaps": overlaps(advice, every),
    }


async def _verify(
    services: Services, workspace_id: int, wanted: list[dict[str, Any]], decisions: Mapping[str, Decision]
) -> None:
    now = clock.now()
    for one in wanted:
        decision = decisions.get(one["id"])
        if one["state"] != "accepted" or decision is None or decision.baseline is None:
            continue
        # Each in a short transaction of its own.
        async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
            calendar = await read_calendar(connection, workspace_id)
            baseline = verification.from_json(decision.baseline)
            one["verified"] = await verification.verify(
                connection, workspace_id, calendar, baseline, accepted_at=decision.decided_at, now=now
            )


def _basis(basis: Basis) -> dict[str, Any]:
    return {
        "from": basis.start,
        "to": basis.end,
        "calls": basis.calls,
        "spend": words.money(basis.spend),
        "events_read": basis.events_read,
        "unpriced_events": basis.unpriced,
        "sampled": basis.sampled,
    }
