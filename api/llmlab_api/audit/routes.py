"""`GET /api/audit`."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from llmlab_api.audit import service
from llmlab_api.audit.schemas import AuditLog
from llmlab_api.deps import Administrator, services_of
from llmlab_api.parameters import Cursor, Limit

router = APIRouter(prefix="/api/audit", tags=["workspace"])


@router.get("", response_model=AuditLog)
async def list_entries(
    request: Request, caller: Administrator, cursor: Cursor = None, limit: Limit = 100
) -> Response:
    """List who did what in this workspace, and when."""
    body = await service.list_page(services_of(request), caller.workspace_id, cursor=cursor, limit=limit)
    return Response(body, media_type="application/json")
