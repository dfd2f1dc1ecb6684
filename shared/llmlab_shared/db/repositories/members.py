"""Who belongs to a workspace, and changing that one change at a time."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_shared.db.models.accounts import Membership, User, Workspace
from llmlab_shared.db.models.people import LoginSession


class StoredMember(NamedTuple):
    """Somebody who belongs to a workspace. They were last seen there or in another one."""

    user_id: int
    email: str
    role: str
    joined_at: datetime
    last_seen_at: datetime | None


def _members_query(workspace_id: int) -> Any:
    seen = (
        select(func.max(LoginSession.last_seen_at))
        .where(LoginSession.user_id == Membership.user_id)
        .scalar_subquery()
    )
    return (
        select(Membership.user_id, User.email, Membership.role, Membership.created_at, seen)
        .join(User, User.id == Membership.user_id)
        .where(Membership.workspace_id == workspace_id)
    )


async def lock_members(connection: AsyncConnection, workspace_id: int) -> None:
    """Wait for every other change of who belongs to the workspace; held until the transaction ends.

    What writes rows that refer to the workspace does not wait for it.
    """
    await connection.execute(
        select(Workspace.id).where(Workspace.id == workspace_id).with_for_update(key_share=True)
    )


async def list_members(connection: AsyncConnection, workspace_id: int) -> list[StoredMember]:
    """Return the members of a workspace, who came first at the front."""
    query = _members_query(workspace_id).order_by(Membership.created_at, Membership.user_id)
    return [StoredMember(*row) for row in await connection.execute(query)]


async def find_member(connection: AsyncConnection, workspace_id: int, user_id: int) -> StoredMember | None:
    """Return one member, as `list_members` does."""
    query = _members_query(workspace_id).where(Membership.user_id == user_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else StoredMember(*row)


async def find_role(connection: AsyncConnection, workspace_id: int, user_id: int) -> str | None:
    """Return what a user is in a workspace, or None for no member."""
    return await connection.scalar(
        select(Membership.role).where(Membership.workspace_id == workspace_id, Membership.user_id == user_id)
    )


async def count_owners(connection: AsyncConnection, workspace_id: int) -> int:
    """Return how many own the workspace."""
    return (
        await connection.execute(
            select(func.count()).where(Membership.workspace_id == workspace_id, Membership.role == "owner")
        )
    ).scalar_one()


async def count_owned(connection: AsyncConnection, user_id: int) -> int:
    """Return how many workspaces a user owns."""
    return (
        await connection.execute(
            select(func.count()).where(Membership.user_id == user_id, Membership.role == "owner")
        )
    ).scalar_one()


async def insert_member(connection: AsyncConnection, workspace_id: int, user_id: int, role: str) -> bool:
    """Let a user into a workspace; False when they belong to it already."""
    added = await connection.scalar(
        upsert(Membership)
        .values(workspace_id=workspace_id, user_id=user_id, role=role)
        .on_conflict_do_nothing(index_elements=[Membership.workspace_id, Membership.user_id])
        .returning(Membership.user_id)
    )
    return added is not None


async def set_role(connection: AsyncConnection, workspace_id: int, user_id: int, role: str) -> None:
    """Make a member something else."""
    await connection.execute(
        update(Membership)
        .where(Membership.workspace_id == workspace_id, Membership.user_id == user_id)
        .values(role=role)
    )


async def delete_member(connection: AsyncConnection, workspace_id: int, user_id: int) -> None:
    """Take a user out of a workspace; what they made there stays."""
    await connection.execute(
        delete(Membership).where(Membership.workspace_id == workspace_id, Membership.user_id == user_id)
    )
