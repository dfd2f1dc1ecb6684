"""Weekly and monthly reports: due at eight, told once, exact, and a team's without anything of the others."""

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ledger import Ledger
from llmlab_worker.children import run_child
from llmlab_worker.jobs.folds import complete, mark
from llmlab_worker.notify.notice import Workspace
from llmlab_worker.notify.report_notices import report
from llmlab_worker.outlook.report_spans import due_spans
from llmlab_worker.outlook.reports import send_reports
from llmlab_worker.pipeline.folds import Place
from outlook_days import Calls, Days
from sqlalchemy.ext.asyncio import AsyncEngine

MONDAY = date(2025, 6, 16)
KOLKATA = ZoneInfo("Asia/Kolkata")
AT_EIGHT = datetime(2025, 6, 16, 8, tzinfo=KOLKATA)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2025, 6, day, hour, minute, tzinfo=KOLKATA)


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        (at(16, 7, 59), []),
        (at(16, 8), ["week 2025-06-02 2025-06-09 2025-06-16"]),
        # Five days without a worker.
        (at(21, 12), ["week 2025-06-02 2025-06-09 2025-06-16"]),
        (at(22, 12), []),
        (at(1, 8), ["month 2025-04-01 2025-05-01 2025-06-01"]),
        (at(2, 8), ["week 2025-05-19 2025-05-26 2025-06-02", "month 2025-04-01 2025-05-01 2025-06-01"]),
    ],
)
def test_when_reports_are_due(moment: datetime, due: list[str]) -> None:
    spans = due_spans(moment.astimezone(UTC), KOLKATA)
    told = [f"{span.kind} {span.before} {span.start} {span.end}" for span in spans]
    # Early in a month the week before it is due as well.
    assert [one for one in told if one in due or one.startswith(("week 2025-06", "month"))] == due


async def fill(ledger: Ledger) -> Days:
    """Six weeks in which teams use what they use, and in the last of them more."""
    days = await Days.open(ledger, "Asia/Kolkata")
    search = {"team": "search-team", "feature": "search", "user": "ann"}
    chat = {"team": "chat-team", "feature": "chat", "user": "bob"}
    calls = []
    for age in range(42, 0, -1):
        day = MONDAY - timedelta(days=age)
        last_week = age <= 7
        calls += [
            Calls(day, "36" if last_week else "15", 6 if last_week else 5, search),
            Calls(day, "6", 2, chat),
            Calls(day, "3", 1, {}),
        ]
        if last_week:
            calls.append(Calls(day, "3", 1, {"model": "nobody-knows", **chat}))
            calls.append(Calls(day, "3", 1, {"model": "gpt-4o", "input_tokens": 400_000, **chat}))
    await days.fill(calls)
    await ledger.budget(days.id, "2000")
    return days


def changes(payload: dict[str, Any]) -> Decimal:
    movers = (sum(map(Decimal, mover["cause"].values()), Decimal(0)) for mover in payload["movers"])
    return sum(movers, Decimal(0)) + Decimal(payload["other_movers"])


async def test_a_week_is_reported_once_to_the_workspace_and_each_team(
    ledger: Ledger, engine: AsyncEngine
) -> None:
    days = await fill(ledger)
    empty = await Days.open(ledger, "Asia/Kolkata")
    assert await send_reports(engine, AT_EIGHT - timedelta(minutes=1)) == 0
    assert sum(await asyncio.gather(*(send_reports(engine, AT_EIGHT) for _ in range(3)))) == 3
    assert await send_reports(engine, AT_EIGHT + timedelta(days=2)) == 0
    assert await empty.messages("report") == []
    told = {message["dedupe_key"]: message["payload"] for message in await days.messages("report")}
    assert set(told) == {
        "week:2025-06-09:",
        "week:2025-06-09:search-team",
        "week:2025-06-09:chat-team",
    }
    whole = told["week:2025-06-09:"]
    # Seven days: search 36, chat 6, one dollar of gpt-4o, and 3 without a feature; 24 a day before.
    assert (whole["spend"], whole["previous"]) == ("322", "168")
    first = whole["movers"][0]
    assert (first["feature"], first["model"]) == ("search", "gpt-4")
    assert first["cause"] == {"calls": "21", "tokens_per_call": "126"}
    assert whole["movers"][1]["cause"] == {"new_model": "7"}
    assert whole["unknown"] == {
        "calls": 7,
        "share": "0.090909",
        "models": ["openai/nobody-knows"],
        "unpriced": 7,
    }
    assert [budget["name"] for budget in whole["budgets"]] == ["b"]
    assert whole["month"]["month"] == "2025-06"
    for payload in told.values():
        assert changes(payload) == Decimal(payload["spend"]) - Decimal(payload["previous"])
    team = told["week:2025-06-09:search-team"]
    assert (team["spend"], team["previous"], team["budgets"]) == ("252", "105", [])
    text = json.dumps(team)
    for of_others in ("chat", "gpt-4o", "nobody-knows", "168", "322"):
        assert of_others not in text
    notice = report(whole, Workspace("Acme", "https://llm.example"))
    assert notice.title == "Week of Mon 9 June to Sun 15 June: Acme spent $322.00 (+92 %)"
    changed = dict(notice.sections[0].rows)
    assert changed["gpt-4 in search"] == "+$147.00, of that longer calls +$126.00; more calls +$21.00"
    unpriced = dict(notice.facts)["Without a price"]
    assert unpriced.startswith("9.1 % of calls (7), of openai/nobody-knows; what they cost is not in")


