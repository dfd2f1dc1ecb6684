"""`llmlab alerts` and `llmlab channels`: as screens at several widths, and as processes."""

import json
from typing import Any

import pytest
from cli_server import AnswersOf, Home, problem
from llmlab_cli.render.alerts import alert_table, channel_table, delivery_table
from llmlab_cli.screen import Screen, text_of
from snapshots import check


def delivery(number: int, status: str, name: str = "Ops", **fields: Any) -> dict[str, Any]:
    return {
        "id": number,
        "alert_id": 12,
        "kind": "budget_crossing",
        "title": "Search passed 80 % of $500.00",
        "channel": {"id": 3, "name": name, "kind": "slack"},
        "status": status,
        "paused": False,
        "attempts": 1,
        "next_attempt_at": None,
        "last_error": None,
        "sent_at": None,
        "created_at": "2026-11-23T10:15:00Z",
        **fields,
    }


DELIVERIES = [
    delivery(34, "sent"),
    delivery(33, "failed", "Owner's e-mail", attempts=4, last_error="mail refused for a@b.c: 550 no"),
    delivery(32, "waiting", "Pager\x1b[31m", attempts=2, last_error="answered 503 Service Unavailable"),
    delivery(31, "waiting", "Finance", attempts=0, paused=True),
]
ALERTS = [
    {
        "id": 12,
        "kind": "budget_crossing",
        "title": "Search passed 100 % of $500.00",
        "severity": "critical",
        "summary": "",
        "link": None,
        "data": {},
        "created_at": "2026-11-23T10:15:00Z",
        "acknowledged_at": None,
        "acknowledged_by": None,
        "deliveries": DELIVERIES[:3],
    },
    {
        "id": 11,
        "kind": "spend_anomaly",
        "title": "A day that stands out: gpt-4o with \x1b]0;a name\x07 that is far too long for a line",
        "severity": "info",
        "summary": "",
        "link": None,
        "data": {},
        "created_at": "2026-11-22T10:15:00Z",
        "acknowledged_at": "2026-11-22T12:00:00Z",
        "acknowledged_by": "user:1",
        "deliveries": [],
    },
]


def channel(number: int, name: str, kind: str, settings: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "id": number,
        "name": name,
        "kind": kind,
        "settings": settings,
        "kinds": ["budget_crossing", "spend_anomaly"],
        "paused": False,
        "paused_at": None,
        "created_at": "2026-11-01T10:15:00Z",
        "last_delivery": None,
        "problem": None,
        **fields,
    }


SENT = {"id": 34, "status": "sent", "error": None, "at": "2026-11-23T10:15:00Z"}
CHANNELS = [
    channel(
        1, "Owner's e-mail", "email", {"to": ["ada@example.com"]}, problem="no mail server is set: set it"
    ),
    channel(3, "Ops", "slack", {"url": "https://hooks.slack.com/…cret"}, last_delivery=SENT),
    channel(4, "Duty", "pagerduty", {"routing_key": "…9f3a"}, last_delivery={**SENT, "status": "failed"}),
    channel(5, "Finance", "webhook", {"url": "https://example.com/…"}, paused=True, kinds=[]),
]


@pytest.mark.parametrize(
    ("name", "screen"),
    [("80", Screen(80)), ("48", Screen(48)), ("pipe", Screen(None)), ("colour", Screen(100, colour=True))],
)
def test_screens(name: str, screen: Screen) -> None:
    tables = (
        alert_table(ALERTS, screen),
        delivery_table(DELIVERIES, screen),
        channel_table(CHANNELS, screen),
    )
    text = "\n".join(text_of(table, screen) for table in tables)
    check(f"alerts_{name}", text)
    if screen.width and not screen.colour:
        assert all(len(line) <= screen.width for line in text.splitlines())
    assert "\x1b]" not in text


def test_screens_of_nothing() -> None:
    screen = Screen(80)
    for table in (alert_table([], screen), delivery_table([], screen), channel_table([], screen)):
        assert len(text_of(table, screen).splitlines()) == 1


