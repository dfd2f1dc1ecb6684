"""Users, workspaces, memberships and dead tokens in PostgreSQL, and the audit log of what was done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, exists, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_shared.db.models.accounts import AuditEntry, Membership, RevokedToken, User, Workspace
from llmlab_shared.db.models.people import LoginSession

_FIRST_SIGNUP_LOCK = 0x6C6C6D0002


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a login checks and what its token is made from.

    `workspace_id` is the one login chooses, None for who belongs to none; there may be no password.
    """

    user_id: int
    hashed_password: str | None
    token_generation: int
    workspace_id: int | None


@dataclass(frozen=True, slots=True)
class StoredUser:
    """A user's row."""

    id: int
    email: str
    hashed_password: str | None
    created_at: datetime
    token_generation: int
    email_proven: bool


@dataclass(frozen=True, slots=True)
class Member:
    """A workspace as one of its members sees it; `id` and `name` are the workspace's."""

    id: int
    name: str
    timezone: str
    role: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What PostgreSQL says about the bearer of a token. `role` is None outside the asked workspace.

    `session_generation` is None for a token that is not among the sessions; `seen` says whether it was
    within the last minute.
    """

    token_generation: int
    revoked: bool
    role: str | None
    session_generation: int | None
    seen: bool | None


async def any_user(connection: AsyncConnection) -> bool:
    """Say whether somebody has signed up."""
    return bool(await connection.scalar(select(exists(select(User.id)))))


async def lock_first_signup(connection: AsyncConnection) -> None:
    """Wait for every other signup that might be the first; held until the transaction ends."""
    await connection.execute(select(func.pg_advisory_xact_lock(_FIRST_SIGNUP_LOCK)))


async def insert_user(
    connection: AsyncConnection, email: str, hashed_password: str | None, *, email_proven: bool
) -> int | None:
    """Store a user and return the id, or None when the e-mail is taken."""
    return await connection.scalar(
        upsert(User)
        .values(email=email, hashed_password=hashed_password, email_proven=email_proven)
        .on_conflict_do_nothing(index_elements=[User.email])
        .returning(User.id)
    )


async def insert_workspace(
    connection: AsyncConnection, name: str, timezone: str, owner_id: int, *, personal: bool
) -> int:
    """Store a workspace with its owner and return its id; a login chooses the `personal` one."""
    workspace_id = (
        await connection.execute(
            insert(Workspace).values(name=name, timezone=timezone).returning(Workspace.id)
        )
    ).scalar_one()
    await connection.execute(
        insert(Membership).values(
            workspace_id=workspace_id, user_id=owner_id, role="owner", personal=personal
        )
    )
    return workspace_id


def _credentials_query() -> Any:
    return (
        select(User.id, User.hashed_password, User.token_generation, Membership.workspace_id)
        .outerjoin(Membership, Membership.user_id == User.id)
        .order_by(Membership.personal.desc(), Membership.workspace_id)
        .limit(1)
    )


async def find_credentials(connection: AsyncConnection, email: str) -> Credentials | None:
    """Return what a login with this e-mail (lower case) is checked against."""
    row = (await connection.execute(_credentials_query().where(User.email == email))).one_or_none()
    return None if row is None else Credentials(*row)


async def find_credentials_of(connection: AsyncConnection, user_id: int) -> Credentials | None:
    """Return what a token of this user is made from."""
    row = (await connection.execute(_credentials_query().where(User.id == user_id))).one_or_none()
    return None if row is None else Credentials(*row)


async def find_user(connection: AsyncConnection, user_id: int) -> StoredUser | None:
    """Return a user, or None when there is none with this id."""
    row = (
        await connection.execute(
            select(
                User.id,
                User.email,
                User.hashed_password,
                User.created_at,
                User.token_generation,
                User.email_proven,
            ).where(User.id == user_id)
        )
    ).one_or_none()
    return None if row is None else StoredUser(*row)


async def lock_user(connection: AsyncConnection, user_id: int) -> None:
    """Wait for every other change of the user's row; held until the transaction ends."""
    await connection.execute(select(User.id).where(User.id == user_id).with_for_update(key_share=True))


