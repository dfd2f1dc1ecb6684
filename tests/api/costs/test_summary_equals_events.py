"""Summaries against the same sums made by hand over every stored event, in all sorts of zones and ranges."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from ledger import v7
from llmlab_shared.domain.money import to_wire
from world import World

MODELS = [
    ("openai", "gpt-4"),
    ("openai", "gpt-4o-mini"),
    ("anthropic", "claude-3-haiku-20240307"),
    ("nobody", "unheard-of"),
]
START, END = datetime(2026, 10, 18, tzinfo=UTC), datetime(2026, 11, 10, tzinfo=UTC)


def made(rng: random.Random) -> dict[str, Any]:
    seconds = rng.randrange(int((END - START).total_seconds()))
    timestamp = START + timedelta(seconds=seconds, microseconds=rng.randrange(10**6))
    if rng.random() < 0.3:
        # Just beside an edge that somebody's day has.
        timestamp = timestamp.replace(minute=rng.choice([0, 15, 30, 45]), second=0, microsecond=0)
        timestamp -= timedelta(microseconds=rng.choice([0, 1]))
    skew = timedelta(hours=rng.uniform(-47, 47)) if rng.random() < 0.3 else timedelta()
    provider, model = rng.choice(MODELS)
    event: dict[str, Any] = {
        "id": str(uuid4() if rng.random() < 0.2 else v7(timestamp + skew)),
        "timestamp": timestamp.isoformat(),
        "provider": provider,
        "model": model,
        "billing": rng.choice(["metered"] * 8 + ["subscription", "provisioned"]),
        "status": rng.choice(["ok"] * 5 + ["error"]),
    }
    if rng.random() < 0.9:
        cached = rng.randrange(500)
        event |= {
            "input_tokens": cached + rng.randrange(3000),
            "output_tokens": rng.randrange(1000),
            "cache_read_tokens": cached,
        }
    if rng.random() < 0.1:
        event |= {"reported_cost": f"0.{rng.randrange(10**9):09}", "reported_by": "provider"}
    for name, values in (
        ("feature", ["search", "chat"]),
        ("customer", ["acme", "bolt", "c'est \"l'été\""]),
        ("team", ["a"]),
        ("environment", ["production", "staging"]),
    ):
        if rng.random() < 0.7:
            event[name] = rng.choice(values)
    if rng.random() < 0.5:
        event["tags"] = {"tier": rng.choice(["free", "paid"]), "other": rng.choice(["x", "y"])}
    return event


Row = dict[str, Any]
KEYS: dict[str, Callable[[Row], str]] = {
    "user": lambda row: row["user_id"] or "",
    "api_key": lambda row: str(row["api_key_id"]),
    "tag.tier": lambda row: _tags(row).get("tier", ""),
    "tag.other": lambda row: _tags(row).get("other", ""),
}


def _tags(row: Row) -> dict[str, str]:
    import json

    return json.loads(row["tags"]) if row["tags"] else {}


def key_of(row: Row, name: str) -> str:
    return KEYS[name](row) if name in KEYS else row[name] or ""


def spend_of(rows: Iterable[Row]) -> str:
    metered = (row["cost"] for row in rows if row["billing"] == "metered" and row["cost"] is not None)
    return to_wire(sum(metered, Decimal(0)))


def tokens_of(rows: Iterable[Row]) -> int:
    return sum((row["input_tokens"] or 0) + (row["output_tokens"] or 0) for row in rows)


def grouped(rows: Iterable[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def figures(rows: list[Row]) -> dict[str, Any]:
    return {"spend": spend_of(rows), "events": len(rows), "tokens": tokens_of(rows)}


def check(answer: dict[str, Any], rows: list[Row], zone: ZoneInfo, *, classes: bool) -> None:
    assert answer["total_spend"] == spend_of(rows)
    models = grouped(rows, lambda row: (row["provider"], row["model"]))
    assert {(m["provider"], m["model"]): m for m in answer["by_model"]} == {
        key: {"provider": key[0], "model": key[1], **figures(group)} for key, group in models.items()
    }
    assert {p["provider"]: p for p in answer["by_provider"]} == {
        key: {"provider": key, **figures(group)}
        for key, group in grouped(rows, lambda row: row["provider"]).items()
    }
    hourly = len(answer["trends"][0]["bucket"]) > 10
    found = grouped(rows, lambda row: bucket_of(row["timestamp"], zone, hourly))
    assert found.keys() <= {bucket["bucket"] for bucket in answer["trends"]}
    for bucket in answer["trends"]:
        group = found.get(bucket["bucket"], [])
        assert bucket == {"bucket": bucket["bucket"], "spend": spend_of(group), "events": len(group)}
    statuses = grouped(rows, lambda row: row["price_status"])
    for status in ("priced", "reported", "estimated", "unpriced", "missing", "quarantined", "free"):
        assert answer["counts"][status] == len(statuses.get(status, []))
        metered = [row for row in statuses.get(status, []) if row["billing"] == "metered"]
        if status in ("priced", "reported", "estimated"):
            assert answer["confidence"][status] == spend_of(metered)
        elif status != "free":
            assert answer["confidence"][status] == {"events": len(metered), "tokens": tokens_of(metered)}
    assert answer["counts"]["events"] == len(rows)
    assert answer["counts"]["errors"] == sum(row["status"] == "error" for row in rows)
    for billing, value in answer["list_value"].items():
        costs = (row["cost"] or Decimal(0) for row in rows if row["billing"] == billing)
        assert value == to_wire(sum(costs, Decimal(0)))
    tokens = answer["tokens"]
    assert tokens["input_tokens"] == sum(row["input_tokens"] or 0 for row in rows)
    assert tokens["output_tokens"] == sum(row["output_tokens"] or 0 for row in rows)
    if classes:
        assert tokens["cache_read"] == sum(row["cache_read_tokens"] or 0 for row in rows)
        assert tokens["input"] + tokens["cache_read"] == tokens["input_tokens"]
        assert tokens["output"] == tokens["output_tokens"]
    else:
        assert tokens["cache_read"] is tokens["input"] is tokens["output"] is None


def bucket_of(instant: datetime, zone: ZoneInfo, hourly: bool) -> str:
    local = instant.astimezone(zone)
    if not hourly:
        return local.date().isoformat()
    return local.replace(minute=0, second=0, microsecond=0).isoformat().replace("+00:00", "Z")


@pytest.fixture(params=["UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Pacific/Apia"])
async def stored(world: World, request: pytest.FixtureRequest) -> Any:
    """A workspace in one of the zones with 500 events; another's events lie among them."""
    rng = random.Random(request.param)
    await world.zone(request.param, "tier")
    await world.store(*(made(rng) for _ in range(300)))
    await world.store(*(made(rng) for _ in range(200)), api_key_id=8)
    await (await world.another()).store(*(made(rng) for _ in range(50)))
    rows = [row for row in await world.ledger.events() if row["workspace_id"] == world.account.workspace_id]
    assert len(rows) == 500
    return world, rows, ZoneInfo(request.param), rng


