"""`/api/recommendations`: how to spend less, and what was decided about it."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, Response

from llmlab_api.deps import Editor, Reader, services_of
from llmlab_api.openapi import problems
from llmlab_api.parameters import Limit
from llmlab_api.recommendations import decisions, service
from llmlab_api.recommendations.schemas import (
    DecideRequest,
    Recommendation,
    Recommendations,
    SnoozeRequest,
    State,
)

router = APIRouter(prefix="/api/recommendations", tags=["recommendations"])

Id = Annotated[str, Path(min_length=1, max_length=64, examples=["switch_model-9f86d081884c"])]
_SHOWN: tuple[State, ...] = ("open", "accepted")


@router.get("", response_model=Recommendations)
async def recommendations(
    request: Request,
    caller: Reader,
    limit: Limit = 100,
    state: Annotated[Sequence[State], Query(description="In which states; repeatable.")] = _SHOWN,
) -> Response:
    """Say what could be saved, from the workspace's own last 30 days, the best first."""
    found = await service.recommendations(
        services_of(request), caller.workspace_id, states=state, limit=limit
    )
    return JSONResponse(found)


@router.post("/{id}/accept", response_model=Recommendation, responses=problems(404, 409))
async def accept(request: Request, caller: Editor, id: Id, body: DecideRequest | None = None) -> Response:
    """Accept a recommendation: from the next day on it shows what it really saved."""
    note = body.note if body else None
    return JSONResponse(await decisions.accept(services_of(request), caller, id, note))


@router.post("/{id}/dismiss", response_model=Recommendation, responses=problems(404, 409))
async def dismiss(request: Request, caller: Editor, id: Id, body: DecideRequest | None = None) -> Response:
    """Dismiss a recommendation for good."""
    note = body.note if body else None
    return JSONResponse(await decisions.dismiss(services_of(request), caller, id, note))


@router.post("/{id}/snooze", response_model=Recommendation, responses=problems(404, 409))
async def snooze(request: Request, caller: Editor, id: Id, body: SnoozeRequest) -> Response:
    """Hide a recommendation for a while."""
    return JSONResponse(await decisions.snooze(services_of(request), caller, id, body))


@router.post("/{id}/reopen", response_model=Recommendation, responses=problems(404, 409))
async def reopen(request: Request, caller: Editor, id: Id) -> Response:
    """Take a decision back."""
    return JSONResponse(await decisions.reopen(services_of(request), caller, id))
