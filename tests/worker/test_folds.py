"""Folded days: kept values have exactly their events and `(other)` exactly the rest, whatever happens."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ledger import Ledger, entry_of, event, put, v7
from llmlab_shared.clock import now, to_us
from llmlab_shared.spend_lock import SPEND_LOCK
from llmlab_worker.jobs import folds
from llmlab_worker.jobs.context import RUNTIME
from llmlab_worker.jobs.folds import Days, complete, find_overfull, fold, mark
from llmlab_worker.jobs.reconcile import differences, rebuild
from llmlab_worker.pipeline.folds import KeptValues, Place
from llmlab_worker.pipeline.folds import fold as fold_sums
from redis.asyncio import Redis
from worker_process import WorkerProcess, until

DAY = date(2026, 10, 5)
NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
LATER = datetime(2026, 10, 9, tzinfo=UTC)
ALL = Days(date(2026, 9, 1), date(2026, 11, 1), is_open=False)
MODELS = ("gpt-4", "gpt-4o-mini")


def call(customer: str | None, *, at: datetime = NOON, **fields: Any) -> dict[str, Any]:
    given = {"customer": customer} if customer is not None else {}
    return event(id=str(v7(at)), timestamp=at.isoformat(), **given, **fields)


async def spend(ledger: Ledger, workspace: int, *customers: str | None, **fields: Any) -> None:
    entry = entry_of(
        *(call(customer, **fields) for customer in customers), workspace_id=workspace, at_us=to_us(LATER)
    )
    assert (await ledger.process(entry)).stored == len(customers)


async def by_value(ledger: Ledger, workspace: int, dimension: str = "customer") -> dict[str, int]:
    rows = await ledger.pool.fetch(
        "SELECT value, sum(events)::bigint FROM rollup_dimension_day "
        "WHERE workspace_id = $1 AND dimension = $2 GROUP BY 1",
        workspace,
        dimension,
    )
    return dict(map(tuple, rows))


async def kept_of(ledger: Ledger, place: Place) -> set[str]:
    return set(
        await ledger.pool.fetchval(
            "SELECT kept FROM dimension_folds WHERE workspace_id = $1 AND day = $2 AND dimension = $3", *place
        )
    )


async def check(ledger: Ledger, place: Place) -> None:
    """Kept values have all of their events, `(other)` has the others', and every sum is as in tier 1."""
    kept = await kept_of(ledger, place)
    wanted: dict[tuple[str, str], list[Any]] = {}
    cells: dict[str, list[Any]] = {}
    for row in await ledger.events():
        if row["workspace_id"] == place.workspace_id and row["timestamp"].date() == place.day:
            counted = [cells.setdefault(row["model"], [0, 0, 0])]
            if row["customer"]:
                value = row["customer"] if row["customer"] in kept else "(other)"
                counted.append(wanted.setdefault((value, row["model"]), [0, 0, 0]))
            for sums in counted:
                sums[0] += 1
                sums[1] += row["cost"]
                sums[2] += row["input_tokens"]
    found = await ledger.pool.fetch(
        "SELECT value, model, events, cost, input_tokens FROM rollup_dimension_day "
        "WHERE workspace_id = $1 AND day = $2 AND dimension = $3",
        *place,
    )
    assert {(row["value"], row["model"]): list(row)[2:] for row in found} == wanted
    tier1 = await ledger.pool.fetch(
        "SELECT model, sum(events), sum(cost), sum(input_tokens) FROM rollup_day "
        "WHERE workspace_id = $1 AND day = $2 GROUP BY model",
        *place[:2],
    )
    assert {row["model"]: list(row)[1:] for row in tier1} == cells


async def test_the_dearest_are_kept_and_the_rest_is_other(ledger: Ledger) -> None:
    workspace = await ledger.workspace()
    for n in range(15):
        await spend(ledger, workspace, *[f"c{n}"] * (n + 1))
    # A caller's own `(other)` and what has no customer are no values that could be kept.
    await spend(ledger, workspace, *["(other)"] * 30, *[None] * 40)
    assert await fold(ledger.pool, 10, ALL, LATER) == 1
    place = Place(workspace, DAY, "customer")
    assert await kept_of(ledger, place) == {f"c{n}" for n in range(5, 15)}
    await check(ledger, place)
    assert await by_value(ledger, workspace) == {
        **{f"c{n}": n + 1 for n in range(5, 15)},
        "(other)": 30 + sum(range(1, 6)),
    }
    assert await differences(ledger.pool) == []
    # What is folded stays as it is, whatever the setting becomes.
    for values_a_day in (10, 12, 100, 5):
        assert await fold(ledger.pool, values_a_day, ALL, LATER) == 0
    await check(ledger, place)


