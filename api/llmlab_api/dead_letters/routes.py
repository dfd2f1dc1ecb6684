"""`/api/deadletters`: list, replay, drop."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from llmlab_api.dead_letters import service
from llmlab_api.dead_letters.schemas import (
    Code,
    DeadLetters,
    DropAnswer,
    DropRequest,
    ReplayAnswer,
    ReplayRequest,
    State,
)
from llmlab_api.deps import Administrator, services_of
from llmlab_api.openapi import problems
from llmlab_api.parameters import Cursor, Limit

router = APIRouter(prefix="/api/deadletters", tags=["dead letters"])


@router.get("", response_model=DeadLetters)
async def list_letters(
    *,
    request: Request,
    caller: Administrator,
    state: Annotated[State, Query(description="Those that wait, or those that were replayed.")] = "waiting",
    code: Annotated[Code | None, Query(description="Only those that died of this code.")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    """List events that were accepted and could not be written, and what they died of."""
    answer = await service.list_letters(
        services_of(request), caller.workspace_id, state=state, code=code, cursor=cursor, limit=limit
    )
    return Response(msgspec.json.encode(answer), media_type="application/json")


@router.post("/replay", response_model=ReplayAnswer, status_code=202, responses=problems(404, 503))
async def replay(request: Request, asked: ReplayRequest, caller: Administrator) -> dict[str, int]:
    """Have those that wait written the way all events are; what is refused again is a dead letter anew."""
    return await service.replay(services_of(request), caller, asked)


@router.post("/drop", response_model=DropAnswer, responses=problems(404))
async def drop(request: Request, asked: DropRequest, caller: Administrator) -> dict[str, int]:
    """Drop letters for good: what they would have cost is in no total, ever."""
    return await service.drop(services_of(request), caller, asked)
