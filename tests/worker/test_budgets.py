"""Each threshold is crossed exactly once, by whichever transaction's spend takes the sum past it."""

import asyncio
import json
from datetime import date
from decimal import Decimal

import pytest
from ledger import Ledger, entry_of, event
from llmlab_worker.jobs.reconcile import differences


async def crossings(ledger: Ledger) -> list[tuple[int, Decimal]]:
    rows = await ledger.pool.fetch("SELECT budget_id, threshold FROM budget_crossings ORDER BY 1, 2")
    return [tuple(row) for row in rows]


async def test_none_below_one_above_none_again(ledger: Ledger) -> None:
    workspace = await ledger.workspace()
    await ledger.price()
    budget = await ledger.budget(workspace, "0.15", thresholds=("0.8", "1"))
    await ledger.process(entry_of(event(), workspace_id=workspace))
    assert await crossings(ledger) == []
    outcome = await ledger.process(entry_of(event(), workspace_id=workspace))
    assert outcome.crossings == 1
    assert await crossings(ledger) == [(budget, Decimal("0.8"))]
    await ledger.process(entry_of(event(), workspace_id=workspace))
    assert await crossings(ledger) == [(budget, Decimal("0.8")), (budget, Decimal("1"))]
    await ledger.process(entry_of(event(), workspace_id=workspace))
    assert len(await crossings(ledger)) == 2


async def test_reaching_a_threshold_exactly_crosses_it(ledger: Ledger) -> None:
    workspace = await ledger.workspace()
    await ledger.price()
    await ledger.budget(workspace, "0.12", thresholds=("0.5",))
    assert (await ledger.process(entry_of(event(), workspace_id=workspace))).crossings == 1


async def test_one_spend_may_cross_several_and_each_leaves_a_message(ledger: Ledger) -> None:
    workspace = await ledger.workspace()
    await ledger.price()
    budget = await ledger.budget(workspace, "0.05", thresholds=("0.5", "0.8", "1"))
    assert (await ledger.process(entry_of(event(), workspace_id=workspace))).crossings == 3
    messages = await ledger.pool.fetch("SELECT kind, workspace_id, payload FROM outbox ORDER BY id")
    assert {row["kind"] for row in messages} == {"budget_crossing"}
    payloads = [json.loads(row["payload"]) for row in messages]
    assert [p["threshold"] for p in payloads] == ["0.5", "0.8", "1"]
    assert all((p["budget_id"], p["spend"]) == (budget, "0.06") for p in payloads)


async def test_a_budget_of_nothing_is_crossed_by_the_first_spend(ledger: Ledger) -> None:
    workspace = await ledger.workspace()
    await ledger.price()
    await ledger.budget(workspace, "0", thresholds=("1",))
    for _ in range(2):
        await ledger.process(entry_of(event(), workspace_id=workspace))
    assert len(await crossings(ledger)) == 1


async def test_a_months_own_row_displaces_the_standing_one(ledger: Ledger) -> None:
    workspace = await ledger.workspace()
    await ledger.price()
    today = date.today().replace(day=1)  # noqa: DTZ011 # the entry is received now
    standing = await ledger.budget(workspace, "0.01")
    own = await ledger.budget(workspace, "100", month=today)
    await ledger.process(entry_of(event(), workspace_id=workspace))
    spent = await ledger.pool.fetch("SELECT budget_id FROM budget_spend")
    assert [row["budget_id"] for row in spent] == [own] != [standing]
    assert await crossings(ledger) == []


async def test_forty_budgets_that_eight_spends_only_together_cross(ledger: Ledger) -> None:
    """Eight transactions at a time, none of which sees another, bring forty budgets to exactly 80 %."""
    workspaces = [await ledger.workspace() for _ in range(40)]
    await ledger.price()
    for workspace in workspaces:
        await ledger.budget(workspace, "0.6", thresholds=("0.8",))
    workers = [ledger.another() for _ in range(8)]

    async def spend(worker: Ledger, number: int) -> int:
        # Eight different keys of the rollups, so that nothing but the budget serialises them.
        entries = [
            entry_of(event(environment=f"e{number}"), workspace_id=w, api_key_id=number)
            for w in (workspaces if number % 2 else workspaces[::-1])
        ]
        return (await worker.process(*entries)).crossings

    crossed = await asyncio.gather(*(spend(worker, n) for n, worker in enumerate(workers)))
    assert sum(crossed) == 40
    assert len(await crossings(ledger)) == 40
    assert await ledger.count("outbox") == 40
    assert await differences(ledger.pool) == []


@pytest.mark.parametrize("what", ["price", "budget"])
async def test_a_change_while_spend_is_in_flight_is_never_missed(ledger: Ledger, what: str) -> None:
    """Spend that was computed before a change commits after it: it is computed anew."""
    workspace = await ledger.workspace()
    await ledger.price("own-model", provider="own")
    await ledger.process(entry_of(event(), workspace_id=workspace))  # everything is cached now
    late = entry_of(event(provider="own", model="own-model"), workspace_id=workspace)
    change = asyncio.Event()

    original = ledger.reference.calculator.price

    def computed(*args: object, **kwargs: object) -> object:
        change.set()
        return original(*args, **kwargs)

    ledger.reference.calculator.price = computed
    async with ledger.pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", 0x6C6C6D0001)
        spending = asyncio.create_task(ledger.process(late))
        await change.wait()
        if what == "price":
            await connection.execute("UPDATE epochs SET value = value + 1 WHERE name = 'prices'")
            # A later record of the same instant, which is how a price is corrected.
            await connection.execute(
                "INSERT INTO price_versions (layer, provider, model, valid_from, rates, source, recorded_at) "
                "VALUES ('catalogue', 'own', 'own-model', '2020-01-01', $1, 'test', clock_timestamp())",
                '{"tokens": {"input": "1", "output": "2"}}',
            )
        else:
            await connection.execute("UPDATE epochs SET value = value + 1 WHERE name = 'budgets'")
            await connection.execute(
                "WITH b AS (INSERT INTO budgets (workspace_id, name, thresholds) VALUES ($1, 'b', '{1}') "
                "RETURNING id) INSERT INTO budget_amounts SELECT id, '2020-01-01', 1, 1 FROM b",
                workspace,
            )
    await spending
    cost = await ledger.pool.fetchval("SELECT cost FROM cost_events WHERE provider = 'own'")
    assert cost == Decimal("0.002" if what == "price" else "0.06")
    if what == "budget":
        assert await ledger.total("budget_spend", "spend") == Decimal("0.06")