async def test_what_comes_late_goes_where_its_value_is_counted(ledger: Ledger) -> None:
    workspace, other_workspace = await ledger.workspace(), await ledger.workspace()
    worker, idle = ledger, ledger.another()
    await spend(idle, workspace, "c0")
    await spend(worker, workspace, *(f"c{n}" for n in range(20)), *(f"c{n}" for n in range(10)))
    await fold(ledger.pool, 10, ALL, LATER)
    place = Place(workspace, DAY, "customer")
    for late in (worker, idle, ledger.another()):
        await spend(late, workspace, "c1", "c15", "new", None, model="gpt-4o-mini")
        await spend(late, workspace, "c1", "c15", at=NOON + timedelta(days=1))
        await spend(late, other_workspace, "c15")
        await check(ledger, place)
    assert (await by_value(ledger, other_workspace)) == {"c15": 3}
    other_day = await ledger.pool.fetch(
        "SELECT value, events FROM rollup_dimension_day WHERE day = $1 AND dimension = 'customer'",
        DAY + timedelta(days=1),
    )
    assert dict(map(tuple, other_day)) == {"c1": 3, "c15": 3}
    assert await differences(ledger.pool) == []


async def test_duplicates_and_bad_events_on_a_folded_day(ledger: Ledger) -> None:
    workspace = await ledger.workspace()
    await spend(ledger, workspace, *(f"c{n}" for n in range(20)))
    await fold(ledger.pool, 10, ALL, LATER)
    again = [call("c1"), call("new"), call("newer")]
    for _ in range(2):
        # The second time each is a duplicate, beside one that is new and one that no row can hold.
        await ledger.process(
            entry_of(
                *again, call("newest"), call("bad", feature="\0"), workspace_id=workspace, at_us=to_us(LATER)
            )
        )
    await check(ledger, Place(workspace, DAY, "customer"))
    assert await ledger.count("dead_letters") == 2
    assert await differences(ledger.pool) == []


async def test_a_fold_waits_for_the_spend_in_flight(ledger: Ledger) -> None:
    """That one has looked at the epochs already and adds to a value that is not going to be kept."""
    workspace = await ledger.workspace()
    await spend(ledger, workspace, *(f"c{n}" for n in range(20)), *(f"c{n}" for n in range(10)))
    async with ledger.pool.acquire() as holder:
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute("UPDATE rollup_15m SET events = events")
        in_flight = asyncio.create_task(spend(ledger.another(), workspace, "c1", "c15", "new"))
        await until(lambda: _some_wait(ledger), "the spend to wait for the row")
        folding = asyncio.create_task(fold(ledger.pool, 10, ALL, LATER))

        async def both_wait() -> bool:
            return await _waits(ledger) == 2 or folding.done()

        await until(both_wait, "the fold to wait for the spend")
        await transaction.rollback()
    await asyncio.gather(in_flight, folding)
    await check(ledger, Place(workspace, DAY, "customer"))
    assert await differences(ledger.pool) == []


async def test_folding_while_two_workers_write_into_the_day(ledger: Ledger, monkeypatch: Any) -> None:
    monkeypatch.setattr(folds, "STEP", 7)
    workspace = await ledger.workspace()
    await spend(ledger, workspace, *(f"c{n}" for n in range(200)))
    done = asyncio.Event()
    sent = Counter({f"c{n}": 1 for n in range(200)})

    async def write(seed: int) -> None:
        own, chance = ledger.another(), random.Random(seed)
        while not done.is_set():
            customers = [f"c{chance.randrange(300)}" for _ in range(20)]
            await spend(own, workspace, *customers, model=chance.choice(MODELS))
            sent.update(customers)

    writing = [asyncio.create_task(write(seed)) for seed in range(2)]
    place = Place(workspace, DAY, "customer")
    while sum(sent.values()) < 400:
        await asyncio.sleep(0.01)
    moving = asyncio.create_task(fold(ledger.pool, 10, ALL, LATER))
    while not moving.done():
        assert await differences(ledger.pool) == []
    assert await moving == 1
    until_then = sum(sent.values())
    while sum(sent.values()) < until_then + 200:
        await asyncio.sleep(0.01)
    done.set()
    await asyncio.gather(*writing)
    await check(ledger, place)
    kept = await kept_of(ledger, place)
    assert await by_value(ledger, workspace) == {
        **{value: sent[value] for value in kept},
        "(other)": sum(count for value, count in sent.items() if value not in kept),
    }
    assert await differences(ledger.pool) == []


