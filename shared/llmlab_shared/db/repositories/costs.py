"""Sums of costs, read from the rollups; from events only what no rollup keeps, and only a bounded number.

Everything that one answer holds is read in one snapshot (`read_snapshot`), so that its numbers agree
with each other. The statements are put together from the fixed pieces below; what a caller sends is
always a parameter.
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

from llmlab_shared.db.adjusted import EVENT_COLUMNS, TOKEN_COLUMNS, adjusted, within
from llmlab_shared.db.repositories.events_read import event_columns, failed_only
from llmlab_shared.domain.dimensions import OTHER, Source
from llmlab_shared.domain.events import MAX_ID_SKEW
from llmlab_shared.domain.ranges import Pieces, Span, Units, cut, split
from llmlab_shared.domain.zones import local_day

MEASURES = ("events", "errors", "cost", "input_tokens", "output_tokens")
PARTS = TOKEN_COLUMNS[2:]

# The price statuses whose cost is money that was spent.
COSTED = ("priced", "reported", "estimated")

# More events than this are not counted one by one for an answer: about a second's work.
MAX_SCANNED = 1_000_000
MAX_GROUPS = 10_000

_TIER1_COLUMNS = {"api_key": "api_key_id::text"}


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


@dataclass(frozen=True, slots=True)
class Question:
    """Which events to add up: `filters` are alternatives for each dimension, `''` meaning absent."""

    workspace_id: int
    span: Span
    filters: Mapping[str, Sequence[str]]


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


class Facts:
    """The rows that a question adds up, as one subquery over the pieces of its span.

    Its columns are `slot` (the place among the units of time), the asked dimensions as `k0`, `k1`, …,
    `billing`, the measures and, but for tier 2, the parts of the tokens.
    """

    def __init__(
        self,
        question: Question,
        source: Source,
        pieces: Pieces,
        keys: Sequence[str],
        units: Units,
        *,
        unfinished: Sequence[date] = (),
    ) -> None:
        """Take the pieces of a span; `unfinished` are folded days with rows that are to be `(other)`."""
        self.parameters: dict[str, Any] = {"workspace": question.workspace_id}
        self.source = source
        self._question = question
        self._keys = keys
        self._units = units
        self._unfinished = list(unfinished)
        self.measures = MEASURES if source.tier == "own" else (*MEASURES, *PARTS)
        if source.tier == "own":
            assert pieces.days is not None
            selects = [self._dimension_days(source.dimension or "", pieces.days)]
        elif source.tier == "base":
            selects = self._base(pieces)
        else:
            selects = [self._events([(question.span.start, question.span.end)])]
        self.sql = " UNION ALL ".join(selects)

    def _base(self, pieces: Pieces) -> list[str]:
        selects = []
        if pieces.days:
            selects.append(self._select("rollup_day", self._day_slot(), self._between(pieces.days)))
        for first, last in pieces.quarters:
            name, until = self._bind(first), self._bind(last)
            where = f"bucket >= {name} AND bucket < {until}"
            selects.append(self._select("rollup_15m", self._slot("bucket", self._units.instants), where))
        if pieces.rest:
            selects.append(self._events(pieces.rest))
        return selects

    def _dimension_days(self, dimension: str, days: tuple[date, date]) -> str:
        where = f"dimension = {self._bind(dimension)} AND {self._between(days)}"
        value = self._folded(dimension) if self._unfinished else "value"
        own = self._select("rollup_dimension_day", self._day_slot(), where, columns={dimension: value})
        if "" not in self._question.filters.get(dimension, ("",)):
            return own
        # What has no value has no row: it is what is left of tier 1's days without all values.
        absent = {dimension: "''::text"}
        days_of_all = self._select("rollup_day", self._day_slot(), self._between(days), columns=absent)
        if dimension in self._question.filters:
            less = {name: f"-{name}" for name in self.measures}
            values = self._select(
                "rollup_dimension_day", self._day_slot(), where, columns=absent, measures=less
            )
            return f"{own} UNION ALL {days_of_all} UNION ALL {values}"
        # All values are asked for: adding up what was added up saves reading them twice.
        keys = [f"k{n}" for n in range(len(self._keys))]
        by = ", ".join(["slot", *keys, "billing"])
        without = [
            "''::text" if name == dimension else key for name, key in zip(self._keys, keys, strict=True)
        ]
        less_sums = [f"-{name}" for name in self.measures]
        added = f"SELECT {by}, {_totals(self.measures)} FROM ({own}) every_value GROUP BY {by}"
        return (
            f"WITH own AS MATERIALIZED ({added}) SELECT {by}, {', '.join(self.measures)} FROM own "
            f"UNION ALL {days_of_all} UNION ALL "
            f"SELECT {', '.join(['slot', *without, 'billing', *less_sums])} FROM own"
        )

    def _folded(self, dimension: str) -> str:
        kept = (
            "SELECT f.day, own.value FROM dimension_folds f CROSS JOIN unnest(f.kept) AS own(value) "
            f"WHERE f.workspace_id = :workspace AND f.dimension = {self._bind(dimension)} "
            f"AND f.day = ANY ({self._bind(self._unfinished)})"
        )
        days = self._bind(self._unfinished)
        hidden = f"day = ANY ({days}) AND (day, value) NOT IN ({kept})"
        return f"CASE WHEN {hidden} THEN '{OTHER}' ELSE value END"

    def _events(self, spans: Sequence[tuple[datetime, datetime]]) -> str:
        ranges = []
        for start, end in spans:
            since, until = self._bind(start), self._bind(end)
            early, late = (self._bind(edge) for edge in _with_skew([(start, end)]))
            ranges.append(
                f"(id_time >= {early} AND id_time <= {late} AND timestamp >= {since} AND timestamp < {until})"
            )
        first, last = (self._bind(edge) for edge in _with_skew(spans))
        events = adjusted(EVENT_COLUMNS, within(":workspace", first, last))
        if failed := failed_only(self._question.filters):
            ranges = [f"{failed} AND ({' OR '.join(ranges)})"]
        columns = event_columns({*self._keys, *self._question.filters}, self._bind)
        measures = {name: f"coalesce({name}, 0)" for name in ("cost", *MEASURES[3:], *PARTS)}
        measures |= {"events": "1", "errors": "(status = 'error')::int"}
        slot = self._slot("timestamp", self._units.instants)
        return self._select(f"{events} events", slot, " OR ".join(ranges), columns=columns, measures=measures)

    def _select(
        self,
        table: str,
        slot: str,
        where: str,
        *,
        columns: Mapping[str, str] | None = None,
        measures: Mapping[str, str] | None = None,
    ) -> str:
        columns = columns or _TIER1_COLUMNS
        keys = [f"{columns.get(name, name)} AS k{n}" for n, name in enumerate(self._keys)]
        sums = [f"{(measures or {}).get(name, name)} AS {name}" for name in self.measures]
        filters = [
            f"{columns.get(name, name)} = ANY ({self._bind(list(values))})"
            for name, values in self._question.filters.items()
        ]
        conditions = " AND ".join(["workspace_id = :workspace", f"({where})", *filters])
        selected = ", ".join([f"{slot} AS slot", *keys, "billing", *sums])
        return f"SELECT {selected} FROM {table} WHERE {conditions}"

    def _bind(self, value: object) -> str:
        types: dict[type, str] = {date: "date", datetime: "timestamptz", str: "text"}
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        first = value[0] if isinstance(value, list) else value
        suffix = "[]" if isinstance(value, list) else ""
        return f"CAST(:{name} AS {types[type(first)]}{suffix})"

    def _between(self, days: tuple[date, date]) -> str:
        return f"day BETWEEN {self._bind(days[0])} AND {self._bind(days[1])}"

    def _day_slot(self) -> str:
        if self._units.days is None:
            raise ValueError("days cannot be split into units smaller than a day")
        return self._slot("day", self._units.days)

    def _slot(self, column: str, edges: Sequence[date]) -> str:
        return "0" if len(edges) == 1 else f"width_bucket({column}, {self._bind(list(edges))}) - 1"


def _with_skew(spans: Sequence[tuple[datetime, datetime]]) -> tuple[datetime, datetime]:
    """Return between which id times the events of these spans lie."""
    return min(start for start, _ in spans) - MAX_ID_SKEW, max(end for _, end in spans) + MAX_ID_SKEW


@dataclass(frozen=True, slots=True)
class Sums:
    """What was added up for one group: `spend` is metered cost only, `cost` that of every billing."""

    keys: tuple[str, ...]
    slot: int
    events: int
    spend: Decimal
    tokens: int


def _totals(measures: Sequence[str]) -> str:
    return ", ".join(
        f"sum({name})::{'numeric' if name == 'cost' else 'bigint'} AS {name}" for name in measures
    )


_SPEND = "coalesce(sum(cost) FILTER (WHERE billing = 'metered'), 0)"


async def read_groups(
    connection: AsyncConnection, facts: Facts, keys: int, most: int = MAX_GROUPS
) -> list[Sums]:
    """Return the sums of every group, at most `most` + 1 of them, in no order."""
    names = [f"k{n}" for n in range(keys)]
    by = ", ".join(["slot", *names])
    rows = await connection.execute(
        text(
            f"SELECT {by}, sum(events)::bigint, {_SPEND}, sum(input_tokens + output_tokens)::bigint "
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
            f"SELECT GROUPING(slot, k0, k2) AS kind, slot, k0, k1, k2, billing, {_SPEND} AS spend, "
            f"{_totals(facts.measures)} FROM ({facts.sql}) facts "
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
            f"SELECT k0, k1, count(DISTINCT slot) AS days, {_totals(facts.measures)} "
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
            f"SELECT {names}, billing, {_totals(facts.measures)} "
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
    events = await connection.scalar(
        text(
            "SELECT coalesce(sum(events), 0)::bigint FROM rollup_day "
            "WHERE workspace_id = :workspace AND day BETWEEN :first AND :last"
        ),
        {
            "workspace": workspace_id,
            "first": local_day(span.start - MAX_ID_SKEW, zone),
            "last": local_day(span.end + MAX_ID_SKEW, zone),
        },
    )
    if events > most and failed:
        early, late = _with_skew([(span.start, span.end)])
        asked = {"workspace": workspace_id, "early": early, "late": late, "most": most + 1}
        events = await connection.scalar(text(_FAILED), asked)
    if events > most:
        raise TooManyEvents(events)
