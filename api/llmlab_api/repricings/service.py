"""Asking for repricings and showing them. The worker carries them out; what is asked is a row, and stays."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from llmlab_shared.db.repositories import accounts, repricings
from llmlab_shared.db.repositories.costs import read_calendar, read_snapshot
from llmlab_shared.db.repositories.events_read import find_event
from llmlab_shared.db.repositories.repricings import By, RepricedSum, Repricing
from llmlab_shared.domain.money import to_wire
from llmlab_shared.domain.ranges import parse_instant
from llmlab_shared.domain.repricing import Counts, Kind, Selection
from llmlab_shared.errors import LLMLabError
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_api.auth import Principal
from llmlab_api.errors import Problem, invalid
from llmlab_api.jobs import enqueue
from llmlab_api.prices.service import TIMEOUT_MS
from llmlab_api.repricings.schemas import CorrectRequest, ReleaseRequest, RepriceRequest
from llmlab_api.services import Services

# The job that carries a repricing out.
REPRICE: Final = "reprice"
MAX_OPEN: Final = 100
# What a repricing's changes are told by, and how the columns of that are called.
_CHANGES_BY: Final[dict[By, tuple[str, ...]]] = {
    "model": ("provider", "model"),
    "day": ("day",),
    "status": ("before", "after"),
}
_FINISHED: Final = ("done", "failed")


async def ask_for_reprice(services: Services, caller: Principal, asked: RepriceRequest) -> dict[str, Any]:
    """Queue the repricing of a selection, or its preview, and return it."""
    async with services.engine.begin() as connection:
        since, until = await _span(connection, caller.workspace_id, asked.from_, asked.to)
        selection = Selection(
            since=since,
            until=until,
            provider=asked.provider,
            model=tuple(asked.model),
            price_status=tuple(asked.price_status),
        )
        queued = await _queue(
            connection, caller, "reprice", selection, reason=asked.reason, dry_run=asked.dry_run
        )
    await enqueue(services, REPRICE, queued.id)
    return _wire(queued)


async def ask_for_release(services: Services, caller: Principal, asked: ReleaseRequest) -> dict[str, Any]:
    """Queue the reading of quarantined events anew, or its preview, and return it."""
    async with services.engine.begin() as connection:
        since, until = await _span(connection, caller.workspace_id, asked.from_, asked.to)
        selection = Selection(
            since=since,
            until=until,
            provider=asked.provider,
            model=tuple(asked.model),
            price_status=("quarantined",),
            ids=tuple(dict.fromkeys(asked.ids)),
        )
        queued = await _queue(
            connection, caller, "release", selection, reason=asked.reason, dry_run=asked.dry_run
        )
    await enqueue(services, REPRICE, queued.id)
    return _wire(queued)


async def ask_for_correction(
    services: Services, caller: Principal, event_id: UUID, asked: CorrectRequest
) -> dict[str, Any]:
    """Queue the correction of an event's counts and return it; 404 when the workspace has no such event."""
    async with services.engine.begin() as connection:
        if await find_event(connection, caller.workspace_id, event_id) is None:
            raise Problem(404, "event_not_found", f"this workspace has no event {event_id}")
        selection = Selection(ids=(event_id,), counts=Counts(**asked.counts()))
        queued = await _queue(connection, caller, "correct", selection, reason=asked.reason)
    await enqueue(services, REPRICE, queued.id)
    return _wire(queued)


async def ask_for_undo(
    services: Services, caller: Principal, repricing_id: int, reason: str
) -> dict[str, Any]:
    """Queue what makes the events of a repricing what they were before it, and return that.

    Raises 404 for an unknown one, and 409 for one that cannot be undone: a dry run, one that is not
    finished, or one that is undone already. One that failed half-way can be.
    """
    async with services.engine.begin() as connection:
        await repricings.hold_repricing(connection, caller.workspace_id, repricing_id)
        found = await repricings.find_repricing(connection, caller.workspace_id, repricing_id)
        if found is None:
            raise _no_such_repricing(repricing_id)
        if found.dry_run:
            raise Problem(
                409, "was_dry_run", f"repricing {repricing_id} was a dry run: it changed nothing to undo"
            )
        if found.status not in _FINISHED:
            raise Problem(
                409,
                "not_finished",
                f"repricing {repricing_id} is {found.status}: undo it when it is done",
            )
        undo = await repricings.find_undo(connection, caller.workspace_id, repricing_id)
        if undo is not None:
            raise Problem(
                409, "already_undone", f"repricing {repricing_id} is undone already, by repricing {undo}"
            )
        queued = await _queue(connection, caller, "undo", Selection(), reason=reason, undoes=repricing_id)
    await enqueue(services, REPRICE, queued.id)
    return _wire(queued)


