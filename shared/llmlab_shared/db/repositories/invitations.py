"""Invitations in PostgreSQL. Their secrets are not in it, only hashes."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_shared.db.models.accounts import User, Workspace
from llmlab_shared.db.models.people import Invitation

_SHOWN = (
    Invitation.id,
    Invitation.role,
    Invitation.email,
    Invitation.created_at,
    Invitation.expires_at,
    Invitation.accepted_at,
    User.email,
)


class StoredInvitation(NamedTuple):
    """An invitation as who made it sees it; `created_by` is their e-mail."""

    id: int
    role: str
    email: str | None
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    created_by: str | None


class FoundInvitation(NamedTuple):
    """An invitation as who has its link sees it, whatever became of it: with its workspace's name."""

    id: int
    workspace_id: int
    role: str
    email: str | None
    expires_at: datetime
    accepted_at: datetime | None
    expired: bool
    workspace: str
    invited_by: str | None


async def insert_invitation(
    connection: AsyncConnection,
    *,
    workspace_id: int,
    role: str,
    email: str | None,
    token_hash: bytes,
    created_by: int,
    expires_at: datetime,
) -> int:
    """Store an invitation and return its id."""
    result = await connection.execute(
        insert(Invitation)
        .values(
            workspace_id=workspace_id,
            role=role,
            email=email,
            token_hash=token_hash,
            created_by=created_by,
            expires_at=expires_at,
        )
        .returning(Invitation.id)
    )
    return result.scalar_one()


async def count_open(connection: AsyncConnection, workspace_id: int) -> int:
    """Return how many invitations of a workspace can still be accepted."""
    return (
        await connection.execute(
            select(func.count()).where(
                Invitation.workspace_id == workspace_id,
                Invitation.accepted_at.is_(None),
                Invitation.expires_at > func.now(),
            )
        )
    ).scalar_one()


async def list_invitations(
    connection: AsyncConnection, workspace_id: int, *, before: int | None, limit: int
) -> list[StoredInvitation]:
    """Return a workspace's invitations, newest first, with ids below `before`."""
    query = (
        select(*_SHOWN)
        .outerjoin(User, User.id == Invitation.created_by)
        .where(Invitation.workspace_id == workspace_id)
    )
    if before is not None:
        query = query.where(Invitation.id < before)
    result = await connection.execute(query.order_by(Invitation.id.desc()).limit(limit))
    return [StoredInvitation(*row) for row in result]


async def find_invitation(
    connection: AsyncConnection, workspace_id: int, invitation_id: int
) -> StoredInvitation:
    """Return an invitation of a workspace that is there, as `list_invitations` does."""
    result = await connection.execute(
        select(*_SHOWN)
        .outerjoin(User, User.id == Invitation.created_by)
        .where(Invitation.workspace_id == workspace_id, Invitation.id == invitation_id)
    )
    return StoredInvitation(*result.one())


async def delete_invitation(connection: AsyncConnection, workspace_id: int, invitation_id: int) -> bool:
    """End an invitation and forget it; False when the workspace has no such invitation."""
    gone = await connection.scalar(
        delete(Invitation)
        .where(Invitation.workspace_id == workspace_id, Invitation.id == invitation_id)
        .returning(Invitation.id)
    )
    return gone is not None


async def end_invitations_of(
    connection: AsyncConnection, workspace_id: int, user_id: int, roles: Collection[str]
) -> int:
    """End the open invitations to these roles that a user made; return how many."""
    result = await connection.execute(
        delete(Invitation)
        .where(
            Invitation.workspace_id == workspace_id,
            Invitation.created_by == user_id,
            Invitation.role.in_(roles),
            Invitation.accepted_at.is_(None),
        )
        .returning(Invitation.id)
    )
    return len(result.all())


async def find_by_token(connection: AsyncConnection, token_hash: bytes) -> FoundInvitation | None:
    """Return the invitation with this secret."""
    result = await connection.execute(
        select(
            Invitation.id,
            Invitation.workspace_id,
            Invitation.role,
            Invitation.email,
            Invitation.expires_at,
            Invitation.accepted_at,
            (Invitation.expires_at <= func.now()),
            Workspace.name,
            User.email,
        )
        .join(Workspace, Workspace.id == Invitation.workspace_id)
        .outerjoin(User, User.id == Invitation.created_by)
        .where(Invitation.token_hash == token_hash)
    )
    row = result.one_or_none()
    return None if row is None else FoundInvitation(*row)


async def mark_accepted(connection: AsyncConnection, invitation_id: int, user_id: int) -> bool:
    """Use an invitation up; False when somebody just did, or it ended."""
    used = await connection.scalar(
        update(Invitation)
        .where(
            Invitation.id == invitation_id,
            Invitation.accepted_at.is_(None),
            Invitation.expires_at > func.now(),
        )
        .values(accepted_at=func.now(), accepted_by=user_id)
        .returning(Invitation.id)
    )
    return used is not None
