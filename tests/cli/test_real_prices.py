"""Prices, repricing and quarantine on the command line against the real API and a real worker."""

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import llmlab
import pytest
from cli_server import Home
from live import LiveStack, wait_until

BROKEN = {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 120}}


@pytest.fixture
def signed_up(stack: LiveStack, home: Home) -> Home:
    """A person's machine whose workspace has calls: priced, unpriced, in quarantine and without counts."""
    signup = ["signup", "--url", stack.url, "--email", "kim@example.com", "--password-stdin"]
    succeeds(home, *signup, given="correct horse battery\n")
    profile = home.read_config()["profiles"]["default"]
    with llmlab.LLMLab(profile["api_key"], profile["url"]) as client:
        for hours in range(10):
            at = datetime.now(UTC) - timedelta(hours=hours + 1)
            client.track("openai", "gpt-4", 1000, 500, timestamp=at)
            client.track("in-house", "harbour-7b", 2000, 1000, timestamp=at)
        client.track("openai", "gpt-4", usage=BROKEN, api="chat")
        client.track("openai", "gpt-4")
        assert client.flush()
        wait_until(lambda: client.costs.summary()["counts"]["events"] == 22, "all calls are counted")
    return home


def succeeds(home: Home, *arguments: str, given: str = "") -> str:
    done = home.run(*arguments, given=given)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def spent(home: Home) -> Decimal:
    return Decimal(json.loads(succeeds(home, "status", "--json"))["total_spend"])


def test_a_wrong_price_is_mended(signed_up: Home) -> None:
    screen = succeeds(signed_up, "status")
    assert "10 calls of harbour-7b have no known price (30.0k tokens)" in screen
    assert "llmlab prices set in-house/harbour-7b --input USD --output USD" in screen
    assert spent(signed_up) == Decimal("0.6")

    # What had no price gets it by itself.
    long_ago = ["--from", (datetime.now(UTC) - timedelta(days=30)).date().isoformat()]
    succeeds(signed_up, "prices", "set", "in-house/harbour-7b", "--input", "1", "--output", "2", *long_ago)
    wait_until(lambda: spent(signed_up) == Decimal("0.64"), "the price that arrived has priced its calls")

    # What had one keeps it until somebody asks.
    succeeds(signed_up, "prices", "set", "openai/*", "--discount", "50%", *long_ago)
    assert "50% off for all models of the provider" in succeeds(signed_up, "prices", "show", "openai/gpt-4")
    assert spent(signed_up) == Decimal("0.64")
    selected = ["prices", "reprice", *long_ago, "--model", "gpt-4"]
    preview = succeeds(signed_up, *selected, "--dry-run")
    assert "10 calls would cost something else: $0.60 → $0.30, -$0.30 (-50.0%)" in preview
    assert spent(signed_up) == Decimal("0.64")
    done = json.loads(succeeds(signed_up, *selected, "--yes", "--reason", "contract 7", "--json"))
    assert (done["status"], done["changed"], done["difference"]) == ("done", 10, "-0.3")
    assert spent(signed_up) == Decimal("0.34")
    assert "contract 7" in succeeds(signed_up, "prices", "jobs")
    assert "-$0.30 (-50.0%)" in succeeds(signed_up, "prices", "jobs", str(done["id"]))

    succeeds(signed_up, "prices", "undo", str(done["id"]), "--reason", "of another workspace")
    assert spent(signed_up) == Decimal("0.64")
    again = signed_up.run("prices", "undo", str(done["id"]), "--reason", "again")
    assert (again.returncode, "undone already" in again.stderr) == (1, True)
    succeeds(signed_up, "prices", "unset", "openai/*", *long_ago)
    assert "harbour-7b" in succeeds(signed_up, "prices", "list", "--custom")


def own(home: Home) -> list[list[str]]:
    """Return the rows of `llmlab prices own`, without its head."""
    return [re.split(r"\s{2,}", line) for line in succeeds(home, "prices", "own").splitlines()[3:]]


def test_own_prices_are_seen_and_taken_back_whenever_they_hold(signed_up: Home) -> None:
    today = datetime.now(UTC)
    before, since, later = ((today + timedelta(days=days)).date().isoformat() for days in (-30, -20, 30))
    for usd, period in ((1, [before, "--until", since]), (2, [since]), (3, [later])):
        priced = ["--input", str(usd), "--output", str(usd), "--note", f"contract {usd}"]
        succeeds(signed_up, "prices", "set", "in-house/harbour-7b", *priced, "--from", *period)
    assert [row[1:4] for row in own(signed_up)] == [
        ["to come", later, "in-house/harbour-7b"],
        ["in force", since, later],
        ["ended", before, since],
    ]
    assert [row[-1] for row in own(signed_up)] == ["contract 3", "contract 2", "contract 1"]
    assert "harbour-7b" in succeeds(signed_up, "prices", "list", "--custom")
    comes, holds, ended = (row[0] for row in own(signed_up))
    for price in (comes, ended):
        assert f"Price {price} of your own" in succeeds(signed_up, "prices", "unset", "--id", price)
    # What was to take its place never was: it has no end any more.
    (left,) = own(signed_up)
    assert left[:4] == [holds, "in force", since, "in-house/harbour-7b"]
    again = signed_up.run("prices", "unset", "--id", ended)
    assert (again.returncode, f"no price {ended} of its own" in again.stderr) == (1, True)


