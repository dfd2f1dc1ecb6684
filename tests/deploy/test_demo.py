"""The demo: the main job with recorded calls, and the month that a person looks around in."""

import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from databases import execute
from llmlab_deploy.demo import check
from llmlab_deploy.demo.calls import month_of_calls
from llmlab_deploy.demo.check import RecordedCall, check_clock, compare, recorded_calls
from llmlab_deploy.demo.month import BUDGET_USED, round_budget
from llmlab_deploy.errors import StackError
from stacks import PATIENCE, Runner, Supervised


def _run_check(place: Path, *options: str) -> tuple[int, str]:
    log = place / "log"
    # Databases of the environment are not the demo's to fill.
    settings = {"LLMLAB_DATABASE_URL": "postgresql://127.0.0.1:1/none", "LLMLAB_URL": "http://127.0.0.1:1"}
    arguments = ("-m", "llmlab_deploy", "demo", "--check", *options)
    process = Runner().start(*arguments, log=log, home=place, settings=settings)
    return process.wait(PATIENCE), log.read_text()


def _assert_exact(code: int, said: str) -> None:
    assert code == 0, said
    calls = recorded_calls()
    assert len(calls) >= 150
    assert {call.event["provider"] for call in calls} == {"openai", "anthropic", "google"}
    total = sum(call.expected_cost for call in calls)
    assert f"{len(calls)} calls cost exactly {total} USD" in said
    assert "$ llmlab status --period all" in said
    assert "anthropic/claude" in said
    assert "all together" in said


def test_make_demo_prices_recorded_calls_to_the_last_digit(place: Path) -> None:
    _assert_exact(*_run_check(place))


