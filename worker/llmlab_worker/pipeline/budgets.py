"""What a batch adds to budgets, and the thresholds that this takes them past.

The accumulator `budget_spend` is raised by the last statement before COMMIT, so that its row locks are
held as briefly as can be; what it returns is the spend of all transactions before this one and of this
one, whatever they could see of each other. Hence each threshold is passed in exactly one of them.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import asyncpg
import msgspec
from llmlab_shared.domain.budgets import BudgetRule, passed, period_start
from llmlab_shared.domain.money import from_pico, to_wire

from llmlab_worker.pipeline.workspaces import WorkspaceRules

CROSSING = "budget_crossing"

_SPEND = """
INSERT INTO budget_spend AS s (budget_id, value, period_start, spend)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::date[], $4::numeric[])
ON CONFLICT (budget_id, value, period_start) DO UPDATE SET spend = s.spend + EXCLUDED.spend
RETURNING budget_id, value, period_start, spend
"""
_CROSS = """
WITH crossed AS (
    INSERT INTO budget_crossings (budget_id, value, period_start, threshold, revision, workspace_id, spend)
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::date[], $4::numeric[], $5::bigint[], $6::bigint[],
                         $7::numeric[])
    ON CONFLICT DO NOTHING
    RETURNING budget_id, value, period_start, threshold, revision
)
INSERT INTO outbox (workspace_id, kind, payload)
SELECT m.workspace_id, $8, m.payload
FROM unnest($1::bigint[], $2::text[], $3::date[], $4::numeric[], $5::bigint[], $6::bigint[], $9::jsonb[])
     AS m(budget_id, value, period_start, threshold, revision, workspace_id, payload)
JOIN crossed USING (budget_id, value, period_start, threshold, revision)
"""

# Budget, value of its `each` and first day of its period.
SpendKey = tuple[int, str, date]
_Crossing = tuple[int, str, date, Decimal, int, int, Decimal]


def spend_by_budget(
    rules: Mapping[int, WorkspaceRules], spend: Mapping[tuple[int, date], int]
) -> tuple[dict[int, BudgetRule], dict[SpendKey, Decimal]]:
    """Return which budgets (by id) spend (pico-USD by workspace and local day) counts for, and how much."""
    touched: dict[int, BudgetRule] = {}
    added: dict[SpendKey, int] = {}
    for (workspace_id, day), cost in spend.items():
        if not cost:
            continue
        for rule in rules[workspace_id].budgets_of(day):
            key = (rule.id, "", period_start(day, rule.period))
            touched[rule.id] = rule
            added[key] = added.get(key, 0) + cost
    return touched, {key: from_pico(cost) for key, cost in added.items()}


async def add_spend(
    connection: asyncpg.Connection, rules: Mapping[int, BudgetRule], added: Mapping[SpendKey, Decimal]
) -> int:
    """Add to budgets, record what that crosses with a message for each, and return how many were crossed."""
    if not added:
        return 0
    keys = sorted(added)
    rows = await connection.fetch(_SPEND, *map(list, zip(*keys, strict=True)), [added[key] for key in keys])
    crossed = [
        (*key, threshold, rule.revision, rule.workspace_id, row["spend"])
        for row in rows
        for key in [(row["budget_id"], row["value"], row["period_start"])]
        for rule in [rules[key[0]]]
        for threshold in _newly_passed(rule, row["spend"], added[key])
    ]
    if crossed:
        columns = list(map(list, zip(*sorted(crossed), strict=True)))
        payloads = [_payload(row) for row in sorted(crossed)]
        await connection.execute(_CROSS, *columns, CROSSING, payloads)
    return len(crossed)


def _newly_passed(rule: BudgetRule, after: Decimal, added: Decimal) -> list[Decimal]:
    before = after - added
    # The first spend of a period passes even the threshold of a budget of nothing.
    already = passed(rule, before) if before else []
    return [threshold for threshold in passed(rule, after) if threshold not in already]


def _payload(crossing: _Crossing) -> str:
    budget_id, value, start, threshold, revision, workspace_id, spend = crossing
    return msgspec.json.encode(
        {
            "budget_id": budget_id,
            "value": value,
            "period_start": start.isoformat(),
            "threshold": to_wire(threshold),
            "revision": revision,
            "workspace_id": workspace_id,
            "spend": to_wire(spend),
        }
    ).decode()
