"""What batches are computed from: prices, zones, declared tags, budgets; and the epochs they are of.

Everything is read after the epochs, so it is never older than they say; the spend transaction compares
them under its lock and a batch that was computed from something else is computed anew. A change of a
workspace's zone or declared tags counts as a change of budgets: it must go through
`enter_change(connection, "budgets")`.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import asyncpg
from llmlab_shared.clock import from_us
from llmlab_shared.db.epochs import Epochs
from llmlab_shared.domain.budgets import BudgetRule, in_force
from llmlab_shared.domain.zones import local_day
from llmlab_shared.log import get_logger
from llmlab_shared.pricing.calculator import CostCalculator
from llmlab_shared.pricing.price_book import PriceBook

from llmlab_worker.pipeline.sums import QUARTER_US

_MAX_WORKSPACES = 4096
_MAX_DAYS = 10_000

_EPOCHS = """
SELECT (SELECT value FROM epochs WHERE name = 'prices'), (SELECT value FROM epochs WHERE name = 'budgets')
"""
_WORKSPACES = "SELECT id, timezone, tag_dimensions FROM workspaces WHERE id = ANY($1::bigint[])"
# Budgets with a scope or a value of their own count other sums than the workspace's spend.
_BUDGETS = """
SELECT id, workspace_id, period, month, budget_amount, thresholds, revision FROM budgets
WHERE workspace_id = ANY($1::bigint[]) AND scope = '{}' AND each IS NULL
"""

log = get_logger(__name__)


class WorkspaceRules:
    """One workspace's own view: its days, its declared tags, the budgets that its spend counts for."""

    __slots__ = ("_days", "_in_force", "_rules", "tags", "zone")

    def __init__(self, zone: ZoneInfo, tags: Sequence[str], rules: Sequence[BudgetRule]) -> None:
        self.zone = zone
        self.tags = tuple(tags)
        self._rules = rules
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
            found = self._in_force[day] = in_force(self._rules, day)
        return found


@dataclass(frozen=True, slots=True)
class Prepared:
    """What one batch is computed from: the epochs, and the rules of its workspaces."""

    epochs: Epochs
    rules: Mapping[int, WorkspaceRules]


class Reference:
    """Prices and rules as of `epochs`, read when first needed and again when they moved."""

    def __init__(self) -> None:
        self._book = PriceBook()
        self._epochs: Epochs | None = None
        self._workspaces: dict[int, WorkspaceRules] = {}
        self._in_use: Counter[int] = Counter()
        self._loading = asyncio.Lock()
        self.calculator = CostCalculator(self._book)

    @asynccontextmanager
    async def prepared(
        self, connection: asyncpg.Connection, workspace_ids: Iterable[int]
    ) -> AsyncIterator[Prepared]:
        """Hold what these workspaces need at hand, and yield it.

        The connection is not in a transaction. Inside, another batch may find the epochs moved and
        load anew; then the yielded ones are no longer the database's either.
        """
        wanted = set(workspace_ids)
        self._in_use.update(wanted)
        try:
            async with self._loading:
                epochs = await self._load(connection)
                prepared = Prepared(epochs, {w: self._workspaces[w] for w in wanted})
            yield prepared
        finally:
            self._in_use.subtract(wanted)
            self._in_use += Counter()

    async def _load(self, connection: asyncpg.Connection) -> Epochs:
        if self._epochs is None:
            epochs = Epochs(*await connection.fetchrow(_EPOCHS))
            await self._book.reload(connection)
            self._workspaces.clear()
            self._epochs = epochs
        in_use = self._in_use.keys()
        await self._book.prepare(connection, in_use)
        missing = sorted(in_use - self._workspaces.keys())
        if missing:
            await self._read_workspaces(connection, missing)
        for workspace_id in [w for w in self._workspaces if w not in in_use]:
            if len(self._workspaces) <= _MAX_WORKSPACES:
                break
            del self._workspaces[workspace_id]
        return self._epochs

    async def _read_workspaces(self, connection: asyncpg.Connection, missing: list[int]) -> None:
        rules: dict[int, list[BudgetRule]] = {}
        for row in await connection.fetch(_BUDGETS, missing):
            rule = BudgetRule(
                id=row["id"],
                workspace_id=row["workspace_id"],
                scope={},
                each=None,
                period=row["period"],
                month=row["month"],
                amount=row["budget_amount"],
                thresholds=tuple(row["thresholds"]),
                revision=row["revision"],
            )
            rules.setdefault(rule.workspace_id, []).append(rule)
        found = {row["id"]: row for row in await connection.fetch(_WORKSPACES, missing)}
        for workspace_id in missing:
            row = found.get(workspace_id)
            if row is None:
                log.warning("events_of_unknown_workspace", workspace_id=workspace_id)
            zone = ZoneInfo(row["timezone"] if row else "UTC")
            tags = row["tag_dimensions"] if row else ()
            self._workspaces[workspace_id] = WorkspaceRules(zone, tags, rules.get(workspace_id, ()))

    def outdated(self, epochs: Epochs) -> None:
        """Say that the database has moved on from these epochs: the next use reads everything anew."""
        if self._epochs == epochs:
            self._epochs = None