@pytest.mark.parametrize("seed", range(6))
async def test_any_order_of_events_folds_moves_and_rebuilds(
    ledger: Ledger, monkeypatch: Any, seed: int
) -> None:
    chance = random.Random(seed)
    monkeypatch.setattr(folds, "STEP", chance.choice([1, 3, 1000]))
    workspace = await ledger.workspace()
    workers = [ledger, ledger.another(), ledger.another()]
    place = Place(workspace, DAY, "customer")
    values = [None, "", "(other)", "c'est", "ünï", *(f"v{n}" for n in range(12))]
    marked = False
    for _ in range(25):
        step = chance.random()
        if step < 0.7:
            some = chance.choices(values, k=chance.randrange(1, 9))
            await spend(chance.choice(workers), workspace, *some, model=chance.choice(MODELS))
        elif step < 0.8:
            marked = bool(await mark(ledger.pool, [place], chance.randrange(6))) or marked
        elif step < 0.9 and marked:
            await complete(ledger.pool, place)
        else:
            assert await rebuild(ledger.pool) == 0
        assert await differences(ledger.pool) == []
    await mark(ledger.pool, [place], 3)
    await complete(ledger.pool, place)
    await check(ledger, place)
    await ledger.pool.execute("DELETE FROM rollup_dimension_day")
    assert await rebuild(ledger.pool) > 0
    await check(ledger, place)
    assert await differences(ledger.pool) == []


@pytest.mark.parametrize("finished", [True, False])
@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM rollup_dimension_day WHERE value = '(other)'",
        "DELETE FROM rollup_dimension_day WHERE value = 'c15'",
        "UPDATE rollup_dimension_day SET events = events + 1 WHERE value IN ('(other)', 'c1')",
        # What a worker that knows of no folds would leave.
        "INSERT INTO rollup_dimension_day SELECT workspace_id, dimension, day, 'stray', provider, model, "
        "price_status, billing, events, errors, cost, input_tokens, output_tokens FROM rollup_dimension_day "
        "WHERE value = '(other)' AND model = 'gpt-4'",
    ],
)
async def test_damage_to_a_folded_day_is_found_and_mended(
    ledger: Ledger, damage: str, finished: bool
) -> None:
    workspace = await ledger.workspace()
    place = Place(workspace, DAY, "customer")
    await spend(ledger, workspace, *(f"c{n:02}" for n in range(20)))
    await mark(ledger.pool, [place], 10)
    if finished:
        await complete(ledger.pool, place)
    await spend(ledger, workspace, "c01", "new")
    kept = await kept_of(ledger, place)
    assert await differences(ledger.pool) == []
    changed = (await ledger.pool.execute(damage)).split()[-1] != "0"
    assert changed or finished
    assert bool(await differences(ledger.pool)) == changed
    await rebuild(ledger.pool)
    assert await differences(ledger.pool) == []
    if not finished:
        await complete(ledger.pool, place)
    assert await kept_of(ledger, place) == kept
    await check(ledger, place)


