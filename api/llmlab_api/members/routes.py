"""`/api/members`: who belongs to the workspace; `/api/workspaces`: making another."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from llmlab_api.accounts.schemas import WorkspaceResponse
from llmlab_api.deps import Manager, Member, Person, services_of
from llmlab_api.members import service
from llmlab_api.members.schemas import (
    MemberListResponse,
    MemberResponse,
    NewWorkspaceRequest,
    RoleRequest,
)
from llmlab_api.openapi import problems

router = APIRouter(prefix="/api/members", tags=["people"])
workspaces_router = APIRouter(prefix="/api/workspaces", tags=["people"])
_LAST_OWNER = "That would leave the workspace without an owner."

UserId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get("")
async def list_members(request: Request, person: Member) -> MemberListResponse:
    """Everybody who belongs to this workspace."""
    return await service.list_members(services_of(request), person)


@router.patch("/{user_id}", responses=problems(404, s409=_LAST_OWNER))
async def change_role(
    request: Request, person: Manager, user_id: UserId, body: RoleRequest
) -> MemberResponse:
    """Make a member something else; owners are made, and changed, by owners only."""
    return await service.change_role(services_of(request), person, user_id, body)


@router.delete("/{user_id}", status_code=204, responses=problems(404, s409=_LAST_OWNER))
async def remove_member(request: Request, person: Member, user_id: UserId) -> Response:
    """Take somebody out of the workspace, or leave it yourself. API keys that they made stay."""
    await service.remove_member(services_of(request), person, user_id)
    return Response(status_code=204)


@workspaces_router.post(
    "", status_code=201, responses=problems(s409="You own as many workspaces as one person can.")
)
async def make_workspace(request: Request, person: Person, body: NewWorkspaceRequest) -> WorkspaceResponse:
    """Make another workspace, with you as its owner; who owns none yet cannot."""
    return await service.make_workspace(services_of(request), person, body)
