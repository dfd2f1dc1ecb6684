"""When a price arrives, what waited for it is priced by itself; nothing else moves."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from ledger import Ledger, entry_of, event, v7
from llmlab_shared.domain.repricing import Selection
from llmlab_worker.jobs.reconcile import differences
from llmlab_worker.repricing.arrivals import are_due, ask_for_arrivals
from repriced import NOON, carry_out, held, new_price, reprice


def call(minutes: int = 0, **fields: Any) -> dict[str, Any]:
    at = NOON + timedelta(minutes=minutes)
    return event(id=str(v7(at)), timestamp=at.isoformat(), **fields)


async def arrive(ledger: Ledger) -> list[dict[str, Any]]:
    """Do all that an arrival asks for, and return the repricings that are left to tell of."""
    await ask_for_arrivals(ledger.pool)
    waiting = "SELECT id FROM repricings WHERE status = 'queued' ORDER BY id"
    for row in await ledger.pool.fetch(waiting):
        await carry_out(ledger, row["id"])
    return [dict(row) for row in await ledger.pool.fetch("SELECT * FROM repricings ORDER BY id")]


async def test_only_what_waited_is_priced_and_only_from_when_the_price_holds(ledger: Ledger) -> None:
    workspace, other = await ledger.workspace(zone="Pacific/Kiritimati"), await ledger.workspace()
    await ledger.price()
    for owner in (workspace, other):
        made = [call(n * 60, model=model) for n in range(-12, 12) for model in ("new", "unheard-of", "gpt-4")]
        await ledger.process(entry_of(*made, workspace_id=owner))
    await new_price(ledger, "10", NOON, model="new")
    await new_price(ledger, "10", NOON - timedelta(days=1))
    done = await arrive(ledger)
    assert [(row["workspace_id"], row["changed"], row["actor"]) for row in done] == [
        (workspace, 12, "llmlab"),
        (other, 12, "llmlab"),
    ]
    assert done[0]["reason"] == "a price arrived for new"
    by_model: dict[str, list[Any]] = {}
    for row in await held(ledger, workspace):
        by_model.setdefault(row["model"], []).append(row["cost"])
    assert by_model == {
        "new": [None] * 12 + [Decimal("0.015")] * 12,
        "unheard-of": [None] * 24,
        "gpt-4": [Decimal("0.06")] * 24,
    }
    assert await differences(ledger.pool) == []


async def test_it_is_looked_once_for_each_change_of_prices(ledger: Ledger) -> None:
    workspace = await ledger.workspace()
    await ledger.process(entry_of(call(model="new"), workspace_id=workspace))
    await arrive(ledger)
    async with ledger.pool.acquire() as connection:
        assert not await are_due(connection)
    assert await ask_for_arrivals(ledger.pool) == 0
    await new_price(ledger, "1", NOON + timedelta(days=1), model="new")
    async with ledger.pool.acquire() as connection:
        assert await are_due(connection)
    # The price holds for later calls only: nothing changed, and nothing is told.
    assert await arrive(ledger) == []
    await new_price(ledger, "1", NOON - timedelta(days=1), model="new")
    assert [row["changed"] for row in await arrive(ledger)] == [1]


async def test_what_was_asked_for_is_not_asked_for_twice(ledger: Ledger) -> None:
    workspace = await ledger.workspace()
    await ledger.process(entry_of(*(call(model=f"m{n}") for n in range(450)), workspace_id=workspace))
    for n in range(450):
        await new_price(ledger, "1", NOON - timedelta(days=1), model=f"m{n}")
    assert await ask_for_arrivals(ledger.pool) == 3
    await ledger.pool.execute("UPDATE epochs SET value = 0 WHERE name = 'arrivals'")
    await ask_for_arrivals(ledger.pool)
    assert await ledger.count("repricings") == 3
    assert sum(row["changed"] for row in await arrive(ledger)) == 450


async def test_what_was_undone_stays_undone(ledger: Ledger) -> None:
    workspace = await ledger.workspace()
    await ledger.process(entry_of(call(model="new"), workspace_id=workspace))
    await new_price(ledger, "1", NOON - timedelta(days=1), model="new")
    (arrived,) = await arrive(ledger)
    await reprice(ledger, workspace, "undo", Selection(), undoes=arrived["id"])
    await new_price(ledger, "2", NOON - timedelta(hours=1), model="new")
    await arrive(ledger)
    assert [row["price_status"] for row in await held(ledger, workspace)] == ["unpriced"]
    assert await differences(ledger.pool) == []


async def test_a_price_of_another_model_is_no_reason_to_look_again(ledger: Ledger) -> None:
    workspace = await ledger.workspace()
    # The model has a price, but this call was made before it held.
    await ledger.process(entry_of(call(-60, model="new"), workspace_id=workspace))
    await new_price(ledger, "1", NOON, model="new")
    assert await ask_for_arrivals(ledger.pool) == 1
    await ledger.pool.execute("UPDATE price_versions SET recorded_at = recorded_at - interval '1 hour'")
    await new_price(ledger, "1", NOON, model="other")
    assert await ask_for_arrivals(ledger.pool) == 0
    await ledger.pool.execute(
        "INSERT INTO model_aliases (workspace_id, provider, alias, model, source) "
        "VALUES ($1, 'openai', 'unheard-of', 'new', 'test')",
        workspace,
    )
    await ledger.process(entry_of(call(-60, model="unheard-of"), workspace_id=workspace))
    await new_price(ledger, "2", NOON, model="another")
    assert await ask_for_arrivals(ledger.pool) == 1


async def test_what_was_estimated_stays_an_estimate_when_its_price_arrives(ledger: Ledger) -> None:
    workspace = await ledger.workspace()
    uncounted = {"input_tokens": None, "output_tokens": None}
    await ledger.process(
        entry_of(
            call(0, model="new", output_chars=2000, **uncounted),
            call(1, model="new", output_chars=2000, input_tokens=0, output_tokens=400),
            workspace_id=workspace,
        )
    )
    await new_price(ledger, "10", NOON - timedelta(days=1), model="new")
    await arrive(ledger)
    found = [(row["price_status"], row["cost"]) for row in await held(ledger, workspace)]
    assert found == [("estimated", Decimal("0.005")), ("priced", Decimal("0.004"))]
    assert await differences(ledger.pool) == []
