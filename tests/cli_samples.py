"""Answers of the API, in the contract's shapes, for the tests of the command line."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

Json = dict[str, Any]


def model(name: str, spend: str, events: int, tokens: int) -> Json:
    provider, _, model_name = name.partition("/")
    return {"provider": provider, "model": model_name, "spend": spend, "events": events, "tokens": tokens}


def summary(
    models: Sequence[Json] = (),
    trends: Mapping[str, str] | None = None,
    *,
    start: str = "2026-10-25T00:00:00+02:00",
    end: str = "2026-11-24T00:00:00+01:00",
    tz: str = "Europe/Berlin",
    counts: Mapping[str, int] | None = None,
    estimated: str = "0",
    reported: str = "0",
    doubted: Mapping[str, int] | None = None,
    subscription: str = "0",
    backlog: int | None = 0,
    oldest: float | None = 0.0,
    groups: Sequence[Json] | None = None,
) -> Json:
    """Return a summary whose totals are the sums of its models; `doubted` are tokens of the uncounted."""
    total = sum((Decimal(m["spend"]) for m in models), Decimal(0))
    events = sum(m["events"] for m in models)
    providers: dict[str, Json] = {}
    for m in models:
        row = providers.setdefault(
            m["provider"], {"provider": m["provider"], "spend": Decimal(0), "events": 0, "tokens": 0}
        )
        row["spend"] += Decimal(m["spend"])
        row["events"] += m["events"]
        row["tokens"] += m["tokens"]
    counted = dict.fromkeys(
        ("priced", "reported", "estimated", "unpriced", "missing", "quarantined", "free", "errors"), 0
    ) | dict(counts or {})
    answer = {
        "total_spend": f"{total:f}",
        "currency": "USD",
        "from": start,
        "to": end,
        "tz": tz,
        "by_model": list(models),
        "by_provider": [{**row, "spend": f"{row['spend']:f}"} for row in providers.values()],
        "trends": [{"bucket": b, "spend": s, "events": 1} for b, s in (trends or {}).items()],
        "counts": {"events": events, **counted},
        "tokens": {"input_tokens": sum(m["tokens"] for m in models), "output_tokens": 0},
        "confidence": {
            "priced": f"{total - Decimal(estimated) - Decimal(reported):f}",
            "reported": reported,
            "estimated": estimated,
            **{
                name: {"events": counted[name], "tokens": (doubted or {}).get(name, 0)}
                for name in ("unpriced", "missing", "quarantined")
            },
        },
        "list_value": {"subscription": subscription, "provisioned": "0"},
        "freshness": {
            "as_of": "2026-11-23T13:03:22.123456Z",
            "oldest_unprocessed_seconds": oldest,
            "backlog": backlog,
        },
    }
    if groups is not None:
        answer["groups"] = list(groups)
    return answer


def budget(amount: str, spent: str | None, *, alerts: Mapping[str, str] | None = None, **fields: Any) -> Json:
    """Return a budget with the default thresholds; `alerts` maps a threshold to when it was crossed."""
    return {
        "id": 1,
        "name": "Monthly budget",
        "scope": {},
        "each": None,
        "period": "month",
        "month": None,
        "budget_amount": amount,
        "amounts": [{"from": "2026-10-01", "amount": amount}],
        "thresholds": ["0.5", "0.8", "1"],
        "spent": spent,
        "alert_sent": "0.8" in (alerts or {}),
        "in_force": True,
        "alerts": [{"threshold": t, "crossed_at": at, "spend": spent} for t, at in (alerts or {}).items()],
        **fields,
    }


def named_groups(dimension: str, rows: Mapping[str, tuple[str, int, int]]) -> list[Json]:
    """Return groups by one dimension: spend, events and tokens by value."""
    return [
        {"keys": {dimension: value}, "spend": spend, "events": events, "tokens": tokens}
        for value, (spend, events, tokens) in rows.items()
    ]


DAYS = {f"2026-11-{day:02}": f"{day * 7 % 13}.{day}" for day in range(1, 24)}
LONG_NAME = "openai/ft:gpt-4o-mini-2024-07-18:acme-research:customer-support-v17:9xYzAbCd"
USUAL = summary(
    [
        model("openai/gpt-4", "210", 812, 2_100_000),
        model("anthropic/claude-sonnet-4-5", "150.1053", 302, 900_000),
        model("google/gemini-2.5-flash", "52.000012", 90, 30_000),
        model("openai/gpt-5-nano", "0.000012", 1, 12),
        model(LONG_NAME, "0", 38, 1_200_000),
    ],
    DAYS,
    counts={"unpriced": 38, "missing": 3, "quarantined": 1, "errors": 4},
    estimated="0.12",
    doubted={"unpriced": 1_200_000},
    subscription="12.3",
)
UNPRICED = summary(
    [model(LONG_NAME, "0", 38, 1_200_000)], counts={"unpriced": 38}, doubted={"unpriced": 1_200_000}
)
USUAL_BUDGET = budget(
    "500", "412.105312", alerts={"0.5": "2026-11-12T09:00:00Z", "0.8": "2026-11-20T23:30:00Z"}
)
USUAL_BEFORE = summary(
    [
        model("openai/gpt-4", "301.5", 640, 1_700_000),
        model("anthropic/claude-sonnet-4-5", "58.5", 120, 400_000),
    ],
    start="2026-09-25T00:00:00+02:00",
    end="2026-10-24T14:00:00+02:00",
)
USUAL_GROUPS = {
    "feature": named_groups(
        "feature",
        {
            "search": ("201.4", 700, 2_000_000),
            "support-chat": ("120.3", 300, 900_000),
            "": ("60.405312", 150, 500_000),
            "summaries": ("30", 55, 30_000),
            "ünïcode ☕ 検索": ("0.00001", 1, 12),
            "nightly-report": ("0", 38, 1_200_000),
        },
    ),
    "customer": named_groups(
        "customer",
        {f"customer {n}": (f"{200 // n}.25", 400 // n, 10**6 // n) for n in range(1, 9)},
    ),
}
USUAL_UNPRICED_GROUPS = {"feature": named_groups("feature", {"nightly-report": ("0", 38, 1_200_000)})}
