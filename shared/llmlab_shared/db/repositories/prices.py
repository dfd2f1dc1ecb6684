"""The price book as people read and change it: what is in force, what ever was, a workspace's own prices.

How prices win over each other is `llmlab_shared.pricing.price_book`'s to say; here it is told of versions
of one (provider, model, context). Changes of a workspace's prices are made in a transaction that entered a
change of prices (`llmlab_shared.db.epochs`), at READ COMMITTED.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import BigInteger

# Replaced: the same instant was recorded anew. What a workspace took back never was, and so ends nothing;
# what everyone's list took back ends the version before it. All windows begin alike, and compare bytes, so
# that the rows are sorted once.
_VERSIONS = """
WITH named AS (
    SELECT id, layer, provider COLLATE "C" AS provider, lower(model) COLLATE "C" AS name,
        context COLLATE "C" AS context, valid_from, valid_until, withdrawn, recorded_at,
        array_position(ARRAY['catalogue', 'override', 'custom'], layer) AS rank,
        jsonb_exists(rates, 'factor') AS relative
    FROM price_versions WHERE workspace_id IN (0, :workspace) AND {conditions}
), recorded AS (
    SELECT *, row_number() OVER (
        PARTITION BY provider, name, context, rank, valid_from ORDER BY recorded_at DESC, id DESC
    ) > 1 AS replaced FROM named
), standing AS (
    SELECT *, replaced OR (withdrawn AND layer = 'custom') AS void FROM recorded
), lasting AS (
    SELECT *, CASE WHEN void THEN valid_until ELSE least(
        valid_until,
        lead(valid_from) OVER (PARTITION BY provider, name, context, rank, void ORDER BY valid_from)
    ) END AS ends_at FROM standing
), timed AS (
    SELECT *, NOT void AND NOT withdrawn AND valid_from <= :at AND (ends_at IS NULL OR ends_at > :at)
        AS in_force FROM lasting
), ranked AS (
    SELECT *,
        bool_or(in_force AND layer = 'custom' AND NOT relative) OVER key AS has_own,
        bool_or(in_force AND layer = 'override') OVER key AS overridden
    FROM timed WINDOW key AS (PARTITION BY provider, name, context)
), page AS (
    SELECT id, name, rank, ends_at, replaced,
        in_force AND (layer = 'custom' OR (NOT has_own AND (layer = 'override' OR NOT overridden)))
            AS effective
    FROM ranked WHERE {tail} ORDER BY {order} LIMIT :limit
)
SELECT id, layer, provider, model, context, valid_from, ends_at AS valid_until, valid_until AS stated_until,
    rates::text AS rates, source, recorded_at, replaced, withdrawn, effective, name, rank
FROM page JOIN price_versions USING (id) ORDER BY {order}
"""
_BY_NAME = 'provider COLLATE "C", name, context COLLATE "C", rank'
_NEWEST_FIRST = "valid_from DESC, id DESC"

_STANDING = """
SELECT * FROM (
    SELECT DISTINCT ON (provider, model, context, valid_from)
        id, provider, model, context, valid_from, valid_until, rates::text AS rates, source, withdrawn
    FROM price_versions
    WHERE workspace_id = :workspace AND layer = 'custom' AND {conditions}
    ORDER BY provider, model, context, valid_from, recorded_at DESC, id DESC
) latest WHERE NOT withdrawn
"""
_OF_KEY = text(
    _STANDING.format(conditions="provider = :provider AND model = :model AND context = :context")
    + "ORDER BY valid_from"
)
_BY_ID = text(
    _STANDING.format(
        conditions="(provider, model, context, valid_from) = "
        "(SELECT provider, model, context, valid_from FROM price_versions "
        "WHERE id = :id AND workspace_id = :workspace)"
    )
    + "AND id = :id"
)
_COUNT = text(f"SELECT count(*) FROM ({_STANDING.format(conditions='true')}) own")

# Not `now()`, which is when the transaction began: what waited for the lock longer is the later record.
_RECORDED = "greatest(clock_timestamp(), {after} + interval '1 microsecond')"
_ADD = text(f"""
INSERT INTO price_versions
    (workspace_id, layer, provider, model, context, valid_from, valid_until, rates, source, recorded_at)
SELECT :workspace, 'custom', :provider, :model, :context, :valid_from, :valid_until, CAST(:rates AS jsonb),
    :source, {_RECORDED.format(after="max(recorded_at)")}
FROM price_versions
WHERE workspace_id = :workspace AND layer = 'custom' AND provider = :provider AND model = :model
    AND context = :context AND valid_from = :valid_from
RETURNING id
""")
_WITHDRAW = text(f"""
INSERT INTO price_versions
    (workspace_id, layer, provider, model, context, valid_from, withdrawn, rates, source, recorded_at)
