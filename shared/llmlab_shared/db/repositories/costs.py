"""Sums of costs, read from the rollups; from events only what no rollup keeps, and only a bounded number.

Everything that one answer holds is read in one snapshot (`read_snapshot`), so that its numbers agree
with each other. Which rows are added up is said by `facts`.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from llmlab_shared.db.adjusted import TOKEN_COLUMNS
from llmlab_shared.db.repositories.facts import SPEND, Facts, Question, totals, with_skew
from llmlab_shared.domain.dimensions import Source
from llmlab_shared.domain.events import MAX_ID_SKEW
from llmlab_shared.domain.ranges import Span, cut, split
from llmlab_shared.domain.zones import local_day

# The price statuses whose cost is money that was spent.
COSTED = ("priced", "reported", "estimated")

# More events than this are not counted one by one for an answer: about a second's work.
MAX_SCANNED = 1_000_000
MAX_GROUPS = 10_000


class TooManyEvents(Exception):
    """Counting the events one by one would take too long; `events` is how many there are."""

    def __init__(self, events: int) -> None:
        super().__init__(f"{events} events")
        self.events = events


@dataclass(frozen=True, slots=True)
class Calendar:
    """A workspace's own view of time and its tags: what its day tiers were built with."""

    zone: ZoneInfo
    declared_tags: Sequence[str]
    as_of: datetime
    rebuilding: bool = False

    @property
    def day_zone(self) -> ZoneInfo | None:
        """The zone whose days the day tiers hold; None while they are rebuilt, and nobody reads them."""
        return None if self.rebuilding else self.zone


@asynccontextmanager
async def read_snapshot(engine: AsyncEngine, timeout_ms: int) -> AsyncIterator[AsyncConnection]:
    """Yield a connection on which everything is read from one moment; a longer statement is cancelled."""
    async with engine.connect() as connection:
        snapshot = await connection.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        await snapshot.execute(text(f"SET LOCAL statement_timeout = {int(timeout_ms)}"))
        yield snapshot


async def read_calendar(connection: AsyncConnection, workspace_id: int) -> Calendar:
    """Return a workspace's zone and declared tags, and the moment the snapshot is of."""
    row = (
        await connection.execute(
            text(
                "SELECT timezone, tag_dimensions, now(), "
                "EXISTS (SELECT FROM calendar_rebuilds WHERE workspace_id = :id) "
                "FROM workspaces WHERE id = :id"
            ),
            {"id": workspace_id},
        )
    ).one()
    return Calendar(ZoneInfo(row[0]), row[1], row[2], row[3])


@dataclass(frozen=True, slots=True)
class Sums:
    """What was added up for one group: `spend` is metered cost only, `cost` that of every billing."""

    keys: tuple[str, ...]
    slot: int
    events: int
    spend: Decimal
    tokens: int


async def read_groups(
    connection: AsyncConnection, facts: Facts, keys: int, most: int = MAX_GROUPS
) -> list[Sums]:
    """Return the sums of every group, at most `most` + 1 of them, in no order."""
    names = [f"k{n}" for n in range(keys)]
    by = ", ".join(["slot", *names])
    rows = await connection.execute(
        text(
            f"SELECT {by}, sum(events)::bigint, {SPEND}, sum(input_tokens + output_tokens)::bigint "
            f"FROM ({facts.sql}) facts GROUP BY {by} HAVING sum(events) > 0 LIMIT {most + 1}"
        ),
        facts.parameters,
    )
    return [Sums(tuple(row[1 : 1 + keys]), row[0], *row[1 + keys :]) for row in rows]


@dataclass(frozen=True, slots=True)
class Overview:
    """The sums of a summary: by (provider, model), by slot, and by (price status, billing).

    `measures` names what the last have.
    """

    measures: Sequence[str]
    models: list[Sums]
    slots: list[Sums]
    statuses: list[dict[str, Any]]


OVERVIEW_KEYS = ("provider", "model", "price_status")


