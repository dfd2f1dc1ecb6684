"""`llmlab optimize`: the screens against snapshots, and the commands as processes."""

import json
from typing import Any

import pytest
from cli_server import AnswersOf, Home, problem
from llmlab_cli.render.optimize import optimize
from llmlab_cli.render.recommendation import recommendation
from llmlab_cli.screen import Screen, text_of
from snapshots import check

Json = dict[str, Any]


def advice(number: int, kind: str, title: str, saving: tuple[str, str, str], **fields: Any) -> Json:
    low, likely, high = saving
    return {
        "id": f"{kind}-{number:012x}",
        "kind": kind,
        "title": title,
        "why": "",
        "saving_month": likely,
        "saving": {"low": low, "likely": likely, "high": high},
        "confidence": 0.5,
        "confidence_reason": "60 calls on 12 days",
        "effort": "medium",
        "risk": "None: the answers are the same.",
        "evidence": {"calls": 60},
        "sample": {"calls": 60, "days": 12},
        "overlaps": [],
        "current": True,
        "state": "open",
        "until": None,
        "note": None,
        "decided_at": None,
        "verified": None,
        **fields,
    }


SWITCH = advice(
    1,
    "switch_model",
    "Switch from gpt-4 to gpt-4o",
    ("129.5", "192.5000000001", "192.5000000001"),
    why="gpt-4 took 51.0% of the spend of the last 30 days: 812 calls, $210.00. The same tokens on gpt-4o "
    "cost $17.50. GPT-4o follows GPT-4 Turbo.",
    confidence=0.66,
    confidence_reason="gpt-4o is given 70.0% to do the same work as well (GPT-4o follows GPT-4 Turbo); "
    "812 calls on 24 days",
    effort="low",
    risk="Quality not measured: whether it answers as well has to be tried on a part of the traffic.",
    sample={"calls": 812, "days": 24},
    evidence={
        "calls": 812,
        "model": "gpt-4",
        "spend": "210",
        "tokens": {"input": 2100000, "output": 812000},
        "alternatives": [
            {"model": "gpt-4-turbo", "saving_month": "120.25", "closeness": "0.8"},
            {"model": "gpt-4o", "saving_month": "192.5000000001", "closeness": "0.7"},
        ],
        "events": "/api/costs?provider=openai&model=gpt-4&from=2026-10-25T00%3A00%3A00Z"
        "&to=2026-11-24T00%3A00%3A00Z",
    },
    overlaps=["shorten_prompts-000000000002"],
)
SHORTEN = advice(
    2,
    "shorten_prompts",
    "Shorten the prompts",
    ("0", "41.2", "63"),
    why="A call takes 2,500 tokens on average, 1,300 above the reference of 1,200.",
    confidence=0.27,
    overlaps=["switch_model-000000000001"],
)
TRY = advice(
    3,
    "try_provider",
    "Try anthropic for \x1b[2J[red]everything[/red] that the models of one provider do now",
    ("0.000012", "0.000012", "0.000012"),
    why="All of it goes to openai.",
    confidence=0.9,
)
MEASURED = {
    "since": "2026-11-12",
    "calls": 1204,
    "saving": "31.0412",
    "low": "22.1",
    "high": "40",
    "baseline_cost_per_call": "0.06",
    "cost_per_call": "0.034217",
    "method": "(cost a call before − cost a call since) × calls since.",
    "reason": None,
}
DECIDED = {"decided_at": "2026-11-11T09:00:00Z", "note": "after the release"}
SAVED = advice(
    4, "use_batch", "Send gpt-4o in nightly as batches", ("1", "2", "3"), state="accepted", verified=MEASURED,
    current=False, **DECIDED,
)  # fmt: skip
DEARER = advice(
    5, "long_context", "Keep gemini-2.5-pro below 200,000 tokens of input", ("1", "2", "3"),
    state="accepted", verified={**MEASURED, "saving": "-2.5", "low": "-3", "high": "-1"},
)  # fmt: skip
WAITING = advice(
    6, "use_cache", "Cache the repeating prompt of gpt-4o", ("1", "2", "3"), state="accepted",
    verified={**MEASURED, "saving": None, "reason": "3 calls since, of the 20 that it takes"},
)  # fmt: skip
SNOOZED = advice(
    7, "outlier", "Look at the customer acme", ("1", "2", "3"), state="snoozed", until="2026-12-24T00:00:00Z"
)
DISMISSED = advice(8, "drop_cache", "Stop writing to the cache", ("1", "2", "3"), state="dismissed")
SILENT = [
    {
        "kind": "use_batch",
        "reason": "no feature has 100 calls on 3 days that look as if nobody waits for them",
    },
    {"kind": "newer_version", "reason": "no version of a model in use is cheaper than the one used"},
]