SELECT workspace_id, layer, provider, model, context, valid_from, true, '{{}}', '',
    {_RECORDED.format(after="recorded_at")}
FROM price_versions WHERE id = ANY(:ids) AND workspace_id = :workspace
""").bindparams(bindparam("ids", type_=ARRAY(BigInteger)))

_PROVIDERS = text("""
SELECT provider FROM unnest(CAST(:providers AS text[])) AS asked (provider)
WHERE EXISTS (SELECT FROM price_versions p
              WHERE p.workspace_id IN (0, :workspace) AND p.provider = asked.provider)
    OR EXISTS (SELECT FROM model_aliases a
               WHERE a.workspace_id = :workspace AND a.provider = asked.provider)
""")
_LISTING = text("""
SELECT DISTINCT lower(model) AS name, provider FROM price_versions
WHERE workspace_id IN (0, :workspace) AND lower(model) = ANY(CAST(:names AS text[]))
    AND NOT (withdrawn AND layer = 'custom') AND (context = '' OR workspace_id = :workspace)
UNION
SELECT alias, provider FROM model_aliases
WHERE workspace_id = :workspace AND alias = ANY(CAST(:names AS text[]))
""")


@dataclass(frozen=True, slots=True)
class PriceRow:
    """A version with how it stands: `valid_until` is where it ends by itself or where another begins.

    `stated_until` is the end that it was given itself, if any. `rates` is its document as JSON text.
    `effective`: at the instant asked about it is in force, and no version of another layer wins over it.
    """

    id: int
    layer: str
    provider: str
    model: str
    context: str
    valid_from: datetime
    valid_until: datetime | None
    stated_until: datetime | None
    rates: str
    source: str
    recorded_at: datetime
    replaced: bool
    withdrawn: bool
    effective: bool
    name: str
    rank: int


class ListPlace(NamedTuple):
    """Where a page of the list begins: after this version, by what the list is sorted by."""

    provider: str
    name: str
    context: str
    rank: int


class HistoryPlace(NamedTuple):
    """Where a page of a history begins."""

    valid_from: datetime
    id: int


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """A workspace's price that stands; `valid_until` is the end that it was given itself, if any.

    `id` is 0 before it is recorded.
    """

    id: int
    provider: str
    model: str
    context: str
    valid_from: datetime
    valid_until: datetime | None
    rates: str
    source: str


async def list_prices(
    connection: AsyncConnection,
    workspace_id: int,
    at: datetime,
    *,
    provider: str | None = None,
    model: str | None = None,
    prefix: str | None = None,
    context: str | None = None,
    layer: str | None = None,
    after: ListPlace | None = None,
    limit: int,
) -> list[PriceRow]:
    """Return everyone's versions and the workspace's own that are in force at an instant.

    They are sorted by provider, model, context and layer. `model` and `prefix` are lower-case; '' is the
    standard context.
    """
    asked: dict[str, Any] = {"workspace": workspace_id, "at": at, "limit": limit}
    conditions, tail = ["true"], ["in_force"]
    for name, value, condition in (
        ("provider", provider, "provider = :provider"),
        ("model", model, "lower(model) = :model"),
        ("prefix", prefix, "starts_with(lower(model), :prefix)"),
        ("context", context, "context = :context"),
    ):
        if value is not None:
            asked[name] = value
            conditions.append(condition)
    if layer is not None:
        # After the others: whether a version is effective depends on the layers that are not asked for.
        asked["layer"] = layer
        tail.append("layer = :layer")
    if after is not None:
        asked |= {f"after_{name}": value for name, value in after._asdict().items()}
        place = "(:after_provider, :after_name, :after_context"
        key = 'provider COLLATE "C", {} COLLATE "C", context COLLATE "C"'
        conditions.append(f"({key.format('lower(model)')}) >= {place})")
        tail.append(f"({key.format('name')}, rank) > {place}, :after_rank)")
    return await _read_versions(connection, asked, conditions, tail, _BY_NAME)


async def list_history(
    connection: AsyncConnection,
    workspace_id: int,
    at: datetime,
    *,
    provider: str,
    model: str,
    context: str | None = None,
    after: HistoryPlace | None = None,
    limit: int,
) -> list[PriceRow]:
    """Return every version of a model that was ever recorded, the newest beginning first.

    `at` is the instant at which a version may be effective; `model` is lower-case.
    """
    asked: dict[str, Any] = {
        "workspace": workspace_id,
        "at": at,
        "provider": provider,
        "model": model,
        "limit": limit,
    }
    conditions, tail = ["provider = :provider", "lower(model) = :model"], ["true", *_after(asked, after)]
    if context is not None:
        asked["context"] = context
        conditions.append("context = :context")
    return await _read_versions(connection, asked, conditions, tail, _NEWEST_FIRST)


async def list_own(
    connection: AsyncConnection,
    workspace_id: int,
    at: datetime,
    *,
    after: HistoryPlace | None = None,
    limit: int,
) -> list[PriceRow]:
    """Return the prices of a workspace's own that stand, whenever they hold, the newest beginning first."""
    asked: dict[str, Any] = {"workspace": workspace_id, "at": at, "limit": limit}
    tail = ["NOT void", *_after(asked, after)]
    return await _read_versions(
        connection, asked, ["workspace_id = :workspace", "layer = 'custom'"], tail, _NEWEST_FIRST
    )


