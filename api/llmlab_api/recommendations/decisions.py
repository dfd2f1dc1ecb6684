"""Accepting, dismissing, snoozing and reopening a recommendation."""

from datetime import datetime, timedelta
from typing import Any, Final

from llmlab_shared import clock
from llmlab_shared.db.repositories import accounts
from llmlab_shared.db.repositories.costs import read_calendar
from llmlab_shared.db.repositories.recommendation_states import (
    Decision,
    count_decisions,
    delete_decision,
    delete_ended,
    put_decision,
)
from llmlab_shared.domain.ranges import parse_instant
from llmlab_shared.errors import LLMLabError
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_api.auth import Principal
from llmlab_api.costs.timeouts import refuse_when_slow
from llmlab_api.errors import Problem, invalid
from llmlab_api.rebuilding import refuse_while_rebuilding
from llmlab_api.recommendations import service, verification
from llmlab_api.recommendations.advice import Slice
from llmlab_api.recommendations.reading import work_out
from llmlab_api.recommendations.schemas import MAX_DAYS, SnoozeRequest
from llmlab_api.services import Services

MAX_DECISIONS: Final = 1000
# What is known only when it is shown, and not kept with a decision.
_NOT_KEPT: Final = ("state", "until", "note", "decided_at", "verified", "current", "overlaps")


async def accept(
    services: Services, caller: Principal, recommendation_id: str, note: str | None
) -> dict[str, Any]:
    """Accept a recommendation and keep what its calls cost so far; accepting it again changes nothing."""
    found = await _find(services, caller, recommendation_id)
    if found["state"] == "accepted":
        return found
    about = await _slice_of(services, caller.workspace_id, recommendation_id)
    if about is None:
        raise Problem(
            409,
            "not_current",
            "the calls of the last 30 days do not lead to this recommendation any more: there is nothing to "
            "measure its saving against",
        )
    now = clock.now()
    async with services.engine.begin() as connection:
        with refuse_when_slow():
            calendar = await read_calendar(connection, caller.workspace_id)
            refuse_while_rebuilding(calendar)
            baseline = await verification.measure_baseline(
                connection, caller.workspace_id, calendar, about, now
            )
        await _decide(
            connection, caller, found, "accepted", note, baseline=verification.as_json(baseline), now=now
        )
    return await _find(services, caller, recommendation_id)


async def dismiss(
    services: Services, caller: Principal, recommendation_id: str, note: str | None
) -> dict[str, Any]:
    """Dismiss a recommendation: it is not shown again until somebody reopens it."""
    found = await _find(services, caller, recommendation_id)
    async with services.engine.begin() as connection:
        await _decide(connection, caller, found, "dismissed", note, now=clock.now())
    return await _find(services, caller, recommendation_id)


async def snooze(
    services: Services, caller: Principal, recommendation_id: str, asked: SnoozeRequest
) -> dict[str, Any]:
    """Hide a recommendation until an instant."""
    found = await _find(services, caller, recommendation_id)
    now = clock.now()
    async with services.engine.begin() as connection:
        until = await _until(connection, caller.workspace_id, asked, now)
        await _decide(connection, caller, found, "snoozed", asked.note, until=until, now=now)
    return await _find(services, caller, recommendation_id)


async def reopen(services: Services, caller: Principal, recommendation_id: str) -> dict[str, Any]:
    """Forget what was decided; 409 when nothing was. What it said is returned, though it may be no more."""
    found = await _find(services, caller, recommendation_id)
    async with services.engine.begin() as connection:
        if not await delete_decision(connection, caller.workspace_id, recommendation_id):
            raise Problem(409, "already_open", f"nothing was decided about {recommendation_id}: it is open")
        await _audit(connection, caller, found, "recommendation_reopened", {"was": found["state"]})
    return {**found, **service.OPEN}


async def _find(services: Services, caller: Principal, recommendation_id: str) -> dict[str, Any]:
    found = await service.one_of(services, caller.workspace_id, recommendation_id)
    if found is None:
        raise Problem(
            404,
            "recommendation_not_found",
            f"this workspace has no recommendation {recommendation_id}; `GET /api/recommendations` has them",
        )
    return found


async def _slice_of(services: Services, workspace_id: int, recommendation_id: str) -> Slice | None:
    worked = await work_out(services, workspace_id)
    return next((one.slice for one in worked.advised.advice if one.id == recommendation_id), None)


async def _until(
    connection: AsyncConnection, workspace_id: int, asked: SnoozeRequest, now: datetime
) -> datetime:
    if (asked.until is None) == (asked.days is None):
        raise invalid("until", "missing_field", "say either `until` (a time or date) or `days`, not both")
    if asked.days is not None:
        return now + timedelta(days=asked.days)
    zone = (await read_calendar(connection, workspace_id)).zone
    try:
        until = parse_instant(asked.until or "", zone)
    except LLMLabError as error:
        raise invalid("until", error.code, error.detail) from None
    if not now < until <= now + timedelta(days=MAX_DAYS):
        raise invalid("until", "bad_range", f"`until` must lie ahead, by at most {MAX_DAYS} days")
    return until


async def _decide(
    connection: AsyncConnection,
    caller: Principal,
    found: dict[str, Any],
    state: str,
    note: str | None,
    *,
    now: datetime,
    until: datetime | None = None,
    baseline: dict[str, Any] | None = None,
) -> None:
    await delete_ended(connection, caller.workspace_id, now)
    if await count_decisions(connection, caller.workspace_id) >= MAX_DECISIONS and found["state"] == "open":
        raise Problem(
            409,
            "too_many_decisions",
            f"{MAX_DECISIONS} recommendations are decided, the most that can be: reopen some that are no "
            "longer current",
        )
    advice = {name: value for name, value in found.items() if name not in _NOT_KEPT}
    decision = Decision(
        found["id"], state, until, note or None, caller.actor, advice, baseline, decided_at=now
    )
    await put_decision(connection, caller.workspace_id, decision)
    details = {"was": found["state"], "note": note, "title": found["title"], "saving": found["saving"]}
    if until is not None:
        details["until"] = until.isoformat()
    await _audit(connection, caller, found, f"recommendation_{state}", details)


async def _audit(
    connection: AsyncConnection,
    caller: Principal,
    found: dict[str, Any],
    action: str,
    details: dict[str, Any],
) -> None:
    await accounts.write_audit(
        connection,
        workspace_id=caller.workspace_id,
        actor=caller.actor,
        action=action,
        target=f"recommendation:{found['id']}",
        details=details,
    )
