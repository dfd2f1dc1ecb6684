"""Which single calls are read, and what they are read from.

Each statement is over few enough of them to end within a second: a long snapshot would slow the writing of
events.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_shared.db.adjusted import EVENT_COLUMNS, adjusted, within
from llmlab_shared.db.repositories.events_read import event_columns
from llmlab_shared.domain.dimensions import OTHER
from llmlab_shared.domain.events import MAX_ID_SKEW

_COLUMNS: Final = (
    *EVENT_COLUMNS,
    "tool_cost",
    "service_tier",
    "processing",
    "region",
    "price_id",
    "price_rule",
)
_ADJUSTMENTS: Final = within(":workspace", ":early", ":late")
_EVENTS: Final = adjusted(_COLUMNS, _ADJUSTMENTS)
# Probe by probe along the primary key: the order and the limit inside keep the planner from reading all
# events once for each of them.
_PROBED: Final = (
    "(SELECT c.* FROM unnest(CAST(:begins AS timestamptz[]), CAST(:ends AS timestamptz[])) "
    "AS probe(begins, ends) CROSS JOIN LATERAL (SELECT * FROM cost_events WHERE workspace_id = :workspace "
    "AND id_time >= probe.begins AND id_time < probe.ends ORDER BY id_time LIMIT :most) c LIMIT :most)"
)
_PROBED_EVENTS: Final = adjusted(_COLUMNS, _ADJUSTMENTS, source=_PROBED)
_SPECIAL_PRICES: Final = "(SELECT id AS version, context FROM price_versions WHERE context <> '')"
_PRICES: Final = (
    f"LEFT JOIN {_SPECIAL_PRICES} charged ON charged.version = price_id "
    f"LEFT JOIN {_SPECIAL_PRICES} discounted ON discounted.version = "
    "CASE WHEN price_rule LIKE '%_of_price_%' "
    "THEN CAST(substring(price_rule FROM '_of_price_([0-9]+)$') AS bigint) END"
)

# For each statement: more than PostgreSQL's own default, so that groups are hashed and not sorted; and one
# process each, because the writing of events needs the others.
_LOCAL_SETTINGS: Final = "SET LOCAL work_mem = '32MB'; SET LOCAL max_parallel_workers_per_gather = 0"


@dataclass(frozen=True, slots=True)
class Probes:
    """Stretches of id time [begins, ends) that have no instant in common, and how many events at most.

    Where they hold more, the first of them have it.
    """

    edges: Sequence[tuple[datetime, datetime]]
    most: int


@dataclass(frozen=True, slots=True)
class Calls:
    """Which events: those of [start, end) whose id times are not before `early`, and with these filters.

    Of these only those in `probes`, if there are any. Days are those of the time zone `zone`.
    """

    workspace_id: int
    start: datetime
    end: datetime
    early: datetime
    zone: str
    filters: Mapping[str, Sequence[str]]
    probes: Probes | None = None


async def find_beginning(connection: AsyncConnection, calls: Calls, most: int) -> datetime | None:
    """Return the id time from which on there are about `most` events, or None when there are no more."""
    found: datetime | None = await connection.scalar(
        text(
            "SELECT id_time FROM cost_events WHERE workspace_id = :workspace AND id_time >= :early "
            "AND id_time <= :late ORDER BY id_time DESC OFFSET :most LIMIT 1"
        ),
        {
            "workspace": calls.workspace_id,
            "early": calls.early,
            "late": calls.end + MAX_ID_SKEW,
            "most": most - 1,
        },
    )
    return found


async def count_calls(connection: AsyncConnection, calls: Calls) -> int:
    """Return how many events these are."""
    (row,) = await CallStatement(calls).rows(connection, "SELECT count(*) AS calls FROM {events}")
    return row["calls"]  # type: ignore[no-any-return]  # a count


class CallStatement:
    """A statement over calls, with its parameters; `{events}` in it is where they come from.

    `{priced}` are the same events beside the prices that they were charged by.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._parameters: dict[str, Any] = {
            "workspace": calls.workspace_id,
            "early": calls.early,
            "late": calls.end + MAX_ID_SKEW,
            "since": calls.start,
            "until": calls.end,
            "zone": calls.zone,
        }
        conditions = [
            "workspace_id = :workspace",
            "id_time BETWEEN :early AND :late",
            "timestamp >= :since AND timestamp < :until",
        ]
        for name, column in event_columns(calls.filters, self.bind).items():
            conditions.append(f"{column} = ANY ({self.bind(list(calls.filters[name]))})")
        events, probes = _EVENTS, calls.probes
        if probes is not None:
            events = _PROBED_EVENTS
            begins, ends = zip(*probes.edges, strict=True)
            self._parameters |= {"begins": list(begins), "ends": list(ends), "most": probes.most}
        where = f"WHERE {' AND '.join(conditions)}"
        self._sources = {
            "{events}": f"{events} events {where}",
            "{priced}": f"{events} events {_PRICES} {where}",
        }

    def bind(self, value: object, kind: str = "text") -> str:
        name = f"p{len(self._parameters)}"
        self._parameters[name] = value
        return f"CAST(:{name} AS {kind}{'[]' if isinstance(value, list) else ''})"

    def feature(self, kept: Sequence[str] | None) -> str:
        """Return the SQL of a feature that is one of those kept apart, else `(other)`, and of none `''`."""
        if kept is None:
            return "''"
        return (
            f"CASE WHEN feature = ANY ({self.bind(list(kept))}) THEN feature "
            f"WHEN coalesce(feature, '') = '' THEN '' ELSE '{OTHER}' END"
        )

    def days_of(self, instant: str) -> str:
        """Return the SQL of how many local days there are among instants of at most 60 days: a bit for each.

        Counting distinct days would sort.
        """
        day = f"({instant} AT TIME ZONE :zone)::date - (CAST(:since AS timestamptz) AT TIME ZONE :zone)::date"
        return f"bit_count(bit_or(1::bigint << ({day}))::bit(64))::int"

    async def rows(self, connection: AsyncConnection, statement: str) -> Sequence[Mapping[str, Any]]:
        for setting in _LOCAL_SETTINGS.split("; "):
            await connection.execute(text(setting))
        for name, source in self._sources.items():
            statement = statement.replace(name, source)
        found = await connection.execute(text(statement), self._parameters)
        return [dict(row) for row in found.mappings()]
