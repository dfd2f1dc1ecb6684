"""Folded days: kept values have exactly their events and `(other)` exactly the rest, whatever happens."""

import asyncio
import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from folded import ALL, DAY, LATER, MODELS, NOON, by_value, call, check, kept_of, some_wait, spend, waits
from ledger import Ledger, entry_of
from llmlab_shared.clock import to_us
from llmlab_worker.jobs import folds
from llmlab_worker.jobs.folds import complete, fold, mark
from llmlab_worker.jobs.reconcile import differences, rebuild
from llmlab_worker.pipeline.folds import Place
from worker_process import until


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
        await until(lambda: some_wait(ledger), "the spend to wait for the row")
        folding = asyncio.create_task(fold(ledger.pool, 10, ALL, LATER))

        async def both_wait() -> bool:
            return await waits(ledger) == 2 or folding.done()

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
