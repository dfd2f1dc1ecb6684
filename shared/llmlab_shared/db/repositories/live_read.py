"""What people watch live: the standing of a workspace's day and month, and the events just stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_shared.db.adjusted import adjusted
from llmlab_shared.db.repositories.costs import Calendar
from llmlab_shared.db.repositories.events_read import Place
from llmlab_shared.db.repositories.facts import SPEND
from llmlab_shared.domain.zones import day_start

_DAY = timedelta(days=1)

# What is shown of an event in passing; `GET /api/costs/{id}` has all of it.
BRIEF = (
    "id",
    "timestamp",
    "received_at",
    "provider",
    "model",
    "api",
    "api_key_id",
    "input_tokens",
    "output_tokens",
    "cost",
    "price_status",
    "billing",
    "status",
    "latency_ms",
    "feature",
    "customer",
    "user_id",
    "team",
    "project",
    "environment",
    "release",
)
_ADJUSTED = adjusted(("workspace_id", "id_time", *BRIEF, "tags"))
# One look by the primary key for each: a batch may hold events of last year, and a range between the first
# and the last of them all events of that time.
_EVENTS = text(
    f"SELECT event.* FROM unnest(CAST(:times AS timestamptz[]), CAST(:ids AS uuid[])) AS place(at, event_id) "
    f"CROSS JOIN LATERAL (SELECT {', '.join(BRIEF)}, tags::text AS tags FROM {_ADJUSTED} events "
    "WHERE workspace_id = :workspace AND id_time = place.at AND id = place.event_id LIMIT 1) event"
)
_SHARES = """
SELECT {today} AS today, provider, model, price_status,
       sum(events)::bigint AS events, sum(errors)::bigint AS errors,
       sum(input_tokens + output_tokens)::bigint AS tokens,
       {spend} AS spend
FROM {source} GROUP BY 1, 2, 3, 4
"""
_BY_DAY = text(
    _SHARES.format(
        spend=SPEND,
        today="day = :today",
        source="rollup_day WHERE workspace_id = :workspace AND day >= :first AND day < :after",
    )
)
_BY_QUARTER = text(
    _SHARES.format(
        spend=SPEND,
        today="bucket >= :today AND bucket < :tomorrow",
        source="rollup_15m WHERE workspace_id = :workspace AND bucket >= :first AND bucket < :after",
    )
)


@dataclass(frozen=True, slots=True)
class Share:
    """What a model's calls of one price status add up to, today or on the other days of the month.

    `spend` is metered cost only, the counts are of every billing.
    """

    today: bool
    provider: str
    model: str
    price_status: str
    events: int
    errors: int
    tokens: int
    spend: Decimal


async def read_shares(
    connection: AsyncConnection, workspace_id: int, calendar: Calendar, today: date
) -> list[Share]:
    """Return the parts of the local month that a local day lies in, those of the day apart."""
    first = today.replace(day=1)
    days = {"today": today, "first": first, "after": (first + 31 * _DAY).replace(day=1)}
    if not calendar.rebuilding:
        rows = await connection.execute(_BY_DAY, {"workspace": workspace_id, **days})
    else:
        edges = {name: day_start(day, calendar.zone) for name, day in days.items()}
        edges["tomorrow"] = day_start(today + _DAY, calendar.zone)
        rows = await connection.execute(_BY_QUARTER, {"workspace": workspace_id, **edges})
    return [Share(*row) for row in rows]


async def read_brief(
    connection: AsyncConnection, workspace_id: int, places: Sequence[Place]
) -> Mapping[UUID, dict[str, Any]]:
    """Return the events at these places as they hold now, by id; what is gone is missing."""
    if not places:
        return {}
    asked = {
        "workspace": workspace_id,
        "times": [place.id_time for place in places],
        "ids": [place.id for place in places],
    }
    rows = await connection.execute(_EVENTS, asked)
    return {row["id"]: dict(row) for row in rows.mappings()}
