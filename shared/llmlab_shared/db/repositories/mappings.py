"""A workspace's own names of models (deployments, fine-tunes, ARNs) and the models they stand for.

Changes are made in a transaction that entered a change of prices (`llmlab_shared.db.epochs`).
"""

from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_LIST = text("""
SELECT provider, alias, model, coalesce(target_provider, provider) FROM model_aliases
WHERE workspace_id = :workspace
    AND (CAST(:provider AS text) IS NULL
         OR (provider COLLATE "C", alias COLLATE "C") > (CAST(:provider AS text), CAST(:name AS text)))
ORDER BY provider COLLATE "C", alias COLLATE "C" LIMIT :limit
""")
_FIND = text("""
SELECT provider, alias, model, coalesce(target_provider, provider) FROM model_aliases
WHERE workspace_id = :workspace AND provider = :provider AND alias = :name
""")
_COUNT = text("SELECT count(*) FROM model_aliases WHERE workspace_id = :workspace")
_PUT = text("""
INSERT INTO model_aliases (workspace_id, provider, alias, model, source, target_provider, set_at)
VALUES (:workspace, :provider, :name, :model, :source, :target, clock_timestamp())
ON CONFLICT (workspace_id, provider, alias)
DO UPDATE SET model = EXCLUDED.model, source = EXCLUDED.source, target_provider = EXCLUDED.target_provider,
    set_at = EXCLUDED.set_at
""")
_DELETE = text("""
DELETE FROM model_aliases WHERE workspace_id = :workspace AND provider = :provider AND alias = :name
""")


class Mapping(NamedTuple):
    """Calls of (`provider`, `name`) are priced as those of (`target_provider`, `model`); all lower-case."""

    provider: str
    name: str
    model: str
    target_provider: str


async def list_mappings(
    connection: AsyncConnection, workspace_id: int, *, after: tuple[str, str] | None = None, limit: int
) -> list[Mapping]:
    """Return a workspace's mappings by provider and name, beginning after such a pair."""
    provider, name = after or (None, None)
    asked = {"workspace": workspace_id, "provider": provider, "name": name, "limit": limit}
    return [Mapping(*row) for row in await connection.execute(_LIST, asked)]


async def find_mapping(
    connection: AsyncConnection, workspace_id: int, provider: str, name: str
) -> Mapping | None:
    """Return a workspace's mapping of a name, or None."""
    asked = {"workspace": workspace_id, "provider": provider, "name": name}
    row = (await connection.execute(_FIND, asked)).first()
    return None if row is None else Mapping(*row)


async def count_mappings(connection: AsyncConnection, workspace_id: int) -> int:
    """Return how many mappings a workspace has."""
    count: int = await connection.scalar(_COUNT, {"workspace": workspace_id})
    return count


async def put_mapping(connection: AsyncConnection, workspace_id: int, mapping: Mapping, source: str) -> None:
    """Add a mapping, or point its name elsewhere; `source` says who did."""
    await connection.execute(
        _PUT,
        {
            "workspace": workspace_id,
            "provider": mapping.provider,
            "name": mapping.name,
            "model": mapping.model,
            "source": source,
            "target": mapping.target_provider,
        },
    )


async def delete_mapping(connection: AsyncConnection, workspace_id: int, provider: str, name: str) -> bool:
    """Remove a mapping and say whether there was one."""
    asked = {"workspace": workspace_id, "provider": provider, "name": name}
    return (await connection.execute(_DELETE, asked)).rowcount > 0
