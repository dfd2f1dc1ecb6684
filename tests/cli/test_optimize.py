"""`llmlab optimize`: the screen against snapshots, and the command as a process."""

import json
from typing import Any

import pytest
from cli_server import AnswersOf, Home
from llmlab_cli.render.optimize import optimize
from llmlab_cli.screen import Screen, text_of
from snapshots import check

ADVICE: list[dict[str, Any]] = [
    {
        "kind": "switch_model",
        "title": "Switch from gpt-4 to gpt-4o",
        "why": "gpt-4 took 51.0% of the spend of the last 30 days: 812 calls, $210.00. The same tokens on "
        "gpt-4o cost $17.50. It is the later and cheaper model of the same maker. Whether it answers as well "
        "was not measured: try it on a part of the traffic first.",
        "saving_month": "192.5000000001",
        "confidence": 0.85,
        "evidence": {"calls": 812, "model": "gpt-4"},
    },
    {
        "kind": "shorten_prompts",
        "title": "Shorten the prompts",
        "why": "A call takes 2,500 tokens on average, 1,300 above the reference of 1,200.",
        "saving_month": "41.2",
        "confidence": 0.45,
        "evidence": {"calls": 60},
    },
    {
        "kind": "try_provider",
        "title": "Try anthropic for \x1b[2J[red]everything[/red] that the models of one provider do now",
        "why": "All of it goes to openai.",
        "saving_month": "0.000012",
        "confidence": 0.2,
        "evidence": {},
    },
]
CASES = {
    "80": (ADVICE, Screen(80)),
    "pipe": (ADVICE, Screen(None)),
    "colour": (ADVICE, Screen(80, colour=True)),
    "40": (ADVICE, Screen(40)),
    "one": (ADVICE[1:2], Screen(80)),
    "none": ([], Screen(80)),
}


@pytest.mark.parametrize("name", CASES)
def test_optimize_looks_like_its_snapshot(name: str) -> None:
    advice, screen = CASES[name]
    check(f"optimize_{name}", text_of(optimize(advice, screen), screen))


def test_it_reads_the_recommendations(connected: Home, server: AnswersOf) -> None:
    server.get("/api/recommendations", {"recommendations": ADVICE})
    done = connected.run("optimize")
    assert done.returncode == 0, done.stderr
    assert "saves $192.50 a month" in done.stdout
    done = connected.run("optimize", "--json")
    assert json.loads(done.stdout) == {"recommendations": ADVICE}
    server.get("/api/recommendations", {"recommendations": []})
    done = connected.run("optimize")
    assert (done.returncode, "Nothing to save" in done.stdout) == (0, True)
