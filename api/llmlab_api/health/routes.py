"""`/health` and `/health/ready`."""

from fastapi import APIRouter, Request

from llmlab_api.deps import services_of
from llmlab_api.health.schemas import Alive, Ready
from llmlab_api.health.service import look
from llmlab_api.openapi import problems

HEALTH_PATHS = ("/health", "/health/ready")
router = APIRouter(tags=["health"])


@router.get("/health")
async def alive() -> Alive:
    """Say that the process answers; for restarting it, not for sending it traffic."""
    return Alive()


@router.get("/health/ready", responses=problems(s503="It cannot; `errors` says why."))
async def ready(request: Request) -> Ready:
    """Say whether requests can be served, what waits to be priced, and what is set too weakly."""
    return await look(services_of(request))
