"""`GET /api/costs/values`."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from llmlab_api.costs.documentation import SPAN, limit, parameter
from llmlab_api.costs.query import Query, read_plain
from llmlab_api.deps import Reader, services_of
from llmlab_api.dimension_values import service
from llmlab_api.dimension_values.schemas import DimensionValues

router = APIRouter(prefix="/api/costs", tags=["costs"])

_PLAIN = ("dimension", "q", "from", "to", "tz", "limit")
_PARAMETERS = [
    {
        "name": "dimension",
        "in": "query",
        "required": True,
        "description": "Of what: any dimension, `tag.<key>` too.",
        "schema": {"type": "string"},
        "example": "feature",
    },
    parameter("q", "Only values with these letters in them, of either case.", {"type": "string"}, "sea"),
    limit("How many values.", service.DEFAULT_LIMIT),
    *SPAN,
]


@router.get("/values", response_model=DimensionValues, openapi_extra={"parameters": _PARAMETERS})
async def list_values(request: Request, caller: Reader) -> Response:
    """List values of a dimension, the dearest first, over all days that the range touches."""
    query = Query(read_plain(request.query_params.multi_items(), _PLAIN), {})
    return JSONResponse(await service.list_values(services_of(request), caller.workspace_id, query))
