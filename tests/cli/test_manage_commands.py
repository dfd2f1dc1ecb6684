"""`budget`, `keys` and `optimize` as processes."""

import json
from decimal import Decimal

import in_process
import pytest
from cli_samples import USUAL_BUDGET, budget
from cli_server import AnswersOf, Home, problem
from llmlab_cli.render.keys import key_table
from llmlab_cli.screen import Screen, text_of
from snapshots import check

KEYS = [
    {
        "id": 7,
        "name": "ci",
        "prefix": "llmlab_abcd",
        "scopes": ["ingest"],
        "defaults": {},
        "created_at": "2026-11-01T10:00:00Z",
        "last_used_at": None,
        "previous_valid_until": None,
    },
    {
        "id": 8,
        "name": "8",
        "prefix": "llmlab_efgh",
        "scopes": ["ingest", "read"],
        "defaults": {"team": "search"},
        "created_at": "2026-11-02T10:00:00Z",
        "last_used_at": "2026-11-22T10:00:00Z",
        "previous_valid_until": None,
    },
    {
        "id": 9,
        "name": "twin",
        "prefix": "llmlab_ijkl",
        "scopes": ["read"],
        "defaults": {},
        "created_at": "2026-11-03T10:00:00Z",
        "last_used_at": None,
        "previous_valid_until": None,
    },
    {
        "id": 10,
        "name": "twin",
        "prefix": "llmlab_mnop",
        "scopes": ["read"],
        "defaults": {},
        "created_at": "2026-11-03T10:00:00Z",
        "last_used_at": None,
        "previous_valid_until": None,
    },
]


@pytest.fixture
def with_keys(connected: Home, server: AnswersOf) -> Home:
    server.get("/api/keys", {"keys": KEYS, "next_cursor": None})
    return connected


@pytest.mark.parametrize(
    ("typed", "sent"), [("500", "500"), ("$1,250.50", "1250.50"), ("0.000000000001", "0.000000000001")]
)
def test_a_budget_is_set_to_the_digit(connected: Home, server: AnswersOf, typed: str, sent: str) -> None:
    server.answers["POST", "/api/budgets"] = (201, budget(sent, "0"))
    done = connected.run("budget", "set", typed, "--month", "2026-12")
    assert done.returncode == 0, done.stderr
    assert Decimal(server.requests[0].body["budget_amount"]) == Decimal(sent)
    assert server.requests[0].body["month"] == "2026-12"
    assert server.requests[0].authorization == "Bearer t-1"
    connected.run("budget", "set", typed)
    assert "month" not in server.requests[1].body


@pytest.mark.parametrize(
    "arguments", [["-5"], ["0"], ["much"], ["NaN"], ["Infinity"], ["5", "--month", "2026-13"]]
)
def test_a_budget_that_makes_no_sense_is_2(connected: Home, server: AnswersOf, arguments: list[str]) -> None:
    done = connected.run("budget", "set", "--", arguments[0]) if len(arguments) == 1 else None
    done = done or connected.run("budget", "set", *arguments)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert not server.requests


def test_budgets_are_listed(connected: Home, server: AnswersOf) -> None:
    october = budget("300", "310", month="2026-10", in_force=False, alerts={"1": "2026-10-30T00:00:00Z"})
    server.get("/api/budgets", {"budgets": [USUAL_BUDGET, october], "next_cursor": None})
    done = connected.run("budget", "list")
    assert done.returncode == 0, done.stderr
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["Id", "For", "Period", "Amount", "Spent", "Used", "Alert"],
        ["1", "everything", "every", "month", "$500.00", "$412.11", "82%", "alerted"],
        ["1", "everything", "2026-10", "$300.00", "$310.00", "103%", "over", "budget"],
    ]
    assert json.loads(connected.run("budget", "list", "--json").stdout)["budgets"] == [USUAL_BUDGET, october]
    server.get("/api/budgets", {"budgets": [], "next_cursor": None})
    assert "llmlab budget set 500" in connected.run("budget", "list").stdout


def test_keys_are_listed_by_a_person(with_keys: Home, server: AnswersOf) -> None:
    done = with_keys.run("keys", "list")
    assert done.returncode == 0, done.stderr
    assert server.requests[0].authorization == "Bearer t-1"
    assert "llmlab_abcd…" in done.stdout
    assert "22 Nov 2026" in done.stdout
    assert "never" in done.stdout
    assert json.loads(with_keys.run("keys", "list", "--json").stdout)["keys"] == KEYS