async def test_a_feature_that_is_new_on_a_model_that_is_not_makes_more_calls(
    ledger: Ledger, engine: AsyncEngine
) -> None:
    days = await Days.open(ledger, "Asia/Kolkata")
    before, after = MONDAY - timedelta(days=10), MONDAY - timedelta(days=3)
    await days.fill(
        [
            Calls(before, "30", 2, {"feature": "search"}),
            Calls(after, "30", 2, {"feature": "search"}),
            Calls(after, "15", 1, {"feature": "chat"}),
            Calls(after, "3", 1, {"feature": "chat", "model": "gpt-4o", "input_tokens": 1_200_000}),
        ]
    )
    assert await send_reports(engine, AT_EIGHT) == 1
    (message,) = await days.messages("report")
    assert message["payload"]["cause"] == {"calls": "15", "new_model": "3"}
    assert [(mover["model"], mover["cause"]) for mover in message["payload"]["movers"]] == [
        ("gpt-4", {"calls": "15"}),
        ("gpt-4o", {"new_model": "3"}),
    ]


async def test_a_fold_is_no_change_of_what_features_spend(ledger: Ledger, engine: AsyncEngine) -> None:
    days = await Days.open(ledger, "Asia/Kolkata")
    before, after = MONDAY - timedelta(days=10), MONDAY - timedelta(days=3)
    await days.fill(
        Calls(day, usd, 1, {"feature": feature})
        for day in (before, after)
        for feature, usd in (("big", "60"), ("small", "15"))
    )
    await days.fill([Calls(after, "30", 2, {"feature": "small"})])
    place = Place(days.id, before, "feature")
    assert await mark(ledger.pool, [place], 1) == 1
    await complete(ledger.pool, place)
    assert await send_reports(engine, AT_EIGHT) == 1
    (message,) = await days.messages("report")
    (mover,) = message["payload"]["movers"]
    # `small` has no row of its own in the week before.
    assert (mover["feature"], mover["previous"], mover["spend"]) == ("(other)", "15", "45")
    assert mover["cause"] == {"calls": "30"}
    assert [row["feature"] for row in message["payload"]["features"]] == ["big", "(other)"]


async def test_settings_say_which_reports_and_to_where(ledger: Ledger, engine: AsyncEngine) -> None:
    days = await fill(ledger)
    await ledger.pool.execute(
        "INSERT INTO notification_settings (workspace_id, weekly_report, report_channels, team_channels) "
        "VALUES ($1, true, '{5}', $2)",
        days.id,
        '{"chat-team": [6, 7]}',
    )
    assert await send_reports(engine, AT_EIGHT) == 3
    channels = {row["payload"]["team"]: row["channels"] for row in await days.messages("report")}
    assert channels == {None: [5], "search-team": [5], "chat-team": [6, 7]}
    await ledger.pool.execute("DELETE FROM outbox")
    await ledger.pool.execute("UPDATE notification_settings SET weekly_report = false")
    assert await send_reports(engine, AT_EIGHT) == 0
    await ledger.pool.execute("UPDATE notification_settings SET weekly_report = true, team_reports = false")
    assert await send_reports(engine, AT_EIGHT) == 1


@pytest.mark.parametrize("what", ["forecasts", "anomalies", "reports"])
async def test_it_runs_as_a_process_of_its_own(database_url: str, what: str) -> None:
    assert await run_child(database_url, "llmlab_worker.outlook", what) == 0
