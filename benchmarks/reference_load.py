"""The events that figures are measured with: every field that clients fill, about 656 bytes of JSON each.

20 models, 15 features, 1,000 customers; ids are UUIDv7s of the events' own times, within the last hour.
"""

import json
import random
from collections.abc import Iterator
from datetime import UTC
from typing import Any

from llmlab_shared.clock import from_us, now_us
from llmlab_shared.ids import uuid7

_MODELS = (
    ("openai", "chat", ("gpt-4o-2024-08-06", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "o3")),
    ("openai", "chat", ("gpt-4", "gpt-4-turbo", "gpt-3.5-turbo", "o1", "o3-mini", "o4-mini", "gpt-5")),
    ("anthropic", "messages", ("claude-opus-4-0", "claude-sonnet-4-5", "claude-3-5-haiku-20241022")),
    (
        "google",
        "generate_content",
        ("gemini-2.0-flash", "gemini-2.5-flash", "gemini-2.5-pro", "gemini-1.5-pro"),
    ),
)
_CHOICES = [(provider, api, model) for provider, api, models in _MODELS for model in models]


def _usage(api: str, given: int, cached: int, made: int) -> dict[str, Any]:
    if api == "messages":
        return {
            "input_tokens": given - cached,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": cached,
            "output_tokens": made,
            "service_tier": "standard",
        }
    if api == "generate_content":
        return {
            "promptTokenCount": given,
            "cachedContentTokenCount": cached,
            "candidatesTokenCount": made,
            "totalTokenCount": given + made,
        }
    return {
        "prompt_tokens": given,
        "completion_tokens": made,
        "total_tokens": given + made,
        "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def events(seed: int = 1) -> Iterator[dict[str, Any]]:
    """Yield events without end, the same for a seed but for their times and ids."""
    chance = random.Random(seed)
    process = f"{chance.getrandbits(64):016x}"
    seq = 0
    while True:
        at_us = now_us() - chance.randrange(3600 * 10**6)
        provider, api, model = chance.choice(_CHOICES)
        given, made = chance.randrange(200, 9000), chance.randrange(20, 900)
        seq += 1
        yield {
            "id": str(uuid7(at_us)),
            "timestamp": from_us(at_us).astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "provider": provider,
            "model": model,
            "api": api,
            "usage": _usage(api, given, chance.randrange(given // 2), made),
            "response_id": f"chatcmpl-{chance.getrandbits(96):024x}",
            "status": "ok",
            "latency_ms": chance.randrange(100, 9000),
            "feature": f"feature-{chance.randrange(15)}",
            "customer": f"customer-{chance.randrange(1000)}",
            "environment": "production",
            "release": "2026.11.23",
            "tags": {"tier": chance.choice(("free", "pro", "enterprise"))},
            "trace_id": f"{chance.getrandbits(128):032x}",
            "process_id": process,
            "seq": seq,
            "metadata": {"region": "eu-west-1", "attempt": 1},
        }


def body(size: int, seed: int = 1) -> bytes:
    """Return a request body of so many events; one event stands alone."""
    stream = events(seed)
    made = [next(stream) for _ in range(size)]
    return json.dumps(made[0] if size == 1 else {"events": made}, separators=(",", ":")).encode()
