"""Budgets as forecasts and reports need them: what is in force today, and its spend so far and by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from llmlab_shared.db.budget_history import spend_by_day
from llmlab_shared.db.budget_rules import read_budget_rules
from llmlab_shared.db.engine import driver_of
from llmlab_shared.db.repositories.daily_spend import read_daily_spend_by
from llmlab_shared.domain.budgets import Amount, BudgetRule, in_force, period_end, period_start
from llmlab_shared.domain.dimensions import choose_source
from llmlab_shared.domain.money import to_wire
from llmlab_shared.errors import LLMLabError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_worker.outlook.messages import Kind
from llmlab_worker.outlook.tenants import Tenant

# Of a budget for each of something, so many values are looked at: those that spent most.
MOST_VALUES: Final = 200

# What no rollup keeps is counted from events, if they are so few.
_MOST_EVENTS: Final = 200_000

_SPENT = text("""
SELECT value, spend FROM budget_spend
WHERE budget_id = :budget AND period_start = :start AND spend > 0 ORDER BY spend DESC, value LIMIT :most
""")
# What is used up or told already takes no other's place among the first.
_OPEN = text("""
SELECT value, spend FROM budget_spend s
WHERE budget_id = :budget AND period_start = :start AND spend > 0 AND spend < :amount
    AND NOT EXISTS (
        SELECT FROM outbox o WHERE o.workspace_id = :workspace AND o.kind = :kind
            AND o.dedupe_key = CAST(:before AS text) || s.value || CAST(:after AS text)
    )
ORDER BY spend DESC, value LIMIT :most
""")


@dataclass(frozen=True, slots=True)
class CurrentBudget:
    """A budget in force, and its period: [start, end), local days."""

    rule: BudgetRule
    start: date
    end: date

    @property
    def amount(self) -> Amount:
        """Return the amount that holds for the period."""
        return self.rule.amount_of(self.start)

    def to_wire(self, value: str) -> dict[str, Any]:
        """Return what messages say of it, for one value of its `each` (`''` without)."""
        rule = self.rule
        return {
            "budget_id": rule.id,
            "name": rule.name,
            "scope": dict(rule.scope),
            "each": rule.each,
            "value": value,
            "period": rule.period,
            "period_start": self.start.isoformat(),
            "period_end": self.end.isoformat(),
            "amount": to_wire(self.amount.amount),
        }


async def budgets_in_force(connection: AsyncConnection, workspace_id: int, day: date) -> list[CurrentBudget]:
    """Return the budgets that count the spend of a day, by id."""
    rules = await read_budget_rules(await driver_of(connection), [workspace_id])
    found = []
    for rule in in_force(rules.get(workspace_id, ()), day):
        start = period_start(day, rule.period)
        found.append(CurrentBudget(rule, start, period_end(start, rule.period)))
    return sorted(found, key=lambda budget: budget.rule.id)


async def spent_by_value(connection: AsyncConnection, budget: CurrentBudget) -> dict[str, Decimal]:
    """Return what is spent of a budget in its period by value of its `each` (`''` without), most first."""
    asked = {"budget": budget.rule.id, "start": budget.start, "most": MOST_VALUES}
    return {row.value: row.spend for row in await connection.execute(_SPENT, asked)}


async def open_by_value(
    connection: AsyncConnection, budget: CurrentBudget, kind: Kind, key: tuple[str, str]
) -> dict[str, Decimal]:
    """Return the same of values that are not used up and of which no message of this kind tells.

    `key` is what stands before and after the value in the key of such a message.
    """
    asked = {
        "budget": budget.rule.id,
        "start": budget.start,
        "amount": budget.amount.amount,
        "workspace": budget.rule.workspace_id,
        "kind": kind,
        "before": key[0],
        "after": key[1],
        "most": MOST_VALUES,
    }
    return {row.value: row.spend for row in await connection.execute(_OPEN, asked)}


async def budget_days(
    connection: AsyncConnection,
    tenant: Tenant,
    rule: BudgetRule,
    values: Sequence[str],
    days: tuple[date, date],
) -> dict[str, dict[date, Decimal]]:
    """Return the spend of days that a budget counts, for each of these values of its `each` (`""` without).

    Empty, where it is not kept and too much to count.
    """
    if rule.each is not None:
        return await _days_of_values(connection, tenant, rule, values, days)
    try:
        found = await spend_by_day(
            await driver_of(connection),
            rule,
            tenant.calendar.zone,
            first=days[0],
            last=days[1],
            most_events=_MOST_EVENTS,
        )
    except LLMLabError:
        return {}
    return {"": {day: amount for (_, day), amount in found.items()}}


async def _days_of_values(
    connection: AsyncConnection,
    tenant: Tenant,
    rule: BudgetRule,
    values: Sequence[str],
    days: tuple[date, date],
) -> dict[str, dict[date, Decimal]]:
    """Return the same of a budget for each: of these values alone, for there may be thousands more."""
    assert rule.each is not None
    filters: dict[str, Sequence[str]] = {name: [value] for name, value in rule.scope.items()}
    filters[rule.each] = values
    tags = tenant.calendar.declared_tags
    source = choose_source(filters, ["day"], declared_tags=tags, whole_days=True)
    if source.tier == "events":
        return {}
    return await read_daily_spend_by(
        connection, tenant.id, tenant.calendar, days, source=source, filters=filters, by=rule.each
    )