def test_the_systems_servers_price_them_as_well(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """PostgreSQL 15 or newer and Redis 7 or newer, where the system has them; what ran is printed."""
    code, said = _run_check(place, "--system-servers")
    if code != 0:
        assert re.search("no (PostgreSQL|Valkey) found", said), said
        code, said = _run_check(place)
        said += "(the wheels' servers: the system has none, or not both)"
    _assert_exact(code, said)
    with capsys.disabled():
        found = re.findall(r"PostgreSQL [\d.]+ and \S+ [\d.]+(?= .*s$)|\(the wheels.*\)", said, re.MULTILINE)
        sys.stdout.write(f"\n[priced on {' '.join(dict.fromkeys(found))}] ")


def _stored(calls: list[RecordedCall]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    total = sum((call.expected_cost for call in calls), Decimal(0))
    costs = [
        {
            "response_id": call.response_id,
            "cost": str(call.expected_cost),
            "price_status": "priced",
            "model": call.event["model"],
        }
        for call in calls
    ]
    return {"total_spend": str(total), "counts": {"events": len(calls)}}, costs


def test_every_kind_of_difference_is_named() -> None:
    calls = recorded_calls()[:3]
    summary, costs = _stored(calls)
    compare(calls, summary, costs)
    first = calls[0]
    off_by_a_digit = replace(first, expected_cost=first.expected_cost + Decimal("1e-12"))
    with pytest.raises(StackError, match=f"{first.response_id}: {first.expected_cost} .* not"):
        compare([off_by_a_digit, *calls[1:]], summary, costs)
    with pytest.raises(StackError, match="not stored"):
        compare(calls, summary, costs[1:])
    with pytest.raises(StackError, match="None"):
        compare(calls, summary, [costs[0] | {"cost": None, "price_status": "unpriced"}, *costs[1:]])
    with pytest.raises(StackError, match="nobody sent it"):
        compare(calls, summary, [*costs, costs[0] | {"response_id": "another"}])
    with pytest.raises(StackError, match=r"the total is 0\.1, not"):
        compare(calls, summary | {"total_spend": "0.1"}, costs)
    with pytest.raises(StackError, match="4 events are counted, not 3"):
        compare(calls, summary | {"counts": {"events": 4}}, costs)


def test_a_clock_that_is_slow_is_named_before_anything_starts(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = recorded_calls()
    newest = max(datetime.fromisoformat(call.event["timestamp"]) for call in calls)
    check_clock(calls, newest - timedelta(hours=23))
    with pytest.raises(StackError, match=r"clock says 20\d\d-.*set the clock"):
        check_clock(calls, newest - timedelta(hours=25))
    ahead = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    monkeypatch.setattr(check, "recorded_calls", lambda: [RecordedCall({"timestamp": ahead}, Decimal(0))])
    monkeypatch.setattr("tempfile.tempdir", str(place))
    with pytest.raises(StackError, match="clock"):
        check.run_check()
    assert not list(place.iterdir())


def _totals_are_proved_and_mended(data: Path) -> None:
    def db(*job: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "llmlab_deploy", "db", *job, "--data-dir", str(data)]
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
            env={"PATH": os.environ["PATH"], "HOME": str(data)},
        )

    assert db("reconcile").returncode == 0
    url = json.loads((data / "stack.json").read_text())["database_url"]
    execute(url, "UPDATE rollup_day SET cost = cost + 1 WHERE model = 'gpt-4'")
    broken = db("reconcile")
    assert broken.returncode == 1
    assert "rollup_day" in broken.stdout
    assert "cost -1" in broken.stdout
    assert "llmlab db rebuild" in broken.stderr
    assert "totals mended" in db("rebuild", "--yes").stdout
    assert db("reconcile").returncode == 0


def test_the_month_has_something_to_see_and_is_sent_once(place: Path) -> None:
    def demo(log: Path) -> Supervised:
        arguments = ("-m", "llmlab_deploy", "demo", "--port", "0", "--data-dir", str(place / "data"))
        return Supervised(Runner().start(*arguments, log=log, home=place), log)

    def read(path: str) -> Any:
        stack = json.loads((place / "data" / "stack.json").read_text())
        key = json.loads((place / "data" / "first-user.json").read_text())["api_key"]
        answer = httpx.get(stack["url"] + path, headers={"Authorization": f"Bearer {key}"}, timeout=30)
        assert answer.is_success, answer.text
        return answer.json()

    first = demo(place / "1.log")
    try:
        first.wait_for(r"^Ctrl-C stops it\.$")
        summary = read("/api/costs/summary?group_by=feature")
        assert summary["counts"]["events"] > 2000
        assert summary["counts"]["unpriced"] > 0
        assert len(summary["by_model"]) >= 6
        assert len(summary["groups"]) >= 5
        budgets = {budget["name"]: budget for budget in read("/api/budgets")["budgets"]}
        assert [budgets[name]["each"] for name in sorted(budgets)] == ["customer", None, None]
        budget = budgets["Everything, each month"]
        assert Decimal(budget["spent"]) / Decimal(budget["budget_amount"]) > Decimal("0.8")
        assert budget["alert_sent"] is True
        assert read("/api/recommendations")["recommendations"]
        sessions = read("/api/costs/sessions")["sessions"]
        assert sessions[0]["events"] > 2
        assert Decimal(sessions[0]["spend"]) > 0
        assert Decimal(read("/api/costs/summary?status=error")["total_spend"]) > 0
        plans = read("/api/costs/values?dimension=tag.tier")["values"]
        assert {plan["value"] for plan in plans} == {"free", "pro", "enterprise"}
        tokens = summary["tokens"]
        assert min(tokens[name] for name in ("cache_read", "cache_write_5m")) > 0
        _totals_are_proved_and_mended(place / "data")
    finally:
        assert first.stop() == 0
    second = demo(place / "2.log")
    try:
        second.wait_for(r"^Ctrl-C stops it\.$")
        assert "still there" in second.said()
        assert read("/api/costs/summary")["counts"]["events"] <= summary["counts"]["events"]
    finally:
        second.process.send_signal(signal.SIGINT)
        assert second.stop() == 0


@pytest.mark.parametrize("spent", ["0.2", "1.01", "16.4", "18", "57.31", "4000"])
def test_a_budget_is_nearly_used_up_on_the_first_day_of_a_month_too(spent: str) -> None:
    budget = round_budget(Decimal(spent) / BUDGET_USED)
    assert Decimal("0.8") < Decimal(spent) / budget < 1


@pytest.mark.parametrize("day", ["2026-03-01", "2026-11-23", "2024-02-29"])
def test_the_month_is_the_same_for_the_same_day(day: str) -> None:
    until = datetime.fromisoformat(f"{day}T15:30:00").replace(tzinfo=UTC)
    events = list(month_of_calls(until))
    assert events == list(month_of_calls(until))
    assert 2000 < len(events) < 8000
    assert all(0 <= (until - event["timestamp"]).days <= 30 for event in events)
    # Something to see on every screen.
    for name in ("session_id", "trace_id", "parent_span_id", "project", "tags", "processing", "response_id"):
        assert any(event.get(name) for event in events), name
    assert {event.get("status") for event in events} == {None, "error", "aborted"}
    told = Counter(event["response_id"] for event in events if "response_id" in event)
    assert 1 <= sum(times > 1 for times in told.values()) < 30