async def list_memberships(connection: AsyncConnection, user_id: int) -> list[Member]:
    """Return the user's workspaces, the personal one first."""
    rows = (
        await connection.execute(
            select(Workspace.id, Workspace.name, Workspace.timezone, Membership.role)
            .join(Membership, Membership.workspace_id == Workspace.id)
            .where(Membership.user_id == user_id)
            .order_by(Membership.personal.desc(), Workspace.id)
        )
    ).all()
    return [Member(*row) for row in rows]


async def find_standing(
    connection: AsyncConnection, *, user_id: int, jti: UUID, workspace_id: int
) -> Standing | None:
    """Return what is known about a token's bearer in a workspace, or None when the user is gone."""
    row = (
        await connection.execute(
            select(
                User.token_generation,
                exists(select(RevokedToken.jti).where(RevokedToken.jti == jti)),
                select(Membership.role)
                .where(Membership.user_id == User.id, Membership.workspace_id == workspace_id)
                .scalar_subquery(),
                LoginSession.generation,
                LoginSession.last_seen_at > text("now() - interval '1 minute'"),
            )
            .outerjoin(LoginSession, and_(LoginSession.jti == jti, LoginSession.user_id == User.id))
            .where(User.id == user_id)
        )
    ).one_or_none()
    return None if row is None else Standing(*row)


async def change_password(
    connection: AsyncConnection, user_id: int, hashed_password: str, *, was: str
) -> int | None:
    """Set a new password and return the new token generation, which ends all tokens of the old one.

    None when the password is no longer `was`: another change came first.
    """
    return await connection.scalar(
        update(User)
        .where(User.id == user_id, User.hashed_password == was)
        .values(hashed_password=hashed_password, token_generation=User.token_generation + 1)
        .returning(User.token_generation)
    )


async def replace_password(connection: AsyncConnection, user_id: int, hashed_password: str | None) -> int:
    """Set a password, or none, for somebody whose e-mail was proven; return the new token generation."""
    generation: int | None = await connection.scalar(
        update(User)
        .where(User.id == user_id)
        .values(
            hashed_password=hashed_password,
            email_proven=True,
            token_generation=User.token_generation + 1,
        )
        .returning(User.token_generation)
    )
    assert generation is not None, "users are not deleted"
    return generation


async def revoke_token(connection: AsyncConnection, jti: UUID, user_id: int, expires_at: datetime) -> None:
    """End a token, and forget those that have expired by themselves for a day."""
    await connection.execute(
        upsert(RevokedToken)
        .values(jti=jti, user_id=user_id, expires_at=expires_at)
        .on_conflict_do_nothing(index_elements=[RevokedToken.jti])
    )
    await connection.execute(
        delete(RevokedToken).where(RevokedToken.expires_at < text("now() - interval '1 day'"))
    )


async def is_revoked(connection: AsyncConnection, jti: UUID) -> bool:
    """Say whether a token was ended by itself, before its time."""
    return bool(
        await connection.scalar(select(exists(select(RevokedToken.jti).where(RevokedToken.jti == jti))))
    )


async def alert_threshold(connection: AsyncConnection, workspace_id: int) -> Decimal:
    """Return the share of a budget at which the workspace is alerted."""
    return (
        await connection.execute(select(Workspace.budget_alert_threshold).where(Workspace.id == workspace_id))
    ).scalar_one()


async def write_audit(
    connection: AsyncConnection,
    *,
    workspace_id: int | None,
    actor: str,
    action: str,
    target: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    """Append to the audit log, in the transaction of the act itself. `actor` is `user:<id>` or `key:<id>`."""
    await connection.execute(
        insert(AuditEntry).values(
            workspace_id=workspace_id, actor=actor, action=action, target=target, details=dict(details or {})
        )
    )
