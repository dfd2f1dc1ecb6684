"""API keys in PostgreSQL: the lookup behind every request, and what the key pages do.

The lookup is plain asyncpg, because it stands behind ingest; everything else is SQLAlchemy.
"""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
from sqlalchemy import Row, exists, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_shared.db.models.accounts import ApiKey
from llmlab_shared.security import NewApiKey


class StoredKey(NamedTuple):
    """What a valid secret stands for. `seconds_left` is set for a secret in its grace after a rotation."""

    id: int
    workspace_id: int
    scopes: tuple[str, ...]
    defaults: bytes
    seconds_left: float | None


_FIND = """
SELECT id, workspace_id, scopes, defaults,
       CASE WHEN key_hash = $1 THEN NULL
            ELSE extract(epoch FROM previous_valid_until - clock_timestamp())::float8 END AS seconds_left
FROM api_keys
WHERE revoked_at IS NULL
  AND (key_hash = $1 OR (previous_hash = $1 AND previous_valid_until > clock_timestamp()))
"""

# Locked in one order and skipping what another process is just updating: last_used_at is worth no wait.
_MARK_USED = """
UPDATE api_keys SET last_used_at = now() WHERE id IN (
    SELECT id FROM api_keys
    WHERE id = ANY($1::bigint[]) AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
    ORDER BY id FOR UPDATE SKIP LOCKED)
"""


async def find_key(pool: asyncpg.Pool, key_hash: bytes) -> StoredKey | None:
    """Return what the secret with this SHA-256 may do, or None when there is none or it is revoked."""
    row = await pool.fetchrow(_FIND, key_hash)
    if row is None:
        return None
    defaults = json.loads(row["defaults"])
    return StoredKey(
        row["id"],
        row["workspace_id"],
        tuple(row["scopes"]),
        json.dumps(defaults, ensure_ascii=False, separators=(",", ":")).encode() if defaults else b"",
        row["seconds_left"],
    )


async def mark_used(pool: asyncpg.Pool, key_ids: Collection[int]) -> None:
    """Note that these keys were just used; each is written at most once a minute."""
    await pool.execute(_MARK_USED, sorted(key_ids))


_LISTED = (
    ApiKey.id,
    ApiKey.name,
    ApiKey.prefix,
    ApiKey.scopes,
    ApiKey.defaults,
    ApiKey.created_at,
    ApiKey.last_used_at,
    ApiKey.previous_valid_until,
)


async def insert_key(
    connection: AsyncConnection,
    key: NewApiKey,
    *,
    workspace_id: int,
    created_by: int | None,
    name: str,
    scopes: Sequence[str],
    defaults: dict[str, Any],
) -> Row[Any]:
    """Store a new key and return it as `list_keys` does."""
    result = await connection.execute(
        insert(ApiKey)
        .values(
            workspace_id=workspace_id,
            created_by=created_by,
            name=name,
            prefix=key.prefix,
            key_hash=key.hash,
            scopes=list(scopes),
            defaults=defaults,
        )
        .returning(*_LISTED)
    )
    return result.one()


async def list_keys(
    connection: AsyncConnection, workspace_id: int, *, before: int | None, limit: int
) -> Sequence[Row[Any]]:
    """Return the keys of a workspace that are not revoked, newest first, with ids below `before`."""
    query = select(*_LISTED).where(ApiKey.workspace_id == workspace_id, ApiKey.revoked_at.is_(None))
    if before is not None:
        query = query.where(ApiKey.id < before)
    return (await connection.execute(query.order_by(ApiKey.id.desc()).limit(limit))).all()


async def list_names(connection: AsyncConnection, workspace_id: int, most: int) -> Sequence[Any]:
    """Return rows of id, name and revoked_at of the workspace's keys, ended ones too, newest first."""
    query = select(ApiKey.id, ApiKey.name, ApiKey.revoked_at).where(ApiKey.workspace_id == workspace_id)
    return (await connection.execute(query.order_by(ApiKey.id.desc()).limit(most))).all()


async def find_live_key(connection: AsyncConnection, workspace_id: int, key_id: int) -> Row[Any] | None:
    """Return a key of the workspace that is not revoked, locked until the transaction ends."""
    result = await connection.execute(
        select(*_LISTED, ApiKey.key_hash, ApiKey.previous_hash)
        .where(ApiKey.id == key_id, ApiKey.workspace_id == workspace_id, ApiKey.revoked_at.is_(None))
        .with_for_update()
    )
    return result.one_or_none()


async def was_key(connection: AsyncConnection, workspace_id: int, key_id: int) -> bool:
    """Say whether the workspace has or had this key."""
    return bool(
        await connection.scalar(
            select(exists().where(ApiKey.id == key_id, ApiKey.workspace_id == workspace_id))
        )
    )


async def replace_secret(
    connection: AsyncConnection, key_id: int, key: NewApiKey, *, previous_valid_until: datetime | None
) -> Row[Any]:
    """Give a key a new secret; the old one works until the given instant, or no longer at all."""
    previous = ApiKey.key_hash if previous_valid_until is not None else None
    result = await connection.execute(
        update(ApiKey)
        .where(ApiKey.id == key_id)
        .values(
            key_hash=key.hash,
            prefix=key.prefix,
            previous_hash=previous,
            previous_valid_until=previous_valid_until,
        )
        .returning(*_LISTED)
    )
    return result.one()


async def revoke_key(connection: AsyncConnection, key_id: int) -> None:
    """End a key: neither of its secrets works any more."""
    await connection.execute(update(ApiKey).where(ApiKey.id == key_id).values(revoked_at=text("now()")))
