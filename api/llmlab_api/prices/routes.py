"""`/api/prices`: the price book, and a workspace's own prices in it."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from llmlab_api.bodies import read_body
from llmlab_api.deps import Administrator, Reader, services_of
from llmlab_api.errors import invalid, wrong_media_type
from llmlab_api.openapi import problems
from llmlab_api.parameters import Cursor, Limit
from llmlab_api.price_fields import ContextName, Instant, ModelName, ProviderName
from llmlab_api.prices import service
from llmlab_api.prices.price_request import PriceRequest
from llmlab_api.prices.schemas import PRICE_BODY, Layer, OwnPriceList, Price, PriceHistory, PriceList

router = APIRouter(prefix="/api/prices", tags=["prices"])

AProvider = Annotated[ProviderName, Query(description="In any spelling.", examples=["openai"])]
AModel = Annotated[ModelName, Query(examples=["gpt-4o"])]
SomeContext = Annotated[
    ContextName | None, Query(description="`standard` (or empty), or such as `batch@eu`; by default any.")
]
_OVERLAPS = "Another price of the model and context holds in a part of the period."


@router.get("", response_model=PriceList)
async def list_prices(
    request: Request,
    caller: Reader,
    *,
    provider: Annotated[ProviderName | None, Query(description="In any spelling.")] = None,
    model: Annotated[
        ModelName | None, Query(description="A name; or the beginning of names, with `*` at its end.")
    ] = None,
    context: SomeContext = None,
    layer: Annotated[Layer | None, Query()] = None,
    at: Annotated[Instant | None, Query(description="The instant they are in force; by default now.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """List the prices in force at an instant, everyone's and the workspace's own."""
    body = await service.list_prices(
        services_of(request),
        caller.workspace_id,
        at=at,
        provider=provider,
        model=model,
        context=context,
        layer=layer,
        cursor=cursor,
        limit=limit,
    )
    return Response(body, media_type="application/json")


@router.get("/own", response_model=OwnPriceList)
async def list_own(
    request: Request, caller: Reader, *, limit: Limit = 100, cursor: Cursor = None
) -> Response:
    """List the workspace's own prices, also to come and ended, the newest beginning first."""
    body = await service.list_own(services_of(request), caller.workspace_id, cursor=cursor, limit=limit)
    return Response(body, media_type="application/json")


@router.get("/history", response_model=PriceHistory)
async def history(
    request: Request,
    caller: Reader,
    *,
    provider: AProvider,
    model: AModel,
    context: SomeContext = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """List every version of a model's price that was ever recorded, the newest beginning first."""
    body = await service.list_history(
        services_of(request),
        caller.workspace_id,
        provider=provider,
        model=model,
        context=context,
        cursor=cursor,
        limit=limit,
    )
    return Response(body, media_type="application/json")


@router.put(
    "",
    response_model=Price,
    openapi_extra={"requestBody": PRICE_BODY},
    responses={
        200: {"description": "It takes the place of the one that began at the same instant."},
        201: {"model": Price, "description": "It is new."},
        **problems(s409=_OVERLAPS),
    },
)
async def put_price(request: Request, caller: Administrator) -> Response:
    """Set a price of the workspace's own; the same again changes nothing."""
    if wrong := wrong_media_type(request):
        raise wrong
    asked = read_body(await request.body(), PriceRequest)
    body, created = await service.put_price(services_of(request), caller, asked)
    return Response(body, status_code=201 if created else 200, media_type="application/json")


@router.delete("", status_code=204, responses=problems(404))
async def withdraw_price(
    request: Request,
    caller: Administrator,
    *,
    id: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="Alone.")] = None,
    provider: Annotated[ProviderName | None, Query()] = None,
    model: Annotated[ModelName | None, Query()] = None,
    context: Annotated[ContextName | None, Query(description="By default the standard one.")] = None,
    valid_from: Annotated[
        Instant | None, Query(description="By default all of the model and context.")
    ] = None,
) -> Response:
    """Take back prices of the workspace's own, as if they had never been: one by id, or those of a model."""
    if id is not None:
        if (provider, model, context, valid_from) != (None,) * 4:
            raise invalid("id", "ambiguous", "`id` names one price: leave the other parameters out")
        await service.withdraw_price(services_of(request), caller, id)
    elif provider is None or model is None:
        missing = "provider" if provider is None else "model"
        raise invalid(missing, "missing_field", f"`{missing}` is missing: send provider and model, or `id`")
    else:
        key = {"provider": provider, "model": model, "context": context or ""}
        await service.withdraw_prices(services_of(request), caller, key, valid_from)
    return Response(status_code=204)
