"""`llmlab prices` as a process: what its commands ask of the API, and what they say."""

import json
from pathlib import Path
from typing import Any

import pytest
from cli_price_samples import (
    AZURE_GPT_4O,
    CATALOGUE,
    DISCOUNT,
    GEMINI_PRO,
    GPT_4O,
    GPT_4O_BATCH,
    OWN,
    OWN_PRICES,
    PAST,
    estimated,
    page,
    tokens,
    version,
)
from cli_server import KEY, AnswersOf, Home, problem

KNOWN = [AZURE_GPT_4O, GEMINI_PRO, GPT_4O, GPT_4O_BATCH, DISCOUNT]


@pytest.fixture
def book(connected: Home, server: AnswersOf) -> Home:
    """A server that finds prices by provider, layer and model, and an estimate that knows nothing."""

    def found() -> Any:
        asked = dict(server.requests[-1].query)
        prices = KNOWN
        for name in ("provider", "layer"):
            prices = [p for p in prices if asked.get(name, p[name]) == p[name]]
        model = asked.get("model")
        if model and model.endswith("*"):
            prices = [p for p in prices if p["model"].startswith(model[:-1])]
        elif model:
            prices = [p for p in prices if p["model"] == model]
        return page(prices)

    server.answers["GET", "/api/prices"] = found
    nothing = {"estimates": [estimated("openai/x", None, None, None)]}
    server.get("/api/prices/estimate", nothing)
    return connected


def test_a_price_is_shown_with_the_discount_on_it(book: Home, server: AnswersOf) -> None:
    done = book.run("prices", "show", "openai/GPT-4o", "--at", "2026-11-20")
    assert done.returncode == 0, done.stderr
    assert [line.split() for line in done.stdout.splitlines()[2:5]] == [
        ["Input", "$2.00"],
        ["Cache", "read", "$1.00"],
        ["Output", "$8.00"],
    ]
    first, discounts = (dict(r.query) for r in server.seen("/api/prices"))
    assert first == {"provider": "openai", "model": "gpt-4o", "at": "2026-11-20", "limit": "1000"}
    # As of the very instant that the price is of.
    assert discounts["at"] == "2026-11-23T12:00:00Z"
    assert server.requests[0].authorization == f"Bearer {KEY}"


def test_a_model_of_several_providers_is_shown_of_the_maker(book: Home) -> None:
    done = book.run("prices", "show", "gpt-4o", "--context", "batch")
    assert done.stdout.startswith("openai/gpt-4o · batch")
    assert "azure: `llmlab prices show azure/gpt-4o`" in done.stdout


def test_lists_may_spell_a_name_in_another_case(connected: Home, server: AnswersOf) -> None:
    listed = version(96, "baseten/DeepSeek-V4", tokens(input="3", output="9"), effective=False)
    own = version(97, "baseten/deepseek-v4", tokens(input="2", output="8"), layer="custom")
    server.get("/api/prices", page([own, listed]))
    done = connected.run("prices", "show", "baseten/DeepSeek-V4")
    assert done.stdout.startswith("baseten/deepseek-v4 ")
    assert "$2.00" in done.stdout


def test_names_with_a_star_are_listed(book: Home) -> None:
    done = book.run("prices", "show", "gpt-*")
    assert done.returncode == 0, done.stderr
    assert "azure/gpt-4o" in done.stdout
    assert "openai/gpt-4o (batch)" in done.stdout


def test_an_unknown_name_is_met_with_near_ones(book: Home) -> None:
    for wanted, told in (
        ("gpt-4", "Did you mean `openai/gpt-4o`?"),
        ("openai/gpt4o", "Did you mean `openai/gpt-4o`?"),
        ("zzz", "llmlab prices set PROVIDER/zzz --input USD --output USD"),
        ("zzz $(x)", "llmlab prices set 'PROVIDER/zzz $(x)'"),
    ):
        done = book.run("prices", "show", wanted)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
        assert told in done.stderr


