"""Budgets as forecasts and reports need them: what is in force today, and its spend so far and by day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from llmlab_shared.db.repositories.daily_spend import read_daily_spend, read_daily_spend_by
from llmlab_shared.domain.budgets import BudgetRule, in_force, period_end, period_start
from llmlab_shared.domain.dimensions import Source, choose_source
from llmlab_shared.domain.money import to_wire
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_worker.outlook.tenants import Tenant

# Of a budget for each of something, so many are looked at: those that spend most.
MOST_VALUES: Final = 200

_BUDGETS = text("""
SELECT id, name, workspace_id, scope, each, period, month, budget_amount, thresholds, revision
FROM budgets WHERE workspace_id = :workspace ORDER BY id
""")
_SPENT = text("""
SELECT value, spend FROM budget_spend
WHERE budget_id = :budget AND period_start = :start AND spend > 0 ORDER BY spend DESC, value LIMIT :most
""")


@dataclass(frozen=True, slots=True)
class CurrentBudget:
    """A budget in force, and its period: [start, end), local days."""

    rule: BudgetRule
    name: str
    start: date
    end: date

    def to_wire(self, value: str) -> dict[str, Any]:
        """Return what messages say of it, for one value of its `each` (`''` without)."""
        rule = self.rule
        return {
            "budget_id": rule.id,
            "name": self.name,
            "scope": dict(rule.scope),
            "each": rule.each,
            "value": value,
            "period": rule.period,
            "period_start": self.start.isoformat(),
            "period_end": self.end.isoformat(),
            "amount": to_wire(rule.amount),
        }


async def budgets_in_force(connection: AsyncConnection, workspace_id: int, day: date) -> list[CurrentBudget]:
    """Return the budgets that count the spend of a day, by id."""
    rows = (await connection.execute(_BUDGETS, {"workspace": workspace_id})).mappings().all()
    names = {row["id"]: row["name"] for row in rows}
    found = []
    for rule in in_force(map(_rule, rows), day):
        start = period_start(day, rule.period)
        found.append(CurrentBudget(rule, names[rule.id], start, period_end(start, rule.period)))
    return sorted(found, key=lambda budget: budget.rule.id)


def _rule(row: RowMapping) -> BudgetRule:
    return BudgetRule(
        id=row["id"],
        workspace_id=row["workspace_id"],
        scope=row["scope"],
        each=row["each"],
        period=row["period"],
        month=row["month"],
        amount=row["budget_amount"],
        thresholds=tuple(row["thresholds"]),
        revision=row["revision"],
    )


async def spent_by_value(
    connection: AsyncConnection, budget: CurrentBudget, most: int = MOST_VALUES
) -> dict[str, Decimal]:
    """Return what is spent of a budget in its period by value of its `each` (`''` without), most first."""
    asked = {"budget": budget.rule.id, "start": budget.start, "most": most}
    return {row.value: row.spend for row in await connection.execute(_SPENT, asked)}


async def budget_days(
    connection: AsyncConnection,
    tenant: Tenant,
    rule: BudgetRule,
    values: Sequence[str],
    days: tuple[date, date],
) -> dict[str, dict[date, Decimal]]:
    """Return the spend of days that a budget counts, for each of these values of its `each` (`''` without).

    Empty, where no rollup keeps what the budget counts.
    """
    filters: dict[str, Sequence[str]] = {name: [str(value)] for name, value in rule.scope.items()}
    if rule.each is not None:
        filters[rule.each] = values
    source = source_of(tenant, filters)
    if source is None:
        return {}
    if rule.each is not None:
        return await read_daily_spend_by(
            connection, tenant.id, tenant.calendar, days, source=source, filters=filters, by=rule.each
        )
    spend = await read_daily_spend(
        connection, tenant.id, tenant.calendar, days, source=source, filters=filters
    )
    return {"": spend}


def source_of(tenant: Tenant, dimensions: Mapping[str, object]) -> Source | None:
    """Return the rollup that keeps these dimensions by days, if one does."""
    source = choose_source(dimensions, ["day"], declared_tags=tenant.calendar.declared_tags, whole_days=True)
    return None if source.tier == "events" else source
