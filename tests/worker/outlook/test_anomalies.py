"""Days that stand out are told of once, with what caused them; nothing else is."""

import asyncio
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

from ledger import Ledger
from llmlab_worker.jobs.folds import complete, mark
from llmlab_worker.notify.notice import Workspace
from llmlab_worker.notify.outlook_notices import spend_anomaly
from llmlab_worker.outlook.anomalies import find_anomalies
from llmlab_worker.outlook.uses import read_dear
from llmlab_worker.pipeline.folds import Place
from outlook_days import NOON, TODAY, Calls, Days, day_before
from sqlalchemy.ext.asyncio import AsyncEngine

SEARCH = {"feature": "search"}


def parts(payload: dict[str, Any]) -> Decimal:
    return sum(map(Decimal, payload["cause"].values()), Decimal(0))


async def test_a_day_that_stands_out_is_told_of_once_with_its_cause(
    ledger: Ledger, engine: AsyncEngine
) -> None:
    days, quiet = await Days.open(ledger, "America/New_York"), await Days.open(ledger)
    for each in (days, quiet):
        await each.usual(40, "15", 5, **SEARCH)
        await each.usual(40, "30", 2, feature="chat", customer="acme")
    # Twice the calls, each of three times the tokens.
    await days.fill([Calls(TODAY, "90", 10, SEARCH), Calls(TODAY, "30", 2, {"feature": "chat"})])
    await quiet.fill([Calls(TODAY, "15", 5, SEARCH)])
    at = NOON + timedelta(hours=6)
    assert sum(await asyncio.gather(*(find_anomalies(engine, at) for _ in range(3)))) == 1
    # Tomorrow the day is over, and looked at as a whole: it was told.
    assert await find_anomalies(engine, at + timedelta(days=1)) == 0
    assert await quiet.messages("spend_anomaly") == []
    (message,) = await days.messages("spend_anomaly")
    payload = message["payload"]
    assert message["dedupe_key"] == "feature:search:2025-06-18"
    assert (payload["spend"], payload["expected"], payload["day_over"]) == ("90", "15", False)
    assert (payload["calls"], payload["expected_calls"]) == (10, 5)
    assert payload["cause"] == {"calls": "15", "tokens_per_call": "60"}
    # The model went up by as much on the same day: that is the same thing.
    assert [(one["dimension"], one["value"]) for one in payload["also"]] == [("model", "gpt-4")]
    # What was named beside it is not told again when it grows; what else stands out is.
    await days.fill([Calls(TODAY, "90", 5, {"feature": "chat"})])
    assert await find_anomalies(engine, at + timedelta(hours=1)) == 1
    assert (await days.messages("spend_anomaly"))[1]["dedupe_key"] == "feature:chat:2025-06-18"
    notice = spend_anomaly(payload, Workspace("Acme", None))
    assert notice.title == "Feature search: $90.00 on Wed 18 June so far, 6 times as much as usual"
    assert ("Of that: longer calls", "+$60.00") in notice.facts


async def test_what_is_new_or_dear_is_explained(ledger: Ledger, engine: AsyncEngine) -> None:
    days = await Days.open(ledger)
    await days.usual(40, "30", 2, **SEARCH)
    dearer = {"provider": "openai", "model": "o1-pro", "input_tokens": 1_000_000, **SEARCH}
    await days.fill([Calls(TODAY, "30", 1, dearer), Calls(TODAY, "60", 2, {"customer": "newcomer"})])
    assert await find_anomalies(engine, NOON) >= 2
    told = {
        (one["payload"]["dimension"], one["payload"]["value"]): one["payload"]
        for one in await days.messages("spend_anomaly")
    }
    search, newcomer = told["feature", "search"], told["customer", "newcomer"]
    assert Decimal(search["cause"]["new_model"]) == Decimal(search["models"][0]["spend"])
    assert search["models"][0]["model"] == "o1-pro"
    assert newcomer["cause"] == {"calls": "60"}
    for payload in told.values():
        assert parts(payload) == Decimal(payload["spend"]) - Decimal(payload["expected"])


