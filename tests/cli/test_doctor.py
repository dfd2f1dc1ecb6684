"""`llmlab doctor`: every ailment has a line that says how to mend it, and an exit code."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cli_samples import USUAL
from cli_server import KEY, AnswersOf, Home, problem
from llmlab_cli.render.doctor import Check, doctor
from llmlab_cli.screen import Screen, text_of
from snapshots import check

READY: dict[str, Any] = {
    "status": "ready",
    "schema_revision": "0001",
    "backlog": {"bytes": 0, "limit_bytes": 1, "entries": 0, "oldest_unprocessed_seconds": None},
    "prices": {
        "source": "genai-prices 0.2.3",
        "newest_price": "2026-11-09",
        "days": 14,
        "is_old": False,
        "synced_at": "2026-11-10T08:00:00Z",
        "looked_at": "2026-11-22T08:00:00Z",
        "refused": None,
    },
    "warnings": [],
}
LACKING = problem(403, "insufficient_scope", "this API key lacks the scope `admin`; it has `ingest`, `read`")


@pytest.fixture
def healthy(connected: Home, server: AnswersOf) -> Home:
    """All is well, and the server's clock is ours."""
    server.get("/health/ready", READY)
    server.answers["GET", "/api/costs/summary"] = lambda: _at(datetime.now(UTC))
    server.get("/api/keys", LACKING)
    server.get("/api/auth/me", {"email": "kim@example.com"})
    return connected


def _at(as_of: datetime) -> dict[str, Any]:
    return {**USUAL, "freshness": {**USUAL["freshness"], "as_of": as_of.isoformat()}}


def findings(home: Home, **env: str) -> tuple[int, dict[str, tuple[str, str, str]]]:
    done = home.run("doctor", "--json", env=env)
    assert done.stderr == ""
    report = json.loads(done.stdout)
    assert report["ok"] == (done.returncode == 0)
    return done.returncode, {c["name"]: (c["state"], c["found"], c["mend"] or "") for c in report["checks"]}


def test_all_is_well(healthy: Home) -> None:
    code, found = findings(healthy)
    assert code == 0
    assert {name: state for name, (state, _, _) in found.items()} == dict.fromkeys(
        ("versions", "settings", "server", "worker", "prices", "key", "sign-in", "clock"), "ok"
    )
    assert found["key"][1] == "valid, may ingest, read"
    assert "kim@example.com" in found["sign-in"][1]
    done = healthy.run("doctor")
    assert done.returncode == 0
    assert "All is well." in done.stdout


def test_nothing_set_up_yet(home: Home) -> None:
    code, found = findings(home)
    assert code == 1
    assert found["settings"][0] == "wrong"
    assert "llmlab init" in found["settings"][2]


def test_others_may_read_the_key(healthy: Home) -> None:
    healthy.config.chmod(0o644)
    code, found = findings(healthy)
    assert (code, found["settings"][0]) == (1, "wrong")
    assert found["settings"][2] == "chmod 600 ~/.llmlab/config.json"


def test_a_broken_and_an_old_file(healthy: Home) -> None:
    healthy.write_config("{")
    code, found = findings(healthy)
    assert (code, found["settings"][0]) == (1, "wrong")
    healthy.write_config({"api_key": KEY})
    code, found = findings(healthy)
    assert (code, found["settings"][0]) == (1, "wrong")
    assert "llmlab init" in found["settings"][2]


def test_no_server(home: Home) -> None:
    code, found = findings(home, LLMLAB_URL="http://127.0.0.1:1", LLMLAB_API_KEY=KEY)
    assert (code, found["server"][0]) == (1, "wrong")
    assert found["server"][1] == "cannot reach LLMLab at http://127.0.0.1:1 ([Errno 111] Connection refused)"
    assert "llmlab up" in found["server"][2]
    assert "key" not in found


def test_a_server_that_is_something_else(connected: Home, server: AnswersOf) -> None:
    server.get("/health/ready", (404, {"error": "no such page"}))
    code, found = findings(connected)
    assert (code, found["server"][0]) == (1, "wrong")
    assert "--url" in found["server"][2]


def test_a_server_that_is_not_ready(healthy: Home, server: AnswersOf) -> None:
    server.get("/health/ready", problem(503, "not_ready", "Redis does not answer (ConnectionError)"))
    code, found = findings(healthy)
    assert (code, found["server"][0]) == (1, "wrong")
    assert "Redis does not answer" in found["server"][1]


def test_a_weaker_promise_is_a_warning(healthy: Home, server: AnswersOf) -> None:
    warning = (
        "Redis has appendfsync everysec: a crash may lose the last acknowledged events; set it to always"
    )
    server.get("/health/ready", {**READY, "warnings": [warning]})
    code, found = findings(healthy)
    assert code == 0
    assert found["server"] == (
        "warning",
        "Redis has appendfsync everysec: a crash may lose the last acknowledged events",
        "set it to always",
    )


