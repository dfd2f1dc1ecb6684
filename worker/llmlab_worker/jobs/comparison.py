"""What the rollups are compared by: the statements that say which rows are not what the events say.

One workspace and a few local days at a time, in one statement: what is committed meanwhile is on both
sides or on neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from llmlab_shared.db.adjusted import EVENT_COLUMNS, adjusted, within
from llmlab_shared.domain.dimensions import OTHER, OWN, TAG
from llmlab_shared.domain.events import STORED_ID_SKEW
from llmlab_shared.domain.zones import day_start

from llmlab_worker.pipeline.rollups import DAY_KEY, DIMENSION_KEY, TIER1_KEY
from llmlab_worker.pipeline.sums import BASIC_MEASURES, MEASURES

_EPOCH = "TIMESTAMPTZ '1970-01-01 00:00:00+00'"


@dataclass(frozen=True, slots=True)
class Slice:
    """Some local days of a workspace, `[first, last]`."""

    workspace_id: int
    zone: ZoneInfo
    tags: Sequence[str]
    first: date
    last: date

    @property
    def edges(self) -> list[datetime]:
        """The instants at which the days begin, and the one at which the last ends."""
        days = (self.last - self.first).days + 2
        return [day_start(self.first + timedelta(days=n), self.zone) for n in range(days)]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A table's statement: it returns the key and what must be added to each measure, where it is anything.

    It takes the first `takes` of the parameters of a slice.
    """

    statement: str
    key: Sequence[str]
    measures: Sequence[str]
    takes: int

    def parameters(self, piece: Slice) -> Sequence[Any]:
        """Return the statement's parameters for a slice."""
        edges = piece.edges
        given = (
            piece.workspace_id,
            edges[0],
            edges[-1],
            edges[0] - STORED_ID_SKEW,
            edges[-1] + STORED_ID_SKEW,
            piece.first,
            edges[:-1],
            piece.last,
            list(piece.tags),
        )
        return given[: self.takes]


def _comparison(
    table: str, key: Sequence[str], measures: Sequence[str], events: str, within: str, *, folds: str = ""
) -> str:
    """Return the statement that compares a table with what the events say.

    `folds` makes of the events' sums `by_value` and of the rows `there` what is compared, `e` and `r`.
    """
    names = ", ".join(key)
    wanted = ", ".join(_sum(name) for name in measures)
    by_value, there = ("by_value", "there") if folds else ("e", "r")
    missing = ", ".join(f"coalesce(e.{m}, 0) - coalesce(r.{m}, 0) AS {m}" for m in measures)
    differs = " OR ".join(f"coalesce(e.{m}, 0) <> coalesce(r.{m}, 0)" for m in measures)
    return (
        f"WITH {by_value} AS (SELECT {names}, {wanted} FROM ({events}) x GROUP BY {names}), "
        f"{there} AS (SELECT {names}, {', '.join(measures)} FROM {table} "
        f"WHERE workspace_id = $1 AND {within}){folds} "
        f"SELECT {names}, {missing} FROM e FULL JOIN r USING ({names}) WHERE {differs} ORDER BY {names}"
    )


def _sum(name: str) -> str:
    if name == "events":
        return "count(*) AS events"
    if name == "errors":
        return "count(*) FILTER (WHERE status = 'error') AS errors"
    return f"coalesce(sum({name}), 0)::{'numeric' if name == 'cost' else 'bigint'} AS {name}"


def _events(keys: str, measures: str, more: str = "") -> str:
    """Return the statement that reads the events of a slice as they hold now."""
    held = adjusted(EVENT_COLUMNS, within("$1", "$4", "$5"))
    return (
        f"SELECT {keys}, provider, model, price_status, billing, status, {measures} "
        f"FROM {held} events {more} WHERE workspace_id = $1 AND id_time >= $4 AND id_time <= $5 "
        "AND timestamp >= $2 AND timestamp < $3"
    )


_SUMMED = ", ".join(name for name in MEASURES if name not in ("events", "errors"))
_LOCAL_DAY = "$6::date + (width_bucket(timestamp, $7::timestamptz[]) - 1) AS day"
_BASE = "workspace_id, api_key_id, coalesce(environment, '') AS environment"

_TIER1 = _comparison(
    "rollup_15m",
    TIER1_KEY,
    MEASURES,
    _events(f"{_BASE}, date_bin('15 minutes', timestamp, {_EPOCH}) AS bucket", _SUMMED),
    "bucket >= $2 AND bucket < $3",
)
_DAY = _comparison(
    "rollup_day",
    DAY_KEY,
    MEASURES,
    _events(f"{_BASE}, {_LOCAL_DAY}", _SUMMED),
    "day BETWEEN $6::date AND $8::date",
)
_OWN_VALUES = ", ".join(f"('{name}', {'user_id' if name == 'user' else name})" for name in OWN)
_FOLDS = """
folds AS (
    SELECT dimension, day, kept, true AS folded, completed_at IS NULL AS unfinished FROM dimension_folds
    WHERE workspace_id = $1 AND day BETWEEN $6::date AND $8::date
),
kept AS (SELECT dimension, day, value FROM folds CROSS JOIN unnest(kept) AS own(value))
"""


def _with_folds(name: str, rows: str, when: str) -> str:
    """Return rows of tier 2 with the values that folded days do not keep added up as `(other)`."""
    beside = ", ".join(column for column in DIMENSION_KEY if column != "value")
    measures = ", ".join(BASIC_MEASURES)
    sums = ", ".join(f"sum({m})::{'numeric' if m == 'cost' else 'bigint'} AS {m}" for m in BASIC_MEASURES)
    value = f"CASE WHEN {when} AND kept.value IS NULL THEN '{OTHER}' ELSE value END"
    return (
        f"{name} AS (SELECT {beside}, value, {sums} FROM (SELECT {beside}, {value} AS value, {measures} "
        f"FROM {rows} LEFT JOIN folds USING (dimension, day) LEFT JOIN kept USING (dimension, day, value)"
        f") mapped GROUP BY {beside}, value)"
    )


_DIMENSION = _comparison(
    "rollup_dimension_day",
    DIMENSION_KEY,
    BASIC_MEASURES,
    _events(
        f"workspace_id, dimension, value, {_LOCAL_DAY}",
        "cost, input_tokens, output_tokens",
        f"JOIN LATERAL (VALUES {_OWN_VALUES} UNION ALL "
        f"SELECT '{TAG}' || t, tags ->> t FROM unnest($9::text[]) AS t) own(dimension, value) ON value <> ''",
    ),
    "day BETWEEN $6::date AND $8::date",
    # Until they are moved, rows of values that are not kept are part of `(other)`; then there are none.
    folds=", ".join(
        ("", _FOLDS, _with_folds("e", "by_value", "folded"), _with_folds("r", "there", "unfinished"))
    ),
)
COMPARED: Final = {
    "rollup_15m": Comparison(_TIER1, TIER1_KEY, MEASURES, 5),
    "rollup_day": Comparison(_DAY, DAY_KEY, MEASURES, 8),
    "rollup_dimension_day": Comparison(_DIMENSION, DIMENSION_KEY, BASIC_MEASURES, 9),
}
