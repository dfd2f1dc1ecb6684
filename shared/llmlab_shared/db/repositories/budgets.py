"""Budgets in the database: reading them, changing them, and stating anew what they have spent.

Every change runs under the spend lock (`enter_change`), so that no spend in flight can fall between
what is worked out here and what the workers add afterwards. Two things hold after every commit:
`budget_spend` of a budget equals the metered spend of the rollups in the periods where it is in force,
and a crossing of the current revision exists exactly where that spend has reached a threshold.

Callers hand in a transaction at READ COMMITTED: what the lock waited for must be visible.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from llmlab_shared import clock
from llmlab_shared.db.epochs import enter_change
from llmlab_shared.domain.budgets import DEFAULT_THRESHOLDS, MAX_THRESHOLDS, BudgetRule, with_threshold
from llmlab_shared.domain.zones import find_zone, local_day

Connection = AsyncConnection | AsyncSession

STANDING_NAME = "Monthly budget"
# The kind of the outbox message that tells of a crossing.
CROSSING_MESSAGE = "budget_crossing"


@dataclass(frozen=True, slots=True)
class Crossing:
    """A threshold that was passed, as recorded when it happened."""

    threshold: Decimal
    crossed_at: datetime
    spend: Decimal
    value: str


@dataclass(frozen=True, slots=True)
class BudgetState:
    """A budget with what it has spent and alerted in one period."""

    rule: BudgetRule
    name: str
    created_at: datetime
    spent: Decimal
    crossings: Sequence[Crossing]


_COLUMNS = (
    "id, workspace_id, name, scope, each, period, month, budget_amount, thresholds, revision, created_at"
)

_LIST = text(f"SELECT {_COLUMNS} FROM budgets WHERE workspace_id = :workspace ORDER BY month NULLS FIRST, id")

_SPENT = text("""
SELECT s.budget_id, s.spend FROM budget_spend s JOIN budgets b ON b.id = s.budget_id
WHERE b.workspace_id = :workspace AND s.value = '' AND s.period_start = coalesce(b.month, :month)
""")

_CROSSED = text("""
SELECT c.budget_id, c.threshold, c.crossed_at, c.spend, c.value
FROM budget_crossings c JOIN budgets b ON b.id = c.budget_id AND b.revision = c.revision
WHERE b.workspace_id = :workspace AND c.period_start = coalesce(b.month, :month)
ORDER BY c.budget_id, c.threshold
""")

# The rows of the workspace-wide monthly budget: the standing one and those of single months.
_MONTHLY = "workspace_id = :workspace AND scope = '{}' AND each IS NULL AND period = 'month'"

_FIND = text(f"SELECT {_COLUMNS} FROM budgets WHERE {_MONTHLY} AND month IS NOT DISTINCT FROM :month")

_INSERT = text("""
INSERT INTO budgets (workspace_id, name, month, budget_amount, thresholds)
VALUES (:workspace, :name, :month, :amount, :thresholds) RETURNING id
""")

_UPDATE = text("""
UPDATE budgets SET name = coalesce(:name, name), thresholds = coalesce(:thresholds, thresholds),
    revision = revision + (budget_amount <> :amount)::int, budget_amount = :amount
