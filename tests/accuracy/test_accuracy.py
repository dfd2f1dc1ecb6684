"""What `make accuracy` says: no recorded response is priced wrongly, and the committed figures hold."""

import io
import json
from dataclasses import replace
from decimal import Decimal

import asyncpg
import pytest
from provider_calls import ProviderCall, all_calls
from rich.console import Console

from benchmarks.accuracy.__main__ import DOCUMENT, exit_code, show
from benchmarks.accuracy.report import Result, as_document, as_json, dollars
from benchmarks.accuracy.run import run
from benchmarks.accuracy.score import Cost, Unpriced, judge, score

A_DIGIT = Decimal("0.000000000001")


async def _run(database_url: str, calls: list[ProviderCall]) -> Result:
    connection = await asyncpg.connect(database_url)
    try:
        return await run(connection, calls)
    finally:
        await connection.close()


def _call(provider: str = "openai") -> ProviderCall:
    return next(call for call in all_calls() if call.provider == provider)


def _with_fee() -> ProviderCall:
    return next(call for call in all_calls() if call.expected_tool_cost != "0")


async def test_no_recorded_response_is_priced_wrongly_and_the_document_says_so(database_url: str) -> None:
    result = await _run(database_url, all_calls())
    assert len(result.ours) == 194
    assert [verdict for verdict in result.ours if verdict.outcome == "wrong"] == []
    assert exit_code(result) == 0
    assert DOCUMENT.read_text(encoding="utf-8") == as_document(result), "run `make accuracy` and commit it"


@pytest.mark.parametrize("field", ["expected_computed_cost", "expected_tool_cost"])
async def test_one_digit_off_is_wrong_and_shown(database_url: str, field: str) -> None:
    call = _with_fee()
    off = replace(call, **{field: str(Decimal(getattr(call, field)) + A_DIGIT)})
    result = await _run(database_url, [_call(), off])
    assert [verdict.outcome for verdict in result.ours] == ["exact", "wrong"]
    assert result.ours[1].off == A_DIGIT
    assert exit_code(result) == 1
    name = {"expected_computed_cost": "tokens", "expected_tool_cost": "tools"}[field]
    reason = f"{name} cost ${getattr(off, field)}, not ${getattr(call, field)}"
    assert reason in as_document(result)
    listed = json.loads(as_json(result))["not_exact"]
    assert [(entry["source"], entry["outcome"]) for entry in listed] == [
        ("LLMLab", "wrong"),
        ("genai-prices", "wrong"),
    ]
    assert {(entry["reason"], entry["response_id"]) for entry in listed} == {(reason, call.response_id)}
    assert {Decimal(entry["usd_wrong"]) for entry in listed} == {A_DIGIT}


async def test_a_missing_price_is_unpriced_not_wrong_and_has_its_reason(database_url: str) -> None:
    unknown = replace(_call(), model="a-model-that-nobody-sells")
    torn = replace(_call("anthropic"), usage={"input_tokens": -5, "output_tokens": 1})
    without = replace(_call(), usage={})
    result = await _run(database_url, [unknown, torn, without])
    assert [verdict.outcome for verdict in result.ours] == ["unpriced"] * 3
    reasons = [verdict.reason for verdict in result.ours]
    assert reasons[0] == "no price covers it"
    assert reasons[1].startswith("quarantined: ")
    assert reasons[2] == "no usage found"
    theirs = result.verdicts["genai-prices"]
    assert theirs[0].reason.startswith("LookupError: ")
    assert exit_code(result) == 0
    assert all(verdict.reason in as_document(result) for verdict in result.ours)


async def test_figures_stand_by_provider_api_and_source(database_url: str) -> None:
    wrong = replace(_call(), expected_computed_cost="1", expected_tool_cost="0")
    result = await _run(database_url, [wrong, _call("aws"), _call("google")])
    assert result.shapes() == [("aws", "converse"), ("google", "generate_content"), ("openai", wrong.api)]
    found = json.loads(as_json(result))
    figures = {
        (shape["provider"], name): s for shape in found["shapes"] for name, s in shape["sources"].items()
    }
    outcomes = {key: (s["cases"], s["exact"], s["unpriced"], s["wrong"]) for key, s in figures.items()}
    assert outcomes == {
        ("aws", "LLMLab"): (1, 1, 0, 0),
        ("aws", "genai-prices"): (1, 1, 0, 0),
        ("google", "LLMLab"): (1, 1, 0, 0),
        ("google", "genai-prices"): (1, 1, 0, 0),
        ("openai", "LLMLab"): (1, 0, 0, 1),
        ("openai", "genai-prices"): (1, 0, 0, 1),
    }
    off = 1 - Decimal(_call().expected_computed_cost)
    assert Decimal(figures["openai", "LLMLab"]["usd_wrong_per_1000"]) == off * 1000
    printed = io.StringIO()
    show(result, Console(file=printed, width=200))
    assert "generate_content" in printed.getvalue()
    assert "tokens cost $1, not" in printed.getvalue()


def test_an_answer_is_rounded_half_even_to_twelve_decimals() -> None:
    call = replace(_call(), expected_computed_cost="0.000000000002", expected_tool_cost="0")
    for answer in ("0.0000000000015", "0.0000000000025", "0.000000000002"):
        assert judge(call, Cost(Decimal(answer), Decimal(0))).outcome == "exact"
    assert judge(call, Cost(Decimal("0.0000000000026"), Decimal(0))).outcome == "wrong"


def test_too_much_and_too_little_do_not_make_up_for_each_other() -> None:
    call = replace(_call(), expected_computed_cost="2", expected_tool_cost="1")
    swapped = judge(call, Cost(Decimal(1), Decimal(2)))
    assert (swapped.outcome, swapped.off) == ("wrong", 2)
    figures = score([swapped, judge(call, Cost(Decimal(2), Decimal(1))), judge(call, Unpriced("no price"))])
    assert (figures.cases, figures.exact, figures.unpriced, figures.wrong) == (3, 1, 1, 1)
    assert figures.off_per_thousand == Decimal(2) * 1000 / 9


def test_a_little_wrong_never_reads_as_nothing() -> None:
    assert [dollars(Decimal(text)) for text in ("0", "0.0000001", "1.50", "0.0123456")] == [
        "0",
        "< 0.000001",
        "1.5",
        "0.012346",
    ]