def within(rows: list[Row], answer: dict[str, Any]) -> list[Row]:
    start, end = (datetime.fromisoformat(answer[edge]) for edge in ("from", "to"))
    return [row for row in rows if start <= row["timestamp"] < end]


async def test_any_range_in_any_zone(stored: Any) -> None:
    world, rows, own, rng = stored
    for number in range(24):
        tz = (
            own.key
            if number % 2
            else rng.choice(
                ["UTC", "Asia/Kathmandu", "Europe/Berlin", "Asia/Kolkata", "Pacific/Apia", "America/St_Johns"]
            )
        )
        days = rng.choice([0, 1, 2, 5, 16])
        start = START + timedelta(days=rng.randrange(1, 6))
        end = start + timedelta(days=days)
        if number % 3 == 0 and days:
            edges = (start.date().isoformat(), end.date().isoformat())
        else:
            step = rng.choice([900, 60, 1])
            start += timedelta(seconds=rng.randrange(86400) // step * step)
            end += timedelta(seconds=rng.randrange(86400) // step * step + 86400)
            edges = (start.isoformat(), end.isoformat())
        answer = await world.summary(**{"from": edges[0], "to": edges[1], "tz": tz})
        assert answer["tz"] == tz
        check(answer, within(rows, answer), ZoneInfo(tz), classes=True)


async def test_days_of_clock_changes(stored: Any) -> None:
    world, rows, _, _ = stored
    for tz, day, until, hours in (
        ("Europe/Berlin", "2026-10-25", "2026-10-26", 25),
        ("America/St_Johns", "2026-11-01", "2026-11-02", 25),
        ("Asia/Kathmandu", "2026-10-25", "2026-10-26", 24),
    ):
        answer = await world.summary(**{"from": day, "to": until, "tz": tz})
        assert len(answer["trends"]) == hours
        assert len({bucket["bucket"] for bucket in answer["trends"]}) == hours
        check(answer, within(rows, answer), ZoneInfo(tz), classes=True)


@pytest.mark.parametrize(
    ("filters", "classes"),
    [
        ({"provider": "openai"}, True),
        ({"provider": ["anthropic", "nobody"], "environment": ["staging", ""]}, True),
        ({"price_status": ["unpriced", "free"], "api_key": "8"}, True),
        ({"customer": "acme"}, False),
        ({"customer": ["c'est \"l'été\"", ""], "model": "gpt-4"}, False),
        ({"tag.tier": "free"}, False),
        ({"feature": ""}, False),
        ({"tag.other": "x"}, True),
        ({"status": "error"}, True),
        ({"customer": "acme", "feature": ["search", "chat"]}, True),
        ({"customer": "nobody"}, False),
    ],
)
async def test_filters(world: World, filters: dict[str, Any], classes: bool) -> None:
    rng = random.Random(5)
    await world.zone("Asia/Kolkata", "tier")
    await world.store(*(made(rng) for _ in range(150)))
    await world.store(*(made(rng) for _ in range(50)), api_key_id=8)
    rows = await world.ledger.events()
    answer = await world.summary(**{"from": "2026-10-20", "to": "2026-11-05", **filters})
    kept = [
        row
        for row in within(rows, answer)
        if all(key_of(row, name) in values for name, values in listed(filters).items())
    ]
    assert 0 < len(kept) < len(rows) or filters == {"customer": "nobody"}
    check(answer, kept, ZoneInfo("Asia/Kolkata"), classes=classes)


def listed(filters: dict[str, Any]) -> dict[str, list[str]]:
    return {name: value if isinstance(value, list) else [value] for name, value in filters.items()}


@pytest.mark.parametrize(
    "names",
    [
        ["provider"],
        ["model", "environment", "api_key", "price_status"],
        ["feature"],
        ["customer", "model", "day"],
        ["tag.tier", "month"],
        ["provider", "month"],
        ["provider", "hour"],
        ["feature", "customer"],
        ["tag.other", "day"],
        ["status", "hour"],
        ["user", "project"],
    ],
)
@pytest.mark.parametrize("tz", ["Asia/Kolkata", "America/St_Johns"])
async def test_groups(world: World, names: list[str], tz: str) -> None:
    rng = random.Random(6)
    await world.zone("Asia/Kolkata", "tier")
    await world.store(*(made(rng) for _ in range(200)))
    zone = ZoneInfo(tz)
    answer = await world.summary(
        **{"from": "2026-10-20", "to": "2026-11-05", "tz": tz, "group_by": ",".join(names)}
    )

    def key(row: Row) -> tuple[str, ...]:
        times = {
            "day": bucket_of(row["timestamp"], zone, False),
            "month": bucket_of(row["timestamp"], zone, False)[:7],
            "hour": bucket_of(row["timestamp"], zone, True),
        }
        return tuple(times[name] if name in times else key_of(row, name) for name in names)

    rows = within(await world.ledger.events(), answer)
    assert {tuple(group["keys"][name] for name in names): group for group in answer["groups"]} == {
        values: {"keys": dict(zip(names, values, strict=True)), **figures(group)}
        for values, group in grouped(rows, key).items()
    }
    check(answer, rows, zone, classes=True)
