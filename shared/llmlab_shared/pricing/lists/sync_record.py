"""What is remembered of syncs: which list was brought in, what it held, and when one was looked at last."""

from datetime import date, datetime
from typing import Any, NamedTuple

import asyncpg
import msgspec


class SyncedList(NamedTuple):
    """The list that was synced last; `listed` counts its models by provider, empty where nobody counted.

    `synced_at` is when it was brought in, None for one that is about to be.
    """

    source: str
    digest: str
    newest_price: date | None
    listed: dict[str, int]
    synced_at: datetime | None = None


_LATEST = (
    "SELECT source, digest, newest_price, listed::text, synced_at FROM price_syncs ORDER BY id DESC LIMIT 1"
)
_EVER = "SELECT EXISTS (SELECT FROM price_syncs WHERE digest = $1)"
_RECORD = """
INSERT INTO price_syncs (source, digest, prices, aliases, newest_price, listed, synced_at)
VALUES ($1, $2, $3, $4, $5, $6::text::jsonb, coalesce($7, now()))
"""
_LOOKED = """
UPDATE price_syncs SET looked_at = now(), refused = $1 WHERE id = (SELECT max(id) FROM price_syncs)
"""


async def latest_list(connection: asyncpg.Connection) -> SyncedList | None:
    """Return the list that was synced last, None before the first."""
    row = await connection.fetchrow(_LATEST)
    if row is None:
        return None
    listed: dict[str, Any] = msgspec.json.decode(row["listed"])
    return SyncedList(row["source"], row["digest"], row["newest_price"], listed, row["synced_at"])


async def was_synced(connection: asyncpg.Connection, digest: str) -> bool:
    """Tell whether a list was ever brought in."""
    ever: bool = await connection.fetchval(_EVER, digest)
    return ever


async def record_list(
    connection: asyncpg.Connection, synced: SyncedList, *, prices: int, aliases: int
) -> None:
    """Keep that a list was brought in, and how many prices and aliases that changed."""
    listed = msgspec.json.encode(synced.listed).decode()
    await connection.execute(
        _RECORD, synced.source, synced.digest, prices, aliases, synced.newest_price, listed, synced.synced_at
    )


async def record_look(connection: asyncpg.Connection) -> None:
    """Keep that a look brought nothing new: the last row says when, so that looking adds none."""
    await connection.execute(_LOOKED, None)


async def record_refusal(connection: asyncpg.Connection, reason: str) -> bool:
    """Keep why a list was refused where nobody was there to read it; False when there is none in force."""
    status: str = await connection.execute(_LOOKED, reason)
    return status != "UPDATE 0"
