"""What the invitation routes do. The secret of a link is in the answer that makes it, and nowhere else."""

from datetime import timedelta

from llmlab_shared.clock import now
from llmlab_shared.db.repositories import accounts, invitations
from llmlab_shared.security import new_link_secret

from llmlab_api import admission
from llmlab_api.accounts.schemas import WorkspaceResponse
from llmlab_api.auth import Principal
from llmlab_api.errors import Problem
from llmlab_api.invitations.schemas import (
    InvitationListResponse,
    InvitationResponse,
    InviteRequest,
    LookResponse,
    NewInvitationResponse,
)
from llmlab_api.members.service import may_grant, own_role
from llmlab_api.services import Services

MOST_OPEN = 200


async def list_invitations(
    services: Services, person: Principal, *, cursor: int | None, limit: int
) -> InvitationListResponse:
    """Return one page of the workspace's invitations."""
    async with services.engine.connect() as connection:
        # One more than asked tells whether there is a next page.
        found = await invitations.list_invitations(
            connection, person.workspace_id, before=cursor, limit=limit + 1
        )
    page = found[:limit]
    return InvitationListResponse(
        invitations=[InvitationResponse(**row._asdict()) for row in page],
        next_cursor=str(page[-1].id) if len(found) > limit else None,
    )


async def invite(services: Services, person: Principal, request: InviteRequest) -> NewInvitationResponse:
    """Make an invitation. Raises 403, and 409 when the workspace has too many open ones."""
    assert person.user_id is not None, "the route takes people only"
    link = new_link_secret()
    async with services.engine.begin() as connection:
        may_grant(await own_role(connection, person), request.role)
        if await invitations.count_open(connection, person.workspace_id) >= MOST_OPEN:
            raise Problem(
                409,
                "too_many_invitations",
                f"this workspace has {MOST_OPEN} open invitations; take some back before making more",
            )
        invitation_id = await invitations.insert_invitation(
            connection,
            workspace_id=person.workspace_id,
            role=request.role,
            email=request.email,
            token_hash=link.hash,
            created_by=person.user_id,
            expires_at=now() + timedelta(days=request.days),
        )
        await accounts.write_audit(
            connection,
            workspace_id=person.workspace_id,
            actor=person.actor,
            action="invited",
            target=f"invitation:{invitation_id}",
            details={"role": request.role, "email": request.email},
        )
        made = await invitations.find_invitation(connection, person.workspace_id, invitation_id)
    return NewInvitationResponse(**made._asdict(), link_token=link.secret)


async def take_back(services: Services, person: Principal, invitation_id: int) -> None:
    """End an invitation. Raises 404."""
    async with services.engine.begin() as connection:
        may_grant(await own_role(connection, person), "viewer")
        if not await invitations.delete_invitation(connection, person.workspace_id, invitation_id):
            raise Problem(404, "not_found", f"this workspace has no invitation {invitation_id}")
        await accounts.write_audit(
            connection,
            workspace_id=person.workspace_id,
            actor=person.actor,
            action="invitation_taken_back",
            target=f"invitation:{invitation_id}",
        )


async def look(services: Services, token: str) -> LookResponse:
    """Return what a link invites to. Raises 404."""
    async with services.engine.connect() as connection:
        found = await admission.find_invitation(connection, token)
        known = None
        if found.email is not None:
            known = await accounts.find_credentials(connection, found.email) is not None
    return LookResponse(
        workspace=found.workspace,
        role=found.role,
        email=found.email,
        invited_by=found.invited_by,
        expires_at=found.expires_at,
        has_account=known,
    )


async def accept(services: Services, person: Principal, token: str) -> WorkspaceResponse:
    """Let the person into the workspace of a link, and return it. Raises 403, 404 and 409."""
    assert person.user_id is not None, "the route takes people only"
    async with services.engine.begin() as connection:
        user = await accounts.find_user(connection, person.user_id)
        if user is None:
            raise Problem(404, "not_found", "this account no longer exists")
        invitation = await admission.find_invitation(connection, token, email=user.email)
        await admission.accept(connection, invitation, person.user_id)
        joined = await accounts.list_memberships(connection, person.user_id)
    workspace = next(each for each in joined if each.id == invitation.workspace_id)
    return WorkspaceResponse.model_validate(workspace, from_attributes=True)
