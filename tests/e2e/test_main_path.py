"""The main job as a person does it: sign up, report calls through the SDK, read what they cost."""

import json
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import llmlab
import pytest
from live import LLMLAB, LiveStack, wait_until


@pytest.fixture
def stack(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[LiveStack]:
    stack = LiveStack(database_url, redis_url, tmp_path)
    try:
        stack.start_api()
        stack.start_worker()
        yield stack
    finally:
        stack.stop()


def _run(stack: LiveStack, *arguments: str, given: str | None = None) -> str:
    done = subprocess.run(
        [LLMLAB, *arguments],
        env={"HOME": str(stack.folder), "PATH": "/usr/bin:/bin", "LLMLAB_URL": stack.url},
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_from_sign_up_to_status(stack: LiveStack) -> None:
    _run(stack, "signup", "--email", "kim@example.com", "--password-stdin", given="correct horse battery\n")
    config = stack.folder / ".llmlab" / "config.json"
    assert config.stat().st_mode & 0o777 == 0o600
    profile = json.loads(config.read_text())["profiles"]["default"]

    client = llmlab.LLMLab(api_key=profile["api_key"], base_url=stack.url)

    @client.track_cost(feature="search", customer="acme")
    def ask() -> dict[str, object]:
        return {
            "object": "chat.completion",
            "id": "chatcmpl-1",
            "model": "gpt-4-0613",
            "usage": {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500},
            "choices": [{"message": {"role": "assistant", "content": "an answer that must not be sent"}}],
        }

    for _ in range(3):
        ask()
    client.track(provider="openai", model="a-model-nobody-knows", input_tokens=10, output_tokens=5)
    assert client.flush(timeout=10)

    def priced() -> bool:
        return bool(client.costs.summary()["counts"]["events"] == 4)

    wait_until(priced, "four events are stored")
    client.close()

    summary = json.loads(_run(stack, "status", "--json"))
    assert Decimal(summary["total_spend"]) == Decimal("0.18")
    assert summary["counts"]["priced"] == 3
    assert summary["confidence"]["unpriced"] == {"events": 1, "tokens": 15}

    screen = _run(stack, "status", "--period", "all")
    assert "gpt-4" in screen
    assert "0.18" in screen
    assert "unpriced" in screen
    assert "an answer that must not be sent" not in stack.log("api") + stack.log("worker0")
