"""`llmlab what-if`: the screen against snapshots, and the command as a process."""

import json
from typing import Any

import pytest
from cli_server import AnswersOf, Home
from llmlab_cli.render.what_if import what_if
from llmlab_cli.screen import Screen, text_of
from snapshots import check

Json = dict[str, Any]


def target(name: str, cost: str | None, difference: str, percent: str, **fields: Any) -> Json:
    provider, _, model = name.partition("/")
    known = cost is not None
    return {
        "provider": provider,
        "model": model,
        "price_status": "priced" if known else "unpriced",
        "calls": 812 if known else 0,
        "cost": cost,
        "cost_per_call": "0.021551724137" if known else None,
        "spend": "210" if known else None,
        "difference": difference if known else None,
        "difference_percent": percent if known else None,
        "not_priced": [] if known else [{"reason": "no_price", "calls": 812, "classes": []}],
        "unpriced_calls_cost": None,
        **fields,
    }


ANSWER: Json = {
    "from": "2026-10-25T00:00:00+02:00",
    "to": "2026-11-24T00:00:00+01:00",
    "tz": "Europe/Berlin",
    "at": "2026-11-23T12:00:00Z",
    "processing": None,
    "basis": "events",
    "actual": {
        "calls": 812,
        "spend": "210",
        "fees": "0",
        "spend_per_call": "0.258620689655",
        "tokens": {"input": 2100000, "output": 812000},
        "largest_input_tokens": 131072,
    },
    "targets": [
        target("openai/gpt-4o", "17.5", "-192.5", "-91.67"),
        target("openai/o1-pro", "802", "592", "281.9"),
        target(
            "anthropic/claude-sonnet-4-5", "22.1", "-180", "-89.1", price_status="partly", calls=800,
            not_priced=[{"reason": "class_without_price", "calls": 12, "classes": ["input_audio"]}],
        ),
        target("acme/unheard-of", None, "", ""),
    ],
    "left_out": [{"reason": "no_token_counts", "calls": 3}, {"reason": "unpriced", "calls": 38}],
}  # fmt: skip
NOTHING = {
    **ANSWER,
    "actual": {**ANSWER["actual"], "calls": 0, "spend": "0", "largest_input_tokens": 0},
    "targets": [],
}
CASES = {
    "80": (ANSWER, Screen(80)),
    "40": (ANSWER, Screen(40)),
    "pipe": (ANSWER, Screen(None)),
    "batch": (
        {**ANSWER, "processing": "batch", "basis": "rollups",
         "actual": {**ANSWER["actual"], "largest_input_tokens": None}},
        Screen(80),
    ),
    "fees": (
        {
            **ANSWER,
            "basis": "rollups",
            "targets": [{**ANSWER["targets"][0], "difference": None, "difference_percent": None}],
            "actual": {**ANSWER["actual"], "fees": None, "largest_input_tokens": None},
        },
        Screen(80),
    ),
    "nothing": (NOTHING, Screen(80)),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_if_looks_like_its_snapshot(name: str) -> None:
    answer, screen = CASES[name]
    check(f"what_if_{name}", text_of(what_if(answer, screen), screen))


def test_it_asks_for_the_slice(connected: Home, server: AnswersOf) -> None:
    server.get("/api/costs/what-if", ANSWER)
    done = connected.run(
        "what-if", "-m", "openai/gpt-4o", "-m", "openai/o1-pro", "-w", "model=gpt-4", "-w", "feature=search",
        "--from", "2026-11-01", "--batch",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "openai/gpt-4o" in done.stdout
    assert server.requests[-1].query == [
        ("model", "openai/gpt-4o,openai/o1-pro"),
        ("processing", "batch"),
        ("of_model", "gpt-4"),
        ("feature", "search"),
        ("from", "2026-11-01"),
    ]
    assert json.loads(connected.run("what-if", "-m", "gpt-4o", "--json").stdout) == ANSWER
    assert connected.run("what-if").returncode == 2
