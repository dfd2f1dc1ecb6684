"""`llmlab budget`: what its options send, its screens, and the whole way against a real server."""

from typing import Any

import pytest
from cli_samples import budget
from cli_server import AnswersOf, Home
from llmlab_cli.render.backtest import backtest
from llmlab_cli.render.budgets import budget_in_full, budget_table
from llmlab_cli.screen import Screen, text_of
from snapshots import check

Json = dict[str, Any]

EACH = budget(
    "50",
    "163.2",
    id=7,
    name="Monthly budget of each user",
    each="user",
    period="month",
    period_start="2026-11-01",
    period_end="2026-12-01",
    counts_from="2026-11-01",
    values=[{"value": "ada@example.com", "spent": "61.5"}, {"value": "bob", "spent": "40"}],
    values_count=212,
    alerts={"0.8": "2026-11-18T08:00:00Z", "1": "2026-11-21T10:30:00Z"},
    paused=False,
    channels=[],
)
FORESEEN = {
    **budget("500", "412.1", period_start="2026-11-01", period_end="2026-12-01"),
    "outlook": {
        "forecast": {"low": "520.5", "likely": "560", "high": "601.75"},
        "expected_on": "2026-11-26",
        "expected_between": ["2026-11-25", "2026-11-28"],
    },
}
TAGGED = budget("800", "12.5", id=8, name="Blue squad", scope={"tag": {"squad": "blue"}}, period="week")
PAUSED = budget("90", "10", id=9, scope={"feature": "search", "environment": "production"}, paused=True)
TRIED = {
    "summary": "These thresholds would have fired 4 times in the last 90 days, first on 26 October 2026.",
    "fired": 4,
    "alerts": [
        {"day": "2026-10-26", "threshold": "0.5", "spend": "41", "period_start": "2026-10-01"},
        {"day": "2026-10-29", "threshold": "1", "spend": "80", "period_start": "2026-10-01"},
        {"day": "2026-11-18", "threshold": "0.5", "spend": "40.5", "period_start": "2026-11-01"},
        {"day": "2026-11-25", "threshold": "1", "spend": "92.25", "period_start": "2026-11-01"},
    ],
    "periods": [
        {"period_start": "2026-09-01", "period_end": "2026-10-01", "amount": "80", "spent": "12"},
        {"period_start": "2026-10-01", "period_end": "2026-11-01", "amount": "80", "spent": "96"},
        {"period_start": "2026-11-01", "period_end": "2026-12-01", "amount": "80", "spent": "92.25"},
    ],
}
NOBODY = {
    **TRIED,
    "summary": "Nothing that this budget counts was spent.",
    "fired": 0,
    "alerts": [],
    "periods": [],
}


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        (["50", "--each", "user", "--period", "week"], {"each": "user", "period": "week"}),
        (
            ["50", "-s", "feature=search", "-s", "tag.squad=blue"],
            {"scope": {"feature": "search", "tag": {"squad": "blue"}}},
        ),
        (["50", "-t", "90%", "-t", "0.5"], {"thresholds": ["0.5", "0.9"]}),
        (["50", "--from", "2026-12-01", "--name", "Team"], {"from": "2026-12-01", "name": "Team"}),
    ],
)
def test_what_options_send(connected: Home, server: AnswersOf, arguments: list[str], body: Json) -> None:
    server.answers["POST", "/api/budgets"] = (201, budget("50", "0", notes=["Nothing matched."]))
    server.answers["POST", "/api/budgets/backtest"] = (200, NOBODY)
    done = connected.run("budget", "set", *arguments)
    assert done.returncode == 0, done.stderr
    assert server.requests[-1].body == {"budget_amount": "50", **body}
    assert "▲ Nothing matched." in done.stderr
    if not body.keys() & {"from", "name"}:
        done = connected.run("budget", "backtest", *arguments)
        assert server.requests[-1].body == {"budget_amount": "50", **body}
        assert done.stdout == "Nothing that this budget counts was spent.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["50", "-s", "feature"],
        ["50", "-s", "featur=search"],
        ["50", "-s", "tag.=x"],
        ["50", "-s", "feature=a", "-s", "feature=b"],
        ["50", "-s", "tag.squad=a", "-s", "tag.squad=b"],
        ["-5"],
        ["-$5.50"],
        ["50", "-t", "80"],
        ["50", "-t", "0"],
        ["50", "--each", "feature"],
        ["50", "--from", "soon"],
    ],
)
def test_what_makes_no_sense_is_told_before_it_is_sent(
    connected: Home, server: AnswersOf, arguments: list[str]
) -> None:
    done = connected.run("budget", "set", *arguments)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "No such option" not in done.stderr
    assert not server.requests


def test_a_budget_goes_by_its_id_or_its_name(connected: Home, server: AnswersOf) -> None:
    server.get("/api/budgets", {"budgets": [EACH, TAGGED], "next_cursor": None})
    server.answers["DELETE", "/api/budgets/8"] = (204, None)
    server.answers["PATCH", "/api/budgets/7"] = (200, EACH)
    assert connected.run("budget", "rm", "blue squad", "--yes").stdout == "✓ Removed Blue squad.\n"
    assert connected.run("budget", "rm", "8").returncode == 2
    assert connected.run("budget", "pause", "7").returncode == 0
    assert server.requests[-1].body == {"paused": True}
    # A name never stands in for another budget's id.
    server.get("/api/budgets", {"budgets": [{**EACH, "name": "8"}, TAGGED], "next_cursor": None})
    assert connected.run("budget", "rm", "8", "--yes").stdout == "✓ Removed Blue squad.\n"
    done = connected.run("budget", "rm", "12")
    assert "there is no budget '12': `llmlab budget list` shows them" in done.stderr


@pytest.mark.parametrize("width", [48, 80, None])
def test_screens(width: int | None) -> None:
    screen = Screen(width=width)
    name = "pipe" if width is None else str(width)
    budgets = [budget("500", "412.1"), EACH, TAGGED, PAUSED]
    check(f"budgets_{name}", text_of(budget_table(budgets, screen), screen))
    check(f"budget_{name}", text_of(budget_in_full(EACH, screen), screen))
    check(f"budget_foreseen_{name}", text_of(budget_in_full(FORESEEN, screen), screen))
    check(f"backtest_{name}", text_of(backtest(TRIED, screen), screen))
