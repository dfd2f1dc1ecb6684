"""The sign-ins of people in PostgreSQL: which tokens are out, when each was last seen, ending them."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, exists, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_shared.db.models.accounts import RevokedToken, User
from llmlab_shared.db.models.people import LoginSession

# Nobody looks through more of them; all of them can be ended at once.
SHOWN = 200


class StoredSession(NamedTuple):
    """A token that is good, without the token."""

    jti: UUID
    kind: str
    agent: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


async def insert_session(
    connection: AsyncConnection,
    *,
    jti: UUID,
    user_id: int,
    generation: int,
    kind: str,
    agent: str,
    expires_at: datetime,
) -> None:
    """Store a token that is handed out, and forget those of the user that have expired."""
    await connection.execute(
        delete(LoginSession).where(LoginSession.user_id == user_id, LoginSession.expires_at < func.now())
    )
    await connection.execute(
        insert(LoginSession).values(
            jti=jti, user_id=user_id, generation=generation, kind=kind, agent=agent, expires_at=expires_at
        )
    )


async def mark_seen(
    connection: AsyncConnection, *, jti: UUID, user_id: int, generation: int, agent: str, expires_at: datetime
) -> None:
    """Note that a token was just used; one that was handed out before there were sessions becomes one."""
    await connection.execute(
        upsert(LoginSession)
        .values(
            jti=jti,
            user_id=user_id,
            generation=generation,
            kind="token",
            agent=agent,
            expires_at=expires_at,
        )
        .on_conflict_do_update(
            index_elements=[LoginSession.jti],
            set_={"last_seen_at": func.now()},
            where=LoginSession.last_seen_at < text("now() - interval '1 minute'"),
        )
    )


def _alive(user_id: int) -> tuple[Any, ...]:
    return (
        LoginSession.user_id == user_id,
        LoginSession.expires_at > func.now(),
        LoginSession.generation == select(User.token_generation).where(User.id == user_id).scalar_subquery(),
        ~exists(select(RevokedToken.jti).where(RevokedToken.jti == LoginSession.jti)),
    )


async def list_sessions(connection: AsyncConnection, user_id: int) -> list[StoredSession]:
    """Return the user's tokens that are good, the newest first, at most `SHOWN`."""
    result = await connection.execute(
        select(
            LoginSession.jti,
            LoginSession.kind,
            LoginSession.agent,
            LoginSession.created_at,
            LoginSession.last_seen_at,
            LoginSession.expires_at,
        )
        .where(*_alive(user_id))
        .order_by(LoginSession.created_at.desc(), LoginSession.jti)
        .limit(SHOWN)
    )
    return [StoredSession(*row) for row in result]


async def find_expiry(connection: AsyncConnection, user_id: int, jti: UUID) -> datetime | None:
    """Return when a good token of the user's would expire, or None when there is no such token."""
    return await connection.scalar(
        select(LoginSession.expires_at).where(LoginSession.jti == jti, *_alive(user_id))
    )


async def end_all_but(connection: AsyncConnection, user_id: int, jti: UUID, *, generation: int) -> bool:
    """End every token of the user's except one. False when that one is itself ended by now.

    Tokens that are not among the sessions end too. `generation` is the one in which the token is good.
    """
    newer = await connection.scalar(
        update(User)
        .where(
            User.id == user_id,
            User.token_generation == generation,
            ~exists(select(RevokedToken.jti).where(RevokedToken.jti == jti)),
        )
        .values(token_generation=User.token_generation + 1)
        .returning(User.token_generation)
    )
    if newer is None:
        return False
    await connection.execute(
        update(LoginSession)
        .where(LoginSession.jti == jti, LoginSession.user_id == user_id)
        .values(generation=newer)
    )
    return True
