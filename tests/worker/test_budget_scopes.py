"""Budgets of a part of the spend, and for each of something: what counts, for whom, and what it crosses."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from ledger import Ledger, entry_of, event
from llmlab_shared import clock
from llmlab_shared.db.budget_history import spend_by_day
from llmlab_shared.db.budget_rules import read_budget_rules
from llmlab_shared.db.budget_spend import SpendKey, add_spend
from llmlab_shared.db.engine import create_engine
from llmlab_shared.db.repositories import budgets
from llmlab_shared.db.repositories.budgets import BudgetChange, BudgetPlace
from llmlab_shared.domain.budgets import EACH, PERIODS, BudgetRule, Each, passed
from llmlab_shared.domain.repricing import Selection
from llmlab_worker.jobs.reconcile import differences, find_differences, rebuild
from repriced import reprice
from sqlalchemy.ext.asyncio import AsyncEngine

# An event of the reference price costs 0.06.


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database_url)
    yield engine
    await engine.dispose()


async def make(engine: AsyncEngine, workspace: int, place: BudgetPlace, amount: str, **change: Any) -> int:
    async with engine.begin() as connection:
        asked = BudgetChange(amount=Decimal(amount), **change)
        return (await budgets.put_budget(connection, workspace, place, asked))[0]


async def spent(ledger: Ledger, budget: int) -> dict[str, Decimal]:
    rows = await ledger.pool.fetch(
        "SELECT value, sum(spend) FROM budget_spend WHERE budget_id = $1 GROUP BY 1", budget
    )
    return {row[0]: row[1] for row in rows}


async def rules_of(ledger: Ledger, workspace: int) -> list[BudgetRule]:
    async with ledger.pool.acquire() as connection:
        return (await read_budget_rules(connection, [workspace])).get(workspace, [])


async def crossed(ledger: Ledger, budget: int) -> set[tuple[str, Decimal, int]]:
    rows = await ledger.pool.fetch(
        "SELECT value, threshold, revision FROM budget_crossings WHERE budget_id = $1", budget
    )
    return {(row[0], row[1], row[2]) for row in rows}


@pytest.mark.parametrize("made", ["before", "after"])
async def test_what_scopes_count(ledger: Ledger, engine: AsyncEngine, made: str) -> None:
    """The same whether spend transactions add it up or it is worked out from what is stored."""
    workspace = await ledger.workspace(tags=("squad",))
    await ledger.price()
    wanted: list[tuple[dict[str, str], Each | None, dict[str, str]]] = [
        ({"provider": "openai"}, None, {"": "0.18"}),
        ({"model": "gpt-4", "environment": "production"}, None, {"": "0.12"}),
        ({"api_key": "7"}, None, {"": "0.18"}),
        ({"api_key": "8"}, None, {}),
        ({}, "api_key", {"7": "0.18"}),
        ({"feature": "search"}, None, {"": "0.12"}),
        ({"user": "ada", "provider": "openai"}, None, {"": "0.06"}),
        ({"user": "ada", "provider": "anthropic"}, None, {}),
        ({"tag.squad": "blue"}, None, {"": "0.06"}),
        ({}, "user", {"ada": "0.06", "bob": "0.06"}),
        ({"user": "ada"}, "user", {"ada": "0.06"}),
        ({"model": "gpt-5"}, "customer", {}),
        # What no rollup keeps.
        ({"feature": "search"}, "user", {"ada": "0.06", "bob": "0.06"}),
        ({"environment": "production"}, "user", {"ada": "0.06"}),
        ({"feature": "search", "environment": "production"}, None, {"": "0.06"}),
        ({"user": "bob"}, "api_key", {"7": "0.06"}),
        ({"tag.squad": "blue", "feature": "search"}, None, {"": "0.06"}),
        ({"tag.squad": "blue", "feature": "search"}, "team", {}),
    ]

    async def make_all() -> list[int]:
        return [
            await make(engine, workspace, BudgetPlace(scope=scope, each=each), "100")
            for scope, each, _ in wanted
        ]

    ids = await make_all() if made == "before" else []
    at = {"timestamp": datetime.now(UTC).isoformat()}
    blue = {"feature": "search", "user": "ada", "tags": {"squad": "blue"}}
    await ledger.process(
        entry_of(
            event(**at, **blue, environment="production"),
            event(**at, feature="search", user="bob", tags={"squad": "red", "other": "blue"}),
            event(**at, environment="production"),
            # No spend: paid otherwise, no price.
            event(**at, **blue, billing="subscription"),
            event(**at, **blue | {"model": "nobody-knows"}),
            workspace_id=workspace,
        )
    )
    ids = ids or await make_all()
    found = [await spent(ledger, budget) for budget in ids]
    assert found == [{value: Decimal(cost) for value, cost in expected.items()} for _, _, expected in wanted]
    assert await differences(ledger.pool) == []
    await ledger.pool.execute("UPDATE budget_spend SET spend = spend + 1 WHERE value <> ''")
    assert await rebuild(ledger.pool) == len([v for each in found for v in each if v])
    assert [await spent(ledger, budget) for budget in ids] == found


async def test_a_budget_that_cannot_be_compared_is_told_and_not_taken_for_right(
    ledger: Ledger, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = await ledger.workspace()
    await ledger.price()
    both = BudgetPlace(scope={"feature": "search", "user": "ada"})
    budget = await make(engine, workspace, both, "1")
    await ledger.process(entry_of(event(feature="search", user="ada"), workspace_id=workspace))
    await ledger.pool.execute("UPDATE budget_spend SET spend = spend + 1")
    defaults = {**(spend_by_day.__kwdefaults__ or {}), "most_events": 0}
    monkeypatch.setattr(spend_by_day, "__kwdefaults__", defaults)
    left_out: dict[int, str] = {}
    found = [d async for d in find_differences(ledger.pool, left_out=left_out.__setitem__)]
    assert (found, list(left_out)) == ([], [budget])
    assert "feature, user together" in left_out[budget]


async def test_each_alerts_once_for_each(ledger: Ledger, engine: AsyncEngine) -> None:
    workspace = await ledger.workspace()
    await ledger.price()
    budget = await make(
        engine, workspace, BudgetPlace(scope={}, each="user"), "0.12", thresholds=[Decimal(1)]
    )
    calls = [event(user=user) for user in ("ada", "bob", "ada", "cy", "ada", "bob")]
    await asyncio.gather(
        *(ledger.another().process(entry_of(call, workspace_id=workspace)) for call in calls)
    )
    assert await crossed(ledger, budget) == {("ada", Decimal(1), 1), ("bob", Decimal(1), 1)}
    told = await ledger.pool.fetch("SELECT payload ->> 'value' AS value FROM outbox ORDER BY 1")
    assert [row["value"] for row in told] == ["ada", "bob"]


async def test_values_that_a_folded_day_added_up_are_counted_from_its_events(
    ledger: Ledger, engine: AsyncEngine
) -> None:
    workspace = await ledger.workspace()
    await ledger.price()
    calls = [event(user=f"u{n % 4}") for n in range(8)]
    await ledger.process(entry_of(*calls, workspace_id=workspace))
    async with ledger.pool.acquire() as connection, connection.transaction():
        await connection.execute("UPDATE epochs SET value = value + 1 WHERE name = 'budgets'")
        await connection.execute(
            "INSERT INTO dimension_folds (workspace_id, dimension, day, kept) "
            "SELECT $1, 'user', day, '{u0}' FROM rollup_day WHERE workspace_id = $1 GROUP BY day",
            workspace,
        )
    await rebuild(ledger.pool)
    each = await make(engine, workspace, BudgetPlace(scope={}, each="user"), "1")
    kept = await make(engine, workspace, BudgetPlace(scope={"user": "u0"}), "1")
    folded = await make(engine, workspace, BudgetPlace(scope={"user": "u1"}), "1")
    await ledger.process(entry_of(*calls, workspace_id=workspace))
    assert await spent(ledger, each) == dict.fromkeys(["u0", "u1", "u2", "u3"], Decimal("0.24"))
    assert await spent(ledger, kept) == await spent(ledger, folded) == {"": Decimal("0.24")}
    assert await differences(ledger.pool) == []


async def test_amounts_hold_from_their_day_on_and_only_they_alert_anew(
    ledger: Ledger, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: now)
    workspace = await ledger.workspace()
    await ledger.price()
    place = BudgetPlace(scope={})
    half = [Decimal("0.5")]
    budget = await make(engine, workspace, place, "0.1", thresholds=half)
    for month in ("2026-10-05", "2026-11-05", "2026-11-06"):
        await ledger.process(entry_of(event(timestamp=f"{month}T00:00:00Z"), workspace_id=workspace))
    assert await crossed(ledger, budget) == {("", half[0], 1)}
    assert await ledger.count("outbox") == 2
    # From this month on: October keeps its amount, and is not told of again.
    await make(engine, workspace, place, "0.2")
    assert await crossed(ledger, budget) == {("", half[0], 1), ("", half[0], 2)}
    assert await ledger.count("outbox") == 3
    # From a month to come on: nothing of it has been passed.
    await make(engine, workspace, place, "0.05", amount_from=date(2026, 12, 1))
    assert await ledger.count("outbox") == 3
    (rule,) = await rules_of(ledger, workspace)
    assert [(str(a.valid_from), a.amount, a.revision) for a in rule.amounts] == [
        ("2026-11-01", Decimal("0.2"), 2),
        ("2026-12-01", Decimal("0.05"), 3),
    ]
    now = datetime(2026, 12, 1, 0, 30, tzinfo=UTC)
    await ledger.process(entry_of(event(timestamp="2026-12-01T00:10:00Z"), workspace_id=workspace))
    # A late one of November, which is past half already, and one of October, which is past all.
    for late in ("2026-11-30", "2026-10-30"):
        await ledger.process(entry_of(event(timestamp=f"{late}T00:00:00Z"), workspace_id=workspace))
    assert await ledger.count("outbox") == 4
    assert await differences(ledger.pool) == []


async def test_a_correction_moves_scoped_budgets_and_tells_what_it_passes(
    ledger: Ledger, engine: AsyncEngine
) -> None:
    workspace = await ledger.workspace()
    await ledger.price()
    scoped = await make(engine, workspace, BudgetPlace(scope={"feature": "search"}), "0.2")
    each = await make(engine, workspace, BudgetPlace(scope={"feature": "search"}, each="user"), "0.2")
    await ledger.process(
        entry_of(
            event(feature="search", user="ada"), event(feature="chat", user="ada"), workspace_id=workspace
        )
    )
    before = await crossed(ledger, scoped)
    await ledger.price(rates='{"tokens": {"input": "60", "output": "120"}}', workspace_id=workspace)
    since = datetime.now(UTC)
    everything = Selection(since=since - timedelta(days=2), until=since + timedelta(days=2))
    await reprice(ledger, workspace, selection=everything)
    assert await spent(ledger, scoped) == {"": Decimal("0.12")}
    assert await spent(ledger, each) == {"ada": Decimal("0.12")}
    assert await crossed(ledger, scoped) - before == {("", Decimal("0.5"), 1)}
    assert await differences(ledger.pool) == []


_SCOPES = {"feature": "a", "user": "b", "environment": "staging", "tag.squad": "x", "model": "gpt-4"}


@pytest.mark.parametrize("seed", range(6))
async def test_any_order_of_events_and_changes_alerts_exactly_once(
    ledger: Ledger, engine: AsyncEngine, seed: int
) -> None:
    """Three workers, late events, resends, budgets that come, change and go; then the books are checked.

    The oracle knows only the stored events: what is recorded of an amount's revision must be every
    threshold that the spend has reached, no other, each told at most once.
    """
    chance = random.Random(seed)
    workspace = await ledger.workspace(
        zone=chance.choice(["UTC", "Asia/Kathmandu", "America/New_York"]), tags=("squad",)
    )
    await ledger.price()
    workers = [ledger.another() for _ in range(3)]
    now = datetime.now(UTC)

    def call() -> dict[str, Any]:
        days = chance.choice([0, 0, 0, 0, 1, 3, 8, 40])
        named = {
            name: chance.choice(["a", "b"]) for name in ("feature", "user", "team") if chance.random() < 0.7
        }
        return event(
            timestamp=(now - timedelta(days=days, minutes=chance.randrange(600))).isoformat(),
            environment=chance.choice(["production", "staging"]),
            tags={"squad": chance.choice(["x", "y"])},
            **named,
        )

    def place() -> BudgetPlace:
        scope = dict(chance.sample(sorted(_SCOPES.items()), chance.choice([0, 0, 1, 2])))
        period = chance.choice(PERIODS)
        month = None
        if period == "month" and chance.random() < 0.3:
            month = now.date().replace(day=1)
        return BudgetPlace(scope=scope, each=chance.choice([None, None, *EACH]), period=period, month=month)

    async def work(worker: Ledger) -> None:
        for _ in range(12):
            entry = entry_of(
                *(call() for _ in range(chance.randrange(1, 6))),
                workspace_id=workspace,
                api_key_id=chance.choice([7, 8]),
            )
            await worker.process(entry)
            if chance.random() < 0.3:
                await chance.choice(workers).process(entry)

    async def change() -> None:
        places = [place() for _ in range(8)]
        for _ in range(20):
            where = chance.choice(places)
            amount = chance.choice(["0.3", "0.6", "1.2", "5"])
            budget = await make(engine, workspace, where, amount)
            if chance.random() < 0.15:
                async with engine.begin() as connection:
                    await budgets.delete_budget(connection, workspace, budget)
            await asyncio.sleep(0)

    await asyncio.gather(*map(work, workers), change())
    assert await differences(ledger.pool) == []
    rules = await rules_of(ledger, workspace)
    assert rules
    for rule in rules:
        for budget_spend in await ledger.pool.fetch(
            "SELECT value, period_start, spend FROM budget_spend WHERE budget_id = $1", rule.id
        ):
            value, start, spend = budget_spend
            amount = rule.amount_of(start)
            recorded = await ledger.pool.fetch(
                "SELECT threshold FROM budget_crossings WHERE budget_id = $1 AND value = $2 "
                "AND period_start = $3 AND revision = $4 ORDER BY 1",
                *(rule.id, value, start, amount.revision),
            )
            reached = passed(rule.thresholds, amount.amount, spend)
            # A month's own row may have taken over a month that its standing row had alerted for.
            assert set(reached) <= {row["threshold"] for row in recorded}, rule
            if all(other.month is None for other in rules):
                assert reached == [row["threshold"] for row in recorded], rule
    twice = await ledger.pool.fetch(
        "SELECT payload FROM outbox GROUP BY payload - 'spend', payload HAVING count(*) > 1"
    )
    assert not twice
    told = await ledger.pool.fetchval(
        "SELECT count(*) - count(DISTINCT (payload - 'spend' - 'amount' - 'name')) FROM outbox"
    )
    assert told == 0


async def test_two_open_transactions_that_only_together_cross_a_threshold(
    ledger: Ledger, engine: AsyncEngine
) -> None:
    """Each alone stays below; the second sees the first's spend by the row that it waits for."""
    workspace = await ledger.workspace()
    budget = await make(
        engine, workspace, BudgetPlace(scope={}, each="user"), "1", thresholds=[Decimal("0.8")]
    )
    (rule,) = await rules_of(ledger, workspace)
    start = datetime.now(UTC).date().replace(day=1)
    spend = {SpendKey(budget, user, start): Decimal("0.5") for user in ("ada", "bob")}
    async with ledger.pool.acquire() as first, ledger.pool.acquire() as second:
        one, other = first.transaction(), second.transaction()
        await one.start()
        await other.start()
        # A snapshot from before either has spent anything.
        assert await second.fetchval("SELECT count(*) FROM budget_spend") == 0
        assert await add_spend(first, {budget: rule}, spend) == 0
        waiting = asyncio.create_task(add_spend(second, {budget: rule}, spend))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        await one.commit()
        assert await waiting == 2
        await other.commit()
    assert await crossed(ledger, budget) == {(user, Decimal("0.8"), 1) for user in ("ada", "bob")}
    assert await ledger.count("outbox") == 2
