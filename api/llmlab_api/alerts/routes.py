"""`/api/alerts` and `/api/deliveries`: what the workspace was told, and what became of it on its way."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, Response
from llmlab_shared.domain.notifications import DeliveryStatus, MessageKind

from llmlab_api.alerts import service
from llmlab_api.alerts.schemas import (
    LARGEST_ID,
    Acknowledged,
    AcknowledgeRequest,
    Alert,
    Alerts,
    Deliveries,
    Delivery,
)
from llmlab_api.deps import Administrator, Editor, Reader, services_of
from llmlab_api.openapi import problems
from llmlab_api.parameters import Limit

router = APIRouter(prefix="/api/alerts", tags=["alerts"])
deliveries_router = APIRouter(prefix="/api/deliveries", tags=["alerts"])

AnId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
OptionalId = Annotated[int | None, Query(ge=1, le=LARGEST_ID)]


@router.get("", response_model=Alerts)
async def list_alerts(
    request: Request,
    caller: Reader,
    *,
    kind: Annotated[
        list[MessageKind],
        Query(description="By default budget_crossing, budget_forecast and spend_anomaly."),
    ] = [],  # noqa: B006  # FastAPI copies it
    acknowledged: Annotated[bool | None, Query()] = None,
    budget_id: OptionalId = None,
    limit: Limit = 100,
    cursor: OptionalId = None,
) -> Response:
    """List the workspace's alerts, newest first, each with what became of it on its way."""
    page = await service.list_alerts(
        services_of(request),
        caller.workspace_id,
        kinds=kind,
        acknowledged=acknowledged,
        budget_id=budget_id,
        cursor=cursor,
        limit=limit,
    )
    return JSONResponse(page)


@router.post("/{alert_id}/acknowledge", response_model=Alert, responses=problems(404))
async def acknowledge(request: Request, caller: Editor, alert_id: AnId) -> Response:
    """Say that an alert was seen: owners, admins and members may, or an API key with the scope `admin`."""
    return JSONResponse(await service.acknowledge(services_of(request), caller, alert_id))


@router.post("/acknowledge", response_model=Acknowledged)
async def acknowledge_several(request: Request, asked: AcknowledgeRequest, caller: Editor) -> dict[str, Any]:
    """Say that several alerts were seen, for whom the same may."""
    return await service.acknowledge_several(services_of(request), caller, asked.ids)


@deliveries_router.get("", response_model=Deliveries)
async def list_deliveries(
    request: Request,
    caller: Reader,
    *,
    status: Annotated[DeliveryStatus | None, Query()] = None,
    channel: Annotated[int | None, Query(ge=1, le=LARGEST_ID, description="A channel's id.")] = None,
    alert: Annotated[int | None, Query(ge=1, le=LARGEST_ID, description="An alert's id.")] = None,
    limit: Limit = 100,
    cursor: OptionalId = None,
) -> Response:
    """List the log of deliveries, newest first."""
    page = await service.list_deliveries(
        services_of(request),
        caller.workspace_id,
        status=status,
        channel_id=channel,
        alert_id=alert,
        cursor=cursor,
        limit=limit,
    )
    return JSONResponse(page)


@deliveries_router.post(
    "/{delivery_id}/retry",
    status_code=202,
    response_model=Delivery,
    responses=problems(404, s409="It was sent."),
)
async def retry_delivery(request: Request, caller: Administrator, delivery_id: AnId) -> Response:
    """Try a delivery again now, and for another day."""
    return JSONResponse(
        await service.retry_delivery(services_of(request), caller, delivery_id), status_code=202
    )