def test_another_name_of_a_model_shows_the_price_that_its_calls_get(book: Home, server: AnswersOf) -> None:
    rule = "alias,0.8_of_price_11"
    row = estimated("openai/gpt-4o-2024-08-06", "1", "1", None, price_id=DISCOUNT["id"], price_rule=rule)
    server.get("/api/prices/estimate", {"estimates": [row]})
    done = book.run("prices", "show", "openai/gpt-4o-2024-08-06")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("openai/gpt-4o-2024-08-06 ")
    assert "openai/gpt-4o (alias,0.8_of_price_11)" in done.stdout
    assert "$2.00" in done.stdout
    assert json.loads(book.run("prices", "show", "openai/gpt-4o-2024-08-06", "--json").stdout)["prices"]


def test_another_providers_model_has_the_discounts_of_who_bills_it(
    connected: Home, server: AnswersOf
) -> None:
    own = version(93, "openai/gpt-4o", {"factor": "0.9"}, layer="custom")

    def found() -> Any:
        asked = dict(server.requests[-1].query)
        listed = [GPT_4O, own, DISCOUNT]
        return page(listed if asked.get("provider", "openai") == "openai" and "model" not in asked else [])

    server.answers["GET", "/api/prices"] = found
    row = estimated("mistral/our-gpt", "1", "1", None, price_id=GPT_4O["id"], price_rule="mapping:exact")
    server.get("/api/prices/estimate", {"estimates": [row]})
    done = connected.run("prices", "show", "mistral/our-gpt")
    assert "openai/gpt-4o (mapping:exact)" in done.stdout, done.stderr
    # There are discounts on openai, but none on mistral.
    assert "$2.50" in done.stdout
    assert dict(server.seen("/api/prices")[-1].query)["provider"] == "mistral"


def test_a_region_of_a_model_stands_on_the_price_of_another_list(book: Home, server: AnswersOf) -> None:
    """A provider may list what a region adds, and have the price itself from another one."""
    regional = version(95, "azure/gpt-4o", {"factor": "1.1"}, context="@eu")
    known = [regional, GPT_4O, GPT_4O_BATCH]

    def found() -> Any:
        asked = dict(server.requests[-1].query)
        provider, model = asked.get("provider"), asked.get("model")
        return page([p for p in known if provider in (None, p["provider"]) and model in (None, p["model"])])

    server.answers["GET", "/api/prices"] = found
    row = estimated("azure/gpt-4o", "1", "1", None, price_id=11, price_rule="openai:exact")
    server.get("/api/prices/estimate", {"estimates": [row]})
    done = book.run("prices", "show", "azure/gpt-4o")
    assert "$2.50" in done.stdout, done.stdout
    row |= {"price_id": 95, "price_rule": "exact,1.1_of_price_11,0.8_of_price_95"}
    done = book.run("prices", "show", "azure/gpt-4o", "--region", "eu")
    assert "$2.75" in done.stdout
    assert "10% on top for @eu" in done.stdout
    assert dict(server.seen("/api/prices/estimate")[-1].query)["region"] == "eu"


def test_json_is_the_whole_list_as_of_one_instant(connected: Home, server: AnswersOf) -> None:
    def found() -> Any:
        return page([GPT_4O]) if "cursor" in dict(server.requests[-1].query) else page([AZURE_GPT_4O], "next")

    server.answers["GET", "/api/prices"] = found
    done = connected.run("prices", "list", "--json")
    assert json.loads(done.stdout) == page([AZURE_GPT_4O, GPT_4O])
    assert dict(server.requests[-1].query)["at"] == "2026-11-23T12:00:00Z"
    done = connected.run("prices", "list")
    assert "2 prices · USD per million tokens" in done.stdout
    assert CATALOGUE["source"] in done.stdout


