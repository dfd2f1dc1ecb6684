"""A repricing changes what events cost from now on, beside them, and everything that adds them up follows."""

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from ledger import Ledger, change, entry_of, event, v7
from llmlab_shared.domain.repricing import Counts, Selection
from llmlab_worker.jobs.reconcile import differences
from llmlab_worker.repricing import windows
from repriced import EVERYTHING, NOON, ask, carry_out, held, new_price, reprice

NOTHING = {"input_tokens": None, "output_tokens": None}


def call(minutes: int = 0, **fields: Any) -> dict[str, Any]:
    at = NOON + timedelta(minutes=minutes)
    return event(id=str(v7(at)), timestamp=at.isoformat(), **fields)


async def stored(ledger: Ledger, *events: Any, **workspace: Any) -> int:
    made = await ledger.workspace(**workspace)
    await ledger.price()
    await ledger.process(entry_of(*events, workspace_id=made))
    return made


async def costs(ledger: Ledger, workspace: int) -> list[Decimal | None]:
    return [row["cost"] for row in await held(ledger, workspace)]


async def test_events_follow_the_price_of_their_own_time_and_stay_as_they_were_written(
    ledger: Ledger,
) -> None:
    workspace = await stored(ledger, *(call(minutes) for minutes in range(0, 60, 10)))
    written = await ledger.events()
    await new_price(ledger, "100", NOON + timedelta(minutes=30))
    done = await reprice(ledger, workspace)
    assert (done["status"], done["seen"], done["changed"], done["expected"]) == ("done", 6, 3, 6)
    assert await costs(ledger, workspace) == [Decimal("0.06")] * 3 + [Decimal("0.15")] * 3
    assert await ledger.events() == written
    assert await differences(ledger.pool) == []
    assert await ledger.total("rollup_15m", "cost") == Decimal("0.63")
    (adjusted, *_) = await ledger.pool.fetch("SELECT * FROM adjustments ORDER BY id_time")
    assert (adjusted["number"], adjusted["repricing_id"]) == (1, done["id"])
    assert (adjusted["cost_before"], adjusted["cost"]) == (Decimal("0.06"), Decimal("0.15"))
    assert adjusted["price_id"] == await ledger.pool.fetchval(
        "SELECT id FROM price_versions WHERE layer = 'override' AND source = 'test'"
    )


async def test_twice_is_once(ledger: Ledger) -> None:
    workspace = await stored(ledger, call(), call(1, model="unheard-of"))
    await new_price(ledger, "1", NOON)
    assert (await reprice(ledger, workspace))["changed"] == 1
    before = await held(ledger, workspace)
    assert (await reprice(ledger, workspace))["changed"] == 0
    assert await held(ledger, workspace) == before
    assert await ledger.count("adjustments") == 1


async def test_a_dry_run_says_what_applying_does_and_changes_nothing(ledger: Ledger) -> None:
    chance = random.Random(3)
    made = [
        call(
            minutes * 17,
            model=chance.choice(["gpt-4", "gpt-4o", "unheard-of"]),
            billing=chance.choice(["metered", "metered", "subscription"]),
            input_tokens=chance.randint(0, 10**6),
        )
        for minutes in range(300)
    ]
    workspace = await stored(ledger, *made, zone="Asia/Kolkata")
    await ledger.price("gpt-4o")
    await new_price(ledger, "7", NOON + timedelta(days=1))
    before = await held(ledger, workspace)
    preview = await reprice(ledger, workspace, dry_run=True)
    assert await held(ledger, workspace) == before
    assert await ledger.count("adjustments") == 0
    applied = await reprice(ledger, workspace)
    sums = [
        [
            tuple(row)[1:]
            for row in await ledger.pool.fetch(
                "SELECT * FROM repricing_sums WHERE repricing_id = $1 ORDER BY 2, 3, 4, 5, 6, 7", done["id"]
            )
        ]
        for done in (preview, applied)
    ]
    assert sums[0] == sums[1] != []
    assert preview["changed"] == applied["changed"] > 0
    after = await held(ledger, workspace)
    moved = sum((new["cost"] or 0) - (old["cost"] or 0) for old, new in zip(before, after, strict=True))
    assert sum(row[8] - row[7] for row in sums[0]) == moved
    assert await differences(ledger.pool) == []


