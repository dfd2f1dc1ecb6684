"""`GET /api/costs/export`."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from llmlab_api.costs.documentation import FILTERS, IDS, SPAN
from llmlab_api.costs.query import ID_NAMES, read_query
from llmlab_api.deps import WORKSPACE_PARAMETER, Reader, services_of
from llmlab_api.export import service
from llmlab_api.export.documentation import AFTER, FORMAT, RESPONSE, WORKSPACE
from llmlab_api.middleware import HEAD_ONLY

router = APIRouter(prefix="/api/costs", tags=["costs"])

_PARAMETERS = ("from", "to", "tz", "format", "after", WORKSPACE_PARAMETER)
_DOCUMENTED: dict[str, Any] = {"parameters": [FORMAT, *SPAN, AFTER, WORKSPACE, *FILTERS, *IDS]}


@router.get("/export", response_class=Response, responses={200: RESPONSE}, openapi_extra=_DOCUMENTED)
async def export(request: Request, caller: Reader) -> Response:
    """Stream every event of a range, oldest first.

    A stream that breaks off ends without the last chunk of its transfer coding, which HTTP clients report;
    ask again with `after` and the `from` and `to` of the headers, and it goes on behind that event.
    """
    query = read_query(request.query_params.multi_items(), _PARAMETERS, ID_NAMES)
    made = await service.open_export(services_of(request), caller.workspace_id, query)
    chunks = () if HEAD_ONLY in request.scope else made.chunks
    return StreamingResponse(chunks, media_type=made.media_type, headers=dict(made.headers))
