"""Which days the jobs fold, and what the write path keeps in mind of folded ones."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from folded import ALL, DAY, LATER, NOON, call, check, spend
from ledger import Ledger, entry_of
from llmlab_shared.clock import now, to_us
from llmlab_worker.jobs import folds
from llmlab_worker.jobs.context import RUNTIME
from llmlab_worker.jobs.folds import Days, find_overfull, fold
from llmlab_worker.jobs.reconcile import differences
from llmlab_worker.pipeline.folds import KeptValues, Place
from llmlab_worker.pipeline.folds import fold as fold_sums


async def _found(ledger: Ledger, days: Days, at: datetime, values_a_day: int = 10) -> set[tuple[int, str]]:
    found = [place async for place in find_overfull(ledger.pool, values_a_day, days, at)]
    return {(place.workspace_id, place.dimension) for place in found}


async def test_what_is_looked_for(ledger: Ledger) -> None:
    utc, west = await ledger.workspace(tags=("tier",)), await ledger.workspace(zone="America/Los_Angeles")
    for workspace in (utc, west):
        await spend(ledger, workspace, *(f"c{n}" for n in range(11)))
        # Exactly as many as are kept, and nothing but absence and the caller's own `(other)`.
        await spend(ledger, workspace, *[None] * 9, at=NOON - timedelta(days=7))
        entry = entry_of(
            *(call(None, feature=f"f{n % 10}", tags={"tier": f"t{n}"}) for n in range(101)),
            call(None, feature="(other)"),
            workspace_id=workspace,
            at_us=to_us(LATER),
        )
        await ledger.process(entry)
    over_in_utc = datetime(2026, 10, 6, 6, tzinfo=UTC)
    is_open = Days(ALL.first, ALL.last, is_open=True)
    every = {(utc, "customer"), (utc, "tag.tier"), (west, "customer")}
    assert await _found(ledger, ALL, LATER) == every
    # Six hours after the day's end, where the workspace is.
    assert await _found(ledger, ALL, over_in_utc) == every - {(west, "customer")}
    assert await _found(ledger, ALL, over_in_utc - timedelta(seconds=1)) == set()
    # An open day may hold ten times as many.
    assert await _found(ledger, is_open, over_in_utc - timedelta(seconds=1)) == {(utc, "tag.tier")}
    assert await _found(ledger, is_open, over_in_utc) == set()
    turn = (DAY - date(2000, 1, 1)).days % 7
    assert await _found(ledger, Days(date.min, ALL.last, is_open=False, every=7, turn=turn), LATER) == every
    other = Days(date.min, ALL.last, is_open=False, every=7, turn=turn - 1)
    assert await _found(ledger, other, LATER) == set()
    await fold(ledger.pool, 10, ALL, LATER)
    assert await _found(ledger, ALL, LATER) == set()
    assert await differences(ledger.pool) == []


async def test_many_workspaces_are_all_looked_at(ledger: Ledger, monkeypatch: Any) -> None:
    monkeypatch.setattr(folds, "_WORKSPACES_AT_ONCE", 2)
    monkeypatch.setattr(folds, "_MARKED_AT_ONCE", 2)
    workspaces = [await ledger.workspace() for _ in range(5)]
    for workspace in workspaces:
        await spend(ledger, workspace, *(f"c{n}" for n in range(11)))
    assert await fold(ledger.pool, 10, ALL, LATER) == 5
    for workspace in workspaces:
        await check(ledger, Place(workspace, DAY, "customer"))


async def test_the_jobs_look_at_open_recent_and_older_days(ledger: Ledger) -> None:
    ctx = {RUNTIME: SimpleNamespace(pool=ledger.pool, values_a_day=10)}
    workspace = await ledger.workspace()

    async def users(days_ago: int, count: int) -> None:
        at = now() - timedelta(days=days_ago)
        entry = entry_of(*(call(f"u{n}", at=at) for n in range(count)), workspace_id=workspace)
        assert (await ledger.process(entry)).stored == count

    await users(0, 101)
    await users(2, 11)
    await users(30, 11)
    assert await folds.fold_busy_days(ctx) == 1
    assert await folds.fold_recent_days(ctx) == 1
    days = [now().date() - timedelta(days=n) for n in (0, 2)]
    folded = await ledger.pool.fetch("SELECT day FROM dimension_folds ORDER BY day DESC")
    assert [row["day"] for row in folded] == days
    assert await folds.fold_older_days(ctx) in (0, 1)
    assert await differences(ledger.pool) == []


def test_sums_that_are_not_kept_are_other_at_the_end() -> None:
    kept = frozenset(("a", "c"))
    assert fold_sums(["(other)", "a", "b", "c"], [1, 2, 4, 8], kept) == (["a", "c", "(other)"], [2, 8, 5])
    assert fold_sums(["a", "c"], [2, 16], kept) == (["a", "c"], [2, 16])
    assert fold_sums(["x"], [1], frozenset()) == (["(other)"], [1])


async def test_kept_values_are_read_once_and_bounded(ledger: Ledger, monkeypatch: Any) -> None:
    monkeypatch.setattr("llmlab_worker.pipeline.folds._MAX_VALUES", 25)
    places = [Place(1, DAY + timedelta(days=n), "customer") for n in range(4)]
    for n, place in enumerate(places):
        await ledger.pool.execute(
            "INSERT INTO dimension_folds (workspace_id, day, dimension, kept) VALUES ($1, $2, $3, $4)",
            *place,
            [f"{n}-{m}" for m in range(10)],
        )
    asked: list[str] = []
    known = KeptValues()
    async with ledger.pool.acquire() as connection:
        connection.add_query_logger(lambda query: asked.append(query.query))

        async def find(*numbers: int) -> bool:
            """Find these and say whether the database was asked."""
            asked.clear()
            found = await known.find(connection, [places[n] for n in numbers])
            assert found == {places[n]: {f"{n}-{m}" for m in range(10)} for n in numbers}
            return any("dimension_folds" in query for query in asked)

        assert await find(0, 1)
        assert not await find(0, 1)
        assert not await find(0)
        # 1 was not met for longest.
        assert await find(2)
        assert not await find(0, 2)
        assert await find(1)
        # More than there is room for at once.
        assert await find(0, 1, 2, 3)
        assert await find(0, 1, 2, 3)
