"""Single calls, added up by what decides their price: read from a bounded number of events.

Rollups know what models used, and neither how calls were processed nor how long each was. What needs that
is read here, from events as they hold now, each statement by itself and over few enough of them to end
within a second: a long snapshot would slow the writing of events.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_shared.db.adjusted import EVENT_COLUMNS, TOKEN_COLUMNS, adjusted, within
from llmlab_shared.db.repositories.costs import COSTED
from llmlab_shared.db.repositories.events_read import event_columns
from llmlab_shared.domain.events import MAX_ID_SKEW
from llmlab_shared.pricing.context import context_of

_EVENTS: Final = adjusted(
    (*EVENT_COLUMNS, "tool_cost", "service_tier", "processing", "region", "session_id"),
    within(":workspace", ":early", ":late"),
)
# The classes of tokens that have prices: reasoning is a part of the output.
_CLASSES: Final = TOKEN_COLUMNS[:-1]
_CONTEXT: Final = ("service_tier", "processing", "region")


@dataclass(frozen=True, slots=True)
class Calls:
    """Which events: those of [start, end) whose id times are not before `early`, and with these filters."""

    workspace_id: int
    start: datetime
    end: datetime
    early: datetime
    filters: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class MixRow:
    """Calls alike in all that decides their price, added up. `price_status` says whether `cost` is known.

    `size` is between which of the asked sizes their inputs lie, `largest` the longest of these.
    """

    provider: str
    model: str
    service_tier: str | None
    processing: str | None
    region: str | None
    price_status: str
    billing: str
    feature: str
    size: int
    calls: int
    largest: int
    cost: Decimal
    tool_cost: Decimal
    tokens: Mapping[str, int]

    @property
    def context(self) -> str:
        """The context of prices that these calls fall under."""
        return context_of(self.service_tier, self.processing, self.region)


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


async def read_mix(
    connection: AsyncConnection, calls: Calls, sizes: Sequence[int], *, features: Sequence[str] = ()
) -> list[MixRow]:
    """Return the calls by model, processing, price status, billing and size of input.

    `sizes` are in order, and each belongs to what lies above it; `features` are told apart, others are `''`.
    """
    statement = _Statement(calls)
    # The commas come from names of ours; what callers send are parameters.
    keys = ["provider", "model", *_CONTEXT, "price_status", "billing"]
    feature = (
        f"CASE WHEN feature = ANY ({statement.bind(list(features))}) THEN feature ELSE '' END"
        if features
        else "''"
    )
    size = (
        f"width_bucket(coalesce(input_tokens, 0), {statement.bind(list(sizes), 'bigint')})" if sizes else "0"
    )
    sums = ", ".join(f"coalesce(sum({name}), 0)::bigint AS {name}" for name in _CLASSES)
    rows = await statement.rows(
        connection,
        f"SELECT {', '.join(keys)}, {feature} AS feature, {size} AS size, count(*) AS calls, "
        "coalesce(max(input_tokens), 0) AS largest, coalesce(sum(cost), 0) AS cost, "
        f"coalesce(sum(tool_cost), 0) AS tool_cost, {sums} FROM {{events}} "
        f"GROUP BY {', '.join(str(n + 1) for n in range(len(keys) + 2))} ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9",
    )
    return [
        MixRow(
            **{name: row[name] for name in MixRow.__dataclass_fields__ if name != "tokens"},
            tokens={name: row[name] for name in _CLASSES},
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How calls of one kind come: how many in how many stretches of five minutes, and how alike they are.

    `crowded_*` are of the stretches with many calls, `night_cost` of those of them that lie between 22 and 6
    o'clock. `attended` calls name a user or a session. `standard` is false for calls in batches and of
    other service tiers.
    """

    provider: str
    model: str
    feature: str
    environment: str
    standard: bool
    calls: int
    days: int
    slots: int
    cost: Decimal
    crowded_calls: int
    crowded_cost: Decimal
    night_cost: Decimal
    attended: int
    least_input: int
    input_tokens: int
    input_squares: float
    cache_read_tokens: int
    cache_write_tokens: int