def test_dead_letters_have_a_line(healthy: Home, server: AnswersOf) -> None:
    warning = (
        "3 events that were accepted lie among the dead letters and in no total, since 2026-11-23 10:00 UTC, "
        "mostly as `refused`; `llmlab deadletters ls` says why, and once that is mended "
        "`llmlab deadletters replay` writes them"
    )
    server.get("/health/ready", {**READY, "warnings": [warning]})
    code, found = findings(healthy)
    assert code == 0
    state, told, mend = found["server"]
    assert state == "warning"
    assert mend.startswith("`llmlab deadletters ls` says why")
    assert told.endswith("mostly as `refused`")


def test_the_price_list_has_a_line(healthy: Home, server: AnswersOf) -> None:
    _, found = findings(healthy)
    state, told, _ = found["prices"]
    assert state == "ok"
    assert told.startswith("genai-prices 0.2.3, newest price of 9 Nov 2026 (14 days ago), looked at ")
    assert told.endswith(" days ago")
    undated = {**READY["prices"], "newest_price": None}
    server.get("/health/ready", {**READY, "prices": undated})
    assert findings(healthy)[1]["prices"][1].startswith("genai-prices 0.2.3, looked at ")


def test_an_old_price_list_is_a_warning(healthy: Home, server: AnswersOf) -> None:
    warning = "the price list, genai-prices 0.2.3, is 60 days old; upgrade LLMLab"
    old = {**READY["prices"], "days": 60, "is_old": True}
    server.get("/health/ready", {**READY, "prices": old, "warnings": [warning]})
    code, found = findings(healthy)
    assert code == 0
    assert found["server"] == ("warning", warning.partition("; ")[0], "upgrade LLMLab")
    assert "prices" not in found


@pytest.mark.parametrize("prices", [{}, {"prices": None}])
def test_a_server_that_tells_of_no_price_list(
    healthy: Home, server: AnswersOf, prices: dict[str, None]
) -> None:
    state = {name: value for name, value in READY.items() if name != "prices"}
    server.get("/health/ready", {**state, **prices})
    code, found = findings(healthy)
    assert (code, "prices" in found) == (0, False)


@pytest.mark.parametrize(("oldest", "state"), [(0.4, "ok"), (59, "ok"), (61, "wrong")])
def test_work_that_nobody_does(healthy: Home, server: AnswersOf, oldest: float, state: str) -> None:
    backlog = {**READY["backlog"], "entries": 12, "oldest_unprocessed_seconds": oldest}
    server.get("/health/ready", {**READY, "backlog": backlog})
    code, found = findings(healthy)
    assert found["worker"][0] == state
    assert code == (1 if state == "wrong" else 0)
    assert ("llmlab worker" in found["worker"][2]) == (state == "wrong")


def test_a_key_that_is_no_good(healthy: Home, server: AnswersOf) -> None:
    server.get("/api/costs/summary", problem(401, "key_unknown", "this API key is unknown or was revoked"))
    code, found = findings(healthy)
    assert (code, found["key"][0]) == (1, "wrong")
    assert "llmlab init" in found["key"][2]


def test_a_key_for_reporting_only_is_a_warning(healthy: Home, server: AnswersOf) -> None:
    server.get(
        "/api/costs/summary", problem(403, "insufficient_scope", "this API key lacks the scope `read`")
    )
    code, found = findings(healthy)
    assert (code, found["key"][0]) == (0, "warning")


def test_a_sign_in_that_has_ended(healthy: Home, server: AnswersOf) -> None:
    server.get("/api/auth/me", problem(401, "token_expired", "this token has expired"))
    code, found = findings(healthy)
    assert (code, found["sign-in"][0]) == (0, "warning")
    assert "llmlab login" in found["sign-in"][2]


@pytest.mark.parametrize(
    ("seconds", "state", "told"),
    [
        (0, "ok", "agrees"),
        (-30, "warning", "ahead of"),
        (30, "warning", "behind"),
        (-400, "wrong", "ahead of"),
    ],
)
def test_clocks_that_differ(healthy: Home, server: AnswersOf, seconds: int, state: str, told: str) -> None:
    server.answers["GET", "/api/costs/summary"] = lambda: _at(datetime.now(UTC) + timedelta(seconds=seconds))
    code, found = findings(healthy)
    assert found["clock"][0] == state
    assert told in found["clock"][1]
    assert code == (1 if state == "wrong" else 0)


def test_it_looks_like_its_snapshot() -> None:
    checks = [
        Check("versions", "ok", "llmlab-cli 0.1.0, SDK 0.1.0, Python 3.11.7"),
        Check(
            "settings",
            "wrong",
            "others on this machine may read /home/kim/.llmlab/config.json",
            "chmod 600 it",
        ),
        Check("server", "ok", "http://127.0.0.1:8000 is ready"),
        Check(
            "server", "warning", "Redis has appendfsync everysec: a crash may lose events", "set it to always"
        ),
        Check("worker", "ok", "nothing waits to be priced"),
    ]
    for name, screen in (("80", Screen(80)), ("pipe", Screen(None)), ("colour", Screen(80, colour=True))):
        check(f"doctor_{name}", text_of(doctor(checks, screen), screen))
    check("doctor_well", text_of(doctor(checks[:1], Screen(80)), Screen(80)))
