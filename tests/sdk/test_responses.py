"""Recorded responses of the providers, as dicts and as objects, whole and streamed: read right."""

import json
import types
from pathlib import Path
from typing import Any

import pytest
from llmlab import LLMLab
from llmlab.testing import Receiver
from llmlab_shared.providers.factory import get_provider

RECORDED = sorted((Path(__file__).parents[1] / "fixtures" / "responses").glob("*.json"))
SECRET = "Ich weiss nicht, was soll es bedeuten, dass ich so traurig bin"
CONTENT = ("text", "content", "arguments", "input", "delta", "partial_json", "thinking", "refusal", "name")


def as_object(value: Any) -> Any:
    """Return attributes for keys, as the libraries' objects have them."""
    if isinstance(value, dict):
        return types.SimpleNamespace(**{name: as_object(item) for name, item in value.items()})
    return [as_object(item) for item in value] if isinstance(value, list) else value


def with_content(value: Any, name: str = "") -> Any:
    """Return a recorded response with text put back wherever its content was cut out."""
    if isinstance(value, dict):
        filled = {key: with_content(item, key) for key, item in value.items()}
        if "text" in str(value.get("type")) or name in ("delta", "message"):
            filled.setdefault("text", SECRET)
        return filled
    if isinstance(value, list):
        return [with_content(item, name) for item in value]
    return SECRET if isinstance(value, str) and name in CONTENT else value


def call(client: LLMLab, recorded: dict[str, Any], response: Any) -> None:
    """Have a decorated function return or yield what the provider did."""
    if recorded["streaming"]:

        @client.track_cost
        def stream(prompt: str, *, model: str) -> Any:
            yield from response

        assert list(stream(SECRET, model=recorded["request_model"])) == response
    else:

        @client.track_cost
        def ask(prompt: str, *, model: str) -> Any:
            return response

        assert ask(SECRET, model=recorded["request_model"]) is response


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
@pytest.mark.parametrize("form", [dict, as_object])
def test_a_recorded_response_is_read_and_only_its_numbers_leave(
    client: LLMLab, receiver: Receiver, path: Path, form: Any
) -> None:
    recorded = json.loads(path.read_text())
    response = with_content(recorded["response"])
    if form is as_object and recorded["provider"] != "aws":  # boto3 gives dicts
        response = as_object(response)
    call(client, recorded, response)
    assert client.flush()
    (event,) = receiver.events
    assert event["provider"] == recorded["provider"]
    assert event["model"] == recorded["model"]
    assert event["api"] == recorded["api"].replace("generateContent", "generate_content")
    assert event.get("response_id") == recorded["response_id"]
    assert event.get("service_tier") == recorded["service_tier"]
    assert event["status"] == "ok"
    provider = get_provider(event["provider"])
    assert provider.normalise(event["usage"], event["api"]) == provider.normalise(
        recorded["usage"], recorded["api"]
    )
    assert not any(word in receiver.posts[0].body.decode() for word in SECRET.split() if len(word) > 4)
    assert client.stats()["mended"] == {}


