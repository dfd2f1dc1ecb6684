"""Corrections of the ledger: pricing events again, undoing that, releasing and correcting single events."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, Response

from llmlab_api.deps import Administrator, Reader, services_of
from llmlab_api.openapi import problems
from llmlab_api.parameters import Limit
from llmlab_api.repricings import service
from llmlab_api.repricings.schemas import (
    CorrectRequest,
    ReleaseRequest,
    RepriceRequest,
    Repricing,
    RepricingDetails,
    Repricings,
    UndoRequest,
)

router = APIRouter(prefix="/api/prices", tags=["prices"])
costs_router = APIRouter(prefix="/api/costs", tags=["costs"])

_LARGEST = 2**63 - 1
RepricingId = Annotated[int, Path(ge=1, le=_LARGEST)]
_CANNOT = "It was a dry run, is not finished, or is undone already; or too many wait."
_TOO_MANY = "Too many repricings of the workspace are not finished."


@router.post("/reprice", status_code=202, response_model=Repricing, responses=problems(s409=_TOO_MANY))
async def reprice(request: Request, caller: Administrator, body: RepriceRequest) -> Response:
    """Price events again by the prices of now for their own times; without `dry_run: false`, a preview."""
    queued = await service.ask_for_reprice(services_of(request), caller, body)
    return JSONResponse(queued, status_code=202)


@router.get("/repricings", response_model=Repricings)
async def list_repricings(
    request: Request,
    caller: Reader,
    limit: Limit = 100,
    cursor: Annotated[int | None, Query(ge=1, le=_LARGEST)] = None,
) -> Response:
    """List the workspace's repricings, newest first."""
    page = await service.list_repricings(
        services_of(request), caller.workspace_id, cursor=cursor, limit=limit
    )
    return JSONResponse(page)


@router.get("/repricings/{repricing_id}", response_model=RepricingDetails, responses=problems(404))
async def show_repricing(request: Request, caller: Reader, repricing_id: RepricingId) -> Response:
    """Show how far a repricing is, and what it changes."""
    shown = await service.show_repricing(services_of(request), caller.workspace_id, repricing_id)
    return JSONResponse(shown)


@router.post(
    "/repricings/{repricing_id}/undo",
    status_code=202,
    response_model=Repricing,
    responses=problems(404, s409=_CANNOT),
)
async def undo(
    request: Request, caller: Administrator, repricing_id: RepricingId, body: UndoRequest
) -> Response:
    """Make the events of a repricing what they were before it."""
    queued = await service.ask_for_undo(services_of(request), caller, repricing_id, body.reason)
    return JSONResponse(queued, status_code=202)


@costs_router.post("/release", status_code=202, response_model=Repricing, responses=problems(s409=_TOO_MANY))
async def release(request: Request, caller: Administrator, body: ReleaseRequest) -> Response:
    """Read quarantined events again; those that can be read now are priced and counted."""
    queued = await service.ask_for_release(services_of(request), caller, body)
    return JSONResponse(queued, status_code=202)


@costs_router.post(
    "/{id}/correct",
    status_code=202,
    response_model=Repricing,
    responses=problems(404, s409=_TOO_MANY),
)
async def correct(request: Request, caller: Administrator, id: UUID, body: CorrectRequest) -> Response:
    """State by hand what an event's call used; it is priced by the price book."""
    queued = await service.ask_for_correction(services_of(request), caller, id, body)
    return JSONResponse(queued, status_code=202)