async def read_overview(connection: AsyncConnection, facts: Facts) -> Overview:
    """Return a summary's sums in one pass; the keys of `facts` are OVERVIEW_KEYS."""
    rows = await connection.execute(
        text(
            f"SELECT GROUPING(slot, k0, k2) AS kind, slot, k0, k1, k2, billing, {SPEND} AS spend, "
            f"{totals(facts.measures)} FROM ({facts.sql}) facts "
            "GROUP BY GROUPING SETS ((k0, k1), (slot), (k2, billing)) HAVING sum(events) > 0"
        ),
        facts.parameters,
    )
    overview = Overview(facts.measures, [], [], [])
    for row in rows.mappings():
        tokens = row["input_tokens"] + row["output_tokens"]
        if row["kind"] == 0b101:
            overview.models.append(Sums((row["k0"], row["k1"]), 0, row["events"], row["spend"], tokens))
        elif row["kind"] == 0b011:
            overview.slots.append(Sums((), row["slot"], row["events"], row["spend"], tokens))
        else:
            overview.statuses.append(dict(row))
    return overview


@dataclass(frozen=True, slots=True)
class ModelUse:
    """Metered calls of a model whose cost is known; `tokens` has the totals and their parts by column.

    `days` is on how many days there were any.
    """

    provider: str
    model: str
    events: int
    days: int
    spend: Decimal
    tokens: Mapping[str, int]


async def read_model_use(connection: AsyncConnection, question: Question, zone: ZoneInfo) -> list[ModelUse]:
    """Return what each model was used for; the question's span consists of days of the workspace's `zone`."""
    span = question.span
    known = replace(question, filters={**question.filters, "price_status": list(COSTED)})
    units = split(span, "day")
    facts = Facts(known, Source("base"), cut(span, zone), ("provider", "model"), units)
    rows = await connection.execute(
        text(
            f"SELECT k0, k1, count(DISTINCT slot) AS days, {totals(facts.measures)} "
            f"FROM ({facts.sql}) facts WHERE billing = 'metered' GROUP BY k0, k1 ORDER BY k0, k1"
        ),
        facts.parameters,
    )
    return [
        ModelUse(
            row["k0"],
            row["k1"],
            row["events"],
            row["days"],
            row["cost"],
            {name: row[name] for name in TOKEN_COLUMNS},
        )
        for row in rows.mappings()
    ]


async def read_use_by_status(connection: AsyncConnection, facts: Facts) -> list[dict[str, Any]]:
    """Return events, cost and tokens by billing and the keys of `facts`, which are OVERVIEW_KEYS."""
    names = ", ".join(f"k{place} AS {name}" for place, name in enumerate(OVERVIEW_KEYS))
    rows = await connection.execute(
        text(
            f"SELECT {names}, billing, {totals(facts.measures)} "
            f"FROM ({facts.sql}) facts GROUP BY 1, 2, 3, 4 HAVING sum(events) > 0 ORDER BY 1, 2, 3, 4"
        ),
        facts.parameters,
    )
    return [dict(row) for row in rows.mappings()]


_FAILED = """
SELECT count(*) FROM (
    SELECT FROM cost_events
    WHERE workspace_id = :workspace AND id_time BETWEEN :early AND :late AND status <> 'ok' LIMIT :most
) failed
"""


async def read_event_days(
    connection: AsyncConnection, workspace_id: int, days: tuple[date, date]
) -> dict[date, int]:
    """Return how many events each of these local days (first and last) has by the rollups, if any."""
    found = await connection.execute(
        text(
            "SELECT day, sum(events)::bigint FROM rollup_day WHERE workspace_id = :workspace "
            "AND day BETWEEN :first AND :last GROUP BY day"
        ),
        {"workspace": workspace_id, "first": days[0], "last": days[1]},
    )
    return {day: events for day, events in found if events}


async def check_scannable(
    connection: AsyncConnection,
    workspace_id: int,
    span: Span,
    zone: ZoneInfo,
    most: int | None = None,
    *,
    failed: bool = False,
) -> None:
    """Raise `TooManyEvents` when a span holds more events than `most`, by default `MAX_SCANNED`.

    Counted are the days whose events lie where a scan has to look: an id may hold another time than the
    event's own. `failed`: only calls that failed will be looked at.
    """
    most = MAX_SCANNED if most is None else most
    looked_at = local_day(span.start - MAX_ID_SKEW, zone), local_day(span.end + MAX_ID_SKEW, zone)
    events = sum((await read_event_days(connection, workspace_id, looked_at)).values())
    if events > most and failed:
        early, late = with_skew([(span.start, span.end)])
        asked = {"workspace": workspace_id, "early": early, "late": late, "most": most + 1}
        events = await connection.scalar(text(_FAILED), asked)
    if events > most:
        raise TooManyEvents(events)
