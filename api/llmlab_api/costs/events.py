"""Answering `GET /api/costs`: a page of events as they hold now, and how an event is shown."""

import base64
import binascii
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from llmlab_shared import clock
from llmlab_shared.db.repositories.costs import read_calendar, read_snapshot
from llmlab_shared.db.repositories.events_read import Place, list_events
from llmlab_shared.domain.events import EARLIEST, MAX_ID_SKEW
from llmlab_shared.domain.money import to_wire

from llmlab_api.costs.query import Query, read_limit
from llmlab_api.costs.service import find_span
from llmlab_api.costs.timeouts import refuse_when_slow
from llmlab_api.costs.tokens import TOKEN_NAMES, token_classes
from llmlab_api.errors import invalid
from llmlab_api.services import Services

TIMEOUT_MS = 5_000
_units_decoder = msgspec.json.Decoder(dict[str, Decimal])
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)

_BEFORE_TOKENS = ("id", "timestamp", "received_at", "provider", "model", "api")
_MONEY = ("cost", "computed_cost", "tool_cost", "reported_cost")
_AFTER_MONEY = (
    "reported_by",
    "price_status",
    "price_rule",
    "price_id",
    "quarantine_reason",
    "service_tier",
    "processing",
    "region",
    "response_id",
    "billing",
    "status",
    "latency_ms",
    "input_chars",
    "output_chars",
    "output_chunks",
    "feature",
    "customer",
    "user",
    "team",
    "project",
    "environment",
    "release",
    "session_id",
    "trace_id",
    "span_id",
    "parent_span_id",
    "process_id",
    "seq",
)
_JSON = ("tags", "usage", "metadata")


async def list_page(services: Services, workspace_id: int, query: Query) -> bytes:
    """Return a page of events as JSON; raise the Problem that says what to mend."""
    limit = read_limit(query.plain.get("limit"))
    after = _place(query.plain["cursor"]) if "cursor" in query.plain else None
    with refuse_when_slow():
        async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
            span = find_span(query, await read_calendar(connection, workspace_id))
            rows = await list_events(
                connection, workspace_id, span, query.filters, limit=limit + 1, after=after
            )
    page = rows[:limit]
    cursor = _cursor(Place(page[-1]["id_time"], page[-1]["id"])) if len(rows) > limit else None
    return msgspec.json.encode({"costs": [event_on_wire(row) for row in page], "next_cursor": cursor})


def read_event_id(field: str, text: str) -> UUID:
    """Return the id of an event; raise the 422 for what is no UUID."""
    if not _UUID.fullmatch(text):
        raise invalid(
            field, "bad_id", "the id of an event is a UUID such as 019aa7a4-2f00-7cc1-8b5e-0a1b2c3d4e5f"
        )
    return UUID(text)


def event_on_wire(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event as the API shows it, for msgspec: as it holds now, with what it was before."""
    classes = token_classes(row)
    named = {**row, "user": row["user_id"]}
    return {
        **{name: row[name] for name in _BEFORE_TOKENS},
        "api_key": row["api_key_id"],
        "input_tokens": row["input_tokens"],
        "output_tokens": row["output_tokens"],
        "tokens": {name: classes[name] for name in TOKEN_NAMES},
        **{name: money(row[name]) for name in _MONEY},
        "original": _original(row),
        **{name: named[name] for name in _AFTER_MONEY},
        "units": None if row["units"] is None else _units(row["units"]),
        **{name: None if row[name] is None else msgspec.Raw(row[name].encode()) for name in _JSON},
    }


def _original(row: Mapping[str, Any]) -> dict[str, Any] | None:
    if not row["adjusted"]:
        return None
    return {
        "cost": money(row["original_cost"]),
        "price_status": row["original_price_status"],
        "price_id": row["original_price_id"],
    }


def money(amount: Decimal | None) -> str | None:
    """Return an amount as the wire shows it, or null where it is not known."""
    return None if amount is None else to_wire(amount)


def _units(stored: str) -> dict[str, str]:
    return {name: to_wire(amount) for name, amount in _units_decoder.decode(stored).items()}


def _cursor(place: Place) -> str:
    packed = clock.to_us(place.id_time).to_bytes(8, "big", signed=True) + place.id.bytes
    return base64.urlsafe_b64encode(packed).decode()


def _place(cursor: str) -> Place:
    try:
        packed = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
        place = Place(clock.from_us(int.from_bytes(packed[:8], "big", signed=True)), UUID(bytes=packed[8:]))
        if place.id_time < EARLIEST - MAX_ID_SKEW:
            raise ValueError("no event lies there")
        return place
    except (ValueError, OverflowError, binascii.Error):
        raise invalid(
            "cursor", "bad_cursor", "send the `next_cursor` of the page before, or none for the first page"
        ) from None