async def test_every_tier_and_budget_follows(ledger: Ledger) -> None:
    made = [
        call(n, feature=f"f{n % 3}", customer=f"c{n % 7}", user="u", tags={"tier": f"t{n % 2}", "other": "x"})
        for n in range(40)
    ]
    workspace = await stored(ledger, zone="America/St_Johns", tags=("tier",))
    budget = await ledger.budget(workspace, "5")
    await ledger.process(entry_of(*made, call(90), workspace_id=workspace))
    await new_price(ledger, "100", NOON - timedelta(days=1))
    await reprice(ledger, workspace)
    assert await differences(ledger.pool) == []
    spend = await ledger.pool.fetchval("SELECT spend FROM budget_spend WHERE budget_id = $1", budget)
    assert spend == sum(await costs(ledger, workspace), Decimal(0)) == Decimal("6.15")
    crossed = await ledger.pool.fetch("SELECT threshold FROM budget_crossings ORDER BY 1")
    assert [row["threshold"] for row in crossed] == [Decimal("0.8"), Decimal(1)]
    assert await ledger.count("outbox") == 2
    # Down below the thresholds and up again: what was told is not told twice.
    await new_price(ledger, "1", NOON - timedelta(hours=1))
    await reprice(ledger, workspace)
    await new_price(ledger, "200", NOON - timedelta(minutes=30))
    await reprice(ledger, workspace)
    assert await differences(ledger.pool) == []
    assert await ledger.count("outbox") == 2