def test_a_new_key_is_all_that_standard_output_says(connected: Home, server: AnswersOf) -> None:
    server.answers["POST", "/api/keys"] = (201, {**KEYS[0], "api_key": "llmlab_secret"})
    done = connected.run("keys", "create", "ci", "--scope", "ingest", "--default", "team=search")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "llmlab_secret\n"
    assert "not shown again" in done.stderr
    assert server.requests[0].body == {"name": "ci", "scopes": ["ingest"], "defaults": {"team": "search"}}


@pytest.mark.parametrize(("wanted", "key_id"), [("7", 7), ("ci", 7), ("8", 8), ("llmlab_efghIJKLMNOP", 8)])
def test_a_key_is_rotated_by_id_name_or_beginning(
    with_keys: Home, server: AnswersOf, wanted: str, key_id: int
) -> None:
    server.answers["POST", f"/api/keys/{key_id}/rotate"] = {**KEYS[0], "api_key": "llmlab_next"}
    assert with_keys.run("keys", "rotate", wanted).stdout == "llmlab_next\n"


def test_an_old_secret_may_work_for_a_while(with_keys: Home, server: AnswersOf) -> None:
    server.answers["POST", "/api/keys/7/rotate"] = {**KEYS[0], "api_key": "llmlab_next"}
    assert in_process.llmlab("keys", "rotate", "ci", "--grace", "15m", env=with_keys.env()).returncode == 0
    assert server.requests[-1].body == {"grace_seconds": 900}
    for wrong in ("25h", "soon", "-1h"):
        done = in_process.llmlab("keys", "rotate", "ci", "--grace", wrong, env=with_keys.env())
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)


@pytest.mark.parametrize("columns", [80, 40])
def test_a_key_can_be_told_from_others_in_any_width(columns: int) -> None:
    named = {
        **KEYS[1],
        "name": "a service with a rather long name",
        "scopes": ["admin", "ingest", "read"],
        "previous_valid_until": "2026-11-24T09:30:00Z",
    }
    text = text_of(key_table([KEYS[0], named], Screen(columns)), Screen(columns))
    assert max(map(len, text.splitlines())) <= columns
    check(f"keys_{columns}", text)


def test_rotating_the_key_in_use_keeps_this_machine_connected(with_keys: Home, server: AnswersOf) -> None:
    content = with_keys.read_config()
    content["profiles"]["default"]["api_key"] = "llmlab_efghIJKLMNOP"
    content["profiles"]["work"] = {"api_key": "llmlab_abcdEFGH"}
    with_keys.write_config(content)
    server.answers["POST", "/api/keys/8/rotate"] = {**KEYS[1], "api_key": "llmlab_next"}
    done = with_keys.run("keys", "rotate", "8")
    assert (done.returncode, done.stdout) == (0, "llmlab_next\n")
    profiles = with_keys.read_config()["profiles"]
    assert profiles["default"]["api_key"] == "llmlab_next"
    assert profiles["work"]["api_key"] == "llmlab_abcdEFGH"


def test_a_key_is_revoked_only_when_it_is_sure_which(with_keys: Home, server: AnswersOf) -> None:
    server.answers["DELETE", "/api/keys/7"] = (204, None)
    assert with_keys.run("keys", "revoke", "ci", "--yes").returncode == 0
    for wanted, told in (("twin", "9, 10"), ("nobody", "llmlab keys list")):
        done = with_keys.run("keys", "revoke", wanted, "--yes")
        assert (done.returncode, told in done.stderr) == (1, True)
    done = with_keys.run("keys", "revoke", "ci")
    assert (done.returncode, "--yes" in done.stderr) == (2, True)
    assert len([r for r in server.requests if r.method == "DELETE"]) == 1


def test_a_key_that_may_not_manage_keys_is_told_so(connected: Home, server: AnswersOf) -> None:
    server.get("/api/keys", problem(403, "insufficient_scope", "this API key lacks the scope `admin`"))
    done = connected.run("keys", "list")
    assert (done.returncode, done.stderr.count("\n")) == (4, 1)
    assert "llmlab login" in done.stderr
