"""The cases themselves: what is written in the fixtures, and what is derived from the catalogue's history."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from llmlab_shared.domain.money import to_wire

from benchmarks.accuracy.cases import PRICES, Case, Cost, stated_cases
from benchmarks.accuracy.history import dated_cases
from benchmarks.accuracy.score import judge
from benchmarks.accuracy.sources import GenaiPrices

ROW: dict[str, Any] = {
    "name": "one",
    "shape": "batch",
    "provider": "openai",
    "model": "gpt-4o",
    "at": "2025-03-01T12:00:00Z",
    "processing": "batch",
    "tokens": {"input": 1_000_000, "output": 100_000},
    "rates": {"input": "1.25", "output": "5"},
    "source": "a page",
    "checked": "2026-11-27",
}


def _written(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "built.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_stated_case_costs_its_tokens_at_its_rates(tmp_path: Path) -> None:
    (case,) = stated_cases("built", _written(tmp_path, ROW))
    assert case.cost == Cost(Decimal("1.75"))
    assert (case.processing, case.source) == ("batch", "a page (2026-11-27)")


def test_a_case_without_rates_is_not_settled(tmp_path: Path) -> None:
    (case,) = stated_cases("contested", _written(tmp_path, ROW | {"rates": None}))
    assert case.cost is None


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"rates": {"input": "1.25"}}, "rates are of input; tokens of input, output"),
        ({"rates": {"input": "much", "output": "5"}}, "InvalidOperation"),
        ({"tokens": {"input": 1, "soul": 1}, "rates": {"input": "1", "soul": "1"}}, "soul"),
        ({"name": None, "model": None, "at": None, "tokens": None}, "tokens must be counts by class"),
    ],
)
def test_a_line_that_cannot_be_a_case_is_named(tmp_path: Path, fields: dict[str, Any], reason: str) -> None:
    path = _written(tmp_path, ROW, ROW | fields)
    with pytest.raises(ValueError, match=r"built\.jsonl, line 2: ") as caught:
        stated_cases("built", path)
    assert reason in str(caught.value)


def _stated() -> list[Case]:
    return stated_cases("contested") + stated_cases("built")


def test_each_case_has_a_name_of_its_own_a_source_and_a_past_instant() -> None:
    cases = _stated()
    assert [name for name, times in Counter(case.name for case in cases).items() if times > 1] == []
    for case in cases:
        assert len(case.source) > 20, case.name
        assert datetime(2024, 1, 1, tzinfo=UTC) < case.at < datetime(2026, 11, 28, tzinfo=UTC), case.name


def test_what_is_special_about_a_case_is_in_it() -> None:
    for case in stated_cases("built"):
        tokens = case.tokens
        assert {
            "batch": case.processing == "batch" or case.service_tier == "batch",
            "flex": case.service_tier == "flex",
            "priority": case.service_tier in {"priority", "fast"},
            "1-hour cache": tokens.cache_write_1h > 0,
            "long context": tokens.input_tokens > 100_000,
            "audio": tokens.input_audio > 0,
            "regional": bool(case.region) or case.provider == "aws",
            "time of day": case.provider == "deepseek",
        }[case.shape], case.name


def test_sources_do_disagree_and_say_what_they_are_said_to_say() -> None:
    """On contested cases; the catalogue is at hand and asked again."""
    for case in stated_cases("contested"):
        assert len(case.says) >= 3, case.name
        true = None if case.cost is None else to_wire(case.cost.tokens)
        assert any(cost != true for cost in case.says.values()), case.name
        verdict = judge(case, GenaiPrices().price(case))
        named = None if verdict.named is None else to_wire(verdict.named)
        assert case.says["genai-prices 0.2.3"] == named, case.name


def test_the_fixtures_hold_prices_and_no_amounts_in_floats() -> None:
    lines = [
        line for path in PRICES.glob("*.jsonl") for line in path.read_text(encoding="utf-8").splitlines()
    ]
    assert len(lines) > 200
    for line in lines:
        json.loads(line, parse_float=lambda text: pytest.fail(f"{text} is a float"))


def test_both_sides_of_every_change_are_cases_and_come_out_of_order() -> None:
    cases = dated_cases()
    sides = Counter(case.shape for case in cases)
    assert sides["before a change"] > 300
    assert sides["after a change"] > 300
    instants = [case.at for case in cases]
    assert instants != sorted(instants)
    before = {
        (case.provider, case.model, case.at + timedelta(seconds=1), case.tokens, case.processing)
        for case in cases
        if case.shape == "before a change"
    }
    after = {
        (case.provider, case.model, case.at, case.tokens, case.processing)
        for case in cases
        if case.shape == "after a change"
    }
    # One side is left out where a correction of LLMLab's own ends or begins with the change.
    assert len(before ^ after) <= 2


def test_the_history_holds_changes_that_are_known() -> None:
    """By hand: o3 fell to a fifth on 2025-06-10, gpt-5.6-luna on 2026-07-30."""
    costs = {
        (case.model, case.shape): case.cost
        for case in dated_cases()
        if case.provider == "openai" and case.tokens.input == 10_000 and not case.processing
    }
    # 10,000 in, 3,000 cached (and 2,000 written to the cache), 4,000 out.
    assert costs["o3", "after a change"] == Cost(Decimal("0.0535"), Decimal(0))
    assert costs["gpt-5.6-luna", "before a change"] == Cost(Decimal("0.0368"), Decimal(0))
    assert costs["gpt-5.6-luna", "after a change"] == Cost(Decimal("0.00736"), Decimal(0))
