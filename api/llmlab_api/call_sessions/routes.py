"""`GET /api/costs/sessions`."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from llmlab_api.call_sessions import service
from llmlab_api.call_sessions.schemas import CostSessions
from llmlab_api.costs.documentation import FILTERS, SPAN, limit, parameter
from llmlab_api.costs.query import read_query
from llmlab_api.deps import Reader, services_of

router = APIRouter(prefix="/api/costs", tags=["costs"])

_PLAIN = ("by", "from", "to", "tz", "limit")
_BY = parameter(
    "by",
    "What calls belong together by.",
    {"type": "string", "enum": list(service.KEYS), "default": "session"},
)
_PARAMETERS = [_BY, *SPAN, limit("How many of them.", service.DEFAULT_LIMIT), *FILTERS]


@router.get("/sessions", response_model=CostSessions, openapi_extra={"parameters": _PARAMETERS})
async def list_sessions(request: Request, caller: Reader) -> Response:
    """List the costliest sessions or traces of a range: events are added up one by one, a bounded number."""
    query = read_query(request.query_params.multi_items(), _PLAIN)
    return JSONResponse(await service.list_costliest(services_of(request), caller.workspace_id, query))