async def list_repricings(
    services: Services, workspace_id: int, *, cursor: int | None, limit: int
) -> dict[str, Any]:
    """Return a page of a workspace's repricings, newest first; `cursor` is the id before it."""
    async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
        found = await repricings.list_repricings(connection, workspace_id, limit=limit + 1, before=cursor)
    page = found[:limit]
    return {
        "repricings": [_wire(repricing) for repricing in page],
        "next_cursor": str(page[-1].id) if len(found) > limit else None,
    }


async def show_repricing(services: Services, workspace_id: int, repricing_id: int) -> dict[str, Any]:
    """Return a repricing with what it changes by model, day and price status; raise 404."""
    async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
        found = await repricings.find_repricing(connection, workspace_id, repricing_id)
        if found is None:
            raise _no_such_repricing(repricing_id)
        changes = {
            f"by_{by}": [
                _change(each, names) for each in await repricings.read_changes(connection, found.id, by)
            ]
            for by, names in _CHANGES_BY.items()
        }
    return {**_wire(found), **changes}


async def _span(
    connection: AsyncConnection, workspace_id: int, start: str | None, end: str | None
) -> tuple[datetime | None, datetime | None]:
    """Return the instants that `from` and `to` name, dates in the workspace's own zone."""
    zone = (await read_calendar(connection, workspace_id)).zone
    since, until = _instant("from", start, zone), _instant("to", end, zone)
    if since is not None and until is not None and since >= until:
        raise invalid("from", "bad_range", "`from` must lie before `to`, which is exclusive")
    return since, until


def _instant(field: str, value: str | None, zone: ZoneInfo) -> datetime | None:
    if value is None:
        return None
    try:
        return parse_instant(value, zone)
    except LLMLabError as error:
        raise invalid(field, error.code, error.detail) from None


async def _queue(
    connection: AsyncConnection,
    caller: Principal,
    kind: Kind,
    selection: Selection,
    *,
    reason: str,
    undoes: int | None = None,
    dry_run: bool = False,
) -> Repricing:
    """Record what is asked for, by whom and why, and return it; raise 409 when too many wait."""
    if await repricings.count_open(connection, caller.workspace_id) >= MAX_OPEN:
        raise Problem(
            409,
            "too_many_repricings",
            f"{MAX_OPEN} repricings of this workspace are not finished, the most that may wait: ask again "
            "when some are done (`GET /api/prices/repricings`)",
        )
    repricing_id = await repricings.create_repricing(
        connection,
        caller.workspace_id,
        kind,
        actor=caller.actor,
        reason=reason,
        selection=selection,
        undoes=undoes,
        dry_run=dry_run,
    )
    await accounts.write_audit(
        connection,
        workspace_id=caller.workspace_id,
        actor=caller.actor,
        action="repricing_asked",
        target=f"repricing:{repricing_id}",
        details={
            "kind": kind,
            "dry_run": dry_run,
            "undoes": undoes,
            "reason": reason,
            "selection": msgspec.to_builtins(selection),
        },
    )
    found = await repricings.find_repricing(connection, caller.workspace_id, repricing_id)
    assert found is not None, "it was created in this transaction"
    return found


def _no_such_repricing(repricing_id: int) -> Problem:
    return Problem(404, "repricing_not_found", f"this workspace has no repricing {repricing_id}")


def _wire(repricing: Repricing) -> dict[str, Any]:
    selection = repricing.selection
    wire: dict[str, Any] = msgspec.to_builtins(
        {
            "id": repricing.id,
            "kind": repricing.kind,
            "dry_run": repricing.dry_run,
            "status": repricing.status,
            "reason": repricing.reason,
            "actor": repricing.actor,
            "selection": {
                "from": selection.since,
                "to": selection.until,
                "provider": selection.provider,
                "model": selection.model,
                "price_status": selection.price_status,
                "ids": selection.ids,
                "counts": selection.counts,
            },
            "undoes": repricing.undoes,
            "progress": {"seen": repricing.seen, "expected": repricing.expected},
            "changed": repricing.changed,
            "skipped": repricing.skipped,
            "error": repricing.error,
            "created_at": repricing.created_at,
            "started_at": repricing.started_at,
            "finished_at": repricing.finished_at,
            "difference": to_wire(repricing.difference),
        }
    )
    return wire


def _change(each: RepricedSum, names: Sequence[str]) -> dict[str, Any]:
    return {
        **dict(zip(names, map(str, each.keys), strict=True)),
        "events": each.events,
        "cost_before": to_wire(each.cost_before),
        "cost": to_wire(each.cost),
        "difference": to_wire(each.cost - each.cost_before),
    }
