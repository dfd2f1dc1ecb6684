"""What the write path must know of a workspace: its zone, its declared tags, its budgets, folded days."""

from collections.abc import Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

import asyncpg
from llmlab_shared.clock import from_us
from llmlab_shared.db.budget_rules import read_budget_rules
from llmlab_shared.domain.budgets import BudgetRule, in_force
from llmlab_shared.domain.zones import local_day
from llmlab_shared.log import get_logger

from llmlab_worker.pipeline.sums import QUARTER_US

_MAX_DAYS = 10_000

_WORKSPACES = "SELECT id, timezone, tag_dimensions FROM workspaces WHERE id = ANY($1::bigint[])"
_FOLDED = "SELECT workspace_id, day, dimension FROM dimension_folds WHERE workspace_id = ANY($1::bigint[])"

log = get_logger(__name__)


class WorkspaceRules:
    """One workspace's own view: its days, its declared tags, the budgets that its spend counts for.

    `folded` has the dimensions of each day that was folded; which values they keep is in `KeptValues`.
    """

    __slots__ = ("_days", "_in_force", "budgets", "folded", "tags", "zone")

    def __init__(
        self,
        zone: ZoneInfo,
        tags: Sequence[str],
        rules: Sequence[BudgetRule],
        folded: Mapping[date, Sequence[str]] | None = None,
    ) -> None:
        self.zone = zone
        self.tags = tuple(tags)
        self.budgets = rules
        self.folded = folded or {}
        self._days: dict[int, date] = {}
        self._in_force: dict[date, list[BudgetRule]] = {}

    def day_of(self, bucket: int) -> date:
        """Return the local day of a quarter hour (counted since 1970 UTC)."""
        day = self._days.get(bucket)
        if day is None:
            if len(self._days) >= _MAX_DAYS:
                self._days.clear()
            day = self._days[bucket] = local_day(from_us(bucket * QUARTER_US), self.zone)
        return day

    def budgets_of(self, day: date) -> list[BudgetRule]:
        """Return the budgets that count the spend of a local day."""
        found = self._in_force.get(day)
        if found is None:
            if len(self._in_force) >= _MAX_DAYS:
                self._in_force.clear()
            found = self._in_force[day] = in_force(self.budgets, day)
        return found


async def read_rules(
    connection: asyncpg.Connection, workspace_ids: Sequence[int]
) -> dict[int, WorkspaceRules]:
    """Return the rules of these workspaces; one that does not exist has UTC and no budget."""
    budgets = await read_budget_rules(connection, workspace_ids)
    folded: dict[int, dict[date, list[str]]] = {}
    for workspace_id, day, dimension in await connection.fetch(_FOLDED, workspace_ids):
        folded.setdefault(workspace_id, {}).setdefault(day, []).append(dimension)
    found = {row["id"]: row for row in await connection.fetch(_WORKSPACES, workspace_ids)}
    rules = {}
    for workspace_id in workspace_ids:
        row = found.get(workspace_id)
        if row is None:
            log.warning("workspace_unknown", workspace_id=workspace_id)
        zone = ZoneInfo(row["timezone"] if row else "UTC")
        tags = row["tag_dimensions"] if row else ()
        rules[workspace_id] = WorkspaceRules(
            zone, tags, budgets.get(workspace_id, ()), folded.get(workspace_id)
        )
    return rules
