"""Prices, repricings and events of the API, in the contract's shapes, for the tests of the command line."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

Json = dict[str, Any]
AT = "2026-11-23T12:00:00Z"
SOURCE = "genai-prices 0.2.3"
CATALOGUE: Json = {
    "source": SOURCE,
    "synced_at": "2026-11-20T08:00:00Z",
    "looked_at": "2026-11-23T08:00:00Z",
    "age_days": 22,
    "newest_price": "2026-11-01",
}


def version(
    number: int,
    name: str,
    rates: Mapping[str, Any],
    *,
    layer: str = "catalogue",
    context: str = "",
    since: str | None = None,
    until: str | None = None,
    effective: bool = True,
    **fields: Any,
) -> Json:
    """Return a price version; `name` is provider/model."""
    provider, _, model = name.partition("/")
    return {
        "id": number,
        "layer": layer,
        "provider": provider,
        "model": model,
        "context": context,
        "valid_from": since,
        "valid_until": until,
        "stated_until": until,
        "rates": dict(rates),
        "source": SOURCE if layer == "catalogue" else "contract 7" if layer == "custom" else "mended",
        "recorded_at": "2026-11-20T08:00:00Z",
        "effective": effective,
        **fields,
    }


def tokens(**usd: str) -> Json:
    """Return a price document of rates alone."""
    return {"tokens": usd}


def page(prices: Sequence[Json], cursor: str | None = None) -> Json:
    """Return a page of the list of prices."""
    return {"prices": list(prices), "at": AT, "catalogue": CATALOGUE, "next_cursor": cursor}


GPT_4O = version(
    11, "openai/gpt-4o", tokens(input="2.5", output="10", cache_read="1.25"), since="2024-10-02T00:00:00Z"
)
GPT_4O_BATCH = version(
    12, "openai/gpt-4o", {"factor": "0.5"}, context="batch", layer="override", since="2024-10-02T00:00:00Z"
)
AZURE_GPT_4O = version(13, "azure/gpt-4o", tokens(input="2.5", output="10"))
GEMINI: Json = {
    "tokens": {"input": "1.25", "output": "10", "cache_read": "0.125"},
    "tiers": [{"above": 200000, "tokens": {"input": "2.5", "output": "15", "cache_read": "0.25"}}],
    "units": {"web_searches": {"usd": "35", "per": 1000}},
}
GEMINI_PRO = version(14, "google/gemini-2.5-pro", GEMINI, since="2025-04-04T00:00:00Z")
DEEPSEEK = version(
    15,
    "deepseek/deepseek-chat",
    {
        "tokens": {"input": "0.27", "output": "1.1", "cache_read": "0.07"},
        "windows": [
            {"from": "16:30", "until": "00:30", "tokens": {"input": "0.135", "output": "0.55"}},
            {"from": "01:00", "until": "05:00", "days": [1, 2, 3, 4, 5], "tokens": {"input": "1"}},
            {"from": "06:00", "until": "07:00", "days": [6, 1], "tokens": {"input": "1"}},
        ],
    },
)
WHISPER = version(16, "openai/whisper-1", {"units": {"seconds": {"usd": "0.0001", "per": 1}}})
DISCOUNT = version(
    90,
    "openai/*",
    {"factor": "0.8"},
    layer="custom",
    since="2026-11-01T00:00:00Z",
    until="2027-01-01T00:00:00Z",
)
OWN = version(
    91, "openai/gpt-4o", tokens(input="2", output="8"), layer="custom", since="2026-11-15T12:30:00Z"
)
# As `GET /api/prices/own` lists them; to come, in force and ended whenever the tests run.
OWN_PRICES = [
    version(97, "azure/gpt-4o", tokens(input="1.9", output="7.6"), layer="custom", context="batch@eu",
            since="2090-01-01T00:00:00Z", effective=False),
    OWN,
    DISCOUNT,
    {**version(89, "google/gemini-2.5-pro", GEMINI, layer="custom", since="2026-10-01T00:00:00Z",
               until="2026-11-01T09:15:30Z", effective=False), "source": ""},
]  # fmt: skip
BEATEN = {**GPT_4O, "effective": False}
PAST = [
    version(25, "openai/gpt-4o", {}, layer="custom", since="2026-11-15T12:30:00Z",
            replaced=False, withdrawn=True),
    version(24, "openai/gpt-4o", tokens(input="2", output="8"), layer="custom", since="2026-11-15T12:30:00Z",
            replaced=True, withdrawn=False),
    version(23, "openai/gpt-4o", tokens(input="2.5", output="10", cache_read="1.25"),
            since="2024-10-02T00:00:00Z", replaced=False, withdrawn=False),
    version(22, "openai/gpt-4o", tokens(input="2.4", output="10"),
            since="2024-10-02T00:00:00Z", replaced=True, withdrawn=False),
    version(21, "openai/gpt-4o", tokens(input="5", output="15"), until="2024-10-02T00:00:00Z",
            replaced=False, withdrawn=False),
]  # fmt: skip


def difference(before: str, after: str, events: int, **keys: str) -> Json:
    """Return a row of a repricing's breakdown."""
    return {
        **keys,
        "events": events,
        "cost_before": before,
        "cost": after,
        "difference": f"{Decimal(after) - Decimal(before):f}",
    }


