"""Histories made of calls with round prices, so that what is best can be worked out by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

from llmlab_shared import clock
from world import World

PROVIDER = "acme"
Call = dict[str, Any]


def days_ago(days: int, hour: int = 10) -> datetime:
    """A full hour of UTC, on an edge of five minutes."""
    day = clock.now().astimezone(UTC) - timedelta(days=days)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0)


def call(at: datetime, model: str, input_tokens: int, output_tokens: int = 0, **fields: Any) -> Call:
    return {
        "provider": PROVIDER,
        "model": model,
        "timestamp": at.isoformat(),
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        **fields,
    }


def spaced(
    count: int, seconds: float, start: datetime, model: str, *tokens: int, **fields: Any
) -> list[Call]:
    return [call(start + timedelta(seconds=n * seconds), model, *tokens, **fields) for n in range(count)]


async def set_price(world: World, model: str, tokens: dict[str, str], **fields: Any) -> None:
    price = {"provider": PROVIDER, "model": model, "valid_from": "2026-01-01", "tokens": tokens, **fields}
    response = await world.client.put("/api/prices", json=price, headers=world.account.auth)
    assert response.status_code == 201, response.text


async def report(world: World, **parameters: Any) -> dict[str, Any]:
    response = await world.get("/api/recommendations", **parameters)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def of_kind(world: World, kind: str) -> list[dict[str, Any]]:
    """What is recommended of a kind; a rule that recommends nothing says why."""
    answer = await report(world)
    found = [one for one in answer["recommendations"] if one["kind"] == kind]
    assert bool(found) != (kind in {one["kind"] for one in answer["silent"]})
    return found


def saving(one: dict[str, Any]) -> tuple[str, str, str]:
    assert one["saving"]["likely"] == one["saving_month"]
    return one["saving"]["low"], one["saving"]["likely"], one["saving"]["high"]
