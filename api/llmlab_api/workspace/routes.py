"""`GET` and `PATCH /api/workspace`."""

from typing import Any

from fastapi import APIRouter, Request

from llmlab_api.deps import Administrator, Reader, services_of
from llmlab_api.openapi import problems
from llmlab_api.workspace import service
from llmlab_api.workspace.schemas import WorkspaceAnswer, WorkspaceRequest

router = APIRouter(prefix="/api/workspace", tags=["workspace"])


@router.get("", response_model=WorkspaceAnswer)
async def get_workspace(request: Request, caller: Reader) -> dict[str, Any]:
    """Return the workspace that the credentials are for."""
    return await service.get_workspace(services_of(request), caller.workspace_id)


@router.patch("", response_model=WorkspaceAnswer, responses=problems(409))
async def change_workspace(
    request: Request, asked: WorkspaceRequest, caller: Administrator
) -> dict[str, Any]:
    """Change the name, the time zone or the declared tags; what is left out stays as it is.

    A new zone, or other tags, have all sums by day rebuilt: `rebuilding` says how far that is.
    """
    return await service.change(services_of(request), caller, asked)