def test_own_prices_are_shown_before_there_is_a_list(connected: Home, server: AnswersOf) -> None:
    server.get("/api/prices", {**page([OWN]), "catalogue": None})
    assert "llmlab prices sync" in connected.run("prices", "list").stdout
    assert "$8.00" in connected.run("prices", "show", "openai/gpt-4o").stdout


def test_the_list_is_narrowed_and_may_be_empty(connected: Home, server: AnswersOf) -> None:
    server.get("/api/prices", {**page([]), "catalogue": None})
    done = connected.run("prices", "list", "--custom", "--provider", "Azure")
    assert (done.returncode, "llmlab prices set" in done.stdout) == (0, True)
    assert "`llmlab prices own` shows those to come and ended" in done.stdout
    assert dict(server.requests[0].query) == {"provider": "Azure", "layer": "custom", "limit": "1000"}


def test_own_prices_are_listed_to_the_last_page(connected: Home, server: AnswersOf) -> None:
    def found() -> Any:
        rest = "cursor" in dict(server.current.query)
        return {"prices": OWN_PRICES[2:] if rest else OWN_PRICES[:2], "next_cursor": None if rest else "next"}

    server.answers["GET", "/api/prices/own"] = found
    done = connected.run("prices", "own")
    assert done.returncode == 0, done.stderr
    rows = [line.split()[:3] for line in done.stdout.splitlines()[3:]]
    assert rows == [
        ["97", "to", "come"],
        ["91", "in", "force"],
        ["90", "in", "force"],
        ["89", "ended", "2026-10-01"],
    ]
    assert "llmlab prices unset --id ID" in done.stderr
    assert json.loads(connected.run("prices", "own", "--json").stdout) == {"prices": OWN_PRICES}

    server.get("/api/prices/own", {"prices": [], "next_cursor": None})
    done = connected.run("prices", "own")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("No price of your own: `llmlab prices set ")


def test_history_is_of_one_model(book: Home, server: AnswersOf) -> None:
    server.get("/api/prices/history", {"prices": PAST, "next_cursor": None})
    done = book.run("prices", "history", "gemini-2.5-pro", "--context", "batch", "--region", "EU")
    assert done.returncode == 0, done.stderr
    asked = dict(server.seen("/api/prices/history")[0].query)
    assert (asked["provider"], asked["model"], asked["context"]) == ("google", "gemini-2.5-pro", "batch@eu")
    assert "$5.00 → $2.50" in done.stdout
    assert json.loads(book.run("prices", "history", "gemini-2.5-pro", "--json").stdout) == {"prices": PAST}
    done = book.run("prices", "history", "gpt-4o")
    assert (done.returncode, "give one of openai/gpt-4o, azure/gpt-4o" in done.stderr) == (1, True)


def test_a_price_is_set_to_the_digit(book: Home, server: AnswersOf) -> None:
    server.answers["PUT", "/api/prices"] = (201, OWN)
    arguments = ["--input", "$2.000000000001", "--output", "1,000", "--per-request", "0.001"]
    arguments += ["--from", "2026-12-01", "--until", "2027-01-01T00:00+01:00"]
    arguments += ["--context", "batch", "--region", "eu", "--note", "contract 7"]
    done = book.run("prices", "set", "openai/gpt-4o", *arguments)
    assert done.returncode == 0, done.stderr
    request = next(r for r in server.requests if r.method == "PUT")
    assert request.body == {
        "provider": "openai",
        "model": "gpt-4o",
        "context": "batch@eu",
        "valid_from": "2026-12-01T00:00:00+00:00",
        "valid_until": "2027-01-01T00:00:00+01:00",
        "tokens": {"input": "2.000000000001", "output": "1000"},
        "units": {"requests": {"usd": "0.001", "per": 1}},
        "note": "contract 7",
    }
    assert request.authorization == "Bearer t-1"
    assert "✓ openai/gpt-4o costs input $2.00, output $8.00 a million tokens from 15 Nov 2026" in done.stdout
    # The list charges cached tokens less, which the own price no longer does.
    assert "cache read ($1.25)" in done.stderr
    assert "llmlab prices reprice" in done.stderr