def report(*recommendations: Json, calls: int = 1500, unpriced: int = 0, silent: list[Json] = SILENT) -> Json:
    basis = {
        "from": "2026-10-25T00:00:00Z",
        "to": "2026-11-24T00:00:00Z",
        "calls": calls,
        "spend": "412.1",
        "events_read": calls + unpriced,
        "unpriced_events": unpriced,
        "sampled": False,
    }
    return {"recommendations": list(recommendations), "silent": silent, "based_on": basis}


OPEN = report(SWITCH, SHORTEN, TRY)
ALL = report(SWITCH, SHORTEN, TRY, SAVED, DEARER, WAITING, SNOOZED, DISMISSED)
CASES = {
    "80": (OPEN, Screen(80), False),
    "pipe": (OPEN, Screen(None), False),
    "colour": (OPEN, Screen(80, colour=True), False),
    "40": (OPEN, Screen(40), False),
    "one": (report(SHORTEN), Screen(80), False),
    "none": (report(), Screen(80), False),
    "empty": (report(calls=0), Screen(80), False),
    "one_event": (report(calls=1), Screen(80), True),
    "unpriced": (report(calls=0, unpriced=38), Screen(80), False),
    "decided": (report(SWITCH, SAVED, DEARER, WAITING), Screen(80), False),
    "all": (ALL, Screen(80), True),
}


@pytest.mark.parametrize("name", CASES)
def test_optimize_looks_like_its_snapshot(name: str) -> None:
    shown, screen, everything = CASES[name]
    check(f"optimize_{name}", text_of(optimize(shown, screen, everything=everything), screen))


@pytest.mark.parametrize(("name", "one"), [("switch", SWITCH), ("saved", SAVED), ("snoozed", SNOOZED)])
def test_one_looks_like_its_snapshot(name: str, one: Json) -> None:
    check(f"optimize_show_{name}", text_of(recommendation(one, Screen(80)), Screen(80)))


def test_it_reads_the_recommendations(connected: Home, server: AnswersOf) -> None:
    server.get("/api/recommendations", OPEN)
    done = connected.run("optimize")
    assert done.returncode == 0, done.stderr
    assert "saves $192.50 a month" in done.stdout
    assert "state" not in dict(server.requests[-1].query)
    assert json.loads(connected.run("optimize", "--json").stdout) == OPEN
    done = connected.run("optimize", "--all")
    assert [v for n, v in server.requests[-1].query if n == "state"] == [
        "open", "accepted", "dismissed", "snoozed",
    ]  # fmt: skip
    assert "no version of a model" in done.stdout
    server.get("/api/recommendations", report())
    done = connected.run("optimize")
    assert (done.returncode, "Nothing to save" in done.stdout) == (0, True)


def test_decisions_name_what_they_decide(connected: Home, server: AnswersOf) -> None:
    server.get("/api/recommendations", ALL)
    path = f"/api/recommendations/{SWITCH['id']}"
    for decision in ("accept", "dismiss", "snooze", "reopen"):
        server.answers["POST", f"{path}/{decision}"] = {**SWITCH, "until": "2026-12-24T00:00:00Z"}
    shown = connected.run("optimize", "show", "switch")
    assert "saving month 192.5000000001" in shown.stdout
    done = connected.run("optimize", "accept", "switch_model-0", "--note", "next sprint")
    assert (done.returncode, done.stdout) == (0, "✓ Accepted: Switch from gpt-4 to gpt-4o\n"), done.stderr
    assert (server.requests[-1].path, server.requests[-1].body) == (f"{path}/accept", {"note": "next sprint"})
    assert "Dismissed" in connected.run("optimize", "dismiss", SWITCH["id"]).stdout
    assert connected.run("optimize", "snooze", "switch").stdout.startswith("✓ Snoozed until 24 Dec 2026")
    assert server.requests[-1].body == {"days": 30}
    connected.run("optimize", "snooze", "switch", "--until", "2027-01-01")
    assert server.requests[-1].body == {"until": "2027-01-01"}
    assert json.loads(connected.run("optimize", "reopen", "switch", "--json").stdout)["id"] == SWITCH["id"]


def test_what_goes_wrong_is_one_line(connected: Home, server: AnswersOf) -> None:
    server.get("/api/recommendations", ALL)

    def fails(code: int, *words: str) -> str:
        done = connected.run("optimize", *words)
        assert (done.returncode, done.stdout) == (code, ""), done
        return done.stderr

    assert "there is no recommendation 'x'" in fails(1, "accept", "x")
    assert "beginning of 8 recommendations" in fails(1, "dismiss", "")
    assert "exclude each other" in fails(2, "snooze", "switch", "--days", "3", "--until", "2027-01-01")
    assert "give options after show" in fails(2, "--json", "show", "x")
    server.answers["POST", f"/api/recommendations/{SWITCH['id']}/accept"] = problem(
        403, "insufficient_scope", "this API key lacks the scope `admin`"
    )
    assert "llmlab login" in fails(4, "accept", "switch")
