"""Everybody who has an account on the installation, as its operator sees them. Plain asyncpg."""

from datetime import datetime
from typing import NamedTuple

import asyncpg
import msgspec

_USERS = """
SELECT u.id, u.email, u.created_at, u.hashed_password IS NOT NULL AS has_password,
    EXISTS (SELECT FROM identities i WHERE i.user_id = u.id) AS has_identity,
    (SELECT max(s.last_seen_at) FROM sessions s WHERE s.user_id = u.id) AS last_seen_at,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('id', w.id, 'name', w.name, 'role', m.role)
                               ORDER BY w.id), '[]')
     FROM memberships m JOIN workspaces w ON w.id = m.workspace_id WHERE m.user_id = u.id)::text AS places
FROM users u ORDER BY u.id DESC LIMIT $1
"""


class Place(msgspec.Struct, frozen=True):
    """A workspace that somebody belongs to."""

    id: int
    name: str
    role: str


class ListedUser(NamedTuple):
    """Somebody with an account. `has_identity`: another issuer vouches for them."""

    id: int
    email: str
    created_at: datetime
    has_password: bool
    has_identity: bool
    last_seen_at: datetime | None
    places: list[Place]


async def read_users(connection: asyncpg.Connection, limit: int) -> list[ListedUser]:
    """Return the newest users."""
    return [
        ListedUser(*row.values())._replace(places=msgspec.json.decode(row["places"], type=list[Place]))
        for row in await connection.fetch(_USERS, limit)
    ]


async def write_audit(connection: asyncpg.Connection, action: str, target: str) -> None:
    """Append to the audit log what the operator did on the machine."""
    await connection.execute(
        "INSERT INTO audit_log (actor, action, target) VALUES ('operator', $1, $2)", action, target
    )


async def find_user_id(connection: asyncpg.Connection, email: str) -> int | None:
    """Return the id of the user with an e-mail, in lower case; None when there is nobody."""
    found: int | None = await connection.fetchval("SELECT id FROM users WHERE email = $1", email)
    return found
