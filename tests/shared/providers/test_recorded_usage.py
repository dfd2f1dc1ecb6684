"""Usage objects that providers sent, as public repositories recorded them: each is read as it is billed.

Every row names where it was published; only counts and names of fields were taken. Its classes were worked
out by hand from the provider's documentation. A row that is `documented` is no recording: its counts are made
up for a shape of which there is none. A row that is `refused` contradicts itself, or is only a part.
"""

import json
from collections import Counter
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from llmlab_shared.domain.usage import Measured, UsageError
from llmlab_shared.providers.factory import get_provider
from llmlab_shared.providers.reading import decode_usage
from provider_calls import FIXTURES

ROWS = [
    json.loads(line) for line in (FIXTURES / "responses" / "recorded_usage.jsonl").read_text().splitlines()
]
READ = [row for row in ROWS if "refused" not in row]
ENVELOPES = {"usage", "usage_info", "x_groq", "amazon-bedrock-invocationMetrics"}
REFUSED = [row for row in ROWS if "refused" in row]


def _named(row: dict[str, Any]) -> str:
    return f"{row['provider']}-{row.get('api', 'chat')}-{row['model']}"


def _read(row: dict[str, Any], usage: dict[str, Any], api: str | None) -> Measured:
    return get_provider(row["provider"]).normalise(decode_usage(json.dumps(usage).encode()), api)


def _hints(row: dict[str, Any]) -> tuple[str | None, ...]:
    return row.get("api", "chat"), None, "no_such_api"


@pytest.mark.parametrize("row", READ, ids=_named)
def test_it_is_read_as_it_is_billed_whatever_the_hint(row: dict[str, Any]) -> None:
    for api in _hints(row):
        measured = _read(row, row["usage"], api)
        counts = msgspec.structs.asdict(measured.tokens)
        assert {name: count for name, count in counts.items() if count} == row["tokens"]
        assert (measured.units or {}) == row.get("units", {})
        reported = row.get("reported_cost")
        assert measured.reported_cost == (Decimal(reported) if reported else None)
        if "service_tier" in row:
            assert measured.service_tier == row["service_tier"]


@pytest.mark.parametrize("row", REFUSED, ids=_named)
def test_what_contradicts_itself_or_is_a_part_is_refused(row: dict[str, Any]) -> None:
    for api in _hints(row):
        with pytest.raises(UsageError, match=row["refused"]):
            _read(row, row["usage"], api)


@pytest.mark.parametrize("row", [row for row in READ if ENVELOPES.isdisjoint(row["usage"])], ids=_named)
def test_what_is_around_it_may_come_with_it(row: dict[str, Any]) -> None:
    usage = row["usage"]
    alone = _read(row, usage, None)
    for envelope in (
        {"id": "1", "object": "chat.completion", "metadata": {"user": "1"}, "usage": usage},
        {"responseId": "1", "modelVersion": row["model"], "usageMetadata": usage},
        {"type": "response.completed", "response": {"output": [], "usage": usage}},
        {"custom_id": "1", "response": {"status_code": 200, "body": {"usage": usage}}},
        {"metadata": {"usage": usage, "metrics": {"latencyMs": 1}}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage},
        {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": usage}},
    ):
        assert _read(row, envelope, None) == alone


def test_every_provider_has_recordings_of_its_apis() -> None:
    recorded = Counter(row["provider"] for row in ROWS if not row.get("documented"))
    assert set(recorded) >= {
        *("openai", "azure", "anthropic", "google", "aws", "mistral", "cohere", "deepseek", "groq"),
        *("x-ai", "cerebras", "openrouter", "perplexity", "voyageai"),
    }
    assert all("@" in row["source"] for row in ROWS if not row.get("documented"))
    assert all(row["source"].startswith("documentation: ") for row in ROWS if row.get("documented"))
