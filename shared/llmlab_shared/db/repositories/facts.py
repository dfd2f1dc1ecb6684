"""The rows that a question about costs adds up, as SQL over the rollups and, where none keeps it, the events.

It is put together from the fixed pieces below; what a caller sends is always a parameter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from llmlab_shared.db.adjusted import EVENT_COLUMNS, TOKEN_COLUMNS, adjusted, within
from llmlab_shared.db.repositories.events_read import event_columns, failed_only
from llmlab_shared.domain.dimensions import OTHER, Source
from llmlab_shared.domain.events import MAX_ID_SKEW
from llmlab_shared.domain.ranges import Pieces, Span, Units

MEASURES = ("events", "errors", "cost", "input_tokens", "output_tokens")
PARTS = TOKEN_COLUMNS[2:]
# Spend is what was metered; the list value of other billings is no money.
SPEND = "coalesce(sum(cost) FILTER (WHERE billing = 'metered'), 0)"
_TIER1_COLUMNS = {"api_key": "api_key_id::text"}


@dataclass(frozen=True, slots=True)
class Question:
    """Which events to add up: `filters` are alternatives for each dimension, `''` meaning absent."""

    workspace_id: int
    span: Span
    filters: Mapping[str, Sequence[str]]


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
        added = f"SELECT {by}, {totals(self.measures)} FROM ({own}) every_value GROUP BY {by}"
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
            early, late = (self._bind(edge) for edge in with_skew([(start, end)]))
            ranges.append(
                f"(id_time >= {early} AND id_time <= {late} AND timestamp >= {since} AND timestamp < {until})"
            )
        first, last = (self._bind(edge) for edge in with_skew(spans))
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


def with_skew(spans: Sequence[tuple[datetime, datetime]]) -> tuple[datetime, datetime]:
    """Return between which id times the events of these spans lie."""
    return min(start for start, _ in spans) - MAX_ID_SKEW, max(end for _, end in spans) + MAX_ID_SKEW


def totals(measures: Sequence[str]) -> str:
    """Return the sums of measures, as SQL."""
    return ", ".join(
        f"sum({name})::{'numeric' if name == 'cost' else 'bigint'} AS {name}" for name in measures
    )
