"""Reports on weeks and months that are over: one for each workspace and each of its teams, told once.

They are due at 08:00 of the workspace's zone. A workspace's own and those of its teams are written by one
transaction, so that none is missing when a worker dies. A team's says nothing of other teams.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from llmlab_shared.db.repositories.daily_spend import (
    TIER_1,
    days_needed,
    read_daily_spend,
    read_usual_share,
)
from llmlab_shared.domain.budgets import period_end, period_start
from llmlab_shared.domain.dimensions import Source
from llmlab_shared.domain.forecast import forecast
from llmlab_shared.domain.money import to_wire
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from llmlab_worker.outlook.budgets import CurrentBudget, budgets_in_force, spent_by_value
from llmlab_worker.outlook.messages import Message, tell, told
from llmlab_worker.outlook.report_content import content, outlook_content
from llmlab_worker.outlook.report_reads import read_teams, read_workspace
from llmlab_worker.outlook.report_spans import CATCH_UP, ReportSpan, due_spans
from llmlab_worker.outlook.tenants import Tenant, for_each_tenant, looking_at

KIND: Final = "report"
# From the beginning of the month before the one that is over to the last day of catching up.
_LOOK_BACK: Final = timedelta(days=62) + CATCH_UP
# Of a budget for each of something, those that spend most.
_MOST_VALUES: Final = 3


async def send_reports(engine: AsyncEngine, at: datetime) -> int:
    """Report on what is due at an instant and not told yet; return how many messages that made."""

    async def look(tenant: Tenant) -> int:
        made = 0
        wanted = {"week": tenant.settings.weekly_report, "month": tenant.settings.monthly_report}
        for span in due_spans(at, tenant.calendar.zone):
            if wanted[span.kind]:
                async with looking_at(engine, tenant) as connection:
                    messages = await _report(connection, tenant, span)
                made += await tell(engine, tenant.id, messages)
        return made

    return await for_each_tenant(engine, (at - _LOOK_BACK).date(), at, look)


async def _report(connection: AsyncConnection, tenant: Tenant, span: ReportSpan) -> list[Message]:
    if await told(connection, tenant.id, KIND, [_key(span, None)]):
        return []
    figures = await read_workspace(connection, tenant.id, span)
    if figures.is_empty():
        return []
    last = span.end - timedelta(days=1)
    budgets = await _budgets(connection, await budgets_in_force(connection, tenant.id, last))
    share = await read_usual_share(connection, tenant.id, tenant.calendar, tenant.calendar.as_of)
    payload = {
        **content(figures, span, None),
        "budgets": _first_of_each(budgets),
        "month": await _month(connection, tenant, share, TIER_1, {}),
    }
    settings = tenant.settings
    messages = [Message(KIND, _key(span, None), payload, settings.report_channels)]
    if not settings.team_reports:
        return messages
    for team, own in (await read_teams(connection, tenant.id, span)).items():
        payload = {
            **content(own, span, team),
            "budgets": [budget for budget in budgets if _is_of(budget, team)],
            "month": await _month(connection, tenant, share, Source("own", "team"), {"team": [team]}),
        }
        channels = settings.team_channels.get(team, settings.report_channels)
        messages.append(Message(KIND, _key(span, team), payload, channels))
    return messages


def _key(span: ReportSpan, team: str | None) -> str:
    return f"{span.kind}:{span.start}:{team or ''}"


def _is_of(budget: Mapping[str, Any], team: str) -> bool:
    return bool(
        budget["scope"] == {"team": team}
        or (budget["scope"] == {} and budget["each"] == "team" and budget["value"] == team)
    )


async def _budgets(connection: AsyncConnection, budgets: Sequence[CurrentBudget]) -> list[dict[str, Any]]:
    """Return every budget with its spend; one for each of something with every value, the most first."""
    found = []
    for budget in budgets:
        spent = await spent_by_value(connection, budget)
        if budget.rule.each is None:
            spent = spent or {"": Decimal(0)}
        found += [{**budget.to_wire(value), "spent": to_wire(amount)} for value, amount in spent.items()]
    return found


def _first_of_each(budgets: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the same with only the first values of each budget."""
    seen: Counter[int] = Counter()
    kept = []
    for budget in budgets:
        seen[budget["budget_id"]] += 1
        if seen[budget["budget_id"]] <= _MOST_VALUES:
            kept.append(budget)
    return kept


async def _month(
    connection: AsyncConnection,
    tenant: Tenant,
    share: Decimal,
    source: Source,
    filters: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    """Return what the month under way will have cost."""
    today = tenant.today
    start = period_start(today, "month")
    days = days_needed(today, start)
    spend = await read_daily_spend(
        connection, tenant.id, tenant.calendar, days, source=source, filters=filters
    )
    spent = sum((amount for day, amount in spend.items() if day >= start), Decimal(0))
    end = period_end(start, "month")
    made = forecast(spend, spent, start, end, today, amount=None, elapsed=share)
    return outlook_content(made, spent, f"{start:%Y-%m}")
