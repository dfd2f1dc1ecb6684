"""Each event costs what held at its own instant, in whatever order and company it arrives.

All of it the worker's way: from the bytes of an event to its row and its rollups in the database.
"""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from ledger import Ledger, entry_of, event, v7
from llmlab_shared.db.engine import open_pool
from llmlab_shared.pricing.lists.catalogue import BEGINNING, Catalogue
from llmlab_shared.pricing.lists.sync import sync_catalogue
from llmlab_shared.pricing.store import NewPrice

SECOND = timedelta(seconds=1)
MARCH, MAY = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
BATCH = {"processing": "batch"}

# Provider, model, the instant of a change, what 100,000 tokens in and 10,000 out cost before it and from
# it on, and the context: of the catalogue, of overrides, of both, and by the time of the day.
CHANGES: list[tuple[str, str, str, str, str, dict[str, Any]]] = [
    ("openai", "o3", "2025-06-10T00:00:00Z", "1.4", "0.28", {}),
    ("openai", "o3", "2025-06-10T00:00:00Z", "0.7", "0.14", BATCH),
    ("openai", "gpt-5.6-luna", "2026-07-30T00:00:00Z", "0.16", "0.032", {}),
    ("openai", "gpt-5.6-luna", "2026-07-30T00:00:00Z", "0.08", "0.016", BATCH),
    ("openai", "gpt-4o", "2026-10-14T00:00:00Z", "0.175", "0.175", BATCH),
    ("mistral", "mistral-small-latest", "2026-03-16T00:00:00Z", "0.013", "0.021", {}),
    ("mistral", "mistral-large-latest", "2025-12-02T00:00:00Z", "0.26", "0.065", {}),
    ("x-ai", "grok-3", "2026-05-15T19:00:00Z", "0.45", "0.15", {}),
    ("deepseek", "deepseek-chat", "2025-09-05T16:00:00Z", "0.038", "0.0728", {}),
    ("deepseek", "deepseek-chat", "2025-05-06T16:30:00Z", "0.038", "0.019", {}),
    ("deepseek", "deepseek-v4-pro", "2026-10-20T01:00:00Z", "0.0858", "0.1716", {}),
]


@pytest.fixture
async def ledger(database_url: str) -> AsyncIterator[Ledger]:
    """One worker over the database of the test."""
    pool = await open_pool(database_url)
    yield Ledger(pool)
    await pool.close()


def _event(at: datetime, **fields: Any) -> dict[str, Any]:
    return event(id=str(v7(at)), timestamp=at.isoformat(), **fields)


def _both_sides() -> list[tuple[dict[str, Any], Decimal]]:
    """Events around every change, each with its true cost: minutes apart, and at the very instant."""
    events = []
    for provider, model, instant, before, after, context in CHANGES:
        change = datetime.fromisoformat(instant)
        for distance, cost in ((-60, before), (-1, before), (0, after), (60, after)):
            fields = {"provider": provider, "model": model, "input_tokens": 100_000, "output_tokens": 10_000}
            events.append((_event(change + distance * SECOND, **fields, **context), Decimal(cost)))
    return events


@pytest.mark.parametrize("seed", range(4))
async def test_both_sides_of_a_change_in_any_order(ledger: Ledger, seed: int) -> None:
    """In entries of any size, by two workers with caches of their own."""
    chance = random.Random(seed)
    events = _both_sides()
    chance.shuffle(events)
    expected = {one["id"]: cost for one, cost in events}
    workspace = await ledger.workspace()
    workers = [ledger, ledger.another()]
    waiting = [one for one, _ in events]
    while waiting:
        size = chance.randint(1, 9)
        batch, waiting = waiting[:size], waiting[size:]
        await chance.choice(workers).process(entry_of(*batch, workspace_id=workspace))
    found = {str(row["id"]): row["computed_cost"] for row in await ledger.events()}
    assert found == expected
    assert await ledger.total(column="cost") == sum(expected.values())


async def test_batches_may_be_split_and_merged(ledger: Ledger) -> None:
    """The same events as one entry, one by one, and in random parts: the same sum to the last digit."""
    chance = random.Random(20261127)
    totals = set()
    for largest in (1_000, 1, 7):
        workspace = await ledger.workspace()
        # Counts that leave a remainder in every price.
        waiting = [
            {**one, "id": str(v7(datetime.fromisoformat(one["timestamp"]))), "input_tokens": 99_991 + index}
            for index, (one, _) in enumerate(_both_sides())
        ]
        chance.shuffle(waiting)
        while waiting:
            size = chance.randint(1, largest) if largest < 1_000 else largest
            batch, waiting = waiting[:size], waiting[size:]
            await ledger.process(entry_of(*batch, workspace_id=workspace))
        totals.add(
            await ledger.pool.fetchval("SELECT sum(cost) FROM rollup_15m WHERE workspace_id = $1", workspace)
        )
    assert len(totals) == 1
    assert totals != {0}


def _listed(*prices: tuple[datetime, str]) -> Catalogue:
    document = {
        usd: msgspec.json.encode({"tokens": {"input": usd, "output": "0"}}).decode() for _, usd in prices
    }
    return Catalogue(
        "a list",
        [
            NewPrice("catalogue", "acme", "one", "", start, False, document[usd], "a list")
            for start, usd in prices
        ],
        [],
        [],
    )


async def test_a_price_that_is_learnt_late_moves_no_history(ledger: Ledger) -> None:
    """What arrives after it is charged by it where it holds; what was stored stays as it was."""
    workspace = await ledger.workspace()
    call = {"provider": "acme", "model": "one", "input_tokens": 1_000_000, "output_tokens": 0}

    async def sync(*prices: tuple[datetime, str]) -> None:
        async with ledger.pool.acquire() as connection:
            await sync_catalogue(connection, catalogue=_listed(*prices), accept_losses=True, go_back=True)

    async def arrive(*instants: datetime) -> list[Decimal]:
        events = [_event(instant, **call) for instant in instants]
        await ledger.process(entry_of(*events, workspace_id=workspace))
        cost = {str(row["id"]): row["computed_cost"] for row in await ledger.events()}
        return [cost[one["id"]] for one in events]

    await sync((BEGINNING, "1"))
    assert await arrive(MAY + SECOND, MARCH) == [1, 1]
    await sync((BEGINNING, "1"), (MAY, "2"))
    assert await arrive(MAY + SECOND, MAY - SECOND, MAY, MARCH) == [2, 1, 2, 1]
    await sync((BEGINNING, "1"), (MARCH, "3"), (MAY, "2"))
    assert await arrive(MARCH - SECOND, MAY, MARCH, MAY - SECOND) == [1, 2, 3, 3]
    rows = await ledger.pool.fetch("SELECT computed_cost FROM cost_events WHERE timestamp = $1", MAY + SECOND)
    assert sorted(row[0] for row in rows) == [1, 2]
    assert await ledger.total(column="cost") == 1 + 1 + 6 + 9
