"""What budgets have spent by the rollups: for budgets that are new or changed, reconciliation, back-tests.

The rollups keep it for most budgets. What they do not keep (two of the caller's own dimensions at once;
values that a folded day added up as `(other)`) is counted from the events of those days, within a bound.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import asyncpg

from llmlab_shared.db.adjusted import EVENT_COLUMNS, adjusted, within
from llmlab_shared.db.budget_spend import Crossing, SpendKey, record
from llmlab_shared.domain.budgets import (
    BudgetRule,
    in_force,
    limit_of,
    passed,
    period_end,
    period_start,
)
from llmlab_shared.domain.dimensions import TAG
from llmlab_shared.domain.events import STORED_ID_SKEW
from llmlab_shared.domain.zones import day_start
from llmlab_shared.errors import LLMLabError

# Some two seconds of reading, in which no spend is written.
MAX_EVENTS: Final = 2_000_000
_FIRST, _LAST = date(2000, 1, 1), date(2200, 1, 1)
_DAY = timedelta(days=1)
_METERED = "workspace_id = $1 AND billing = 'metered' AND day BETWEEN $2 AND $3"
_BUSY_DAYS = (
    f"SELECT day, sum(events)::bigint AS events FROM rollup_day WHERE {_METERED} GROUP BY day ORDER BY day"
)
_FOLDED = """
SELECT day, kept FROM dimension_folds
WHERE workspace_id = $1 AND day BETWEEN $2 AND $3 AND dimension = $4
"""
_COLUMNS: Final = {"api_key": "api_key_id", "user": "user_id"}

# Whose spend (`""` but in budgets for each) and the local day.
Daily = dict[tuple[str, date], Decimal]


class _Query:
    """Conditions over columns, with the parameters that stand in them."""

    def __init__(self, *parameters: Any) -> None:
        self.parameters = list(parameters)
        self.conditions: list[str] = []

    def where(self, expression: str, value: Any, kind: str = "text") -> None:
        self.parameters.append(value)
        self.conditions.append(f" AND {expression} = ${len(self.parameters)}::{kind}")

    def scope(self, rule: BudgetRule, leave_out: Iterable[str] = ()) -> None:
        for name in sorted(rule.scope.keys() - set(leave_out)):
            if name == "api_key":
                self.where("api_key_id", int(rule.scope[name]), "bigint")
            elif name.startswith(TAG):
                self.parameters.append(name.removeprefix(TAG))
                self.where(f"tags ->> ${len(self.parameters)}::text", rule.scope[name])
            else:
                self.where(_COLUMNS.get(name, name), rule.scope[name])

    @property
    def text(self) -> str:
        return "".join(self.conditions)


async def spend_by_day(
    connection: asyncpg.Connection,
    rule: BudgetRule,
    zone: ZoneInfo,
    *,
    first: date = _FIRST,
    last: date = _LAST,
    most_events: int = MAX_EVENTS,
) -> Daily:
    """Return what counts for a budget, in USD, by value and local day of [first, last], where it is anything.

    Other rows of the same budget, which may displace it, are not looked at. Raises `LLMLabError`
    (`too_much_to_count`) when that takes reading more than `most_events` events.
    """
    own = rule.own_dimensions
    if not own:
        return await _base(connection, rule, first, last)
    if not rule.is_kept:
        busy = await connection.fetch(_BUSY_DAYS, rule.workspace_id, first, last)
        return await _events(connection, rule, zone, [row["day"] for row in busy], most_events)
    (dimension,) = own
    folds = await connection.fetch(_FOLDED, rule.workspace_id, first, last, dimension)
    wanted = rule.scope.get(dimension)
    folded = sorted(row["day"] for row in folds if wanted is None or wanted not in row["kept"])
    found = await _own(connection, rule, first, last, folded)
    if folded:
        found |= await _events(connection, rule, zone, folded, most_events)
    return found


async def _base(connection: asyncpg.Connection, rule: BudgetRule, first: date, last: date) -> Daily:
    query = _Query(rule.workspace_id, first, last)
    query.scope(rule)
    value = "api_key_id::text" if rule.each == "api_key" else "''"
    return _daily(
        await connection.fetch(
            f"SELECT {value} AS value, day, sum(cost) AS spend FROM rollup_day "
            f"WHERE {_METERED}{query.text} GROUP BY 1, 2",
            *query.parameters,
        )
    )


async def _own(
    connection: asyncpg.Connection, rule: BudgetRule, first: date, last: date, folded: Sequence[date]
) -> Daily:
    (dimension,) = rule.own_dimensions
    query = _Query(rule.workspace_id, first, last, dimension, list(folded))
    query.scope(rule, [dimension])
    if dimension in rule.scope:
        query.where("value", rule.scope[dimension])
    return _daily(
        await connection.fetch(
            f"SELECT {'value' if rule.each else chr(39) * 2} AS value, day, sum(cost) AS spend "
            f"FROM rollup_dimension_day WHERE {_METERED} AND dimension = $4 AND day <> ALL($5::date[])"
            f"{query.text} GROUP BY 1, 2",
            *query.parameters,
        )
    )


async def _events(
    connection: asyncpg.Connection, rule: BudgetRule, zone: ZoneInfo, days: Sequence[date], most: int
) -> Daily:
    if not days:
        return {}
    busy = await connection.fetch(_BUSY_DAYS, rule.workspace_id, days[0], days[-1])
    wanted = set(days)
    events = sum(row["events"] for row in busy if row["day"] in wanted)
    if events > most:
        raise LLMLabError(
            "too_much_to_count",
            f"no rollup keeps what this budget counts ({', '.join(sorted(rule.dimensions))} together), and "
            f"its days so far have {events:,} events, more than the {most:,} that are read for it; take a "
            "shorter period, or a scope of one of feature, customer, user, team, project or a tag, with "
            "provider and model at most beside it",
        )
    found: Daily = {}
    for run in _runs(days):
        edges = [day_start(run[0] + n * _DAY, zone) for n in range(len(run) + 1)]
        early, late = edges[0] - STORED_ID_SKEW, edges[-1] + STORED_ID_SKEW
        query = _Query(rule.workspace_id, edges[0], edges[-1], early, late, run[0], edges[:-1])
        query.scope(rule)
        value = "''"
        if rule.each:
            column = _COLUMNS.get(rule.each, rule.each)
            value = "api_key_id::text" if rule.each == "api_key" else column
            query.conditions.append(f" AND {value} <> ''")
        held = adjusted(EVENT_COLUMNS, within("$1", "$4", "$5"))
        found |= _daily(
            await connection.fetch(
                f"SELECT {value} AS value, "
                "$6::date + (width_bucket(timestamp, $7::timestamptz[]) - 1) AS day, "
                f"sum(cost) AS spend FROM {held} events "
                "WHERE workspace_id = $1 AND id_time >= $4 AND id_time <= $5 AND timestamp >= $2 "
                f"AND timestamp < $3 AND billing = 'metered'{query.text} GROUP BY 1, 2",
                *query.parameters,
            )
        )
    return found


def _runs(days: Sequence[date]) -> list[list[date]]:
    """Return ascending days as runs of days that follow each other."""
    runs: list[list[date]] = []
    for day in days:
        if runs and runs[-1][-1] + _DAY == day:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def _daily(rows: Iterable[asyncpg.Record]) -> Daily:
    return {(row["value"], row["day"]): row["spend"] for row in rows if row["spend"]}


async def spend_by_period(
    connection: asyncpg.Connection, rule: BudgetRule, rules: Sequence[BudgetRule], zone: ZoneInfo
) -> dict[SpendKey, Decimal]:
    """Return what a budget has spent in every period that it counts; `rules` are all of its workspace."""
    first, last = rule.counts_from or _FIRST, _LAST
    if rule.month:
        first, last = max(first, rule.month), period_end(rule.month, "month") - _DAY
    found: dict[SpendKey, Decimal] = {}
    counting: dict[date, bool] = {}
    for (value, day), spend in (await spend_by_day(connection, rule, zone, first=first, last=last)).items():
        if day not in counting:
            counting[day] = any(held.id == rule.id for held in in_force(rules, day))
        if counting[day]:
            key = SpendKey(rule.id, value, period_start(day, rule.period))
            found[key] = found.get(key, Decimal(0)) + spend
    return found


_THERE = "SELECT budget_id, value, period_start, spend FROM budget_spend WHERE budget_id = ANY($1::bigint[])"
_STATE = """
INSERT INTO budget_spend AS s (budget_id, value, period_start, spend)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::date[], $4::numeric[])
ON CONFLICT (budget_id, value, period_start) DO UPDATE SET spend = EXCLUDED.spend
"""
_FORGET = """
DELETE FROM budget_spend s USING unnest($1::bigint[], $2::text[], $3::date[]) AS gone(budget_id, value, start)
WHERE s.budget_id = gone.budget_id AND s.value = gone.value AND s.period_start = gone.start
"""
_PASSED = """
SELECT s.budget_id, s.value, s.period_start, s.spend
FROM budget_spend s JOIN unnest($1::bigint[], $2::numeric[]) AS l(budget_id, lowest) USING (budget_id)
WHERE s.spend > 0 AND s.spend >= l.lowest
"""


async def restate(
    connection: asyncpg.Connection,
    rules: Sequence[BudgetRule],
    all_rules: Sequence[BudgetRule],
    zone: ZoneInfo,
) -> None:
    """State what budgets have spent anew from the rollups; `all_rules` are those of their workspace.

    The caller holds the spend lock exclusively, and goes on with `record_passed`. Raises what
    `spend_by_day` raises.
    """
    wanted: dict[SpendKey, Decimal] = {}
    for rule in rules:
        wanted |= await spend_by_period(connection, rule, all_rules, zone)
    there = await stated(connection, rules)
    changed = sorted(key for key, spend in wanted.items() if there.get(key) != spend)
    if changed:
        columns = map(list, zip(*changed, strict=True))
        await connection.execute(_STATE, *columns, [wanted[key] for key in changed])
    if gone := sorted(there.keys() - wanted.keys()):
        await connection.execute(_FORGET, *map(list, zip(*gone, strict=True)))


async def stated(connection: asyncpg.Connection, rules: Sequence[BudgetRule]) -> dict[SpendKey, Decimal]:
    """Return what the ledger says that these budgets have spent."""
    rows = await connection.fetch(_THERE, [rule.id for rule in rules])
    return {SpendKey(row["budget_id"], row["value"], row["period_start"]): row["spend"] for row in rows}


async def record_passed(connection: asyncpg.Connection, rules: Sequence[BudgetRule], today: date) -> None:
    """Record what the budgets' spend has passed and is not recorded; `today` is their workspace's.

    There is one crossing for each (budget, value, period, threshold, revision), whoever comes to it first:
    the spend transaction or this. Crossings that are recorded stay, so nothing is told twice.

    Whether a crossing is also told depends on the period, because only a change of the budget leads here:

    - of the current period it is, as if the amount had always been this one;
    - of a period to come it is too: events may lie a day ahead, and the spend transaction tells of no
      crossing that is recorded already;
    - of a period that is over it is not. Whoever corrects last year's amount asks what was passed, which
      the crossing answers; twelve alerts about money long spent help nobody. Spend that is *reported*
      late and passes a threshold of that period is told by the spend transaction all the same: that is news.

    The caller holds the spend lock exclusively.
    """
    by_id = {rule.id: rule for rule in rules}
    lowest = [limit_of(min(a.amount for a in rule.amounts), rule.thresholds[0]) for rule in rules]
    crossings = []
    for row in await connection.fetch(_PASSED, list(by_id), lowest):
        rule, key = by_id[row["budget_id"]], SpendKey(row["budget_id"], row["value"], row["period_start"])
        tell = not rule.paused and key.period_start >= period_start(today, rule.period)
        crossings += [
            Crossing(rule, key, threshold, row["spend"], tell)
            for threshold in passed(rule.thresholds, rule.amount_of(key.period_start).amount, row["spend"])
        ]
    await record(connection, crossings)
