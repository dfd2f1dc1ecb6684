"""`llmlab quarantine` as a process."""

import json
from typing import Any

import pytest
from cli_price_samples import QUARANTINED, quarantined, repricing
from cli_server import AnswersOf, Home

JOB = "/api/prices/repricings"
EVENT = QUARANTINED[0]["id"]


def test_calls_that_are_alike_are_listed_together(connected: Home, server: AnswersOf) -> None:
    def costs() -> Any:
        first = "cursor" not in dict(server.requests[-1].query)
        return {
            "costs": QUARANTINED[:2] if first else QUARANTINED[2:],
            "next_cursor": "more" if first else None,
        }

    server.answers["GET", "/api/costs"] = costs
    done = connected.run(
        "quarantine", "ls", "--from", "2026-11-01", "--model", "gpt-4o", "--provider", "openai"
    )
    assert done.returncode == 0, done.stderr
    assert "openai/gpt-4o · 2 calls" in done.stdout
    assert "cached tokens 120 exceed the input 100" in done.stdout
    assert "\x1b" not in done.stdout
    asked = dict(server.requests[0].query)
    assert asked["price_status"] == "quarantined"
    assert (asked["from"], asked["model"], asked["provider"]) == ("2026-11-01", "gpt-4o", "openai")
    assert json.loads(connected.run("quarantine", "ls", "--json").stdout) == {"costs": QUARANTINED}


def test_calls_without_counts_are_listed_apart(connected: Home, server: AnswersOf) -> None:
    missing = quarantined(1, "openai/gpt-4o", None, "2026-11-21T10:00:00Z")
    server.get("/api/costs", {"costs": [missing], "next_cursor": None})
    done = connected.run("quarantine", "ls", "--missing")
    assert dict(server.requests[0].query)["price_status"] == "missing"
    assert "1 call without token counts" in done.stdout
    assert "release" not in done.stdout


@pytest.fixture
def releasing(connected: Home, server: AnswersOf) -> Home:
    """A server whose job 11 is the preview of a release and job 12 the release."""

    def start() -> Any:
        preview = server.requests[-1].body["dry_run"]
        return 202, repricing(11 if preview else 12, kind="release", dry_run=preview, status="queued")

    server.answers["POST", "/api/costs/release"] = start
    server.get(f"{JOB}/11", repricing(11, kind="release", dry_run=True, changed=3))
    server.get(f"{JOB}/12", repricing(12, kind="release", changed=3))
    return connected


def test_calls_are_read_again_after_a_look(releasing: Home, server: AnswersOf) -> None:
    arguments = ["--model", "gpt-4o", "--from", "2026-11-01", "--reason", "the adapter was mended"]
    done = releasing.run("quarantine", "release", *arguments, "--yes")
    assert done.returncode == 0, done.stderr
    first, second = (r.body for r in server.requests if r.method == "POST")
    expected = {"from": "2026-11-01", "model": ["gpt-4o"], "reason": "the adapter was mended"}
    assert (first, second) == ({**expected, "dry_run": True}, {**expected, "dry_run": False})
    assert "✓ 3 calls released (job 12)" in done.stdout

    server.requests.clear()
    done = releasing.run("quarantine", "release", "--id", EVENT, "--dry-run", "--json")
    assert json.loads(done.stdout)["id"] == 11
    (body,) = (r.body for r in server.requests if r.method == "POST")
    assert (body["dry_run"], body["ids"]) == (True, [EVENT])

    server.requests.clear()
    done = releasing.run("quarantine", "release", "--reason", "x")
    assert (done.returncode, "--yes" in done.stderr) == (2, True)
    assert [r.body["dry_run"] for r in server.requests if r.method == "POST"] == [True]


def test_counts_are_stated_by_hand(connected: Home, server: AnswersOf) -> None:
    path = f"/api/costs/{EVENT}"
    server.answers["POST", f"{path}/correct"] = (202, repricing(14, kind="correct", status="queued"))
    server.get(f"{JOB}/14", repricing(14, kind="correct", changed=1))
    server.get(path, {**QUARANTINED[0], "cost": "0.0045", "price_status": "priced"})
    arguments = ["--input", "1.2k", "--cache-read", "200", "--output", "0"]
    done = connected.run("quarantine", "correct", EVENT, *arguments, "--reason", "from the invoice")
    assert done.returncode == 0, done.stderr
    assert server.requests[0].body == {
        "input_tokens": 1200,
        "output_tokens": 0,
        "cache_read_tokens": 200,
        "reason": "from the invoice",
    }
    assert "costs $0.0045 now (priced, job 14)" in done.stdout
    assert "llmlab prices undo 14" in done.stderr
    done = connected.run("quarantine", "correct", EVENT, "--reason", "x")
    assert (done.returncode, "--input and --output" in done.stderr) == (2, True)
