"""Whole recorded responses: the usage that a client finds in them is the one the server reads."""

import json
from typing import Any

import pytest
from llmlab_shared.providers.factory import get_provider
from provider_calls import FIXTURES

RESPONSES = sorted((FIXTURES / "responses").glob("*.json"))


def _usages(value: Any) -> list[dict[str, Any]]:
    """Every usage object in a body or a list of stream events, in their order."""
    if isinstance(value, list):
        return [usage for item in value for usage in _usages(item)]
    if not isinstance(value, dict):
        return []
    found = []
    for name, inner in value.items():
        if name in ("usage", "usageMetadata") and isinstance(inner, dict) and inner:
            found.append(inner)
        else:
            found += _usages(inner)
    return found


@pytest.mark.parametrize("path", RESPONSES, ids=[path.stem for path in RESPONSES])
def test_the_usage_of_a_response(path: Any) -> None:
    recorded = json.loads(path.read_text())
    merged: dict[str, Any] = {}
    for usage in _usages(recorded["response"]):
        merged |= usage
    provider = get_provider(recorded["provider"])
    ours = provider.normalise(merged, recorded["api"])
    assert ours.tokens == provider.normalise(recorded["usage"], recorded["api"]).tokens
    assert ours.tokens.output_tokens > 0


def test_every_api_shape_has_its_body_and_its_stream() -> None:
    names = {path.stem for path in RESPONSES}
    for shape in ("openai_chat", "openai_responses", "anthropic_messages", "google_generate_content"):
        assert {shape, f"{shape}_stream"} <= names
