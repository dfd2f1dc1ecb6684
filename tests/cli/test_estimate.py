"""`llmlab estimate` as a process."""

import json

from cli_price_samples import ESTIMATE
from cli_server import KEY, AnswersOf, Home, problem

PATH = "/api/prices/estimate"


def test_models_are_compared_side_by_side(connected: Home, server: AnswersOf) -> None:
    server.get(PATH, ESTIMATE)
    arguments = ["-m", "openai/gpt-4o", "--model", "claude-sonnet-4-5", "--input", "2k", "--output", "500"]
    arguments += ["--cache-read", "200", "--calls", "1M", "--batch", "--region", "eu", "--at", "2026-11-20"]
    done = connected.run("estimate", *arguments)
    assert done.returncode == 0, done.stderr
    assert server.requests[0].query == [
        ("model", "openai/gpt-4o"),
        ("model", "claude-sonnet-4-5"),
        ("calls", "1000000"),
        ("processing", "batch"),
        ("region", "eu"),
        ("at", "2026-11-20"),
        ("input_tokens", "2000"),
        ("output_tokens", "500"),
        ("cache_read_tokens", "200"),
    ]
    assert server.requests[0].authorization == f"Bearer {KEY}"
    marked = [line for line in done.stdout.splitlines() if line.startswith("✓")]
    assert [line.split()[1] for line in marked] == ["openai/gpt-4o-mini"]
    assert json.loads(connected.run("estimate", *arguments, "--json").stdout) == ESTIMATE


def test_slips_are_one_line(connected: Home, server: AnswersOf) -> None:
    for arguments, told in (
        (["--input", "2k"], "--model"),
        (["-m", "openai/gpt-4o"], "--input and --output"),
        (["-m", "openai/gpt-4o", "--input", "2x"], "1.2k or 3M"),
        (["-m", "openai/gpt-4o", "--input", "1", "--calls", "0"], "1 or more"),
    ):
        done = connected.run("estimate", *arguments)
        assert (done.returncode, done.stderr.count("\n"), told in done.stderr) == (2, 1, True), done.stderr
    assert server.requests == []
    detail = "`gpt-4o` is a model of azure and openai: say which, as in openai/gpt-4o"
    server.get(PATH, problem(422, "several_providers", detail))
    done = connected.run("estimate", "-m", "gpt-4o", "--input", "1")
    assert (done.returncode, done.stderr) == (1, f"llmlab: {detail}\n")
