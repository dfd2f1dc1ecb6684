"""What the worker's tests share: making workspaces and entries, processing them, reading what is stored."""

import json
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
from llmlab_shared.clock import now_us
from llmlab_shared.db.partitions import Partitions
from llmlab_shared.ids import uuid7
from llmlab_shared.queue.entry import Entry
from llmlab_shared.queue.writer import StreamWriter
from llmlab_shared.spend_lock import TAKE_EXCLUSIVELY
from llmlab_worker.pipeline.process import Outcome, process_entries
from llmlab_worker.pipeline.reference import Reference
from redis.asyncio import Redis

GPT4 = '{"tokens": {"input": "30", "output": "60"}}'


def event(**fields: Any) -> dict[str, Any]:
    """An event of the reference price: gpt-4, 1,000 in, 500 out, 0.06 USD."""
    return {"provider": "openai", "model": "gpt-4", "input_tokens": 1000, "output_tokens": 500, **fields}


def entry_of(*events: Any, workspace_id: int, at_us: int | None = None, **fields: Any) -> Entry:
    """An entry of events, each a mapping or its bytes."""
    bodies = b",".join(e if isinstance(e, bytes) else json.dumps(e).encode() for e in events)
    values = {"id": uuid7(), "api_key_id": 7, **fields}
    return Entry(
        workspace_id=workspace_id,
        at_us=at_us or now_us(),
        events=len(events),
        body=b'{"events":[' + bodies + b"]}",
        **values,
    )


class Ledger:
    """One database seen by one worker; `another()` is a second worker with caches of its own."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.reference = Reference()
        self.partitions = Partitions()

    def another(self) -> "Ledger":
        return Ledger(self.pool)

    async def process(self, *entries: Entry) -> Outcome:
        return await process_entries(self.pool, self.partitions, self.reference, entries)

    async def workspace(self, *, zone: str = "UTC", tags: tuple[str, ...] = ()) -> int:
        return await self.pool.fetchval(
            "INSERT INTO workspaces (name, timezone, tag_dimensions) VALUES ('w', $1, $2) RETURNING id",
            zone,
            list(tags),
        )

    async def price(
        self, model: str = "gpt-4", rates: str = GPT4, *, provider: str = "openai", workspace_id: int = 0
    ) -> None:
        async with self.pool.acquire() as connection, connection.transaction():
            await change(connection, "prices")
            await connection.execute(
                "INSERT INTO price_versions (workspace_id, layer, provider, model, valid_from, rates, "
                "source) VALUES ($1, $2, $3, $4, '2020-01-01', $5, 'test')",
                workspace_id,
                "custom" if workspace_id else "catalogue",
                provider,
                model,
                rates,
            )

    async def budget(
        self,
        workspace_id: int,
        amount: str,
        *,
        thresholds: tuple[str, ...] = ("0.8", "1"),
        month: date | None = None,
        scope: dict[str, str] | None = None,
        each: str | None = None,
        period: str = "month",
    ) -> int:
        """A budget of which nothing has been spent yet."""
        async with self.pool.acquire() as connection, connection.transaction():
            await change(connection, "budgets")
            budget = await connection.fetchval(
                "INSERT INTO budgets (workspace_id, name, month, thresholds, scope, each, period) "
                "VALUES ($1, 'b', $2, $3, $4, $5, $6) RETURNING id",
                workspace_id,
                month,
                [Decimal(t) for t in thresholds],
                json.dumps(scope or {}),
                each,
                period,
            )
            await connection.execute(
                "INSERT INTO budget_amounts VALUES ($1, '2020-01-01', $2, 1)", budget, Decimal(amount)
            )
            return budget

    async def events(self) -> list[dict[str, Any]]:
        return [dict(row) for row in await self.pool.fetch("SELECT * FROM cost_events ORDER BY id_time, id")]

    async def count(self, table: str = "cost_events") -> int:
        return await self.pool.fetchval(f"SELECT count(*) FROM {table}")

    async def total(self, table: str = "rollup_15m", column: str = "events") -> Any:
        return await self.pool.fetchval(f"SELECT coalesce(sum({column}), 0) FROM {table}")


async def put(redis: Redis, entries: Iterable[Entry], *, shards: int = 1) -> None:
    """Append entries to their streams as the API does, one request each."""
    writer = StreamWriter(redis, shards, 1 << 30)
    try:
        for entry in entries:
            await writer.append([entry])
    finally:
        await writer.aclose()


async def change(connection: asyncpg.Connection, name: str) -> None:
    """Enter a change of prices or budgets, as `enter_change` does."""
    await connection.execute(TAKE_EXCLUSIVELY)
    await connection.execute("UPDATE epochs SET value = value + 1 WHERE name = $1", name)


def v7(instant: datetime) -> UUID:
    from llmlab_shared.clock import to_us

    return uuid7(to_us(instant))