WHERE id = :id
""")

_DELETE_STANDING = text(f"DELETE FROM budgets WHERE {_MONTHLY} AND month IS NULL")

# The daily fold is in the workspace's own zone, so its months are the workspace's months.
_FORGET_SPEND = text(f"""
DELETE FROM budget_spend WHERE budget_id IN (SELECT id FROM budgets WHERE {_MONTHLY})
""")

_STATE_SPEND = text(f"""
INSERT INTO budget_spend (budget_id, value, period_start, spend)
SELECT coalesce(own.id, standing.id), '', spent.month, spent.spend
FROM (
    SELECT date_trunc('month', day)::date AS month, sum(cost) AS spend
    FROM rollup_day WHERE workspace_id = :workspace AND billing = 'metered' GROUP BY 1
) spent
LEFT JOIN (SELECT id, month FROM budgets WHERE {_MONTHLY}) own ON own.month = spent.month
LEFT JOIN (SELECT id FROM budgets WHERE {_MONTHLY} AND month IS NULL) standing ON true
WHERE coalesce(own.id, standing.id) IS NOT NULL AND spent.spend > 0
""")

# Recorded for every month; told of none that is over (see `restate`).
_STATE_CROSSINGS = text(f"""
WITH crossed AS (
    INSERT INTO budget_crossings
        (budget_id, value, period_start, threshold, revision, workspace_id, spend)
    SELECT b.id, s.value, s.period_start, t.threshold, b.revision, b.workspace_id, s.spend
    FROM budgets b JOIN budget_spend s ON s.budget_id = b.id
    CROSS JOIN LATERAL unnest(b.thresholds) AS t(threshold)
    WHERE {_MONTHLY.replace("workspace_id", "b.workspace_id")} AND s.spend >= b.budget_amount * t.threshold
    ON CONFLICT DO NOTHING
    RETURNING *
)
INSERT INTO outbox (workspace_id, kind, payload)
SELECT workspace_id, '{CROSSING_MESSAGE}', jsonb_build_object(
    'budget_id', budget_id, 'value', value, 'period_start', period_start,
    'threshold', trim_scale(threshold)::text, 'revision', revision,
    'workspace_id', workspace_id, 'spend', trim_scale(spend)::text)
FROM crossed WHERE period_start >= :current
""")

_WORKSPACE_THRESHOLD = text("SELECT budget_alert_threshold FROM workspaces WHERE id = :workspace")

_ZONE = text("SELECT timezone FROM workspaces WHERE id = :workspace")

_SET_THRESHOLD = text("""
UPDATE workspaces SET budget_alert_threshold = :threshold WHERE id = :workspace
""")

# Budgets that alerted at the old threshold alert at the new one too; one that chose its own keeps them.
_ADD_THRESHOLD = text("""
UPDATE budgets SET thresholds = (
    SELECT array_agg(DISTINCT t ORDER BY t) FROM unnest(thresholds || CAST(:new AS numeric(6, 4))) AS u(t)
)
WHERE workspace_id = :workspace AND CAST(:old AS numeric) = ANY (thresholds)
    AND cardinality(thresholds) < :most
""")


def _rule(row: Row[Any]) -> BudgetRule:
    return BudgetRule(
        id=row.id,
        workspace_id=row.workspace_id,
        scope=row.scope,
        each=row.each,
        period=row.period,
        month=row.month,
        amount=row.budget_amount,
        thresholds=tuple(row.thresholds),
        revision=row.revision,
    )


async def list_budgets(connection: Connection, workspace_id: int, month: date) -> list[BudgetState]:
    """Return a workspace's budgets, the standing one first, each with its spend and crossings.

    Those of a standing budget are of `month` (its first day), those of a month's own row of that month.
    """
    asked = {"workspace": workspace_id, "month": month}
    spent = {row.budget_id: row.spend for row in await connection.execute(_SPENT, asked)}
    crossings: dict[int, list[Crossing]] = {}
    for row in await connection.execute(_CROSSED, asked):
        crossing = Crossing(row.threshold, row.crossed_at, row.spend, row.value)
        crossings.setdefault(row.budget_id, []).append(crossing)
    return [
        BudgetState(
            rule=_rule(row),
            name=row.name,
            created_at=row.created_at,
            spent=spent.get(row.id, Decimal(0)),
            crossings=crossings.get(row.id, []),
        )
        for row in await connection.execute(_LIST, {"workspace": workspace_id})
    ]


async def month_budget(connection: Connection, workspace_id: int) -> Decimal | None:
    """Return the amount of the budget of every month, or None when there is none."""
    row = (await connection.execute(_FIND, {"workspace": workspace_id, "month": None})).first()
    return None if row is None else row.budget_amount


async def workspace_threshold(connection: Connection, workspace_id: int) -> Decimal:
    """Return the threshold that a workspace's new budgets get, and that `alert_sent` speaks of."""
    threshold: Decimal = await connection.scalar(_WORKSPACE_THRESHOLD, {"workspace": workspace_id})
    return threshold


