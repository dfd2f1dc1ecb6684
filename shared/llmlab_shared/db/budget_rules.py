"""Reading the budgets of workspaces as rules."""

from collections.abc import Sequence

import asyncpg
import msgspec

from llmlab_shared.domain.budgets import Amount, BudgetRule

_BUDGETS = """
SELECT b.id, workspace_id, name, scope::text AS scope, each, period, month, thresholds, revision, counts_from,
    paused, channels, days, amounts, revisions
FROM budgets b CROSS JOIN LATERAL (
    SELECT array_agg(valid_from ORDER BY valid_from) AS days,
        array_agg(amount ORDER BY valid_from) AS amounts,
        array_agg(revision ORDER BY valid_from) AS revisions
    FROM budget_amounts WHERE budget_id = b.id
) held
WHERE workspace_id = ANY($1::bigint[]) AND days IS NOT NULL
ORDER BY month NULLS FIRST, b.id
"""
_scope = msgspec.json.Decoder(dict[str, str]).decode


async def read_budget_rules(
    connection: asyncpg.Connection, workspace_ids: Sequence[int]
) -> dict[int, list[BudgetRule]]:
    """Return the budgets of each of these workspaces that has any, those of every period first."""
    found: dict[int, list[BudgetRule]] = {}
    for row in await connection.fetch(_BUDGETS, workspace_ids):
        rule = BudgetRule(
            id=row["id"],
            workspace_id=row["workspace_id"],
            name=row["name"],
            scope=_scope(row["scope"]),
            each=row["each"],
            period=row["period"],
            month=row["month"],
            amounts=tuple(map(Amount, row["days"], row["amounts"], row["revisions"])),
            thresholds=tuple(row["thresholds"]),
            revision=row["revision"],
            counts_from=row["counts_from"],
            paused=row["paused"],
            channels=row["channels"],
        )
        found.setdefault(rule.workspace_id, []).append(rule)
    return found
