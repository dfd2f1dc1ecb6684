"""Other price lists: read as they state themselves, by every field they have, and absent with a reason."""

import json
import zipfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from llmlab_shared.domain.usage import TOKEN_CLASSES, TokenUsage

from benchmarks.accuracy.cases import Case, Cost
from benchmarks.accuracy.score import Unpriced
from benchmarks.accuracy.yardsticks import NotInstalledError, Package, PriceMap, price_list

MILLION = 10**6
LISTED: dict[str, Any] = {
    "plain": {"input_cost_per_token": "0.000002", "output_cost_per_token": "0.000008"},
    "azure/plain": {"input_cost_per_token": "0.000002", "output_cost_per_token": "0.000008"},
    "azure/eu/plain": {"input_cost_per_token": "0.0000022", "output_cost_per_token": "0.0000088"},
    "whole": {
        "input_cost_per_token": "0.000004",
        "input_cost_per_token_above_200k_tokens": "0.000008",
        "input_cost_per_token_flex": "0.000003",
        "input_cost_per_token_priority": "0.000006",
        "input_cost_per_token_above_200k_tokens_priority": "0.000012",
        "output_cost_per_token": "0.00001",
        "cache_read_input_token_cost": "0.000001",
        "cache_creation_input_token_cost": "0.000005",
        "cache_creation_input_token_cost_above_1hr": "0.000007",
        "input_cost_per_audio_token": "0.00003",
        "output_cost_per_audio_token": "0.00006",
        "regional_processing_uplift_multiplier_eu": "1.1",
        "search_context_cost_per_query": {"search_context_size_medium": "0.01"},
    },
    "xai/grok": {
        "input_cost_per_token": "0.000001",
        "input_cost_per_token_above_200k_tokens": "0.000002",
    },
    "claude": {"input_cost_per_token": "0.000001", "provider_specific_entry": {"us": "1.1", "fast": "2"}},
    "deepseek/night": {
        "input_cost_per_token": "0.000002",
        "off_peak_pricing": {
            "input_cost_per_token": "0.000001",
            "windows": [
                {"hours_utc": ["10:00-00:00"], "weekdays": [1, 2, 3, 4, 5]},
                {"hours_utc": "00:00-00:00", "weekdays": [6, 7]},
            ],
        },
    },
    "voiceless": {"output_cost_per_token": "0.000001"},
}


@pytest.fixture
def listed() -> PriceMap:
    return PriceMap("a list", json.loads(json.dumps(LISTED)))


def _case(model: str, **fields: Any) -> Case:
    tokens = {name: fields.pop(name) for name in TOKEN_CLASSES if name in fields}
    case = Case("built", "", "", "openai", model, "2026-11-24T12:00:00Z", TokenUsage(**tokens), None)
    return replace(case, **fields)


@pytest.mark.parametrize(
    ("case", "usd"),
    [
        (_case("plain", input=MILLION, output=MILLION), "10"),
        (_case("openai/plain", input=MILLION), "2"),
        # A class without a price of its own is charged at its parent's.
        (_case("plain", cache_read=MILLION), "2"),
        (_case("plain", input_audio=MILLION, output_audio=MILLION), "10"),
        # A batch price that is not listed is half.
        (_case("plain", input=MILLION, processing="batch"), "1"),
        (_case("whole", input=100_000, service_tier="flex"), "0.3"),
        (_case("whole", input=100_000, service_tier="fast"), "0.6"),
        # Where a tier lists no price of a class, the standard one.
        (_case("whole", output=MILLION, service_tier="flex"), "10"),
        (_case("whole", input=200_000), "0.8"),
        (_case("whole", input=200_001), "1.600008"),
        (_case("whole", input=300_000, service_tier="priority"), "3.6"),
        (_case("whole", cache_read=100_000, cache_write_5m=50_000, cache_write_1h=50_000), "0.7"),
        (_case("whole", input_audio=100_000, output_audio=100_000), "9"),
        (_case("whole", input=100_000, region="eu"), "0.44"),
        (_case("whole", input=100_000, region="jp"), "0.4"),
        (_case("grok", provider="x-ai", input=199_999), "0.199999"),
        (_case("grok", provider="x-ai", input=200_000), "0.4"),
        (_case("claude", provider="anthropic", input=MILLION, region="us", service_tier="fast"), "2.2"),
        (_case("plain", provider="azure", input=MILLION, region="eu"), "2.2"),
        (_case("plain", provider="azure", input=MILLION), "2"),
        (_case("night", provider="deepseek", input=MILLION), "1"),
        (_case("night", provider="deepseek", input=MILLION, timestamp="2026-11-24T02:00:00Z"), "2"),
        (_case("night", provider="deepseek", input=MILLION, timestamp="2026-11-28T02:00:00Z"), "1"),
    ],
)
def test_every_field_counts(listed: PriceMap, case: Case, usd: str) -> None:
    answer = listed.price(case)
    assert isinstance(answer, Cost), answer
    assert answer.tokens == Decimal(usd)


def test_fees_of_searches(listed: PriceMap) -> None:
    assert listed.price(_case("whole", units={"web_searches": 3})) == Cost(Decimal(0), Decimal("0.03"))


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (_case("gpt-unheard-of", input=1), "not on the list"),
        (_case("plain", provider="quicksilver", input=1), "not on the list"),
        (_case("voiceless", input=1), "voiceless has no price of input"),
    ],
)
def test_what_it_does_not_price(listed: PriceMap, case: Case, reason: str) -> None:
    assert listed.price(case) == Unpriced(reason)


def test_a_list_is_read_from_its_wheel_to_the_digit(tmp_path: Path) -> None:
    package = Package("a-list", "1.0", "a_list/prices.json")
    folder = tmp_path / "a-list-1.0"
    folder.mkdir()
    with zipfile.ZipFile(folder / "a_list-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("a_list/prices.json", '{"m": {"input_cost_per_token": 1.25e-06}}')
    assert price_list(package, tmp_path) == {"m": {"input_cost_per_token": Decimal("0.00000125")}}


def test_a_list_that_cannot_be_had_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(NotInstalledError, match=r"pip download a-list==1.0 failed: .*a-list==1.0"):
        price_list(Package("a-list", "1.0", "a_list/prices.json"), tmp_path)
