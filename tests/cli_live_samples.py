"""Calls and the live stream of the API, in the contract's shapes, for the tests of the command line."""

import json
from collections.abc import Sequence
from typing import Any

from cli_samples import LONG_NAME

Json = dict[str, Any]
_NO_TOKENS = dict.fromkeys(
    (
        "input", "cache_read", "cache_write_5m", "cache_write_1h", "input_audio", "cache_audio_read",
        "input_image", "output", "output_audio", "output_image", "reasoning",
    ),
    0,
)  # fmt: skip
_ABSENT = (
    "api", "computed_cost", "tool_cost", "reported_cost", "original", "reported_by", "price_rule",
    "price_id", "quarantine_reason", "service_tier", "processing", "region", "response_id", "latency_ms",
    "input_chars", "output_chars", "output_chunks", "feature", "customer", "user", "team", "project",
    "environment", "release", "session_id", "tags", "trace_id", "span_id", "parent_span_id", "process_id",
    "seq", "usage", "metadata", "units",
)  # fmt: skip


def call(number: int, name: str, cost: str | None, used: tuple[int, int] | None, **fields: Any) -> Json:
    """Return an event as `GET /api/costs` lists it; `number` is its minute and its id."""
    provider, _, model = name.partition("/")
    given, made = used or (None, None)
    return {
        "id": f"019aa7a4-2f00-7cc1-8b5e-{number:012}",
        "timestamp": f"2026-11-23T12:{number:02}:05.250000Z",
        "received_at": f"2026-11-23T12:{number:02}:05.400000Z",
        "provider": provider,
        "model": model,
        "api_key": 7,
        "input_tokens": given,
        "output_tokens": made,
        "tokens": {**_NO_TOKENS, "input": given or 0, "output": made or 0},
        "cost": cost,
        "price_status": "priced" if cost else "missing",
        "billing": "metered",
        "status": "ok",
        **dict.fromkeys(_ABSENT),
        **fields,
    }


CALLS = [
    call(9, "openai/gpt-4", "0.06", (1000, 500), feature="search", customer="ACME", user="u-1"),
    call(8, LONG_NAME, None, (31_000, 5), price_status="unpriced", feature="a feature's long name \x1b[2J"),
    call(7, "anthropic/claude-sonnet-4-5", "0.0000003", (1, 0)),
    call(6, "openai/gpt-4", "0", None, price_status="free", status="error", feature="search"),
    call(5, "google/gemini-2.5-flash", "1234.5", (1_000_000, 65_000), team="日本語のチーム"),
    call(4, "mistral/mistral-large", None, None),
]
IN_FULL = call(
    9,
    "openai/gpt-4o",
    "0.0357",
    (1200, 300),
    tokens={**_NO_TOKENS, "input": 200, "cache_read": 1000, "output": 300, "reasoning": 120},
    api="chat",
    units={"web_searches": "2"},
    computed_cost="0.0057",
    tool_cost="0.03",
    reported_cost="0.04",
    reported_by="gateway",
    price_status="priced",
    price_rule="exact",
    price_id=11,
    original={"cost": None, "price_status": "quarantined", "price_id": None},
    latency_ms=1840,
    feature="search",
    user="u-1\x1b[31m",
    tags={"tier": "pro"},
    adjustments=[
        {
            "number": 1,
            "repricing": 12,
            "kind": "correct",
            "reason": "from the invoice",
            "actor": "user:3",
            "adjusted_at": "2026-11-24T08:00:00Z",
            "status_before": "quarantined",
            "price_status": "priced",
            "cost_before": None,
            "cost": "0.0357",
            "price_id": 11,
            "price_rule": "exact",
        }
    ],
)


def standing(
    spend: str = "12.4", month: str = "412.105312", *, models: Sequence[Json] = (), **fields: Any
) -> Json:
    """Return the data of a `spend` frame."""
    counts = dict.fromkeys(
        ("events", "priced", "reported", "estimated", "unpriced", "missing", "quarantined", "free", "errors"),
        0,
    )
    of_today = {**counts, "events": 312, "priced": 300, "unpriced": 10, "errors": 2}
    of_month = {**counts, "events": 8204, "priced": 8204}
    return {
        "currency": "USD",
        "tz": "Europe/Berlin",
        "today": {
            "day": "2026-11-23",
            "spend": spend,
            "events": 312,
            "tokens": 1_204_000,
            "counts": of_today,
            "by_model": list(models),
        },
        "month": {
            "month": "2026-11", "spend": month, "events": 8204, "tokens": 31_204_000, "counts": of_month
        },
        "as_of": "2026-11-23T12:10:00Z",
        "freshness": {"as_of": "2026-11-23T12:10:00Z", "oldest_unprocessed_seconds": 0.0, "backlog": 0},
        "gap": False,
        "omitted": 0,
        **fields,
    }  # fmt: skip


def todays(name: str, spend: str, events: int, tokens: int, unpriced: int = 0) -> Json:
    """Return a row of today's models."""
    provider, _, model = name.partition("/")
    return {
        "provider": provider,
        "model": model,
        "spend": spend,
        "events": events,
        "tokens": tokens,
        "unpriced": unpriced,
    }


MODELS = [
    todays("openai/gpt-4", "10.2", 170, 255_000),
    todays("anthropic/claude-sonnet-4-5", "2.1", 120, 900_000),
    todays("google/gemini-2.5-flash", "0.1", 12, 49_000),
    todays(LONG_NAME, "0", 10, 310_000, 10),
]


def frames(*updates: tuple[str, Json]) -> bytes:
    """Return the bytes of a stream that tells this and ends."""
    told = (
        f"event: {kind}\nid: {number}-0\ndata: {json.dumps(data)}\n\n"
        for number, (kind, data) in enumerate(updates, 1)
    )
    return ("retry: 10\n\n" + "".join(told)).encode()