async def read_rhythms(
    connection: AsyncConnection, calls: Calls, *, zone: str, crowd: int, features: Sequence[str]
) -> list[Rhythm]:
    """Return the rhythm of the metered calls whose cost is known, by model, feature and environment.

    A stretch is crowded by `crowd` calls. Features that are not named, and environments that are absent,
    are `''`.
    """
    statement = _Statement(calls)
    feature = f"CASE WHEN feature = ANY ({statement.bind(list(features))}) THEN feature ELSE '' END"
    standard = (
        "(coalesce(lower(processing), '') <> 'batch' "
        "AND coalesce(lower(service_tier), '') IN ('', 'default', 'standard', 'auto'))"
    )
    local = f"to_timestamp(slot * 300) AT TIME ZONE {statement.bind(zone)}"
    least = statement.bind(crowd, "bigint")
    night = f"extract(hour FROM {local}) NOT BETWEEN 6 AND 21"
    rows = await statement.rows(
        connection,
        "SELECT provider, model, feature, environment, standard, sum(n)::bigint AS calls, "
        f"count(DISTINCT ({local})::date) AS days, count(*) AS slots, sum(cost) AS cost, "
        f"coalesce(sum(n) FILTER (WHERE n >= {least}), 0)::bigint AS crowded_calls, "
        f"coalesce(sum(cost) FILTER (WHERE n >= {least}), 0) AS crowded_cost, "
        f"coalesce(sum(cost) FILTER (WHERE n >= {least} AND {night}), 0) AS night_cost, "
        "sum(attended)::bigint AS attended, min(least) AS least_input, "
        "sum(input)::bigint AS input_tokens, sum(squares) AS input_squares, "
        "sum(cache_read)::bigint AS cache_read_tokens, sum(cache_write)::bigint AS cache_write_tokens "
        f"FROM (SELECT provider, model, {feature} AS feature, coalesce(environment, '') AS environment, "
        f"{standard} AS standard, floor(extract(epoch FROM timestamp) / 300)::bigint AS slot, "
        "count(*) AS n, sum(cost) AS cost, "
        "count(*) FILTER (WHERE session_id IS NOT NULL OR user_id IS NOT NULL) AS attended, "
        "min(coalesce(input_tokens, 0)) AS least, sum(coalesce(input_tokens, 0)) AS input, "
        "sum(coalesce(input_tokens, 0)::float8 ^ 2) AS squares, "
        "sum(coalesce(cache_read_tokens, 0)) AS cache_read, "
        "sum(coalesce(cache_write_5m_tokens, 0) + coalesce(cache_write_1h_tokens, 0)) AS cache_write "
        f"FROM {{events}} AND {_known()} GROUP BY 1, 2, 3, 4, 5, 6) stretches "
        "GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5",
    )
    return [Rhythm(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class Conversation:
    """Sessions of several calls that follow each other within five minutes on average, added up.

    `least_repeated` is what every later call repeats if it repeats no more than the shortest call of its
    session, `most_repeated` if each repeats all of the one before it.
    """

    provider: str
    model: str
    feature: str
    sessions: int
    calls: int
    days: int
    cost: Decimal
    input_tokens: int
    cache_read_tokens: int
    least_repeated: int
    most_repeated: int


async def read_conversations(
    connection: AsyncConnection, calls: Calls, *, features: Sequence[str]
) -> list[Conversation]:
    """Return the sessions of three calls and more, of metered calls whose cost is known."""
    statement = _Statement(calls)
    feature = f"CASE WHEN feature = ANY ({statement.bind(list(features))}) THEN feature ELSE '' END"
    rows = await statement.rows(
        connection,
        "SELECT provider, model, feature, count(*) AS sessions, sum(n)::bigint AS calls, "
        "count(DISTINCT day) AS days, sum(cost) AS cost, sum(input)::bigint AS input_tokens, "
        "sum(cache_read)::bigint AS cache_read_tokens, "
        "sum((n - 1) * least)::bigint AS least_repeated, sum(input - most)::bigint AS most_repeated "
        f"FROM (SELECT provider, model, {feature} AS feature, session_id, count(*) AS n, sum(cost) AS cost, "
        "min(timestamp)::date AS day, sum(coalesce(input_tokens, 0)) AS input, "
        "min(coalesce(input_tokens, 0)) AS least, max(coalesce(input_tokens, 0)) AS most, "
        "sum(coalesce(cache_read_tokens, 0)) AS cache_read, "
        "extract(epoch FROM max(timestamp) - min(timestamp)) AS seconds "
        f"FROM {{events}} AND {_known()} AND session_id IS NOT NULL GROUP BY 1, 2, 3, 4) sessions "
        "WHERE n >= 3 AND seconds <= 300 * (n - 1) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    )
    return [Conversation(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class Failures:
    """What calls that gave no answer cost, and how many of them were made again within a minute.

    Made again is a call of the same model, feature, user, session and size of input.
    """

    provider: str
    model: str
    feature: str
    calls: int
    errors: int
    error_cost: Decimal
    retried: int
    retried_cost: Decimal
    aborted: int
    aborted_cost: Decimal
    cost: Decimal
    days: int


async def read_failures(
    connection: AsyncConnection, calls: Calls, *, features: Sequence[str]
) -> list[Failures]:
    """Return what metered calls that failed or were broken off cost, where any of them cost anything."""
    statement = _Statement(calls)
    feature = f"CASE WHEN feature = ANY ({statement.bind(list(features))}) THEN feature ELSE '' END"
    counted = _quoted((*COSTED, "free"))
    rows = await statement.rows(
        connection,
        "SELECT provider, model, feature, count(*) AS calls, "
        "count(*) FILTER (WHERE status = 'error' AND cost > 0) AS errors, "
        "coalesce(sum(cost) FILTER (WHERE status = 'error'), 0) AS error_cost, "
        "count(*) FILTER (WHERE status = 'error' AND cost > 0 AND again) AS retried, "
        "coalesce(sum(cost) FILTER (WHERE status = 'error' AND again), 0) AS retried_cost, "
        "count(*) FILTER (WHERE status = 'aborted' AND cost > 0) AS aborted, "
        "coalesce(sum(cost) FILTER (WHERE status = 'aborted'), 0) AS aborted_cost, "
        "coalesce(sum(cost), 0) AS cost, count(DISTINCT timestamp::date) AS days "
        f"FROM (SELECT provider, model, {feature} AS feature, status, cost, timestamp, "
        "lead(timestamp) OVER (PARTITION BY provider, model, feature, user_id, session_id, input_tokens "
        "ORDER BY timestamp) - timestamp <= interval '60 s' AS again "
        f"FROM {{events}} AND billing = 'metered' AND price_status IN ({counted})) attempts "
        "GROUP BY 1, 2, 3 HAVING sum(cost) FILTER (WHERE status IN ('error', 'aborted')) > 0 "
        "ORDER BY 1, 2, 3",
    )
    return [Failures(**row) for row in rows]


def _known() -> str:
    return f"billing = 'metered' AND price_status IN ({_quoted(COSTED)})"


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


class _Statement:
    """A statement over calls, with its parameters; `{events}` in it is where they come from."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._parameters: dict[str, Any] = {
            "workspace": calls.workspace_id,
            "early": calls.early,
            "late": calls.end + MAX_ID_SKEW,
            "since": calls.start,
            "until": calls.end,
        }
        conditions = [
            "workspace_id = :workspace",
            "id_time BETWEEN :early AND :late",
            "timestamp >= :since AND timestamp < :until",
        ]
        for name, column in event_columns(calls.filters, self.bind).items():
            conditions.append(f"{column} = ANY ({self.bind(list(calls.filters[name]))})")
        self._events = f"{_EVENTS} events WHERE {' AND '.join(conditions)}"

    def bind(self, value: object, kind: str = "text") -> str:
        name = f"p{len(self._parameters)}"
        self._parameters[name] = value
        return f"CAST(:{name} AS {kind}{'[]' if isinstance(value, list) else ''})"

    async def rows(self, connection: AsyncConnection, statement: str) -> Sequence[Mapping[str, Any]]:
        found = await connection.execute(text(statement.replace("{events}", self._events)), self._parameters)
        return [dict(row) for row in found.mappings()]