def test_a_price_that_drops_tiers_and_fees_says_so(book: Home, server: AnswersOf) -> None:
    own = version(
        92, "google/gemini-2.5-pro", tokens(input="1", output="9", cache_read="0.1"), layer="custom"
    )
    server.answers["PUT", "/api/prices"] = (201, own)
    done = book.run("prices", "set", "google/gemini-2.5-pro", "--input", "1", "--output", "9")
    assert "for long input; yours has not" in done.stderr
    assert "fees ($35.00 per 1,000 web searches); yours has not" in done.stderr


SIZES = {
    "tokens": {"input": "1", "output": "9", "cache_read": "0.1"},
    "tiers": [{"above": 200_000, "tokens": {"input": "2", "output": "12.000000000001", "cache_read": "0.2"}}],
    "units": {"web_searches": {"usd": "30", "per": 1000}},
}


@pytest.mark.parametrize("by", ["file", "pipe"])
def test_a_price_of_sizes_is_set_from_a_file(book: Home, server: AnswersOf, tmp_path: Path, by: str) -> None:
    server.answers["PUT", "/api/prices"] = (201, version(93, "google/gemini-2.5-pro", SIZES, layer="custom"))
    file = tmp_path / "rates.json"
    # A number of JSON's goes out as it is written, never through a float.
    file.write_text(json.dumps(SIZES).replace('"12.000000000001"', "12.000000000001"))
    if by == "file":
        done = book.run("prices", "set", "google/gemini-2.5-pro", "--rates", str(file))
    else:
        done = book.run("prices", "set", "google/gemini-2.5-pro", "--rates", "-", given=file.read_text())
    assert done.returncode == 0, done.stderr
    body = next(r for r in server.requests if r.method == "PUT").body
    assert body == {"provider": "google", "model": "gemini-2.5-pro", **SIZES}
    assert "yours has not" not in done.stderr
    assert "; over 200,000 input: input $2.00, output $12.000000000001, cache read $0.20 a" in done.stdout


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("[]", "holds no rates: give an object of tokens, tiers, windows, units"),
        ("{}", "holds no rates"),
        ('{"token": {}}', "has 'token', which is no part of a price"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_a_file_that_holds_no_rates_is_2(
    connected: Home, server: AnswersOf, tmp_path: Path, text: str | None, told: str
) -> None:
    file = tmp_path / "rates.json"
    if text is not None:
        file.write_text(text)
    done = connected.run("prices", "set", "openai/gpt-4o", "--rates", str(file))
    assert (done.returncode, done.stderr.count("\n"), server.requests) == (2, 1, [])
    assert told in done.stderr


def test_a_discount_is_set_on_all_models(book: Home, server: AnswersOf) -> None:
    server.answers["PUT", "/api/prices"] = DISCOUNT
    done = book.run("prices", "set", "openai/*", "--discount", "20%")
    assert done.returncode == 0, done.stderr
    body = next(r for r in server.requests if r.method == "PUT").body
    assert body == {"provider": "openai", "model": "*", "discount_percent": "20"}
    assert "Every model of openai costs the list price, 20% off" in done.stdout
    assert json.loads(book.run("prices", "set", "openai/*", "--discount", "-5%", "--json").stdout) == DISCOUNT
    assert server.requests[-1].body["discount_percent"] == "-5"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["openai/gpt-4o"], "--input and --output, --rates or --discount"),
        (["openai/gpt-4o", "--input", "1", "--discount", "5%"], "each stand alone"),
        (["gpt-4o", "--input", "1"], "PROVIDER/MODEL"),
        (["openai/gpt-4o", "--input", "-1"], "in US dollars"),
        (["openai/gpt-4o", "--input", "1", "--from", "soon"], "is no time"),
    ],
)
def test_a_price_that_makes_no_sense_is_2(
    connected: Home, server: AnswersOf, arguments: list[str], told: str
) -> None:
    done = connected.run("prices", "set", *arguments)
    assert (done.returncode, done.stderr.count("\n"), server.requests) == (2, 1, [])
    assert told in done.stderr


