"""`GET /api/costs/live`."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.responses import Response

from llmlab_api.costs.documentation import FILTERS
from llmlab_api.deps import Reader
from llmlab_api.live.schemas import LiveEvent, LiveSpend
from llmlab_api.live.service import LAST_EVENT_ID, open_stream
from llmlab_api.openapi import problems

router = APIRouter(prefix="/api/costs", tags=["costs"])

_EXAMPLE = (
    'retry: 1000\n\nevent: spend\nid: 1795438800000-0\ndata: {"currency":"USD", …}\n\n'
    'event: event\nid: 1795438801234-0:0\ndata: {"id":"019aa7a4-…", …}\n\n'
    'event: ping\nid: 1795438801234-0\ndata: {"at":"2026-11-23T13:00:16.250Z"}\n\n'
)
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "model": LiveSpend | LiveEvent,
        "description": "Frames until the client leaves, its credentials end or the server stops; the schema "
        "is of their `data`. `spend` (LiveSpend) comes at once, and when the totals changed; `event` "
        "(LiveEvent) for each stored call that fits the filters; `ping` every 15 seconds.",
        # FastAPI takes what is not JSON for a string.
        "content": {
            "text/event-stream": {"schema": {"type": "object"}, "examples": {"frames": {"value": _EXAMPLE}}}
        },
    }
}


class _Documented(Response):
    media_type = "text/event-stream"


@router.get(
    "/live",
    response_class=_Documented,
    responses={**_STREAM, **problems(429, 503)},
    openapi_extra={"parameters": FILTERS},
)
async def live(
    request: Request,
    caller: Reader,
    _last: Annotated[
        str | None, Header(alias=LAST_EVENT_ID, description="The last `id` that came: goes on behind it.")
    ] = None,
) -> Response:
    """Tell what is spent, and every call, as server-sent events while they happen."""
    return open_stream(request.app.state.live, caller, request, request.query_params.multi_items())