async def fold(ledger: Ledger, days: Days, *ages: int) -> None:
    """Keep the dearest customer of each of these days apart, and no other."""
    places = [Place(days.id, day_before(age), "customer") for age in ages]
    assert await mark(ledger.pool, places, 1) == len(places)
    for place in places:
        await complete(ledger.pool, place)


async def test_what_a_folded_day_hides_is_neither_nothing_nor_an_anomaly(
    ledger: Ledger, engine: AsyncEngine
) -> None:
    days = await Days.open(ledger)
    # `small` spent the same every day; most of its days are a part of `(other)` now.
    await days.fill(
        Calls(day_before(n), usd, 1, {"customer": name})
        for n in range(40, -1, -1)
        for name, usd in (("big", "30"), ("small", "15"))
    )
    await fold(ledger, days, *range(1, 31))
    assert await find_anomalies(engine, NOON) == 0
    # What goes to `(other)` of today from now on is nobody's, however much it is.
    await fold(ledger, days, 0)
    await days.fill([Calls(TODAY, "300", 10, {"customer": "somebody"})])
    assert await find_anomalies(engine, NOON) == 1
    (message,) = await days.messages("spend_anomaly")
    assert message["payload"]["dimension"] == "model"


async def test_a_fold_that_is_not_finished_hides_its_values_too(ledger: Ledger, engine: AsyncEngine) -> None:
    days = await Days.open(ledger)
    await days.usual(40, "30", customer="big")
    await days.fill([Calls(TODAY, "300", 10, {"customer": "late"})])
    await ledger.pool.execute(
        "INSERT INTO dimension_folds (workspace_id, dimension, day, kept) "
        "VALUES ($1, 'customer', $2, '{big}')",
        days.id,
        TODAY,
    )
    await find_anomalies(engine, NOON)
    assert [one["dedupe_key"] for one in await days.messages("spend_anomaly")] == [
        "model:openai/gpt-4:2025-06-18"
    ]


async def test_dear_values_of_a_day_or_dimension_take_no_place_of_others(
    ledger: Ledger, engine: AsyncEngine
) -> None:
    days = await Days.open(ledger)
    await days.fill([Calls(TODAY, "30", 1, SEARCH)])
    # More customers than are looked at, on both days, and each of them dearer than the feature.
    await ledger.pool.execute(
        "INSERT INTO rollup_dimension_day SELECT (jsonb_populate_record(r, jsonb_build_object("
        "'dimension', 'customer', 'value', n::text, 'cost', 100 + n, 'day', r.day - age))).* "
        "FROM rollup_dimension_day r, generate_series(1, 250) n, generate_series(0, 1) age"
    )
    async with engine.connect() as connection:
        dear = await read_dear(connection, days.id, [day_before(1), TODAY], Decimal(10))
    looked_at = Counter((day, subject.dimension) for day, subject, _ in dear)
    assert looked_at == {
        (TODAY, "model"): 1,
        (TODAY, "feature"): 1,
        (TODAY, "customer"): 200,
        (day_before(1), "customer"): 200,
    }
    assert min(spend for _, subject, spend in dear if subject.dimension == "customer") == 151


async def test_the_minimum_is_the_workspaces_own(ledger: Ledger, engine: AsyncEngine) -> None:
    some, more, off = [await Days.open(ledger) for _ in range(3)]
    for days in (some, more, off):
        await days.usual(40, "3", 1, **SEARCH)
        await days.fill([Calls(TODAY, "30", 10, SEARCH)])
    await ledger.pool.execute(
        "INSERT INTO notification_settings (workspace_id, anomaly_minimum, anomalies) "
        "VALUES ($1, 30, true), ($2, 10, false)",
        more.id,
        off.id,
    )
    assert await find_anomalies(engine, NOON) == 1
    assert len(await some.messages("spend_anomaly")) == 1