def test_what_the_server_refuses_of_a_price_is_one_line(connected: Home, server: AnswersOf) -> None:
    detail = "this price ends after price 7 begins: let it end on 2026-12-01"
    server.answers["PUT", "/api/prices"] = problem(409, "period_overlaps", detail)
    done = connected.run("prices", "set", "openai/gpt-4o", "--input", "1", "--output", "2")
    assert (done.returncode, done.stderr) == (1, f"llmlab: {detail}\n")
    server.answers["PUT", "/api/prices"] = problem(
        403, "insufficient_scope", "this key lacks the scope `admin`"
    )
    done = connected.run("prices", "set", "openai/gpt-4o", "--input", "1", "--output", "2")
    assert (done.returncode, "llmlab login" in done.stderr) == (4, True)


def test_a_price_is_taken_back(connected: Home, server: AnswersOf) -> None:
    server.answers["DELETE", "/api/prices"] = (204, None)
    done = connected.run("prices", "unset", "openai/gpt-4o", "--context", "batch", "--from", "2026-12-01")
    assert (done.returncode, "for openai/gpt-4o (batch) is taken back" in done.stdout) == (0, True)
    assert dict(server.requests[0].query) == {
        "provider": "openai",
        "model": "gpt-4o",
        "context": "batch",
        "valid_from": "2026-12-01T00:00:00+00:00",
    }


def test_a_price_is_taken_back_by_its_id(connected: Home, server: AnswersOf) -> None:
    server.answers["DELETE", "/api/prices"] = (204, None)
    done = connected.run("prices", "unset", "--id", "97")
    assert (done.returncode, done.stdout) == (0, "✓ Price 97 of your own is taken back.\n")
    assert dict(server.requests[0].query) == {"id": "97"}
    for wrong, told in (
        ([], "give a model, or --id"),
        (["openai/gpt-4o", "--id", "97"], "give a model, or --id"),
        (["--id", "97", "--from", "2026-12-01"], "leave --from"),
        (["--id", "97", "--region", "eu"], "leave --from"),
    ):
        done = connected.run("prices", "unset", *wrong)
        assert (done.returncode, done.stderr.count("\n"), told in done.stderr) == (2, 1, True), done.stderr
    assert len(server.requests) == 1


def test_names_are_mapped_and_listed(connected: Home, server: AnswersOf) -> None:
    path = "/api/prices/mappings"
    mapping = {"provider": "azure", "name": "our-gpt", "model": "gpt-4o", "target_provider": "openai"}
    server.answers["PUT", path] = (201, mapping)
    done = connected.run("prices", "map", "azure/our-gpt", "openai/gpt-4o")
    assert (done.returncode, done.stderr) == (0, "")
    assert server.requests[0].body == mapping
    server.answers["PUT", path] = (200, {**mapping, "priced": False})
    done = connected.run("prices", "map", "azure/our-gpt", "openai/gpt-4o")
    assert (done.returncode, "llmlab prices set openai/gpt-4o" in done.stderr) == (0, True)

    server.get(path, {"mappings": [mapping]})
    done = connected.run("prices", "mappings")
    assert done.stdout.splitlines()[1].split() == ["azure/our-gpt", "openai/gpt-4o"]
    assert json.loads(connected.run("prices", "mappings", "--json").stdout) == {"mappings": [mapping]}

    server.answers["DELETE", path] = (204, None)
    assert connected.run("prices", "unmap", "azure/our-gpt").returncode == 0
    assert dict(server.requests[-1].query) == {"provider": "azure", "name": "our-gpt"}
