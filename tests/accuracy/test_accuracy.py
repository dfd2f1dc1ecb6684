"""What `make accuracy` says: LLMLab names no wrong cost, and the committed figures hold."""

import io
import json
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import asyncpg
import pytest
from provider_calls import ProviderCall, all_calls
from rich.console import Console

from benchmarks.accuracy.__main__ import DOCUMENT, exit_code, show
from benchmarks.accuracy.cases import Case, Cost, recorded_cases
from benchmarks.accuracy.machine import as_json
from benchmarks.accuracy.report import Result, as_document, dollars
from benchmarks.accuracy.run import all_cases, run
from benchmarks.accuracy.score import Unpriced, Verdict, judge, score
from benchmarks.accuracy.sheet import Sheet, read_sheets, sheet, write_sheets

A_DIGIT = Decimal("0.000000000001")


async def _run(database_url: str, cases: list[Case], recorded: list[Sheet] | None = None) -> Result:
    connection = await asyncpg.connect(database_url)
    try:
        return await run(connection, cases, recorded or [])
    finally:
        await connection.close()


def _call(provider: str = "openai") -> ProviderCall:
    return next(call for call in all_calls() if call.provider == provider)


def _case(provider: str = "openai", **fields: object) -> Case:
    (case,) = recorded_cases([replace(_call(provider), **fields)])
    return case


def _with_fee() -> ProviderCall:
    return next(call for call in all_calls() if call.expected_tool_cost != "0")


async def test_no_cost_is_wrong_and_the_document_says_so(database_url: str) -> None:
    cases = all_cases()
    kinds = Counter(case.kind for case in cases)
    assert kinds["agreement"] == 194
    assert kinds["dated"] > 600
    assert kinds["contested"] > 50
    assert kinds["built"] > 150
    result = await _run(database_url, cases, read_sheets())
    assert [verdict for verdict in result.verdicts if verdict.outcome == "wrong"] == []
    assert exit_code(result) == 0
    assert DOCUMENT.read_text(encoding="utf-8") == as_document(result), "run `make accuracy` and commit it"


@pytest.mark.parametrize("field", ["expected_computed_cost", "expected_tool_cost"])
async def test_one_digit_off_is_wrong_and_shown(database_url: str, field: str) -> None:
    call = _with_fee()
    off = replace(call, **{field: str(Decimal(getattr(call, field)) + A_DIGIT)})
    result = await _run(database_url, recorded_cases([_call(), off]))
    assert [verdict.outcome for verdict in result.verdicts] == ["exact", "wrong"]
    assert result.verdicts[1].off == A_DIGIT
    assert exit_code(result) == 1
    name = {"expected_computed_cost": "tokens", "expected_tool_cost": "tools"}[field]
    reason = f"{name} cost ${getattr(off, field)}, not ${getattr(call, field)}"
    assert reason in as_document(result)
    (listed,) = json.loads(as_json(result))["not_exact"]
    assert (listed["outcome"], listed["reason"], listed["name"]) == ("wrong", reason, call.response_id)
    assert Decimal(listed["usd_wrong"]) == A_DIGIT
    assert [sheet.total().wrong for sheet in result.sheets] == [1, 1]


async def test_a_missing_price_is_unpriced_not_wrong_and_has_its_reason(database_url: str) -> None:
    unknown = _case(model="a-model-that-nobody-sells")
    torn = _case("anthropic", usage={"input_tokens": -5, "output_tokens": 1})
    without = _case(usage={})
    result = await _run(database_url, [unknown, torn, without])
    assert [verdict.outcome for verdict in result.verdicts] == ["unpriced"] * 3
    reasons = [verdict.reason for verdict in result.verdicts]
    assert reasons[0] == "no price covers it"
    assert reasons[1].startswith("quarantined: ")
    assert reasons[2] == "no usage found"
    assert exit_code(result) == 0
    assert all(reason in as_document(result) for reason in reasons)


async def test_figures_stand_by_kind_provider_shape_and_source(database_url: str) -> None:
    wrong = _case(expected_computed_cost="1", expected_tool_cost="0")
    result = await _run(database_url, [wrong, _case("aws"), _case("google")])
    assert result.groups() == [
        ("agreement", "aws", "converse"),
        ("agreement", "google", "generate_content"),
        ("agreement", "openai", wrong.shape),
    ]
    ours = json.loads(as_json(result))["sources"]["LLMLab"]
    figures = {row["provider"]: (row["exact"], row["unpriced"], row["wrong"]) for row in ours["groups"]}
    assert figures == {"aws": (1, 0, 0), "google": (1, 0, 0), "openai": (0, 0, 1)}
    assert (ours["all"]["cases"], ours["kinds"]["dated"]["cases"]) == (3, 0)
    printed = io.StringIO()
    show(result, Console(file=printed, width=220))
    assert "tokens cost $1, not" in printed.getvalue()


async def test_a_source_that_cannot_be_had_says_why(database_url: str) -> None:
    result = await _run(
        database_url, [_case()], [Sheet("a list 1.0", absent="pip download failed: no route")]
    )
    assert "| agreement | a list 1.0 | pip download failed: no route | – |" in as_document(result)
    assert json.loads(as_json(result))["sources"]["a list 1.0"] == {"absent": "pip download failed: no route"}


def _judged(cost: str | None, answer: Cost | Unpriced, tools: str = "0") -> Verdict:
    true = None if cost is None else Cost(Decimal(cost), Decimal(tools))
    return judge(replace(_case(), cost=true), answer)


def test_an_answer_is_rounded_half_even_to_twelve_decimals() -> None:
    for answer in ("0.0000000000015", "0.0000000000025", "0.000000000002"):
        assert _judged("0.000000000002", Cost(Decimal(answer))).outcome == "exact"
    assert _judged("0.000000000002", Cost(Decimal("0.0000000000026"))).outcome == "wrong"


def test_too_much_and_too_little_do_not_make_up_for_each_other() -> None:
    swapped = _judged("2", Cost(Decimal(1), Decimal(2)), tools="1")
    assert (swapped.outcome, swapped.off) == ("wrong", 2)
    figures = score([swapped, _judged("2", Cost(Decimal(2))), _judged("2", Unpriced("no price"))])
    assert (figures.cases, figures.exact, figures.unpriced, figures.wrong) == (3, 1, 1, 1)
    assert figures.off_per_thousand == Decimal(2) * 1000 / 7


def test_where_nothing_settles_the_price_only_naming_none_is_exact() -> None:
    assert _judged(None, Unpriced("no price")).outcome == "exact"
    named = _judged(None, Cost(Decimal("0.5"), Decimal("0.25")))
    assert (named.outcome, named.off, named.named) == ("wrong", Decimal("0.75"), Decimal("0.75"))


def test_a_little_wrong_never_reads_as_nothing() -> None:
    assert [dollars(Decimal(text)) for text in ("0", "0.0000001", "1.50", "0.0123456")] == [
        "0",
        "< 0.000001",
        "1.5",
        "0.012346",
    ]


def test_what_was_recorded_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "sheets.json"
    built = replace(_case(), kind="built", name="one", cost=Cost(Decimal("1.5")))
    sheets = [
        sheet("a list 1.0", [judge(built, Cost(Decimal(2))), judge(_case(), Unpriced("no price"))]),
        Sheet("another 2.0", absent="no network"),
    ]
    write_sheets(sheets, path)
    assert read_sheets(path) == sheets
    assert sheets[0].answers == {"one": "wrong, $2"}
