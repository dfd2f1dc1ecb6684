"""`/api/channels`: where the workspace is told of alerts."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, Response

from llmlab_api.alerts.schemas import Delivery
from llmlab_api.channels import service
from llmlab_api.channels.schemas import (
    Channel,
    ChannelChange,
    ChannelRequest,
    Channels,
    NewChannel,
    RotateRequest,
)
from llmlab_api.deps import Administrator, Reader, services_of
from llmlab_api.openapi import problems
from llmlab_api.parameters import Limit

router = APIRouter(prefix="/api/channels", tags=["alerts"])

_LARGEST = 2**63 - 1
ChannelId = Annotated[int, Path(ge=1, le=_LARGEST)]
_TAKEN = "Another channel has this name."


@router.get("", response_model=Channels)
async def list_channels(
    request: Request,
    caller: Reader,
    limit: Limit = 100,
    cursor: Annotated[int | None, Query(ge=1, le=_LARGEST)] = None,
) -> Response:
    """List the workspace's channels, with what became of the last message of each."""
    page = await service.list_channels(services_of(request), caller.workspace_id, cursor=cursor, limit=limit)
    return JSONResponse(page)


@router.post("", status_code=201, response_model=NewChannel, responses=problems(s409=_TAKEN))
async def create_channel(request: Request, caller: Administrator, body: ChannelRequest) -> Response:
    """Add a channel; the secret of a webhook is in this answer and nowhere else."""
    return JSONResponse(await service.create_channel(services_of(request), caller, body), status_code=201)


@router.patch("/{channel_id}", response_model=Channel, responses=problems(404, s409=_TAKEN))
async def change_channel(
    request: Request, caller: Administrator, channel_id: ChannelId, body: ChannelChange
) -> Response:
    """Change a channel, pause it or resume it; what waited goes out when it is resumed."""
    return JSONResponse(await service.change_channel(services_of(request), caller, channel_id, body))


@router.delete("/{channel_id}", status_code=204, responses=problems(404))
async def delete_channel(request: Request, caller: Administrator, channel_id: ChannelId) -> Response:
    """Remove a channel, with the log of its deliveries."""
    await service.delete_channel(services_of(request), caller, channel_id)
    return Response(status_code=204)


@router.post("/{channel_id}/test", status_code=202, response_model=Delivery, responses=problems(404, 429))
async def test_channel(request: Request, caller: Administrator, channel_id: ChannelId) -> Response:
    """Send a test by the way of all alerts; `GET /api/deliveries` says what became of it."""
    return JSONResponse(await service.test_channel(services_of(request), caller, channel_id), status_code=202)


@router.post(
    "/{channel_id}/rotate",
    response_model=NewChannel,
    responses=problems(404, s409="The channel is no webhook."),
)
async def rotate_secret(
    request: Request, caller: Administrator, channel_id: ChannelId, body: RotateRequest | None = None
) -> Response:
    """Give a webhook a new secret; for `grace_seconds` its messages are signed by both."""
    grace = (body or RotateRequest()).grace_seconds
    return JSONResponse(await service.rotate_secret(services_of(request), caller, channel_id, grace))
