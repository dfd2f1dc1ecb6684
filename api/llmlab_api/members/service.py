"""What the member routes do. Who may, is asked again under the lock, where nobody's role moves any more."""

from llmlab_shared.db.repositories import accounts, invitations, members
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_api import admission
from llmlab_api.accounts.schemas import Role, WorkspaceResponse
from llmlab_api.auth import ROLE_RIGHTS, Principal
from llmlab_api.errors import Problem
from llmlab_api.members.schemas import (
    MemberListResponse,
    MemberResponse,
    NewWorkspaceRequest,
    RoleRequest,
)
from llmlab_api.services import Services
from llmlab_api.zones import zone_in

# Owned by one person; each has rollups and nightly work of its own.
MOST_WORKSPACES = 50
_ROLES: tuple[Role, ...] = ("owner", "admin", "member", "viewer")


async def list_members(services: Services, person: Principal) -> MemberListResponse:
    """Return everybody who belongs to the workspace."""
    async with services.engine.connect() as connection:
        found = await members.list_members(connection, person.workspace_id)
    return MemberListResponse(members=[_shown(row, person) for row in found])


async def change_role(
    services: Services, person: Principal, user_id: int, request: RoleRequest
) -> MemberResponse:
    """Make a member something else. Raises 403, 404, and 409 for the last owner."""
    async with services.engine.begin() as connection:
        own, found = await _both(connection, person, user_id)
        may_grant(own, found.role)
        may_grant(own, request.role)
        if request.role != found.role:
            if found.role == "owner":
                await _keep_an_owner(connection, person.workspace_id)
            await members.set_role(connection, person.workspace_id, user_id, request.role)
            ended = await _end_invitations(connection, person.workspace_id, user_id, request.role)
            await accounts.write_audit(
                connection,
                workspace_id=person.workspace_id,
                actor=person.actor,
                action="role_changed",
                target=f"user:{user_id}",
                details={
                    "email": found.email,
                    "from": found.role,
                    "to": request.role,
                    "invitations_ended": ended,
                },
            )
    return _shown(found._replace(role=request.role), person)


async def remove_member(services: Services, person: Principal, user_id: int) -> None:
    """Take somebody out of the workspace, or leave it. Raises 403, 404, and 409 for the last owner."""
    async with services.engine.begin() as connection:
        own, found = await _both(connection, person, user_id)
        if user_id != person.user_id:
            may_grant(own, found.role)
        if found.role == "owner":
            await _keep_an_owner(connection, person.workspace_id)
        await members.delete_member(connection, person.workspace_id, user_id)
        ended = await _end_invitations(connection, person.workspace_id, user_id, None)
        await accounts.write_audit(
            connection,
            workspace_id=person.workspace_id,
            actor=person.actor,
            action="member_left" if user_id == person.user_id else "member_removed",
            target=f"user:{user_id}",
            details={"email": found.email, "role": found.role, "invitations_ended": ended},
        )


async def make_workspace(
    services: Services, person: Principal, request: NewWorkspaceRequest
) -> WorkspaceResponse:
    """Make another workspace with the person as its owner. Raises 403 and 409."""
    assert person.user_id is not None, "the route takes people only"
    timezone = zone_in("timezone", request.timezone).key
    async with services.engine.begin() as connection:
        # The user's row is the lock: two requests at once are counted one after the other.
        await accounts.lock_user(connection, person.user_id)
        owned = await members.count_owned(connection, person.user_id)
        if not owned:
            raise Problem(
                403, "needs_owner", "only who owns a workspace may make another; ask an owner to make it"
            )
        if owned >= MOST_WORKSPACES:
            raise Problem(409, "too_many_workspaces", f"you own {owned} workspaces, and more are not made")
        user = await accounts.find_user(connection, person.user_id)
        assert user is not None, "locked above"
        workspace_id = await admission.make_workspace(
            connection,
            user_id=person.user_id,
            email=user.email,
            name=request.name,
            timezone=timezone,
            personal=False,
        )
        await accounts.write_audit(
            connection, workspace_id=workspace_id, actor=person.actor, action="workspace_made"
        )
    return WorkspaceResponse(id=workspace_id, name=request.name, role="owner", timezone=timezone)


def may_grant(own: str, role: str) -> None:
    """Raise the 403 unless somebody who is `own` may give that role, and take it away."""
    if "admin" not in ROLE_RIGHTS[own]:
        raise Problem(403, "insufficient_scope", "who belongs here is settled by owners and admins")
    if role == "owner" and own != "owner":
        raise Problem(403, "owner_only", "only an owner can make owners, change them or take them out")


async def own_role(connection: AsyncConnection, person: Principal) -> str:
    """Return what the person is in the workspace, which stays so until the transaction ends."""
    assert person.user_id is not None, "the route takes people only"
    await members.lock_members(connection, person.workspace_id)
    role = await members.find_role(connection, person.workspace_id, person.user_id)
    if role is None:
        raise Problem(403, "not_a_member", f"you are not a member of workspace {person.workspace_id}")
    return role


async def _both(
    connection: AsyncConnection, person: Principal, user_id: int
) -> tuple[str, members.StoredMember]:
    """Return what the person is, and whom it is done to; both stay so until the transaction ends."""
    own = await own_role(connection, person)
    found = await members.find_member(connection, person.workspace_id, user_id)
    if found is None:
        raise Problem(404, "not_found", f"this workspace has no member {user_id}")
    return own, found


async def _keep_an_owner(connection: AsyncConnection, workspace_id: int) -> None:
    if await members.count_owners(connection, workspace_id) == 1:
        raise Problem(409, "last_owner", "a workspace has at least one owner: make somebody else one before")


async def _end_invitations(
    connection: AsyncConnection, workspace_id: int, user_id: int, role: Role | None
) -> int:
    """End what somebody could no longer invite to: they might come back by it."""
    may_admin = role is not None and "admin" in ROLE_RIGHTS[role]
    lost = [each for each in _ROLES if not may_admin or (each == "owner" and role != "owner")]
    return await invitations.end_invitations_of(connection, workspace_id, user_id, lost)


def _shown(row: members.StoredMember, person: Principal) -> MemberResponse:
    return MemberResponse(
        user_id=row.user_id,
        email=row.email,
        role=row.role,
        joined_at=row.joined_at,
        last_seen_at=row.last_seen_at,
        you=row.user_id == person.user_id,
    )
