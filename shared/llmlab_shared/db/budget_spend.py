"""Raising what budgets have spent, and recording the thresholds that this takes them past.

The accumulator `budget_spend` is raised by the last statement before COMMIT, so that its row locks are
held as briefly as can be; what it returns is the spend of all transactions before this one and of this
one, whatever they could see of each other. Hence each threshold is passed in exactly one of them.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

import asyncpg
import msgspec

from llmlab_shared.domain.budgets import BudgetRule, limit_of, passed, period_end
from llmlab_shared.domain.money import to_wire

# The kind of the outbox message that tells of a crossing.
CROSSING: Final = "budget_crossing"

# Of thousands of values only those come back that have passed anything.
_SPEND = """
WITH spent AS (
    INSERT INTO budget_spend AS s (budget_id, value, period_start, spend)
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::date[], $4::numeric[])
    ON CONFLICT (budget_id, value, period_start) DO UPDATE SET spend = s.spend + EXCLUDED.spend
    RETURNING budget_id, value, period_start, spend
)
SELECT budget_id, value, period_start, spend FROM spent
JOIN unnest($5::bigint[], $6::date[], $7::numeric[]) AS limits(budget_id, period_start, lowest)
    USING (budget_id, period_start)
WHERE spend >= lowest
"""
_CROSS = """
WITH crossed AS (
    INSERT INTO budget_crossings (budget_id, value, period_start, threshold, revision, workspace_id, spend)
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::date[], $4::numeric[], $5::bigint[], $6::bigint[],
                         $7::numeric[])
    ON CONFLICT DO NOTHING
    RETURNING budget_id, value, period_start, threshold, revision
),
told AS (
    INSERT INTO outbox (workspace_id, kind, payload, channels)
    SELECT m.workspace_id, $11, m.payload,
        (SELECT array_agg(channel::bigint) FROM jsonb_array_elements_text(m.channels) AS channel)
    FROM unnest($1::bigint[], $2::text[], $3::date[], $4::numeric[], $5::bigint[], $6::bigint[],
                $8::jsonb[], $9::jsonb[], $10::bool[])
         AS m(budget_id, value, period_start, threshold, revision, workspace_id, payload, channels, tell)
    JOIN crossed USING (budget_id, value, period_start, threshold, revision)
    WHERE m.tell
)
SELECT count(*) FROM crossed
"""


class SpendKey(NamedTuple):
    """A budget, whose spend it is in a budget for each (else `""`), and the first day of the period."""

    budget_id: int
    value: str
    period_start: date


class Crossing(NamedTuple):
    """A threshold that a spend has passed; `tell`: with a message."""

    rule: BudgetRule
    key: SpendKey
    threshold: Decimal
    spend: Decimal
    tell: bool


async def add_spend(
    connection: asyncpg.Connection, rules: Mapping[int, BudgetRule], added: Mapping[SpendKey, Decimal]
) -> int:
    """Add to budgets (by id in `rules`), record what that crosses, and return how many were crossed.

    Each crossing leaves a message, unless its budget is paused. What is added may be negative.
    """
    if not added:
        return 0
    keys = sorted(added)
    # Of thousands of values of a budget for each there is one.
    lowest = {
        (budget_id, start): limit_of(rule.amount_of(start).amount, rule.thresholds[0])
        for budget_id, start in {(key.budget_id, key.period_start) for key in keys}
        for rule in [rules[budget_id]]
    }
    rows = await connection.fetch(
        _SPEND,
        *map(list, zip(*keys, strict=True)),
        [added[key] for key in keys],
        *map(list, zip(*lowest, strict=True)),
        list(lowest.values()),
    )
    crossings = []
    for row in rows:
        key = SpendKey(row["budget_id"], row["value"], row["period_start"])
        rule = rules[key.budget_id]
        crossings += [
            Crossing(rule, key, threshold, row["spend"], not rule.paused)
            for threshold in _newly_passed(rule, key.period_start, row["spend"], added[key])
        ]
    return await record(connection, crossings)


def _newly_passed(rule: BudgetRule, start: date, after: Decimal, added: Decimal) -> list[Decimal]:
    amount, before = rule.amount_of(start).amount, after - added
    # The first spend of a period passes even the threshold of a budget of nothing.
    already = passed(rule.thresholds, amount, before) if before else []
    return [threshold for threshold in passed(rule.thresholds, amount, after) if threshold not in already]


async def record(connection: asyncpg.Connection, crossings: Iterable[Crossing]) -> int:
    """Record crossings that are not recorded yet, with a message where one is to tell; return how many."""
    ordered = sorted(crossings, key=lambda crossing: (crossing.key, crossing.threshold))
    if not ordered:
        return 0
    rows = [
        (
            *crossing.key,
            crossing.threshold,
            crossing.rule.amount_of(crossing.key.period_start).revision,
            crossing.rule.workspace_id,
            crossing.spend,
            _payload(crossing),
            None if crossing.rule.channels is None else msgspec.json.encode(crossing.rule.channels).decode(),
            crossing.tell,
        )
        for crossing in ordered
    ]
    count: int = await connection.fetchval(_CROSS, *map(list, zip(*rows, strict=True)), CROSSING)
    return count


def _payload(crossing: Crossing) -> str:
    rule, key = crossing.rule, crossing.key
    held = rule.amount_of(key.period_start)
    return msgspec.json.encode(
        {
            "budget_id": key.budget_id,
            "name": rule.name,
            "scope": rule.scope,
            "each": rule.each,
            "value": key.value,
            "period": rule.period,
            "period_start": key.period_start.isoformat(),
            "period_end": period_end(key.period_start, rule.period).isoformat(),
            "threshold": to_wire(crossing.threshold),
            "revision": held.revision,
            "amount": to_wire(held.amount),
            "workspace_id": rule.workspace_id,
            "spend": to_wire(crossing.spend),
        }
    ).decode()
