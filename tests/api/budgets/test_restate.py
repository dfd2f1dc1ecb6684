"""Changing a budget states its spend from the rollups and records what that passes, once."""

from collections.abc import AsyncIterator
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from llmlab_shared import clock
from llmlab_shared.db.budget_history import record_passed, restate
from llmlab_shared.db.engine import create_engine, driver_of
from llmlab_shared.db.epochs import enter_change
from llmlab_shared.db.repositories import budgets
from llmlab_shared.db.repositories.budget_states import BudgetState, read_states
from llmlab_shared.db.repositories.budgets import BudgetChange, BudgetPlace
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

NOVEMBER = date(2026, 11, 1)
OCTOBER = date(2026, 10, 1)

SPEND = text("""
INSERT INTO rollup_day VALUES (:ws, :day, 'openai', 'gpt-4', 1, '', 'priced', :billing,
    1, 0, :cost, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0)
""")


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database_url)
    async with engine.begin() as connection:
        await connection.execute(text("INSERT INTO workspaces (id, name) VALUES (1, 'one'), (2, 'two')"))
    yield engine
    await engine.dispose()


async def spend(engine: AsyncEngine, day: date, cost: str, ws: int = 1, billing: str = "metered") -> None:
    async with engine.begin() as connection:
        await connection.execute(SPEND, {"ws": ws, "day": day, "cost": Decimal(cost), "billing": billing})


async def put(engine: AsyncEngine, amount: str, month: date | None = None, ws: int = 1) -> None:
    place = BudgetPlace(scope={}, month=month)
    async with engine.begin() as connection:
        await budgets.put_budget(connection, ws, place, BudgetChange(amount=Decimal(amount)))


async def crossings(engine: AsyncEngine) -> list[tuple[date, str, int]]:
    async with engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT period_start, threshold, revision FROM budget_crossings ORDER BY 1, 2, 3")
        )
        return [(row[0], str(row[1].normalize()), row[2]) for row in rows]


async def listed(engine: AsyncEngine, month: date, ws: int = 1) -> list[BudgetState]:
    async with engine.connect() as connection:
        rules = await budgets.read_rules(connection, ws)
        return await read_states(await driver_of(connection), [(rule, rule.month or month) for rule in rules])


async def test_a_new_budget_counts_what_was_spent_before_it(engine: AsyncEngine) -> None:
    await spend(engine, date(2026, 11, 3), "5")
    await spend(engine, date(2026, 11, 4), "3")
    await spend(engine, date(2026, 11, 5), "100", billing="subscription")
    await spend(engine, date(2026, 11, 5), "100", ws=2)
    await put(engine, "10")
    (state,) = await listed(engine, NOVEMBER)
    assert state.spent == 8
    assert [str(t) for t in state.rule.thresholds] == ["0.5000", "0.8000", "1.0000"]
    assert await crossings(engine) == [(NOVEMBER, "0.5", 1), (NOVEMBER, "0.8", 1)]


async def test_the_same_amount_again_alerts_nothing_and_another_alerts_anew(engine: AsyncEngine) -> None:
    await spend(engine, date(2026, 11, 3), "5")
    await put(engine, "10")
    await put(engine, "10.00")
    assert await crossings(engine) == [(NOVEMBER, "0.5", 1)]
    await put(engine, "20")
    assert await crossings(engine) == [(NOVEMBER, "0.5", 1)]
    assert (await listed(engine, NOVEMBER))[0].crossings == []
    await put(engine, "5")
    assert await crossings(engine) == [
        (NOVEMBER, "0.5", 1),
        (NOVEMBER, "0.5", 3),
        (NOVEMBER, "0.8", 3),
        (NOVEMBER, "1", 3),
    ]


async def test_a_months_own_row_takes_the_month_from_the_standing_one(engine: AsyncEngine) -> None:
    await spend(engine, date(2026, 10, 31), "4")
    await spend(engine, date(2026, 11, 1), "6")
    await put(engine, "100")
    await put(engine, "7", month=NOVEMBER)
    standing, own = await listed(engine, NOVEMBER)
    assert (standing.rule.month, standing.spent) == (None, 0)
    assert (own.rule.month, own.spent) == (NOVEMBER, 6)
    standing, own = await listed(engine, OCTOBER)
    assert (standing.spent, own.spent) == (4, 6)
    assert await crossings(engine) == [(NOVEMBER, "0.5", 1), (NOVEMBER, "0.8", 1)]