async def test_worker_processes_heed_a_fold_and_one_is_killed(
    ledger: Ledger, database_url: str, redis_url: str, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(folds, "STEP", 50)
    workspace = await ledger.workspace()
    chance = random.Random(1)
    sent = Counter(f"c{int(chance.expovariate(0.01))}" for _ in range(6000))
    customers = list(sent.elements())
    chance.shuffle(customers)
    entries = [
        entry_of(*map(call, customers[start : start + 10]), workspace_id=workspace, at_us=to_us(LATER))
        for start in range(0, 6000, 10)
    ]
    workers = [WorkerProcess(database_url, redis_url, tmp_path / f"log{n}") for n in range(2)]
    redis = Redis.from_url(redis_url)
    try:
        sending = asyncio.create_task(put(redis, entries))
        await until(lambda: _stored(ledger, 1500), "a part of the events")
        folding = asyncio.create_task(fold(ledger.pool, 10, ALL, LATER))
        workers[0].send(signal.SIGKILL)
        await asyncio.gather(sending, folding)
        await until(lambda: _stored(ledger, 6000), "all events")
    finally:
        for worker in workers:
            worker.end()
        await redis.aclose()
    assert await ledger.count() == 6000
    place = Place(workspace, DAY, "customer")
    kept = await kept_of(ledger, place)
    assert await by_value(ledger, workspace) == {
        **{value: sent[value] for value in kept},
        "(other)": sum(count for value, count in sent.items() if value not in kept),
    }
    await check(ledger, place)
    assert await differences(ledger.pool) == []


async def _stored(ledger: Ledger, events: int) -> bool:
    return await ledger.count() >= events


FOLD = """
import asyncio
from datetime import UTC, date, datetime
from os import environ
from llmlab_shared.db.engine import open_pool
from llmlab_worker.jobs import folds

async def main():
    folds.STEP = 3
    pool = await open_pool(environ["LLMLAB_DATABASE_URL"])
    days = folds.Days(date(2026, 9, 1), date(2026, 11, 1), is_open=False)
    await folds.fold(pool, 10, days, datetime(2026, 10, 9, tzinfo=UTC))

asyncio.run(main())
"""


@pytest.fixture
def folder(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Any]:
    started: list[WorkerProcess] = []

    def begin() -> WorkerProcess:
        import sys

        started.append(WorkerProcess(database_url, redis_url, tmp_path / "log", sys.executable, "-c", FOLD))
        return started[-1]

    yield begin
    for process in started:
        process.end()


async def test_a_process_killed_while_it_marks_leaves_nothing(ledger: Ledger, folder: Any) -> None:
    workspace = await ledger.workspace()
    await spend(ledger, workspace, *(f"c{n}" for n in range(20)))
    before = await by_value(ledger, workspace)
    async with ledger.pool.acquire() as spender, spender.transaction():
        await spender.execute(f"SELECT pg_advisory_xact_lock_shared({SPEND_LOCK})")
        process = folder()
        await until(lambda: _some_wait(ledger), "the fold to wait for the spend")
        process.send(signal.SIGKILL)
        process.wait()
    await until(lambda: _alone(ledger), "PostgreSQL to notice")
    assert await ledger.count("dimension_folds") == 0
    assert await by_value(ledger, workspace) == before
    assert await fold(ledger.pool, 10, ALL, LATER) == 1
    await check(ledger, Place(workspace, DAY, "customer"))


async def test_a_process_killed_while_it_moves_leaves_the_rest_for_the_next(
    ledger: Ledger, folder: Any
) -> None:
    workspace = await ledger.workspace()
    place = Place(workspace, DAY, "customer")
    await spend(ledger, workspace, *(f"c{n:02}" for n in range(10)), *(f"c{n:02}" for n in range(40)))
    # Customers from c25 on called another model too, whose row of `(other)` is held: the move stops there.
    await spend(ledger, workspace, *(f"c{n:02}" for n in range(25, 40)), "(other)", model="gpt-4o-mini")
    async with ledger.pool.acquire() as holder, holder.transaction():
        await holder.execute(
            "SELECT FROM rollup_dimension_day WHERE value = '(other)' AND model = 'gpt-4o-mini' FOR UPDATE"
        )
        process = folder()
        await until(lambda: _some_wait(ledger), "the fold to wait for the row")
        process.send(signal.SIGKILL)
        process.wait()
    await until(lambda: _alone(ledger), "PostgreSQL to notice")
    left = await by_value(ledger, workspace)
    assert left.get("(other)", 0) > 1
    assert left.keys() > await kept_of(ledger, place) | {"(other)"}
    assert await differences(ledger.pool) == []
    await spend(ledger, workspace, "c30", "c01")
    assert await differences(ledger.pool) == []
    assert await fold(ledger.pool, 10, ALL, LATER) == 0
    await check(ledger, place)
    assert await differences(ledger.pool) == []


async def _waits(ledger: Ledger) -> int:
    return await ledger.pool.fetchval(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )


async def _some_wait(ledger: Ledger) -> bool:
    return await _waits(ledger) > 0


async def _alone(ledger: Ledger) -> bool:
    return not await ledger.pool.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE state <> 'idle' AND datname = current_database() "
        "AND pid <> pg_backend_pid()"
    )


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
