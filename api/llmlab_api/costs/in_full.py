"""Answering `GET /api/costs/{id}`: one event, and what stands around it."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from llmlab_shared.db.repositories.costs import TooManyEvents, read_snapshot
from llmlab_shared.db.repositories.event_context import (
    ChargedPrice,
    SameResponse,
    find_charged_price,
    find_sender,
    list_same_response,
)
from llmlab_shared.db.repositories.events_read import Place, find_event, list_adjustments
from llmlab_shared.domain.ranges import parse_instant
from llmlab_shared.errors import LLMLabError
from llmlab_shared.pricing.lists.catalogue import BEGINNING

from llmlab_api.costs.events import event_on_wire, money, read_event_id
from llmlab_api.costs.query import as_problem
from llmlab_api.costs.timeouts import TooSlow, cancelled_when_slow
from llmlab_api.errors import Problem
from llmlab_api.services import Services

TIMEOUT_MS = 5_000
# Of what is only a hint.
_HINT_TIMEOUT_MS = 500


async def get_one(services: Services, workspace_id: int, identifier: str, plain: Mapping[str, str]) -> bytes:
    """Return one event as JSON; 404 when this workspace has none of that id (and timestamp, if given)."""
    event_id = read_event_id("id", identifier)
    timestamp = None
    if "timestamp" in plain:
        try:
            timestamp = parse_instant(plain["timestamp"], ZoneInfo("UTC"))
        except LLMLabError as error:
            raise as_problem(error, "timestamp") from None
    async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
        row = await find_event(connection, workspace_id, event_id)
        if row is None or timestamp not in (None, row["timestamp"]):
            raise Problem(404, "event_not_found", f"this workspace has no event {identifier}")
        made = await list_adjustments(connection, workspace_id, Place(row["id_time"], row["id"]))
        sender = await find_sender(connection, workspace_id, row["api_key_id"])
        price = None
        if row["price_id"] is not None:
            price = await find_charged_price(connection, workspace_id, row["price_id"])
    return msgspec.json.encode(
        {
            **event_on_wire(row),
            "adjustments": [_adjustment(one) for one in made],
            "sender": sender,
            "price": None if price is None else _price(price),
            "same_response": await _same_response(services, workspace_id, row),
        }
    )


async def _same_response(
    services: Services, workspace_id: int, row: Mapping[str, Any]
) -> list[dict[str, Any]] | None:
    """Return other events of the same response; None where looking for them would take long."""
    if row["response_id"] is None:
        return []
    place = Place(row["id_time"], row["id"])
    try:
        # In a snapshot of its own, which a cancelled statement ends.
        with cancelled_when_slow():
            async with read_snapshot(services.engine, _HINT_TIMEOUT_MS) as connection:
                found: Sequence[SameResponse] = await list_same_response(
                    connection, workspace_id, place, row["provider"], row["response_id"]
                )
    except (TooManyEvents, TooSlow):
        return None
    return [
        {"id": one.id, "timestamp": one.timestamp, "cost": money(one.cost), "api_key": one.api_key}
        for one in found
    ]


def _price(price: ChargedPrice) -> dict[str, Any]:
    return {
        **{name: getattr(price, name) for name in ("provider", "model", "context", "layer", "source")},
        "valid_from": None if price.valid_from == BEGINNING else price.valid_from,
        "valid_until": price.valid_until,
        "rates": msgspec.Raw(price.rates.encode()),
    }


def _adjustment(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "cost_before": money(row["cost_before"]), "cost": money(row["cost"])}
