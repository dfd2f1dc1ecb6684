"""`/api/invitations`: making and taking back links, and what somebody with a link does."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from llmlab_api.accounts.schemas import WorkspaceResponse
from llmlab_api.deps import Manager, Person, services_of
from llmlab_api.invitations import service
from llmlab_api.invitations.schemas import (
    InvitationListResponse,
    InviteRequest,
    LinkRequest,
    LookResponse,
    NewInvitationResponse,
)
from llmlab_api.openapi import problems
from llmlab_api.parameters import Limit

router = APIRouter(prefix="/api/invitations", tags=["people"])
_LARGEST = 2**63 - 1


@router.get("")
async def list_invitations(
    request: Request,
    person: Manager,
    limit: Limit = 100,
    cursor: Annotated[int | None, Query(ge=1, le=_LARGEST)] = None,
) -> InvitationListResponse:
    """The invitations to this workspace, newest first."""
    return await service.list_invitations(services_of(request), person, cursor=cursor, limit=limit)


@router.post("", status_code=201, responses=problems(s409="The workspace has too many open invitations."))
async def invite(request: Request, person: Manager, body: InviteRequest) -> NewInvitationResponse:
    """Make an invitation; its secret is in this answer and nowhere else."""
    return await service.invite(services_of(request), person, body)


@router.delete("/{invitation_id}", status_code=204, responses=problems(404))
async def take_back(
    request: Request, person: Manager, invitation_id: Annotated[int, Path(ge=1, le=_LARGEST)]
) -> Response:
    """End an invitation; one that was accepted is only forgotten."""
    await service.take_back(services_of(request), person, invitation_id)
    return Response(status_code=204)


@router.post("/look", responses=problems(404, 503))
async def look(request: Request, body: LinkRequest) -> LookResponse:
    """What a link invites to, for whoever has it."""
    return await service.look(services_of(request), body.token)


@router.post("/accept", responses=problems(404, s409="You belong to the workspace already."))
async def accept(request: Request, person: Person, body: LinkRequest) -> WorkspaceResponse:
    """Join the workspace of a link, with the account that you are signed in with."""
    return await service.accept(services_of(request), person, body.token)