async def test_folded_days_stay_folded(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    from llmlab_worker.jobs.folds import Days, fold

    workspace = await stored(ledger, *(call(n, customer=f"c{n}") for n in range(30)))
    days = Days(NOON.date() - timedelta(days=9), NOON.date() + timedelta(days=9), is_open=False)
    assert await fold(ledger.pool, 10, days, NOON + timedelta(days=3)) == 1
    await new_price(ledger, "100", NOON)
    await reprice(ledger, workspace)
    assert await differences(ledger.pool) == []
    values = await ledger.pool.fetchval(
        "SELECT count(DISTINCT value) FROM rollup_dimension_day WHERE dimension = 'customer'"
    )
    assert values == 11


async def test_only_what_is_selected(ledger: Ledger) -> None:
    workspace = await stored(ledger, *(call(n, model=model) for n in range(4) for model in ("gpt-4", "own")))
    other = await stored(ledger, call())
    await new_price(ledger, "1", NOON - timedelta(days=9))
    await new_price(ledger, "2", NOON - timedelta(days=9), model="own")
    some = Selection(
        since=NOON + timedelta(minutes=1),
        until=NOON + timedelta(minutes=3),
        provider="openai",
        model=("own",),
    )
    done = await reprice(ledger, workspace, selection=some)
    assert done["changed"] == 2
    assert (await reprice(ledger, workspace, selection=Selection(provider="anthropic")))["changed"] == 0
    assert (await reprice(ledger, workspace, selection=Selection(price_status=("missing",))))["changed"] == 0
    assert await costs(ledger, other) == [Decimal("0.06")]
    unpriced = Selection(price_status=("unpriced",))
    assert (await reprice(ledger, workspace, selection=unpriced))["changed"] == 2
    assert await differences(ledger.pool) == []


@pytest.mark.parametrize("window", [1, 2, 7])
async def test_an_undo_restores_every_state_and_can_itself_be_undone(
    ledger: Ledger, window: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = await stored(ledger, *(call(n) for n in range(5)), call(9, model="gpt-4o"))
    await ledger.price("gpt-4o")
    await new_price(ledger, "5", NOON - timedelta(days=1))
    before = await held(ledger, workspace)
    first = await reprice(ledger, workspace)
    between = await held(ledger, workspace)
    undone = await reprice(ledger, workspace, "undo", Selection(), undoes=first["id"])
    assert (undone["changed"], undone["skipped"]) == (6, 0)
    assert _values(await held(ledger, workspace)) == _values(before)
    again = await reprice(ledger, workspace, "undo", Selection(), undoes=undone["id"])
    assert again["changed"] == 6
    assert _values(await held(ledger, workspace)) == _values(between)
    # What was adjusted since is left alone.
    nothing = await reprice(ledger, workspace, "undo", Selection(), undoes=first["id"])
    assert (nothing["changed"], nothing["skipped"]) == (0, 6)
    assert await differences(ledger.pool) == []


def _values(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "number"} for row in rows]


async def test_steps_of_any_size_see_every_event_once(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Several share an id time, some ids hold none.
    made = [event(timestamp=NOON.isoformat()) for _ in range(7)]
    made += [event(id=str(uuid4()), timestamp=(NOON + timedelta(hours=n)).isoformat()) for n in range(6)]
    workspace = await stored(ledger, *made)
    await new_price(ledger, "3", NOON - timedelta(days=1))
    for name in ("_END", "_UNDONE"):
        monkeypatch.setattr(
            windows, name, getattr(windows, name).replace(str(windows.WINDOW - 1), "2").replace("2000", "3")
        )
    monkeypatch.setattr(windows, "WINDOW", 3)
    done = await reprice(ledger, workspace)
    assert (done["seen"], done["changed"], done["expected"]) == (13, 13, 13)
    undone = await reprice(ledger, workspace, "undo", Selection(), undoes=done["id"])
    assert undone["changed"] == 13
    assert await differences(ledger.pool) == []


async def test_a_price_that_moves_between_steps_is_the_one_in_force(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    from llmlab_worker.repricing.steps import advance

    workspace = await stored(ledger, *(call(n) for n in range(4)))
    monkeypatch.setattr(windows, "_END", windows._END.replace(str(windows.WINDOW - 1), "1"))
    monkeypatch.setattr(windows, "WINDOW", 2)
    await new_price(ledger, "3", NOON - timedelta(days=1))
    repricing = await ask(ledger, workspace)
    assert not await advance(ledger.pool, ledger.reference, repricing)
    await new_price(ledger, "4", NOON - timedelta(hours=1))
    await carry_out(ledger, repricing)
    assert await costs(ledger, workspace) == [Decimal("0.0045")] * 2 + [Decimal("0.006")] * 2


async def test_quarantined_usage_is_read_again_and_released(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    from llmlab_shared.domain.usage import UsageError
    from llmlab_shared.providers.openai import OpenAIProvider

    usage = {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500, "unusual": 1}

    def broken(*_: object) -> None:
        raise UsageError("not yet understood")

    with monkeypatch.context() as patched:
        patched.setattr(OpenAIProvider, "normalise", broken)
        workspace = await stored(ledger, call(usage=usage, api="chat", **NOTHING), call(1))
    quarantined = Selection(price_status=("quarantined",))
    done = await reprice(ledger, workspace, "release", quarantined)
    assert (done["changed"], done["seen"]) == (1, 2)
    assert [row["price_status"] for row in await held(ledger, workspace)] == ["priced", "priced"]
    assert await costs(ledger, workspace) == [Decimal("0.06")] * 2
    assert await ledger.total("rollup_15m", "input_tokens") == 2000
    assert await differences(ledger.pool) == []


async def test_counts_stated_by_hand_hold_until_they_are_undone(ledger: Ledger) -> None:
    workspace = await stored(ledger, call(usage={"prompt_tokens": -1}, **NOTHING), call(1))
    (identifier, *_) = [row["id"] for row in await held(ledger, workspace)]
    stated = Selection(
        ids=(identifier,), counts=Counts(input_tokens=2000, output_tokens=0, cache_read_tokens=500)
    )
    done = await reprice(ledger, workspace, "correct", stated)
    assert done["changed"] == 1
    row = (await held(ledger, workspace))[0]
    assert (row["price_status"], row["cost"]) == ("priced", Decimal("0.06"))
    assert (row["input_tokens"], row["cache_read_tokens"]) == (2000, 500)
    await new_price(ledger, "10", NOON - timedelta(days=1))
    await reprice(ledger, workspace)
    row = (await held(ledger, workspace))[0]
    assert (row["cost"], row["input_tokens"]) == (Decimal("0.02"), 2000)
    assert await differences(ledger.pool) == []
    undone = await reprice(ledger, workspace, "undo", Selection(), undoes=done["id"])
    assert (undone["changed"], undone["skipped"]) == (0, 1)


async def test_a_correction_that_contradicts_itself_stays_in_quarantine(ledger: Ledger) -> None:
    workspace = await stored(ledger, call())
    (identifier,) = [row["id"] for row in await held(ledger, workspace)]
    stated = Selection(ids=(identifier,), counts=Counts(input_tokens=1, cache_read_tokens=2))
    await reprice(ledger, workspace, "correct", stated)
    (row,) = await held(ledger, workspace)
    assert (row["price_status"], row["cost"], row["input_tokens"]) == ("quarantined", None, None)
    assert "2 of 1" in row["quarantine_reason"]
    assert await differences(ledger.pool) == []


async def test_estimates_reported_costs_and_units_are_worked_out_anew(ledger: Ledger) -> None:
    search = {"input_tokens": 10, "output_tokens": 0, "server_tool_use": {"web_search_requests": 2}}
    workspace = await stored(
        ledger,
        call(0, output_chunks=500, **NOTHING),
        call(1, reported_cost="0.5", reported_by="provider"),
        call(2, reported_cost="0.5", reported_by="gateway"),
        call(3, status="error", **NOTHING),
        call(4, **NOTHING),
        call(5, provider="anthropic", model="searcher", usage=search, **NOTHING),
        call(6, provider="openrouter", model="gpt-4", usage={"prompt_tokens": 3, "cost": 0.25}, **NOTHING),
    )
    async with ledger.pool.acquire() as connection, connection.transaction():
        await change(connection, "prices")
        await connection.execute(
            "INSERT INTO price_versions (layer, provider, model, valid_from, rates, source) VALUES "
            "('catalogue', 'anthropic', 'searcher', '2020-01-01', $1, 'test')",
            '{"tokens": {"input": "1", "output": "1"}, '
            '"units": {"web_searches": {"usd": "10", "per": 1000}}}',
        )
    assert (await reprice(ledger, workspace))["changed"] == 1
    await new_price(ledger, "100", NOON - timedelta(days=1))
    done = await reprice(ledger, workspace)
    rows = await held(ledger, workspace)
    assert [row["price_status"] for row in rows] == [
        "estimated",
        "reported",
        "priced",
        "free",
        "missing",
        "priced",
        "reported",
    ]
    assert [row["cost"] for row in rows] == [
        Decimal("0.05"),
        Decimal("0.5"),
        Decimal("0.15"),
        Decimal(0),
        None,
        Decimal("0.02001"),
        Decimal("0.25"),
    ]
    assert rows[1]["computed_cost"] == Decimal("0.15")
    assert done["changed"] == 3
    assert await differences(ledger.pool) == []


async def test_what_is_gone_or_done_is_not_done_again(ledger: Ledger) -> None:
    from llmlab_worker.repricing.steps import advance

    workspace = await stored(ledger, call())
    assert await advance(ledger.pool, ledger.reference, 10**9)
    done = await reprice(ledger, workspace, selection=EVERYTHING)
    assert await advance(ledger.pool, ledger.reference, done["id"])
    assert (await carry_out(ledger, done["id"]))["seen"] == 1
