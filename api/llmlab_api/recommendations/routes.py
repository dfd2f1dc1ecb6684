"""`GET /api/recommendations`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response

from llmlab_api.auth import Principal
from llmlab_api.deps import require, services_of
from llmlab_api.recommendations import service
from llmlab_api.recommendations.schemas import Recommendations

router = APIRouter(prefix="/api/recommendations", tags=["recommendations"])


@router.get("", response_model=Recommendations)
async def recommendations(
    request: Request,
    caller: Annotated[Principal, Depends(require("read"))],
    limit: Annotated[int, Query(ge=1, le=1000, description="How many at most, the best first.")] = 100,
) -> Response:
    """Say what could be saved, from the workspace's own last 30 days; an empty list when nothing is sure."""
    found = await service.recommendations(services_of(request), caller.workspace_id)
    return JSONResponse({"recommendations": found[:limit]})