@pytest.fixture
def set_up(connected: Home, server: AnswersOf) -> Home:
    server.get("/api/channels", {"channels": CHANNELS, "next_cursor": None})
    server.get("/api/alerts", {"alerts": ALERTS, "next_cursor": None})
    server.get("/api/deliveries", {"deliveries": DELIVERIES, "next_cursor": None})
    return connected


def test_alerts_are_listed_acknowledged_and_retried(set_up: Home, server: AnswersOf) -> None:
    done = set_up.run("alerts", "ls", "--open", "--kind", "budget_crossing", "--budget", "7")
    assert done.returncode == 0
    assert "Search passed 100 %" in done.stdout
    assert done.stderr == "▲ 1 delivery has failed: `llmlab alerts deliveries --status failed` says why.\n"
    asked = dict(server.seen("/api/alerts")[0].query)
    assert asked == {"acknowledged": "false", "kind": "budget_crossing", "budget_id": "7", "limit": "20"}

    server.answers["POST", "/api/alerts/acknowledge"] = {"acknowledged": 2, "unknown": []}
    assert set_up.run("alerts", "ack", "--all").stdout == "✓ Acknowledged 2 alerts.\n"
    assert server.requests[-1].body == {"ids": [12, 11]}
    for wrong in (["ack"], ["retry", "34", "--failed"]):
        assert set_up.run("alerts", *wrong).returncode == 2

    for each in DELIVERIES:
        server.answers["POST", f"/api/deliveries/{each['id']}/retry"] = (202, each)
    assert "4 deliveries are tried again" in set_up.run("alerts", "retry", "--failed").stdout
    server.answers["POST", "/api/deliveries/34/retry"] = problem(409, "already_sent", "delivery 34 arrived")
    done = set_up.run("alerts", "retry", "34")
    assert (done.returncode, done.stderr) == (1, "llmlab: delivery 34 arrived\n")
    listed = set_up.run("alerts", "deliveries", "--status", "failed", "--channel", "3", "--json")
    assert json.loads(listed.stdout)["deliveries"][1]["id"] == 33


def test_what_is_acknowledged_and_what_there_is_not_is_told(set_up: Home, server: AnswersOf) -> None:
    def ack(*ids: str, acknowledged: int, unknown: list[int]) -> tuple[int, str, str]:
        server.answers["POST", "/api/alerts/acknowledge"] = {"acknowledged": acknowledged, "unknown": unknown}
        done = set_up.run("alerts", "ack", *ids)
        return done.returncode, done.stdout, done.stderr

    told = "llmlab: this workspace has no alert 99: `llmlab alerts ls` shows those there are\n"
    answer = ack("99", "12", "11", "12", acknowledged=1, unknown=[99])
    assert answer == (1, "✓ Acknowledged 1 alert; 1 alert was acknowledged already.\n", told)
    assert server.requests[-1].body == {"ids": [99, 12, 11]}
    assert ack("11", acknowledged=0, unknown=[]) == (0, "✓ 1 alert was acknowledged already.\n", "")
    many = list(range(90, 101))
    code, said, error = ack(*map(str, many), acknowledged=0, unknown=many)
    assert (code, said) == (1, "")
    assert error.startswith("llmlab: this workspace has no alerts 90, 91, ")
    assert ", 99 …: `llmlab alerts ls`" in error
    assert len(server.seen("/api/alerts/acknowledge")) == 3

    server.get("/api/alerts", {"alerts": [], "next_cursor": None})
    assert set_up.run("alerts", "ack", "--all").stdout == "Nothing waits to be acknowledged.\n"
    assert len(server.seen("/api/alerts/acknowledge")) == 3


