"""Price versions and aliases as they lie in the database: reading what is in force, appending."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

import asyncpg

EVERYONE: Final = 0


class StoredPrice(NamedTuple):
    """One price version; `rates` is its document as JSON text.

    `withdrawn` ends what held before it; of a custom price it says that the version was taken back, as
    if it had never been. A custom price ends at `valid_until`, or where the next one begins.
    """

    id: int
    workspace_id: int
    layer: str
    provider: str
    model: str
    context: str
    valid_from: datetime
    withdrawn: bool
    rates: str
    valid_until: datetime | None = None


class Alias(NamedTuple):
    """Another name of a model.

    A workspace's own may lead to another provider's model: a deployment, a gateway's name for it.
    """

    workspace_id: int
    provider: str
    alias: str
    model: str
    source: str
    target_provider: str | None = None


class PriceState(NamedTuple):
    """What differs when prices or aliases of a workspace were added or changed; none is ever removed."""

    last_price: int
    aliases: int
    aliases_set_at: datetime | None


class NewPrice(NamedTuple):
    """A price version to append."""

    layer: str
    provider: str
    model: str
    context: str
    valid_from: datetime
    withdrawn: bool
    rates: str
    source: str


# Of several versions for the same instant the one recorded last holds.
_PRICES = """
SELECT DISTINCT ON (workspace_id, provider, model, layer, context, valid_from)
       id, workspace_id, layer, provider, model, context, valid_from, withdrawn, rates::text,
       valid_until
  FROM price_versions
 WHERE workspace_id = ANY($1::bigint[])
 ORDER BY workspace_id, provider, model, layer, context, valid_from, recorded_at DESC, id DESC
"""
_ALIASES = """
SELECT workspace_id, provider, alias, model, source, target_provider
  FROM model_aliases WHERE workspace_id = ANY($1::bigint[])
"""
_STATE = """
SELECT (SELECT coalesce(max(id), 0) FROM price_versions WHERE workspace_id = $1), count(*), max(set_at)
  FROM model_aliases WHERE workspace_id = $1
"""
# Not COPY: the caller's connection may carry a JSON codec of its own.
_APPEND = """
INSERT INTO price_versions (layer, provider, model, context, valid_from, withdrawn, rates, source)
SELECT layer, provider, model, context, valid_from, withdrawn, rates::jsonb, source
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::boolean[], $7::text[],
              $8::text[])
    AS new (layer, provider, model, context, valid_from, withdrawn, rates, source)
"""
_PUT_ALIASES = """
INSERT INTO model_aliases (workspace_id, provider, alias, model, source)
SELECT 0, * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
    ON CONFLICT (workspace_id, provider, alias) DO UPDATE
   SET model = EXCLUDED.model, source = EXCLUDED.source, set_at = now()
"""


async def read_prices(connection: asyncpg.Connection, workspace_ids: Sequence[int]) -> list[StoredPrice]:
    """Return the versions of these workspaces (0: everyone's), the latest record of each instant."""
    return [StoredPrice(*row) for row in await connection.fetch(_PRICES, list(workspace_ids))]


async def read_aliases(connection: asyncpg.Connection, workspace_ids: Sequence[int]) -> list[Alias]:
    """Return the aliases of these workspaces."""
    return [Alias(*row) for row in await connection.fetch(_ALIASES, list(workspace_ids))]


async def read_state(connection: asyncpg.Connection, workspace_id: int) -> PriceState:
    """Return what tells whether prices that were read are still all there is."""
    return PriceState(*await connection.fetchrow(_STATE, workspace_id))


async def append_prices(connection: asyncpg.Connection, prices: Sequence[NewPrice]) -> None:
    """Append everyone's price versions; call it inside a transaction that entered a change of prices."""
    await connection.execute(_APPEND, *(list(column) for column in zip(*prices, strict=True)))


async def put_aliases(connection: asyncpg.Connection, aliases: Sequence[Alias]) -> None:
    """Add everyone's aliases, or point those that exist elsewhere."""
    await connection.execute(
        _PUT_ALIASES,
        [alias.provider for alias in aliases],
        [alias.alias for alias in aliases],
        [alias.model for alias in aliases],
        [alias.source for alias in aliases],
    )
