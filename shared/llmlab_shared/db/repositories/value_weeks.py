"""What features, users and customers cost, week by week, read from the rollups of their own dimension."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_shared.db.repositories.costs import COSTED
from llmlab_shared.domain.dimensions import OTHER

WEEKS: Final = 4


@dataclass(frozen=True, slots=True)
class ValueWeeks:
    """Metered calls of a value whose cost is known: of all days, and of the last four weeks, newest first."""

    dimension: str
    value: str
    calls: int
    days: int
    cost: Decimal
    week_calls: Sequence[int]
    week_costs: Sequence[Decimal]


async def read_value_weeks(
    connection: AsyncConnection,
    workspace_id: int,
    days: tuple[date, date],
    *,
    dimensions: Sequence[str],
    most: int,
) -> list[ValueWeeks]:
    """Return the dearest values of each dimension in these days (first and last), at most `most` of each."""
    weeks = ", ".join(
        f"coalesce(sum({column}) FILTER (WHERE CAST(:last AS date) - day BETWEEN {7 * week} AND "
        f"{7 * week + 6}), 0)::{kind} AS {column}_{week}"
        for column, kind in (("events", "bigint"), ("cost", "numeric"))
        for week in range(WEEKS)
    )
    await connection.execute(text("SET LOCAL work_mem = '32MB'"))
    rows = await connection.execute(
        text(
            "SELECT * FROM (SELECT dimension, value, sum(events)::bigint AS calls, "
            # A bit for each day: counting distinct ones would sort.
            "bit_count(bit_or(1::bigint << (CAST(:last AS date) - day))::bit(64))::int AS days, "
            "sum(cost) AS cost, "
            f"{weeks}, row_number() OVER (PARTITION BY dimension ORDER BY sum(cost) DESC, value) AS rank "
            "FROM rollup_dimension_day WHERE workspace_id = :workspace AND dimension = ANY (:dimensions) "
            "AND day BETWEEN :first AND :last AND value <> :other AND billing = 'metered' "
            "AND price_status = ANY (:costed) GROUP BY dimension, value HAVING sum(events) > 0) valued "
            "WHERE rank <= :most ORDER BY dimension, rank"
        ),
        {
            "workspace": workspace_id,
            "dimensions": list(dimensions),
            "first": days[0],
            "last": days[1],
            "other": OTHER,
            "costed": list(COSTED),
            "most": most,
        },
    )
    return [
        ValueWeeks(
            row["dimension"],
            row["value"],
            row["calls"],
            row["days"],
            row["cost"],
            [row[f"events_{week}"] for week in range(WEEKS)],
            [row[f"cost_{week}"] for week in range(WEEKS)],
        )
        for row in rows.mappings()
    ]
