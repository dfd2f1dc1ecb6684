"""Repricings beside spends, other repricings and changes of prices: all sums stay those of the events."""

import asyncio
import random
from datetime import timedelta
from typing import Any

import pytest
from ledger import Ledger, entry_of, event, v7
from llmlab_shared.domain.repricing import Selection
from llmlab_worker.jobs.reconcile import differences
from llmlab_worker.repricing import windows
from llmlab_worker.repricing.steps import advance
from repriced import NOON, ask, held, new_price, reprice


def call(minutes: int, **fields: Any) -> dict[str, Any]:
    at = NOON + timedelta(minutes=minutes)
    return event(id=str(v7(at)), timestamp=at.isoformat(), **fields)


async def work(ledger: Ledger, repricing: int) -> None:
    while not await advance(ledger.pool, ledger.reference, repricing):
        await asyncio.sleep(0)


async def test_whatever_happens_at_once(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "_END", windows._END.replace(str(windows.WINDOW - 1), "9"))
    monkeypatch.setattr(windows, "WINDOW", 10)
    chance = random.Random(11)
    workspace = await ledger.workspace(zone="Asia/Kathmandu", tags=("tier",))
    await ledger.price()
    await ledger.budget(workspace, "20")

    def some(count: int) -> list[dict[str, Any]]:
        return [
            call(
                chance.randrange(3000),
                model=chance.choice(("gpt-4", "new", "unheard-of")),
                customer=f"c{chance.randrange(20)}",
                feature=chance.choice((None, "search")),
                tags={"tier": chance.choice("ab")},
                billing=chance.choice(("metered", "provisioned")),
            )
            for _ in range(count)
        ]

    await ledger.process(entry_of(*some(200), workspace_id=workspace))

    async def spend() -> None:
        worker = ledger.another()
        for _ in range(25):
            await worker.process(entry_of(*some(8), workspace_id=workspace))

    async def change_prices() -> None:
        for n in range(12):
            since = NOON + timedelta(minutes=chance.randrange(3000))
            await new_price(ledger, str(n + 1), since, model=chance.choice(("gpt-4", "new")))
            await asyncio.sleep(0.05)

    asked = [await ask(ledger, workspace) for _ in range(3)]
    asked.append(await ask(ledger, workspace, "unpriced", Selection(price_status=("unpriced",))))
    asked.append(await ask(ledger, workspace, "undo", Selection(), undoes=asked[0]))
    await asyncio.gather(
        spend(), spend(), change_prices(), *(work(ledger.another(), repricing) for repricing in asked)
    )
    statuses = await ledger.pool.fetch("SELECT DISTINCT status FROM repricings")
    assert [row["status"] for row in statuses] == ["done"]
    assert await differences(ledger.pool) == []
    # A last one brings everything to the prices of now, and another finds nothing to do.
    await reprice(ledger, workspace)
    assert (await reprice(ledger, workspace))["changed"] == 0
    assert len(await held(ledger, workspace)) == 600
    numbers = await ledger.pool.fetch(
        "SELECT id, array_agg(number ORDER BY number) AS n FROM adjustments GROUP BY id"
    )
    assert all(row["n"] == list(range(1, len(row["n"]) + 1)) for row in numbers)
    assert await differences(ledger.pool) == []
