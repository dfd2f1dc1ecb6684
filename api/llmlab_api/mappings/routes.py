"""`/api/prices/mappings`: a workspace's own names of models, and the models they stand for."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from llmlab_api.deps import Administrator, Reader, services_of
from llmlab_api.mappings import service
from llmlab_api.mappings.schemas import MappingAnswer, MappingRequest, Mappings
from llmlab_api.openapi import problems
from llmlab_api.parameters import Cursor, Limit
from llmlab_api.price_fields import ModelName, ProviderName

router = APIRouter(prefix="/api/prices/mappings", tags=["prices"])


@router.get("", response_model=Mappings)
async def list_mappings(
    request: Request, caller: Reader, limit: Limit = 100, cursor: Cursor = None
) -> Response:
    """List the workspace's mappings by provider and name."""
    page = await service.list_mappings(services_of(request), caller.workspace_id, cursor=cursor, limit=limit)
    return JSONResponse(page)


@router.put(
    "",
    response_model=MappingAnswer,
    responses={201: {"model": MappingAnswer, "description": "It is new."}},
)
async def put_mapping(request: Request, caller: Administrator, body: MappingRequest) -> Response:
    """Say which model a name of the workspace's own stands for; the same again changes nothing."""
    answer, created = await service.put_mapping(services_of(request), caller, body)
    return JSONResponse(answer, status_code=201 if created else 200)


@router.delete("", status_code=204, responses=problems(404))
async def delete_mapping(
    request: Request,
    caller: Administrator,
    provider: Annotated[ProviderName, Query()],
    name: Annotated[ModelName, Query()],
) -> Response:
    """Remove a mapping; events that were priced by it keep their price."""
    await service.delete_mapping(services_of(request), caller, provider, name)
    return Response(status_code=204)