async def set_month_budget(connection: Connection, workspace_id: int, amount: Decimal | None) -> None:
    """Set the amount of the budget of every month, or remove that budget with None."""
    if amount is not None:
        await put_month_budget(connection, workspace_id, month=None, amount=amount)
        return
    await enter_change(connection, "budgets")
    await connection.execute(_DELETE_STANDING, {"workspace": workspace_id})


async def put_month_budget(
    connection: Connection,
    workspace_id: int,
    *,
    month: date | None,
    amount: Decimal,
    name: str | None = None,
    thresholds: Sequence[Decimal] | None = None,
) -> tuple[int, bool]:
    """Create or change the budget of a month (its first day) or, with None, of every month.

    What is not given stays as it is; a new budget gets the default thresholds and the workspace's own.
    Returns the budget's id and whether it is new. A changed amount starts a new revision, which alerts
    anew; the same amount again changes nothing and alerts nothing.
    """
    await enter_change(connection, "budgets")
    found = (await connection.execute(_FIND, {"workspace": workspace_id, "month": month})).first()
    if found is None:
        own = await workspace_threshold(connection, workspace_id)
        budget_id = await connection.scalar(
            _INSERT,
            {
                "workspace": workspace_id,
                "name": name or (f"Budget of {month:%Y-%m}" if month else STANDING_NAME),
                "month": month,
                "amount": amount,
                "thresholds": list(thresholds or with_threshold(DEFAULT_THRESHOLDS, own)),
            },
        )
    else:
        budget_id = found.id
        changed = {
            "id": budget_id,
            "name": name,
            "amount": amount,
            "thresholds": thresholds and [*thresholds],
        }
        await connection.execute(_UPDATE, changed)
    await restate(connection, workspace_id)
    return budget_id, found is None


async def set_alert_threshold(connection: Connection, workspace_id: int, threshold: Decimal) -> None:
    """Set the workspace's default threshold, for which its budgets alert from now on too."""
    await enter_change(connection, "budgets")
    old = await workspace_threshold(connection, workspace_id)
    await connection.execute(_SET_THRESHOLD, {"workspace": workspace_id, "threshold": threshold})
    added = {"workspace": workspace_id, "old": old, "new": threshold, "most": MAX_THRESHOLDS}
    await connection.execute(_ADD_THRESHOLD, added)
    await restate(connection, workspace_id)


async def restate(connection: Connection, workspace_id: int) -> None:
    """State what the monthly budgets have spent anew from the rollups, and record what that passes.

    There is one crossing for each (budget, value, month, threshold, revision), whoever comes to it first:
    the spend transaction or this. Crossings that are recorded stay, so nothing is told twice.

    Whether a crossing is also told depends on the month, because only a change of the budget leads here:

    - of the current month it is, as if the amount had always been this one;
    - of a month to come it is too: events may lie a day ahead, and the spend transaction tells of no
      crossing that is recorded already;
    - of a month that is over it is not. Whoever corrects last year's amount asks what was passed, which
      the crossing answers; twelve alerts about money long spent help nobody. Spend that is *reported*
      late and passes a threshold of that month is told by the spend transaction all the same: that is news.

    Months are the workspace's own. The caller holds the spend lock exclusively.
    """
    workspace = {"workspace": workspace_id}
    zone = find_zone(await connection.scalar(_ZONE, workspace))
    current = local_day(clock.now(), zone).replace(day=1)
    await connection.execute(_FORGET_SPEND, workspace)
    await connection.execute(_STATE_SPEND, workspace)
    await connection.execute(_STATE_CROSSINGS, {**workspace, "current": current})
