"""What stands around one event: the key that sent it, the price it was charged by, calls told of twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_shared.db.adjusted import adjusted
from llmlab_shared.db.repositories.costs import TooManyEvents
from llmlab_shared.db.repositories.events_read import Place

# One call is told of twice within a day or two, or not at all.
AROUND: Final = timedelta(hours=48)
MOST_ALIKE: Final = 10
# No index leads to a response; so many events are looked through in tenths of a second.
MOST_LOOKED_THROUGH: Final = 400_000

_SENDER = text("SELECT name, prefix, revoked_at FROM api_keys WHERE id = :id AND workspace_id = :workspace")
# A version ends by itself or where the next one of its key begins.
_PRICE = text("""
SELECT p.provider, p.model, p.context, p.layer, p.source, p.valid_from, p.rates::text AS rates,
    least(p.valid_until, (
        SELECT min(later.valid_from) FROM price_versions later
        WHERE later.workspace_id = p.workspace_id AND later.provider = p.provider AND later.model = p.model
            AND later.layer = p.layer AND later.context = p.context AND later.valid_from > p.valid_from
            AND NOT (later.withdrawn AND later.layer = 'custom')
    )) AS valid_until
FROM price_versions p WHERE p.id = :id AND p.workspace_id IN (0, :workspace)
""")
_EVENTS = adjusted(
    ("workspace_id", "id_time", "id", "timestamp", "provider", "response_id", "api_key_id", "cost")
)
_AROUND = text(
    "SELECT coalesce(sum(events), 0)::bigint FROM rollup_15m "
    "WHERE workspace_id = :workspace AND bucket BETWEEN :early AND :late"
)
_ALIKE = text(
    f"SELECT id, timestamp, cost, api_key_id FROM {_EVENTS} events WHERE workspace_id = :workspace "
    "AND id_time BETWEEN :early AND :late AND response_id = :response_id AND provider = :provider "
    f"AND id <> :id ORDER BY id_time, id LIMIT {MOST_ALIKE}"
)


@dataclass(frozen=True, slots=True)
class Sender:
    """The API key that events came with; `revoked_at` is when it ended."""

    name: str
    prefix: str
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class ChargedPrice:
    """A price version; `rates` is its document as JSON, the times are null where it has no such edge."""

    provider: str
    model: str
    context: str
    layer: str
    source: str
    valid_from: datetime
    rates: str
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class SameResponse:
    """Another event that names the same response of the same provider."""

    id: UUID
    timestamp: datetime
    cost: Decimal | None
    api_key: int


async def find_sender(connection: AsyncConnection, workspace_id: int, api_key_id: int) -> Sender | None:
    """Return the key that an event came with, revoked or not; None where there is none of that id."""
    row = (await connection.execute(_SENDER, {"id": api_key_id, "workspace": workspace_id})).first()
    return None if row is None else Sender(*row)


async def find_charged_price(
    connection: AsyncConnection, workspace_id: int, price_id: int
) -> ChargedPrice | None:
    """Return a price version by its id: everyone's, or one of the workspace's own."""
    row = (await connection.execute(_PRICE, {"id": price_id, "workspace": workspace_id})).first()
    return None if row is None else ChargedPrice(**row._mapping)


async def list_same_response(
    connection: AsyncConnection, workspace_id: int, place: Place, provider: str, response_id: str
) -> Sequence[SameResponse]:
    """Return other events around a place with the same response; raise `TooManyEvents` where many lie there.

    All events within two days are looked through.
    """
    around = {
        "workspace": workspace_id,
        "early": place.id_time - AROUND,
        "late": place.id_time + AROUND,
    }
    events = await connection.scalar(_AROUND, around)
    if events > MOST_LOOKED_THROUGH:
        raise TooManyEvents(events)
    asked = {**around, "id": place.id, "provider": provider, "response_id": response_id}
    return [SameResponse(*row) for row in await connection.execute(_ALIKE, asked)]
