"""`llmlab events`: calls as a table, as lines, as CSV, and one of them in full."""

import csv
import io
import json
from typing import Any

import pytest
from cli_live_samples import CALLS, IN_FULL, frames, standing
from cli_price_samples import page, tokens, version
from cli_samples import summary
from cli_server import AnswersOf, Home, problem
from llmlab_cli.render.event import Shown, event_in_full
from llmlab_cli.render.events import event_line, event_table
from llmlab_cli.screen import Screen, text_of
from snapshots import check

BERLIN = "Europe/Berlin"
RATES = {
    **tokens(input="2.5", output="10", cache_read="1.25"),
    "units": {"web_searches": {"usd": "10", "per": 1000}},
}
PRICE = version(11, "openai/gpt-4o", RATES, since="2024-10-02T00:00:00Z")


@pytest.mark.parametrize(
    ("name", "screen", "ids"),
    [
        ("events_80", Screen(80), False),
        ("events_50", Screen(50), False),
        ("events_ids", Screen(80), True),
        ("events_pipe", Screen(None), False),
        ("events_colour", Screen(80, colour=True), False),
        ("events_ascii", Screen(80, unicode=False), False),
    ],
)
def test_the_table(name: str, screen: Screen, ids: bool) -> None:
    check(name, text_of(event_table(CALLS, BERLIN, screen, ids=ids), screen))


@pytest.mark.parametrize(
    ("name", "screen"), [("event_lines_80", Screen(80)), ("event_lines_pipe", Screen(None))]
)
def test_the_lines(name: str, screen: Screen) -> None:
    check(name, "".join(text_of(event_line(call, BERLIN, screen), screen) for call in CALLS))


def test_one_in_full() -> None:
    shown = Shown(IN_FULL, BERLIN, PRICE, "ci")
    check("event_80", text_of(event_in_full(shown, Screen(80)), Screen(80)))
    for call in CALLS:
        text = text_of(event_in_full(Shown({**call, "adjustments": []}, BERLIN), Screen(60)), Screen(60))
        assert max(map(len, text.splitlines())) <= 60
        assert "\x1b" not in text


@pytest.fixture
def listing(connected: Home, server: AnswersOf) -> Home:
    """A server with two pages of calls, in Berlin."""

    def costs() -> Any:
        query = dict(server.requests[-1].query)
        if int(query["limit"]) <= 3:
            return {"costs": CALLS[: int(query["limit"])], "next_cursor": "more"}
        first = "cursor" not in query
        return {"costs": CALLS[:3] if first else CALLS[3:], "next_cursor": "more" if first else None}

    server.answers["GET", "/api/costs"] = costs
    server.get("/api/costs/summary", summary())
    return connected


def test_ls_asks_for_what_was_asked(listing: Home, server: AnswersOf) -> None:
    done = listing.run("events", "ls", "--from", "2026-11-01", "-w", "feature=a", "-w", "tag.tier=free")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1 + len(CALLS)
    assert "2026-11-23 13:09:05" in done.stdout, "in the workspace's own zone"
    asked = server.seen("/api/costs")[0].query
    assert {("from", "2026-11-01"), ("feature", "a"), ("tag.tier", "free")} <= set(asked)
    assert "\x1b" not in done.stdout

    done = listing.run("events", "ls", "--limit", "2", "--json")
    assert json.loads(done.stdout) == {"costs": CALLS[:2]}

    rows = list(csv.DictReader(io.StringIO(listing.run("events", "ls", "--csv", "--period", "today").stdout)))
    assert [row["id"] for row in rows] == [call["id"] for call in CALLS]
    assert [row["cost"] for row in rows] == [call["cost"] or "" for call in CALLS]
    assert rows[1]["feature"] == "a feature's long name \x1b[2J"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["ls", "--period", "soon"], 2, "'soon' is no period"),
        (["ls", "--period", "7d", "--to", "2026-11-01"], 2, "exclude each other"),
        (["ls", "--csv", "--json"], 2, "exclude each other"),
        (["ls", "-w", "feature"], 2, "NAME=VALUE"),
        (["ls", "-w", "after=1"], 2, "'after' is no filter: there are provider, model, "),
        (["tail", "-w", "tags=a"], 2, "'tags' is no filter: did you mean tag.NAME?"),
        (["ls", "--limit", "0"], 2, "limit"),
        (["show", "nonsense"], 1, "is a UUID"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_line(
    connected: Home, server: AnswersOf, arguments: list[str], code: int, told: str
) -> None:
    server.get("/api/costs/nonsense", problem(422, "bad_id", "the id of an event is a UUID such as 019a…"))
    done = connected.run("events", *arguments)
    assert (done.returncode, told in done.stderr, done.stderr.count("\n")) == (code, True, 1), done.stderr


def test_show_finds_the_price_and_the_key(listing: Home, server: AnswersOf) -> None:
    server.get(f"/api/costs/{IN_FULL['id']}", IN_FULL)
    server.get("/api/prices/history", page([PRICE]))
    server.get("/api/keys", {"keys": [{"id": 7, "name": "ci"}], "next_cursor": None})
    done = listing.run("events", "show", IN_FULL["id"])
    assert done.returncode == 0, done.stderr
    for told in ("$0.0357", "#11, by the rule exact", "ci (API key 7)", "from the invoice", "tier = pro"):
        assert told in done.stdout
    # Neither may be seen with every key: the rest still is.
    server.get("/api/keys", problem(403, "insufficient_scope", "no"))
    server.get("/api/prices/history", problem(404, "price_not_found", "no"))
    done = listing.run("events", "show", IN_FULL["id"])
    assert (done.returncode, "API key 7" in done.stdout) == (0, True)
    assert json.loads(listing.run("events", "show", IN_FULL["id"], "--json").stdout) == IN_FULL


def test_tail_ends_with_the_newest(listing: Home) -> None:
    done = listing.run("events", "tail", "-n", "3")
    assert done.returncode == 0, done.stderr
    assert [line.split()[-1] for line in done.stdout.splitlines()] == [c["id"] for c in CALLS[2::-1]]


def test_tail_follows_without_showing_a_call_twice(listing: Home, server: AnswersOf) -> None:
    live = [
        frames(("spend", standing()), ("event", CALLS[1]), ("event", CALLS[0])),
        frames(("spend", standing(gap=True, omitted=3)), ("event", CALLS[5])),
    ]
    server.answers["GET", "/api/costs/live"] = lambda: (
        (200, live.pop(0)) if live else problem(401, "key_unknown", "this API key was revoked")
    )
    done = listing.run("events", "tail", "-f", "-n", "1", "--json")
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [
        CALLS[0]["id"], CALLS[1]["id"], CALLS[5]["id"],
    ]  # fmt: skip
    assert done.returncode == 4
    for told in (
        "trying again",
        "live again",
        "3 calls came too fast",
        "may have passed unseen",
        "was revoked",
    ):
        assert told in done.stderr
