"""`GET /api/budgets` and `POST /api/budgets`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response

from llmlab_api.auth import Principal
from llmlab_api.budgets import service
from llmlab_api.budgets.schemas import BODY_SCHEMA, Budget, Budgets, read_request
from llmlab_api.deps import require, services_of
from llmlab_api.errors import wrong_media_type

router = APIRouter(prefix="/api/budgets", tags=["budgets"])
_LARGEST = 2**63 - 1


@router.get("", response_model=Budgets)
async def list_budgets(
    request: Request,
    caller: Annotated[Principal, Depends(require("read"))],
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[int | None, Query(ge=1, le=_LARGEST)] = None,
) -> Response:
    """List the workspace's budgets, that of every month first."""
    services = services_of(request)
    return JSONResponse(await service.list_budgets(services, caller.workspace_id, cursor=cursor, limit=limit))


@router.post(
    "",
    response_model=Budget,
    openapi_extra={"requestBody": BODY_SCHEMA},
    responses={201: {"model": Budget, "description": "It is new."}},
)
async def set_budget(request: Request, caller: Annotated[Principal, Depends(require("admin"))]) -> Response:
    """Set the budget of a month, or of every month; the same again changes nothing."""
    if wrong := wrong_media_type(request):
        raise wrong
    asked = read_request(await request.body())
    budget, created = await service.set_budget(services_of(request), caller, asked)
    return JSONResponse(budget, status_code=201 if created else 200)
