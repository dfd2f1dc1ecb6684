"""`/api/auth/sessions`: where a person is signed in."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from llmlab_api.cookies import clear_session, session_in
from llmlab_api.deps import Person, services_of
from llmlab_api.openapi import problems
from llmlab_api.sessions import service
from llmlab_api.sessions.schemas import SessionListResponse

router = APIRouter(prefix="/api/auth/sessions", tags=["accounts"])


@router.get("")
async def list_sessions(request: Request, person: Person) -> SessionListResponse:
    """Where you are signed in: the tokens that are good, newest first."""
    return await service.list_sessions(services_of(request), person)


@router.delete("", status_code=204)
async def end_others(request: Request, person: Person) -> Response:
    """End all your sessions but this one."""
    await service.end_others(services_of(request), person)
    return Response(status_code=204)


@router.delete("/{session_id}", status_code=204, responses=problems(404))
async def end_session(request: Request, person: Person, session_id: UUID) -> Response:
    """End one of your sessions; it is dead at once."""
    await service.end_session(services_of(request), person, session_id)
    own = session_id == person.token_id and session_in(request) is not None
    return Response(status_code=204, headers={"set-cookie": clear_session(request)} if own else None)