def repricing(number: int = 12, **fields: Any) -> Json:
    """Return a repricing that is done, of three models and two days."""
    return {
        "id": number,
        "kind": "reprice",
        "dry_run": False,
        "status": "done",
        "reason": "new contract",
        "actor": "kim@example.com",
        "selection": {
            "from": "2026-11-01T00:00:00Z",
            "to": "2026-11-08T00:00:00Z",
            "provider": None,
            "model": [],
            "price_status": [],
            "ids": [],
        },
        "undoes": None,
        "progress": {"seen": 5000, "expected": 5000},
        "changed": 1204,
        "skipped": 0,
        "error": None,
        "created_at": "2026-11-23T12:00:00Z",
        "started_at": "2026-11-23T12:00:01Z",
        "finished_at": "2026-11-23T12:00:09Z",
        "difference": "-2.25",
        "by_model": [
            difference("12.4", "9.92", 1000, provider="openai", model="gpt-4o"),
            difference("0", "0.23", 38, provider="custom", model="harbour-7b"),
            difference("1", "1", 166, provider="openai", model="gpt-4"),
        ],
        "by_day": [
            difference("6", "5", 600, day="2026-11-01"),
            difference("7.4", "6.15", 604, day="2026-11-02"),
        ],
        "by_status": [
            {"before": "priced", "after": "priced", **difference("13.4", "10.92", 1166)},
            {"before": "unpriced", "after": "priced", **difference("0", "0.23", 38)},
        ],
        **fields,
    }


def estimated(name: str, cost: str | None, per_call: str | None, cheaper: str | None, **fields: Any) -> Json:
    """Return a row of an estimate."""
    provider, _, model = name.partition("/")
    return {
        "provider": provider,
        "model": model,
        "price_status": "unpriced" if cost is None else "priced",
        "cost": cost,
        "cost_per_call": per_call,
        "computed_cost": cost,
        "tool_cost": "0",
        "price_id": None if cost is None else 11,
        "price_rule": None if cost is None else "exact",
        "context_used": "",
        "cheaper_by_percent": cheaper,
        **fields,
    }


ESTIMATE: Json = {
    "at": AT,
    "calls": 1_000_000,
    "tokens": {"input": 1800, "cache_read": 200, "output": 500},
    "estimates": [
        estimated("openai/gpt-4o", "9750", "0.00975", "30.357142"),
        estimated("anthropic/claude-sonnet-4-5", "14000", "0.014", "0"),
        estimated("openai/gpt-4o-mini", "585", "0.000585", "95.821428"),
        estimated("in-house/harbour-7b", None, None, None),
    ],
}


def quarantined(number: int, name: str, reason: str | None, at: str, **fields: Any) -> Json:
    """Return what the list of events says of one that has no cost."""
    provider, _, model = name.partition("/")
    return {
        "id": f"019aa7a4-2f00-7cc1-8b5e-{number:012}",
        "timestamp": at,
        "provider": provider,
        "model": model,
        "api": "chat",
        "cost": None,
        "price_status": "quarantined" if reason else "missing",
        "quarantine_reason": reason,
        **fields,
    }


QUARANTINED = [
    quarantined(3, "openai/gpt-4o", "cached tokens 120 exceed the input 100", "2026-11-23T11:00:00Z"),
    quarantined(2, "mistral/mistral-large", "\x1b[2Jcounts are negative", "2026-11-22T11:00:00Z", api=None),
    quarantined(1, "openai/gpt-4o", "cached tokens 7 exceed the input 5", "2026-11-21T10:00:00Z"),
]
