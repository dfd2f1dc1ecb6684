"""`GET /api/costs/summary`, `GET /api/costs` and `GET /api/costs/{id}`."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse, Response

from llmlab_api.costs import events, in_full, service
from llmlab_api.costs.documentation import FILTERS, GROUP_BY, IDS, PAGE, SPAN, TIMESTAMP
from llmlab_api.costs.query import ID_NAMES, read_plain, read_query
from llmlab_api.costs.schemas import CostEventInFull, CostPage, Summary
from llmlab_api.deps import Reader, services_of
from llmlab_api.openapi import problems

router = APIRouter(prefix="/api/costs", tags=["costs"])
EventId = Annotated[str, Path(json_schema_extra={"format": "uuid"})]

_SUMMARY = ("from", "to", "tz", "group_by")
_LIST = ("from", "to", "tz", "limit", "cursor")


def _documented(*parameters: dict[str, Any]) -> dict[str, Any]:
    return {"parameters": list(parameters)}


@router.get(
    "/summary",
    response_model=Summary,
    response_model_exclude_unset=True,
    openapi_extra=_documented(*SPAN, GROUP_BY, *FILTERS),
)
async def summary(request: Request, caller: Reader) -> Response:
    """Add up what was spent in a range, by model, provider, time and what `group_by` asks for."""
    query = read_query(request.query_params.multi_items(), _SUMMARY)
    return JSONResponse(await service.summarise(services_of(request), caller.workspace_id, query))


@router.get("", response_model=CostPage, openapi_extra=_documented(*SPAN, *PAGE, *FILTERS, *IDS))
async def list_costs(request: Request, caller: Reader) -> Response:
    """List events, newest first."""
    query = read_query(request.query_params.multi_items(), _LIST, ID_NAMES)
    body = await events.list_page(services_of(request), caller.workspace_id, query)
    return Response(body, media_type="application/json")


@router.get(
    "/{id}", response_model=CostEventInFull, responses=problems(404), openapi_extra=_documented(TIMESTAMP)
)
async def get_cost(id: EventId, request: Request, caller: Reader) -> Response:
    """Return one event by its id, with what stands around it."""
    query = read_plain(request.query_params.multi_items(), ("timestamp",))
    body = await in_full.get_one(services_of(request), caller.workspace_id, id, query)
    return Response(body, media_type="application/json")
