"""`GET /api/prices/estimate`: what a call would cost, with one model or with several side by side."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response
from llmlab_shared import clock
from llmlab_shared.domain.usage import MAX_COUNT

from llmlab_api.deps import Reader, services_of
from llmlab_api.estimates import service
from llmlab_api.estimates.schemas import Call, Estimates, ModelNames, Word
from llmlab_api.estimates.service import Circumstances
from llmlab_api.price_fields import Instant

router = APIRouter(prefix="/api/prices", tags=["prices"])


@router.get("/estimate", response_model=Estimates)
async def estimate(
    request: Request,
    caller: Reader,
    *,
    model: ModelNames,
    call: Annotated[Call, Depends()],
    calls: Annotated[int, Query(ge=1, le=MAX_COUNT, description="How many such calls.")] = 1,
    at: Annotated[Instant | None, Query(description="When they are made; by default now.")] = None,
    service_tier: Word = None,
    processing: Word = None,
    region: Word = None,
) -> Response:
    """Say what calls would cost by the price book, the workspace's own prices included."""
    under = Circumstances(at or clock.now(), service_tier, processing, region)
    answer = await service.estimate(
        services_of(request), caller.workspace_id, model, call=call, calls=calls, under=under
    )
    return JSONResponse(answer)