async def find_price(connection: AsyncConnection, workspace_id: int, at: datetime, own: OwnPrice) -> PriceRow:
    """Return a price of the workspace's own with how it stands at an instant."""
    asked = {
        "workspace": workspace_id,
        "at": at,
        "provider": own.provider,
        "model": own.model,
        "context": own.context,
        "id": own.id,
        "limit": 1,
    }
    conditions = ["provider = :provider", "lower(model) = :model", "context = :context"]
    return (await _read_versions(connection, asked, conditions, ["id = :id"], _NEWEST_FIRST))[0]


async def read_own_prices(
    connection: AsyncConnection, workspace_id: int, provider: str, model: str, context: str
) -> list[OwnPrice]:
    """Return the prices of a workspace's own that stand for a key, in the order in which they begin."""
    asked = {"workspace": workspace_id, "provider": provider, "model": model, "context": context}
    return [_own(row) for row in await connection.execute(_OF_KEY, asked)]


async def find_own_price(connection: AsyncConnection, workspace_id: int, price_id: int) -> OwnPrice | None:
    """Return a price of the workspace's own that stands, or None: unknown, replaced or taken back."""
    row = (await connection.execute(_BY_ID, {"workspace": workspace_id, "id": price_id})).first()
    return None if row is None else _own(row)


async def count_own_prices(connection: AsyncConnection, workspace_id: int) -> int:
    """Return how many prices of the workspace's own stand."""
    count: int = await connection.scalar(_COUNT, {"workspace": workspace_id})
    return count


async def add_own_price(connection: AsyncConnection, workspace_id: int, price: OwnPrice) -> OwnPrice:
    """Record a price of a workspace's own and return it with its id; it replaces that of its instant."""
    added: int = await connection.scalar(
        _ADD,
        {
            "workspace": workspace_id,
            "provider": price.provider,
            "model": price.model,
            "context": price.context,
            "valid_from": price.valid_from,
            "valid_until": price.valid_until,
            "rates": price.rates,
            "source": price.source,
        },
    )
    return replace(price, id=added)


async def withdraw_own_prices(connection: AsyncConnection, workspace_id: int, ids: Sequence[int]) -> None:
    """Record that these prices of the workspace's own never were."""
    await connection.execute(_WITHDRAW, {"workspace": workspace_id, "ids": list(ids)})


async def known_providers(
    connection: AsyncConnection, workspace_id: int, providers: Sequence[str]
) -> set[str]:
    """Return which of these canonical ids anything is priced or mapped under."""
    asked = {"workspace": workspace_id, "providers": list(providers)}
    return {row.provider for row in await connection.execute(_PROVIDERS, asked)}


async def listing_providers(
    connection: AsyncConnection, workspace_id: int, names: Sequence[str]
) -> dict[str, set[str]]:
    """Return the providers under which exactly these lower-case names are priced, by name.

    A workspace's own names count. Of the list's neither its aliases do, nor what is of a region only: both
    lead also to those who resell.
    """
    found: dict[str, set[str]] = {}
    for row in await connection.execute(_LISTING, {"workspace": workspace_id, "names": list(names)}):
        found.setdefault(row.name, set()).add(row.provider)
    return found


def _after(asked: dict[str, Any], place: HistoryPlace | None) -> list[str]:
    """Ask for what comes after a place, the newest beginning first; return the condition."""
    if place is None:
        return []
    asked |= {"after_from": place.valid_from, "after_id": place.id}
    return ["(valid_from, id) < (:after_from, :after_id)"]


async def _read_versions(
    connection: AsyncConnection,
    asked: dict[str, Any],
    conditions: Sequence[str],
    tail: Sequence[str],
    order: str,
) -> list[PriceRow]:
    """Return versions: `conditions` choose whole keys, `tail` among their versions as they stand."""
    statement = _VERSIONS.format(conditions=" AND ".join(conditions), tail=" AND ".join(tail), order=order)
    return [PriceRow(**row) for row in (await connection.execute(text(statement), asked)).mappings()]


def _own(row: Any) -> OwnPrice:
    return OwnPrice(*(getattr(row, name) for name in OwnPrice.__slots__))
