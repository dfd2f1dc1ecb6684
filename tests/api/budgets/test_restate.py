"""Changing a budget states its spend from the rollups and records what that passes, once."""

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal

import pytest
from llmlab_shared.db.engine import create_engine
from llmlab_shared.db.repositories import budgets
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
    async with engine.begin() as connection:
        await budgets.put_month_budget(connection, ws, month=month, amount=Decimal(amount))


async def crossings(engine: AsyncEngine) -> list[tuple[date, str, int]]:
    async with engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT period_start, threshold, revision FROM budget_crossings ORDER BY 1, 2, 3")
        )
        return [(row[0], str(row[1].normalize()), row[2]) for row in rows]


async def listed(engine: AsyncEngine, month: date, ws: int = 1) -> list[budgets.BudgetState]:
    async with engine.connect() as connection:
        return await budgets.list_budgets(connection, ws, month)


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
