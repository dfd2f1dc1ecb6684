"""`/api/budgets`: what may be spent, what is spent of it, and what it would have done before."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, Response

from llmlab_api.budgets import service
from llmlab_api.budgets.request import read_new
from llmlab_api.budgets.schemas import (
    CHANGE_BODY,
    NEW_BODY,
    Backtest,
    Budget,
    BudgetInFull,
    Budgets,
    BudgetValues,
)
from llmlab_api.deps import Editor, Reader, services_of
from llmlab_api.errors import wrong_media_type
from llmlab_api.openapi import problems
from llmlab_api.parameters import Cursor, Limit

router = APIRouter(prefix="/api/budgets", tags=["budgets"])
_LARGEST = 2**63 - 1
BudgetId = Annotated[int, Path(ge=1, le=_LARGEST)]
Days = Annotated[int, Query(ge=1, le=366, description="How many days to look back on, today included.")]


@router.get("", response_model=Budgets)
async def list_budgets(
    request: Request,
    caller: Reader,
    limit: Limit = 100,
    cursor: Annotated[int | None, Query(ge=1, le=_LARGEST)] = None,
) -> Response:
    """List the workspace's budgets, those of every period first."""
    services = services_of(request)
    return JSONResponse(await service.list_budgets(services, caller.workspace_id, cursor=cursor, limit=limit))


@router.post(
    "",
    response_model=Budget,
    openapi_extra={"requestBody": NEW_BODY},
    responses={201: {"model": Budget, "description": "It is new."}},
)
async def set_budget(request: Request, caller: Editor) -> Response:
    """Make a budget, or change the one that counts the same; the same again changes nothing."""
    place, change = read_new(await _body(request))
    budget, created = await service.set_budget(services_of(request), caller, place, change)
    return JSONResponse(budget, status_code=201 if created else 200)


@router.post("/backtest", response_model=Backtest, openapi_extra={"requestBody": NEW_BODY})
async def backtest(request: Request, caller: Reader, days: Days = 90) -> Response:
    """Say what a budget would have done in the days before; nothing is made."""
    place, change = read_new(await _body(request))
    services = services_of(request)
    return JSONResponse(await service.backtest(services, caller.workspace_id, place, change, days))


@router.get("/{id}", response_model=BudgetInFull, responses=problems(404))
async def get_budget(id: BudgetId, request: Request, caller: Reader) -> Response:
    """Return one budget, with how its period will end."""
    return JSONResponse(await service.get_budget(services_of(request), caller.workspace_id, id))


@router.get("/{id}/values", response_model=BudgetValues, responses=problems(404))
async def list_values(
    id: BudgetId,
    request: Request,
    caller: Reader,
    *,
    period: Annotated[date | None, Query(description="A day of the period; by default today.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """List whose spend a budget for each counts, the most first."""
    page = await service.list_values(
        services_of(request), caller.workspace_id, id, period=period, cursor=cursor, limit=limit
    )
    return JSONResponse(page)


@router.patch(
    "/{id}", response_model=Budget, responses=problems(404), openapi_extra={"requestBody": CHANGE_BODY}
)
async def change_budget(id: BudgetId, request: Request, caller: Editor) -> Response:
    """Change a budget's amount, thresholds, name or where its alerts go."""
    body = await _body(request)
    return JSONResponse(await service.change_budget(services_of(request), caller, id, body))


@router.delete("/{id}", status_code=204, responses=problems(404))
async def delete_budget(id: BudgetId, request: Request, caller: Editor) -> Response:
    """Remove a budget with what it recorded."""
    await service.delete_budget(services_of(request), caller, id)
    return Response(status_code=204)


async def _body(request: Request) -> bytes:
    if wrong := wrong_media_type(request):
        raise wrong
    return await request.body()