def test_there_is_a_recording_of_every_kind() -> None:
    assert len(RECORDED) >= 13
    assert any(SECRET in json.dumps(with_content(json.loads(path.read_text()))) for path in RECORDED)


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (
            {
                "id": "resp_1",
                "object": "response",
                "model": "gpt-5",
                "output": [
                    {"type": "web_search_call", "action": {"type": "search"}},
                    {"type": "web_search_call", "action": {"type": "open_page"}},
                    {"type": "file_search_call", "queries": [SECRET]},
                    {"type": "file_search_call", "results": None},
                    {"type": "message"},
                ],
                "usage": {"input_tokens": 1, "output_tokens": 2},
            },
            {
                "provider": "openai",
                "api": "responses",
                "units": {"web_searches": 1, "file_searches": 2},
            },
        ),
        *(
            (
                {
                    "modelVersion": model,
                    "usageMetadata": {"promptTokenCount": 9, "totalTokenCount": 9},
                    "candidates": [{"groundingMetadata": {"webSearchQueries": queries}}],
                },
                {"provider": "google", "units": units},
            )
            for model, queries, units in (
                ("gemini-3-flash-preview", ["", SECRET, SECRET], {"web_searches": 2}),
                ("gemini-2.5-pro", [SECRET, SECRET], {"web_searches": 1}),
                ("gemini-2.5-pro", [""], None),
                ("gemini-3-flash-preview", None, None),
            )
        ),
        (
            {"object": "list", "model": "text-embedding-3-small", "usage": {"prompt_tokens": 8}, "data": []},
            {"provider": "openai", "api": "embeddings", "model": "text-embedding-3-small"},
        ),
        (
            {
                "object": "chat.completion",
                "model": "gpt-4o-2024-08-06",
                "usage": {"prompt_tokens": 8},
                "prompt_filter_results": [],
            },
            {"provider": "azure"},
        ),
        (
            {
                "object": "chat.completion",
                "model": "llama-3.3",
                "usage": {"prompt_tokens": 8, "queue_time": 0.1},
            },
            {"provider": "groq"},
        ),
        (
            {"object": "chat.completion", "model": "mistral-large-2512", "usage": {"prompt_tokens": 8}},
            {"provider": "mistral", "api": "chat"},
        ),
        (
            {"object": "chat.completion", "model": "qwen3-32b", "usage": {"prompt_tokens": 8}},
            {"provider": "custom", "model": "qwen3-32b"},
        ),
        (
            {
                "type": "message",
                "id": "msg_bdrk_01",
                "model": "claude-haiku-4-5",
                "usage": {"input_tokens": 8},
            },
            {"provider": "aws", "model": "us.anthropic.claude-haiku-4-5", "api": "messages"},
        ),
        (
            {"type": "message", "id": "msg_01", "model": "claude-haiku-4-5", "usage": {"input_tokens": 8}},
            {"provider": "anthropic", "model": "claude-haiku-4-5"},
        ),
        (
            {
                "usage_metadata": {
                    "input_tokens": 10,
                    "output_tokens": 4,
                    "total_tokens": 14,
                    "input_token_details": {"cache_read": 6},
                    "output_token_details": {"reasoning": 3},
                },
                "response_metadata": {"model_name": "gpt-4o", "model_provider": "openai"},
            },
            {"input_tokens": 10, "output_tokens": 4, "cache_read_tokens": 6, "reasoning_tokens": 3},
        ),
        (
            {"model": "llama3", "prompt_eval_count": 26, "eval_count": 298, "done": True},
            {"provider": "ollama", "input_tokens": 26, "output_tokens": 298},
        ),
        (
            {"id": "x", "usage": {"billed_units": {"input_tokens": 5.0, "output_tokens": 7.0}, "tokens": {}}},
            {
                "provider": "cohere",
                "usage": {"billed_units": {"input_tokens": 5.0, "output_tokens": 7.0}, "tokens": {}},
            },
        ),
        (
            {"id": "y", "meta": {"warnings": [SECRET], "billed_units": {"search_units": 1}}},
            {"provider": "cohere", "usage": {"billed_units": {"search_units": 1}}},
        ),
        (
            {
                "ResponseMetadata": {
                    "RequestId": "r-1",
                    "HTTPHeaders": {"x-amzn-bedrock-input-token-count": "17", "cookie": SECRET},
                },
                "body": SECRET,
            },
            {
                "provider": "aws",
                "model": "us.anthropic.claude-haiku-4-5",
                "api": "invoke_model",
                "usage": {"x-amzn-bedrock-input-token-count": "17"},
                "response_id": "r-1",
            },
        ),
    ],
)
def test_other_shapes(
    client: LLMLab, receiver: Receiver, response: dict[str, Any], expected: dict[str, Any]
) -> None:
    """Shapes of which there is no recording, from the providers' documentation."""

    @client.track_cost
    def ask(model: str) -> Any:
        return response

    ask("us.anthropic.claude-haiku-4-5")
    assert client.flush()
    (event,) = receiver.events
    assert {name: event.get(name) for name in expected} == expected
    assert SECRET[:20] not in receiver.posts[0].body.decode()


def test_a_whole_response_in_place_of_its_usage_leaks_nothing(client: LLMLab, receiver: Receiver) -> None:
    recorded = json.loads(next(p for p in RECORDED if p.stem == "openai_chat").read_text())
    client.track("openai", "gpt-4o", usage=with_content(recorded["response"]))
    client.track("openai", "gpt-4o", usage={"prompt_tokens": 3, "messages": [{"content": SECRET}]})
    client.track("openai", "gpt-4o", metadata={"prompt": SECRET * 5}, feature=SECRET * 5, prompt=SECRET)  # type: ignore[call-arg]
    assert client.flush()
    first, second, third = receiver.events
    assert first["usage"] == recorded["usage"]
    assert second["usage"]["prompt_tokens"] == 3
    assert "metadata" not in third
    assert SECRET[:20] not in receiver.posts[0].body.decode()
