"""Which user somebody is whom another issuer of tokens vouches for."""

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_shared.db.models.people import Identity

_LINKING_LOCK = 0x6C6C6D0003


async def find_user_of(connection: AsyncConnection, issuer: str, subject: str) -> int | None:
    """Return the id of the user, or None for somebody who has not been here."""
    return await connection.scalar(
        select(Identity.user_id).where(Identity.issuer == issuer, Identity.subject == subject)
    )


async def lock_linking(connection: AsyncConnection) -> None:
    """Wait for every other identity that is linked just now; held until the transaction ends."""
    await connection.execute(select(func.pg_advisory_xact_lock(_LINKING_LOCK)))


async def insert_identity(connection: AsyncConnection, issuer: str, subject: str, user_id: int) -> None:
    """Store that somebody is this user."""
    await connection.execute(
        upsert(Identity)
        .values(issuer=issuer, subject=subject, user_id=user_id)
        .on_conflict_do_nothing(index_elements=[Identity.issuer, Identity.subject])
    )
