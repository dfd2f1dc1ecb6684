"""What budgets have spent and alerted in one period each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import asyncpg

from llmlab_shared.domain.budgets import BudgetRule

SHOWN_VALUES = 10
SHOWN_CROSSINGS = 20

_SPENT = """
SELECT budget_id, count(*) AS count, sum(s.spend) AS spend
FROM unnest($1::bigint[], $2::date[]) AS p(budget_id, period_start)
JOIN budget_spend s USING (budget_id, period_start)
WHERE s.spend <> 0 GROUP BY 1
"""
_VALUES = """
SELECT p.budget_id, s.value, s.spend
FROM unnest($1::bigint[], $2::date[]) AS p(budget_id, period_start)
CROSS JOIN LATERAL (
    SELECT value, spend FROM budget_spend
    WHERE budget_id = p.budget_id AND period_start = p.period_start
    ORDER BY spend DESC, value LIMIT $3
) s
ORDER BY p.budget_id, s.spend DESC, s.value
"""
_COUNTED = """
SELECT c.budget_id, c.threshold, count(*) AS count
FROM unnest($1::bigint[], $2::date[], $3::bigint[]) AS p(budget_id, period_start, revision)
JOIN budget_crossings c USING (budget_id, period_start, revision)
GROUP BY 1, 2
"""
_CROSSED = """
SELECT p.budget_id, c.threshold, c.crossed_at, c.spend, c.value
FROM unnest($1::bigint[], $2::date[], $3::bigint[]) AS p(budget_id, period_start, revision)
CROSS JOIN LATERAL (
    SELECT threshold, crossed_at, spend, value FROM budget_crossings
    WHERE budget_id = p.budget_id AND period_start = p.period_start AND revision = p.revision
    ORDER BY crossed_at DESC, threshold DESC, value LIMIT $4
) c
ORDER BY p.budget_id, c.crossed_at, c.value, c.threshold
"""
_PAGE = """
SELECT value, spend FROM budget_spend
WHERE budget_id = $1 AND period_start = $2
    AND ($3::numeric IS NULL OR (-spend, value) > (-$3::numeric, $4::text))
ORDER BY -spend, value LIMIT $5
"""


@dataclass(frozen=True, slots=True)
class Crossing:
    """A threshold that was passed, as recorded when it happened; `value` is whose spend it was, or `""`."""

    threshold: Decimal
    crossed_at: datetime
    spend: Decimal
    value: str


@dataclass(frozen=True, slots=True)
class BudgetState:
    """A budget with what it has spent and alerted in the period that begins on `start`.

    Of a budget for each, `spent` is that of all values, `values` are the `SHOWN_VALUES` with most spend.
    `crossings` are the last `SHOWN_CROSSINGS` of the period's amount, `crossed` counts all by threshold.
    """

    rule: BudgetRule
    start: date
    spent: Decimal
    count: int
    values: Sequence[tuple[str, Decimal]]
    crossings: Sequence[Crossing]
    crossed: Mapping[Decimal, int]


async def read_states(
    driver: asyncpg.Connection, periods: Sequence[tuple[BudgetRule, date]]
) -> list[BudgetState]:
    """Return budgets with their state, each in the period that begins on the day beside it."""
    ids, starts = [rule.id for rule, _ in periods], [start for _, start in periods]
    revisions = [rule.amount_of(start).revision for rule, start in periods]
    spent = {row["budget_id"]: row for row in await driver.fetch(_SPENT, ids, starts)}
    each = [(rule.id, start) for rule, start in periods if rule.each]
    values: dict[int, list[tuple[str, Decimal]]] = {}
    if each:
        for row in await driver.fetch(_VALUES, *map(list, zip(*each, strict=True)), SHOWN_VALUES):
            values.setdefault(row["budget_id"], []).append((row["value"], row["spend"]))
    crossed: dict[int, dict[Decimal, int]] = {}
    for row in await driver.fetch(_COUNTED, ids, starts, revisions):
        crossed.setdefault(row["budget_id"], {})[row["threshold"]] = row["count"]
    crossings: dict[int, list[Crossing]] = {}
    for row in await driver.fetch(_CROSSED, ids, starts, revisions, SHOWN_CROSSINGS):
        crossings.setdefault(row["budget_id"], []).append(
            Crossing(row["threshold"], row["crossed_at"], row["spend"], row["value"])
        )
    return [
        BudgetState(
            rule=rule,
            start=start,
            spent=spent[rule.id]["spend"] if rule.id in spent else Decimal(0),
            count=spent[rule.id]["count"] if rule.id in spent else 0,
            values=values.get(rule.id, []),
            crossings=crossings.get(rule.id, []),
            crossed=crossed.get(rule.id, {}),
        )
        for rule, start in periods
    ]


async def read_values(
    driver: asyncpg.Connection,
    budget_id: int,
    start: date,
    *,
    after: tuple[Decimal, str] | None,
    limit: int,
) -> list[tuple[str, Decimal]]:
    """Return whose spend a budget for each counts in a period and how much, the most first."""
    spend, value = after or (None, None)
    rows = await driver.fetch(_PAGE, budget_id, start, spend, value, limit)
    return [(row["value"], row["spend"]) for row in rows]
