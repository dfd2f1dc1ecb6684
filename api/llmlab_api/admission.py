"""Who may come in: by an invitation, as the first user, or because anybody may; and what they get."""

from dataclasses import dataclass

from llmlab_shared.db.repositories import accounts, channels, invitations, keys, members
from llmlab_shared.db.repositories.invitations import FoundInvitation
from llmlab_shared.security import hash_link_secret, new_api_key
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_api.errors import Problem
from llmlab_api.services import Services

FIRST_KEY_NAME = "First key"
FIRST_KEY_SCOPES = ("ingest", "read")


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who was let in; `workspace_id` is their own workspace unless they were `invited` to it."""

    user_id: int
    workspace_id: int
    invited: bool


async def find_invitation(
    connection: AsyncConnection, token: str, *, email: str | None = None
) -> FoundInvitation:
    """Return an invitation that can be accepted, by this e-mail if one is given. Raises 403 and 404."""
    invitation = await invitations.find_by_token(connection, hash_link_secret(token))
    if invitation is None:
        raise Problem(
            404,
            "invitation_unknown",
            "there is no such invitation; it was taken back, or the link is not whole: ask for a new one",
        )
    if invitation.accepted_at is not None:
        raise _used()
    if invitation.expired:
        raise Problem(
            404, "invitation_expired", "this invitation has expired; ask whoever sent it for a new one"
        )
    if email is not None and invitation.email not in (None, email):
        raise Problem(
            403,
            "invitation_for_another",
            "this invitation is for another e-mail than yours; ask for one of your own",
        )
    return invitation


async def accept(connection: AsyncConnection, invitation: FoundInvitation, user_id: int) -> None:
    """Let a user in by an invitation, which is used up. Raises 404, and 409 for who belongs already."""
    await members.lock_members(connection, invitation.workspace_id)
    if not await members.insert_member(connection, invitation.workspace_id, user_id, invitation.role):
        raise Problem(
            409,
            "already_member",
            f"you belong to {invitation.workspace!r} already; the invitation is still good for somebody else",
        )
    if not await invitations.mark_accepted(connection, invitation.id, user_id):
        raise _used()
    await accounts.write_audit(
        connection,
        workspace_id=invitation.workspace_id,
        actor=f"user:{user_id}",
        action="invitation_accepted",
        target=f"invitation:{invitation.id}",
        details={"role": invitation.role},
    )


async def check(
    services: Services, connection: AsyncConnection, *, email: str, invitation: str | None, decide: bool
) -> FoundInvitation | None:
    """Return the invitation by which somebody without an account comes in, None where they need none.

    Raises 403 and 404. With `decide` it stays so until the transaction ends: only one user is the first.
    """
    if invitation is not None:
        return await find_invitation(connection, invitation, email=email)
    mode = services.settings.signup
    if mode == "first":
        if decide:
            await accounts.lock_first_signup(connection)
        if await accounts.any_user(connection):
            raise _closed()
    elif mode == "closed":
        raise _closed()
    return None


async def come_in(
    services: Services,
    connection: AsyncConnection,
    *,
    email: str,
    hashed_password: str | None,
    invitation: str | None,
    workspace: str = "Personal",
    timezone: str = "UTC",
) -> Newcomer | None:
    """Make an account, and a place where they were invited, or a workspace of their own.

    None when the e-mail is taken. Raises 403 and 404. Without a password somebody else has proven the e-mail.
    """
    found = await check(services, connection, email=email, invitation=invitation, decide=True)
    proven = hashed_password is None or _is_proven(services, found)
    user_id = await accounts.insert_user(connection, email, hashed_password, email_proven=proven)
    if user_id is None:
        return None
    if found is not None:
        await accept(connection, found, user_id)
        workspace_id = found.workspace_id
    else:
        workspace_id = await make_workspace(
            connection, user_id=user_id, email=email, name=workspace, timezone=timezone, personal=True
        )
    await accounts.write_audit(
        connection, workspace_id=workspace_id, actor=f"user:{user_id}", action="signed_up"
    )
    return Newcomer(user_id, workspace_id, invited=found is not None)


async def make_workspace(
    connection: AsyncConnection, *, user_id: int, email: str, name: str, timezone: str, personal: bool
) -> int:
    """Make a workspace of a user's with a channel to them; return its id."""
    workspace_id = await accounts.insert_workspace(connection, name, timezone, user_id, personal=personal)
    await channels.insert_owners_channel(connection, workspace_id, email)
    return workspace_id


async def make_first_key(connection: AsyncConnection, workspace_id: int, user_id: int) -> str:
    """Make the key that a new workspace begins with, and return its secret."""
    key = new_api_key()
    await keys.insert_key(
        connection,
        key,
        workspace_id=workspace_id,
        created_by=user_id,
        name=FIRST_KEY_NAME,
        scopes=FIRST_KEY_SCOPES,
        defaults={},
    )
    return key.secret


def _is_proven(services: Services, invitation: FoundInvitation | None) -> bool:
    # By who invited this e-mail, or because the operator is first.
    if invitation is not None:
        return invitation.email is not None
    return services.settings.signup == "first"


def _used() -> Problem:
    return Problem(
        404,
        "invitation_used",
        "this invitation was accepted already, and it is good for once: ask for another",
    )


def _closed() -> Problem:
    return Problem(
        403,
        "signup_closed",
        "this installation takes no sign-ups; ask its owner for an invitation, or, if it is yours, start the "
        "API with LLMLAB_SIGNUP=open",
    )
