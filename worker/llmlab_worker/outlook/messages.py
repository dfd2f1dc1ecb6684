"""Putting messages into the outbox, each at most once, and knowing which are there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

Kind = Literal["budget_forecast", "spend_anomaly", "report"]

_TOLD = text("""
SELECT dedupe_key FROM outbox
WHERE workspace_id = :workspace AND kind = :kind AND dedupe_key = ANY (:keys)
""")
# The arbiter is a partial index, so its condition has to be named.
_TELL = text("""
INSERT INTO outbox (workspace_id, kind, payload, dedupe_key, channels)
VALUES (:workspace, :kind, CAST(:payload AS jsonb), :key, CAST(:channels AS bigint[]))
ON CONFLICT (workspace_id, kind, dedupe_key) WHERE dedupe_key IS NOT NULL DO NOTHING
""")


@dataclass(frozen=True, slots=True)
class Message:
    """What is told once for its `key`; `channels` None: wherever its kind is wanted."""

    kind: Kind
    key: str
    payload: Mapping[str, Any]
    channels: Sequence[int] | None = None


async def told(connection: AsyncConnection, workspace_id: int, kind: Kind, keys: Iterable[str]) -> set[str]:
    """Return which of these keys have a message already."""
    asked = {"workspace": workspace_id, "kind": kind, "keys": [*keys]}
    return set((await connection.scalars(_TOLD, asked)).all())


async def tell(engine: AsyncEngine, workspace_id: int, messages: Sequence[Message]) -> int:
    """Put messages into the outbox, all or none; return how many are new."""
    if not messages:
        return 0
    new = 0
    async with engine.begin() as connection:
        for message in messages:
            result = await connection.execute(
                _TELL,
                {
                    "workspace": workspace_id,
                    "kind": message.kind,
                    "payload": msgspec.json.encode(message.payload).decode(),
                    "key": message.key,
                    "channels": None if message.channels is None else [*message.channels],
                },
            )
            new += result.rowcount
    return new