def test_a_price_of_sizes_and_times_goes_from_one_model_to_another(signed_up: Home) -> None:
    # Not of today, nor of the day that may begin meanwhile: what is estimated now has the other rates.
    window = {
        "from": "08:00",
        "until": "18:00",
        "days": [(datetime.now(UTC).isoweekday() + 2) % 7 + 1],
        "tokens": {"input": "3", "output": "4"},
    }
    rates = {
        "tokens": {"input": "1", "output": "2"},
        "tiers": [{"above": 5000, "tokens": {"input": "10", "output": "20"}}],
        "windows": [window],
    }
    first = ["prices", "set", "in-house/harbour-7b", "--rates", "-"]
    told = signed_up.run(*first, given=json.dumps({**rates, "windows": [{**window, "until": "25:00"}]}))
    assert (told.returncode, told.stderr.count("\n"), "windows" in told.stderr) == (1, 1, True), told.stderr
    assert "10 calls of harbour-7b have no known price" in succeeds(signed_up, "status")

    succeeds(signed_up, *first, given=json.dumps(rates))
    (own,) = json.loads(succeeds(signed_up, "prices", "own", "--json"))["prices"]
    assert own["rates"] == rates
    second = ["prices", "set", "in-house/harbour-8b", "--rates", "-"]
    told_of = succeeds(signed_up, *second, given=json.dumps(own["rates"]))
    assert "over 5,000 input: input $10.00" in told_of
    assert "08:00–18:00 UTC: input $3.00" in told_of
    for tokens, usd in (("5000", "0.005"), ("5001", "0.05001")):
        asked = ["estimate", "--model", "in-house/harbour-8b", "--input", tokens, "--json"]
        (estimate,) = json.loads(succeeds(signed_up, *asked))["estimates"]
        assert Decimal(estimate["cost"]) == Decimal(usd)


def test_calls_without_a_cost_get_one(signed_up: Home) -> None:
    listed = succeeds(signed_up, "quarantine", "ls")
    assert "the parts of the input (cache, audio, image) are 120 of 10 tokens" in listed
    assert "No call would change" in succeeds(signed_up, "quarantine", "release", "--dry-run")
    for which, left in (("quarantine", "ls"), ("missing", "ls --missing")):
        (cost,) = json.loads(succeeds(signed_up, "quarantine", *left.split(), "--json"))["costs"]
        arguments = [cost["id"], "--input", "1k", "--output", "500", "--reason", "from the invoice"]
        assert "costs $0.06 now (priced" in succeeds(signed_up, "quarantine", "correct", *arguments), which
        assert "✓ No calls" in succeeds(signed_up, "quarantine", *left.split())
    assert spent(signed_up) == Decimal("0.72")


def test_a_price_that_is_shown_is_the_one_that_calls_get(signed_up: Home) -> None:
    """What the screen puts together from versions and factors is what an estimate charges."""
    succeeds(signed_up, "prices", "set", "openai/*", "--discount", "20%")
    succeeds(signed_up, "prices", "set", "openai/gpt-4.1", "--discount", "10%")
    succeeds(signed_up, "prices", "set", "openai/gpt-4", "--input", "7", "--output", "11")
    succeeds(signed_up, "prices", "map", "azure/ours", "openai/gpt-4o")
    succeeds(signed_up, "prices", "set", "azure/*", "--discount", "-5%")
    models = [
        "openai/gpt-4",
        "openai/gpt-4o",
        "openai/gpt-4.1",
        "anthropic/claude-sonnet-4-5",
        "azure/gpt-4o",
    ]
    models.append("azure/ours")
    for asking, showing in (
        ([], []),
        (["--batch"], ["--context", "batch"]),
        (["--batch", "--region", "eu"], ["--context", "batch", "--region", "eu"]),
    ):
        asked = [part for model in models for part in ("--model", model)]
        rows = json.loads(
            succeeds(signed_up, "estimate", *asked, "--input", "100k", "-n", "10", "--json", *asking)
        )["estimates"]
        for model, row in zip(models, rows, strict=True):
            shown = succeeds(signed_up, "prices", "show", model, *showing)
            cells = next(line for line in shown.splitlines() if line.startswith("Input "))
            assert Decimal(cells.split()[1].removeprefix("$")) == Decimal(row["cost"]), (model, showing)


def test_names_are_found_as_people_type_them(signed_up: Home) -> None:
    assert "openai/gpt-4.1 (batch)" in succeeds(signed_up, "prices", "show", "gpt-4.1*")
    assert "Priced as  openai/gpt-4o (" in succeeds(signed_up, "prices", "show", "azure/gpt-4o")
    near = signed_up.run("prices", "show", "openai/gpt4o")
    assert (near.returncode, "Did you mean `openai/gpt-4o`" in near.stderr) == (1, True)
    assert "→" in succeeds(signed_up, "prices", "history", "deepseek/deepseek-chat")
    both = signed_up.run("estimate", "-m", "claude-sonnet-4-5", "--input", "1")
    assert (both.returncode, "anthropic/claude-sonnet-4-5" in both.stderr) == (1, True)
    refused = signed_up.run("prices", "set", "openai/gpt-4", "--input", "1", "--from", "2019-01-01")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
