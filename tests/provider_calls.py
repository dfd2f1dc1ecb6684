"""The recorded provider calls with their exact costs: what the demo sends, and the rest."""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

from llmlab_shared.clock import to_us

FIXTURES = Path(__file__).parent / "fixtures"


@dataclass(frozen=True)
class ProviderCall:
    provider: str
    api: str
    model: str
    request_model: str
    response_id: str | None
    timestamp: str
    streaming: bool
    service_tier: str | None
    usage: dict[str, Any]
    expected_tokens: dict[str, int]
    expected_computed_cost: str
    expected_tool_cost: str
    expected_cost: str
    expected_units: dict[str, int] | None = None
    expected_reported_cost: str | None = None

    @property
    def at_us(self) -> int:
        return to_us(datetime.fromisoformat(self.timestamp))


def _read(text: str) -> list[ProviderCall]:
    return [ProviderCall(**json.loads(line, parse_float=Decimal)) for line in text.splitlines()]


def demo_calls() -> list[ProviderCall]:
    """The calls that come with the product."""
    return _read(files("llmlab_deploy").joinpath("demo/provider_calls.jsonl").read_text())


def all_calls() -> list[ProviderCall]:
    """Those and the ones of Bedrock and OpenRouter."""
    return demo_calls() + _read((FIXTURES / "provider_calls_more.jsonl").read_text())