async def test_the_workspaces_threshold_is_a_default_and_moves_its_budgets(engine: AsyncEngine) -> None:
    await spend(engine, date(2026, 11, 3), "9")
    async with engine.begin() as connection:
        await budgets.set_alert_threshold(connection, 1, Decimal("0.75"))
    await put(engine, "12")
    (state,) = await listed(engine, NOVEMBER)
    assert list(state.rule.thresholds) == [Decimal("0.5"), Decimal("0.75"), Decimal("0.8"), Decimal(1)]
    assert await crossings(engine) == [(NOVEMBER, "0.5", 1), (NOVEMBER, "0.75", 1)]
    async with engine.begin() as connection:
        await budgets.set_alert_threshold(connection, 1, Decimal("0.7"))
    assert await crossings(engine) == [(NOVEMBER, t, 1) for t in ("0.5", "0.7", "0.75")]


async def test_removing_the_standing_budget_leaves_a_months_own(engine: AsyncEngine) -> None:
    await put(engine, "7", month=NOVEMBER)
    async with engine.begin() as connection:
        await budgets.set_month_budget(connection, 1, Decimal(3))
        assert await budgets.month_budget(connection, 1) == 3
        await budgets.set_month_budget(connection, 1, None)
        assert await budgets.month_budget(connection, 1) is None
    assert [state.rule.month for state in await listed(engine, NOVEMBER)] == [NOVEMBER]


async def test_every_change_moves_the_epoch(engine: AsyncEngine) -> None:
    async def epoch() -> int:
        async with engine.connect() as connection:
            return int(await connection.scalar(text("SELECT value FROM epochs WHERE name = 'budgets'")))

    before = await epoch()
    await put(engine, "1")
    async with engine.begin() as connection:
        await budgets.set_month_budget(connection, 1, None)
        await budgets.set_alert_threshold(connection, 1, Decimal("0.9"))
    assert await epoch() == before + 3


async def told(engine: AsyncEngine) -> list[tuple[str, str, int]]:
    async with engine.connect() as connection:
        rows = await connection.execute(
            text(
                "SELECT payload ->> 'period_start', payload ->> 'threshold', "
                "(payload ->> 'revision')::int FROM outbox ORDER BY 1, 2, 3"
            )
        )
        return [(row[0], row[1], row[2]) for row in rows]


def at(monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime.fromisoformat(moment))


async def test_lowering_the_amount_of_a_month_that_is_over_records_and_tells_nobody(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, "2026-11-23T12:00:00Z")
    await spend(engine, date(2026, 10, 31), "8")
    await put(engine, "100", month=OCTOBER)
    assert await crossings(engine) == []
    await put(engine, "10", month=OCTOBER)
    assert await crossings(engine) == [(OCTOBER, "0.5", 2), (OCTOBER, "0.8", 2)]
    assert await told(engine) == []
    # The standing budget's revisions are of every month that it counts, told only of this one.
    await spend(engine, date(2026, 9, 1), "5")
    await spend(engine, date(2026, 11, 1), "5")
    await put(engine, "10")
    september = date(2026, 9, 1)
    assert [place for place in await crossings(engine) if place[0] != OCTOBER] == [
        (september, "0.5", 1),
        (NOVEMBER, "0.5", 1),
    ]
    assert await told(engine) == [("2026-11-01", "0.5", 1)]


async def test_a_crossing_is_recorded_and_told_once_for_each_revision(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, "2026-11-23T12:00:00Z")
    await spend(engine, date(2026, 11, 3), "5")
    for amount in ("10", "10", "9", "9.000", "10"):
        await put(engine, amount)
        async with engine.begin() as connection:
            await enter_change(connection, "budgets")
            driver = await driver_of(connection)
            rules = await budgets.read_rules(connection, 1)
            await restate(driver, rules, rules, ZoneInfo("UTC"))
            await record_passed(driver, rules, NOVEMBER)
    assert await crossings(engine) == [(NOVEMBER, "0.5", revision) for revision in (1, 2, 3)]
    assert await told(engine) == [("2026-11-01", "0.5", revision) for revision in (1, 2, 3)]


async def test_what_is_passed_of_a_month_to_come_is_told(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An event may lie a day ahead, and once the crossing stands no spend tells of it any more.
    at(monkeypatch, "2026-10-31T20:00:00Z")
    await spend(engine, date(2026, 11, 1), "5")
    await put(engine, "10", month=NOVEMBER)
    assert await crossings(engine) == [(NOVEMBER, "0.5", 1)]
    assert await told(engine) == [("2026-11-01", "0.5", 1)]


async def test_which_month_it_is_is_the_workspaces_to_say(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, "2026-10-31T18:15:00Z")
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE workspaces SET timezone = 'Asia/Kathmandu' WHERE id = 1"))
    await spend(engine, date(2026, 10, 31), "5")
    await spend(engine, date(2026, 11, 1), "5")
    await put(engine, "10")
    assert await told(engine) == [("2026-11-01", "0.5", 1)]