def test_more_alerts_than_the_api_takes_at_once_go_in_several_requests(
    set_up: Home, server: AnswersOf
) -> None:
    def page() -> Any:
        first = 1001 if "cursor" in dict(server.current.query) else 1
        alerts = [{**ALERTS[0], "id": number} for number in range(first, first + 1000)]
        return {"alerts": alerts, "next_cursor": None if first > 1 else "1000"}

    def acknowledged() -> Any:
        return {
            "acknowledged": len(server.current.body["ids"]) - 1,
            "unknown": server.current.body["ids"][:1],
        }

    server.answers["GET", "/api/alerts"] = page
    server.answers["POST", "/api/alerts/acknowledge"] = acknowledged
    done = set_up.run("alerts", "ack", "--all")
    assert (done.returncode, done.stdout) == (1, "✓ Acknowledged 1,998 alerts.\n")
    assert "no alerts 1, 1001:" in done.stderr
    asked = [request.body["ids"] for request in server.seen("/api/alerts/acknowledge")]
    assert asked == [list(range(1, 1001)), list(range(1001, 2001))]


def test_channels_are_added_tested_paused_and_removed(set_up: Home, server: AnswersOf) -> None:
    listed = set_up.run("channels", "ls")
    assert "ada@example.com" in listed.stdout
    assert listed.stderr == "▲ no mail server is set: set it.\n"

    server.answers["POST", "/api/channels"] = (201, {**CHANNELS[3], "secret": "whsec_once"})
    added = set_up.run(
        "channels", "add", "webhook", "https://example.com/x", "--name", "Finance", "--about", "report"
    )
    assert added.stdout == "✓ Added Finance: `llmlab channels test 5` sends a test.\nwhsec_once\n"
    assert server.requests[-1].body == {
        "kind": "webhook",
        "settings": {"url": "https://example.com/x"},
        "name": "Finance",
        "kinds": ["report"],
    }
    set_up.run("channels", "add", "email", "a@example.com", "b@example.com")
    assert server.requests[-1].body["settings"] == {"to": ["a@example.com", "b@example.com"]}
    assert set_up.run("channels", "add", "slack", "https://a", "https://b").returncode == 2
    errors = [{"field": "settings.url", "message": "settings.url is not a URL"}]
    server.answers["POST", "/api/channels"] = problem(
        422, "bad_url", "settings.url is not a URL", errors=errors
    )
    refused = set_up.run("channels", "add", "slack", "hooks")
    assert (refused.returncode, refused.stderr) == (1, "llmlab: settings.url is not a URL\n")

    server.answers["POST", "/api/channels/3/test"] = (202, delivery(34, "waiting", attempts=0))
    tested = set_up.run("channels", "test", "Ops")
    assert (tested.returncode, tested.stdout) == (0, "✓ Ops has it.\n")
    server.answers["POST", "/api/channels/3/test"] = (202, delivery(33, "waiting", attempts=0))
    tested = set_up.run("channels", "test", "3")
    assert tested.returncode == 1
    assert tested.stdout == "✗ Owner's e-mail: mail refused for a@b.c: 550 no.\n"

    server.answers["PATCH", "/api/channels/3"] = CHANNELS[1]
    for act, wanted in (("pause", True), ("resume", False)):
        assert set_up.run("channels", act, "Ops").returncode == 0
        assert server.requests[-1].body == {"paused": wanted}
    server.answers["POST", "/api/channels/5/rotate"] = {**CHANNELS[3], "secret": "whsec_new"}
    assert set_up.run("channels", "rotate", "Finance", "--grace", "2h").stdout == "whsec_new\n"
    assert server.requests[-1].body == {"grace_seconds": 7200}
    assert set_up.run("channels", "rotate", "Finance", "--grace", "8d").returncode == 2
    assert set_up.run("channels", "rm", "Finance").returncode == 2
    server.answers["DELETE", "/api/channels/5"] = (204, None)
    assert set_up.run("channels", "rm", "Finance", "-y").stdout == "✓ Removed Finance.\n"
    missing = set_up.run("channels", "pause", "Nobody")
    assert missing.stderr == "llmlab: there is no channel 'Nobody': `llmlab channels ls` shows them\n"
