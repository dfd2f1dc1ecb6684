"""`GET` and `PATCH /api/notifications/settings`."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from llmlab_api.bodies import read_body
from llmlab_api.deps import Administrator, Reader, services_of
from llmlab_api.errors import wrong_media_type
from llmlab_api.notification_settings import service
from llmlab_api.notification_settings.schemas import BODY, SettingsAnswer, SettingsRequest

router = APIRouter(prefix="/api/notifications/settings", tags=["notifications"])


@router.get("", response_model=SettingsAnswer)
async def get_settings(request: Request, caller: Reader) -> Response:
    """Return what the workspace wants to be told of, and where its reports go."""
    return JSONResponse(await service.get_settings(services_of(request), caller.workspace_id))


@router.patch("", response_model=SettingsAnswer, openapi_extra={"requestBody": BODY})
async def change_settings(request: Request, caller: Administrator) -> Response:
    """Change settings; what is left out stays as it is."""
    if wrong := wrong_media_type(request):
        raise wrong
    asked = read_body(await request.body(), SettingsRequest)
    return JSONResponse(await service.change_settings(services_of(request), caller, asked))
