"""What batches are computed from: prices, zones, declared tags, budgets; and the epochs they are of.

Everything is read after the epochs, so it is never older than they say; the spend transaction compares
them under its lock and a batch that was computed from something else is computed anew. A change of a
workspace's zone or declared tags counts as a change of budgets: it must go through
`enter_change(connection, "budgets")`. So does folding a day.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date

import asyncpg
from llmlab_shared.db.epochs import Epochs
from llmlab_shared.pricing.calculator import CostCalculator
from llmlab_shared.pricing.price_book import PriceBook

from llmlab_worker.pipeline.folds import Folds, KeptValues, Place
from llmlab_worker.pipeline.workspaces import WorkspaceRules, read_rules

_MAX_WORKSPACES = 4096

_EPOCHS = """
SELECT (SELECT value FROM epochs WHERE name = 'prices'), (SELECT value FROM epochs WHERE name = 'budgets')
"""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What one batch is computed from: the epochs, and the rules of its workspaces."""

    epochs: Epochs
    rules: Mapping[int, WorkspaceRules]
    _kept: KeptValues
    _connection: asyncpg.Connection

    async def find_folds(self, days: Iterable[tuple[int, date]]) -> Folds:
        """Return the values that folded dimensions of these days keep, given by workspace and local day."""
        places = [
            Place(workspace_id, day, dimension)
            for workspace_id, day in days
            for dimension in self.rules[workspace_id].folded.get(day, ())
        ]
        return await self._kept.find(self._connection, places) if places else {}


class Reference:
    """Prices and rules as of `epochs`, read when first needed and again when they moved."""

    def __init__(self) -> None:
        self._book = PriceBook()
        self._epochs: Epochs | None = None
        self._workspaces: dict[int, WorkspaceRules] = {}
        self._kept = KeptValues()
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
            # A pooler may change servers between two statements that are in no transaction.
            async with self._loading, connection.transaction(isolation="read_committed"):
                epochs = await self._load(connection)
                rules = {w: self._workspaces[w] for w in wanted}
            prepared = Prepared(epochs, rules, self._kept, connection)
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
            self._workspaces |= await read_rules(connection, missing)
        for workspace_id in [w for w in self._workspaces if w not in in_use]:
            if len(self._workspaces) <= _MAX_WORKSPACES:
                break
            del self._workspaces[workspace_id]
        return self._epochs

    def outdated(self, epochs: Epochs) -> None:
        """Say that the database has moved on from these epochs: the next use reads everything anew."""
        if self._epochs == epochs:
            self._epochs = None
