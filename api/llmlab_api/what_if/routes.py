"""`GET /api/costs/what-if`: any slice of the calls that were made, priced on any model of the price book."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from llmlab_api.costs.documentation import FILTERS, SPAN
from llmlab_api.costs.query import read_query
from llmlab_api.deps import Reader, services_of
from llmlab_api.what_if import service
from llmlab_api.what_if.schemas import WhatIf

router = APIRouter(prefix="/api/costs", tags=["costs"])

_PLAIN = ("from", "to", "tz", "model", service.OF_MODEL, "processing")
_PARAMETERS = [
    {
        "name": "model",
        "in": "query",
        "required": True,
        "description": "On which models: `provider/model`, or the model alone where one provider lists it; "
        f"several with commas, at most {service.MOST_TARGETS}.",
        "schema": {"type": "string"},
        "example": "openai/gpt-4o,anthropic/claude-sonnet-4-5",
    },
    {
        "name": service.OF_MODEL,
        "in": "query",
        "required": False,
        "description": "Only calls of this model, by its name alone; several with commas.",
        "schema": {"type": "string"},
        "example": "gpt-4",
    },
    {
        "name": "processing",
        "in": "query",
        "required": False,
        "description": "Price all calls as processed so; by default as each was.",
        "schema": {"type": "string", "enum": list(service.PROCESSINGS)},
    },
]


@router.get(
    "/what-if",
    response_model=WhatIf,
    openapi_extra={
        "parameters": [*_PARAMETERS, *SPAN, *(each for each in FILTERS if each["name"] != "model")]
    },
)
async def what_if(request: Request, caller: Reader) -> Response:
    """Say what calls that were made would cost on other models, by the prices in force now."""
    query = read_query(request.query_params.multi_items(), _PLAIN)
    return JSONResponse(await service.what_if(services_of(request), caller.workspace_id, query))
