"""`GET /api/costs/forecast`."""

from typing import Any, get_args

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from llmlab_shared.domain.budgets import Period
from llmlab_shared.domain.dimensions import EVENTS_ONLY

from llmlab_api.costs.documentation import FILTERS
from llmlab_api.costs.query import read_query
from llmlab_api.deps import Reader, services_of
from llmlab_api.forecasts import service
from llmlab_api.forecasts.schemas import ForecastAnswer

router = APIRouter(prefix="/api/costs", tags=["costs"])

_PERIOD: dict[str, Any] = {
    "name": "period",
    "in": "query",
    "required": False,
    "description": "Which period, of those that today lies in.",
    "schema": {"type": "string", "enum": [*get_args(Period)], "default": "month"},
}
_FILTERS = [each for each in FILTERS if each["name"] not in EVENTS_ONLY]


@router.get(
    "/forecast",
    response_model=ForecastAnswer,
    response_model_exclude_unset=True,
    openapi_extra={"parameters": [_PERIOD, *_FILTERS]},
)
async def forecast(request: Request, caller: Reader) -> Response:
    """Foretell what the current period will have cost, by the last eight weeks, with a range."""
    query = read_query(request.query_params.multi_items(), ("period",))
    return JSONResponse(await service.foretell(services_of(request), caller.workspace_id, query))
