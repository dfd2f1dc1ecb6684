"""Prices and repricing through the client, blocking and awaited alike: the requests that they make."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import pytest
from llmlab import LLMLab
from llmlab.testing import Received, Receiver, Reply

Do = Callable[[Callable[[Any], Any]], Awaitable[Any]]
Case = tuple[Callable[[Any], Any], str, list[tuple[str, str]], Any]
EVENT = UUID("019aa7a4-2f00-7cc1-8b5e-0a1b2c3d4e5f")

# What is done, the request that it makes, its query and its body.
CASES: list[Case] = [
    (
        lambda c: c.prices.list(model="gpt-4*", context="", at=date(2026, 11, 1)),
        "GET /api/prices",
        [("model", "gpt-4*"), ("context", ""), ("at", "2026-11-01")],
        None,
    ),
    (
        lambda c: c.prices.set(
            "openai",
            "gpt-4o",
            tokens={"input": Decimal("2.5"), "output": 1e-7},
            tiers=[{"above": 200000, "tokens": {"input": Decimal("5.00")}}],
            units={"requests": {"usd": Decimal("0.01"), "per": 1000}},
            valid_from=datetime(2026, 11, 1, tzinfo=UTC),
            note=None,
        ),
        "PUT /api/prices",
        [],
        {
            "provider": "openai",
            "model": "gpt-4o",
            "tokens": {"input": "2.5", "output": "0.0000001"},
            "tiers": [{"above": 200000, "tokens": {"input": "5.00"}}],
            "units": {"requests": {"usd": "0.01", "per": 1000}},
            "valid_from": "2026-11-01T00:00:00+00:00",
        },
    ),
    (
        lambda c: c.prices.set("openai", "*", discount_percent="20"),
        "PUT /api/prices",
        [],
        {"provider": "openai", "model": "*", "discount_percent": "20"},
    ),
    (
        lambda c: c.prices.map("azure", "our-gpt", "gpt-4o", target_provider="openai"),
        "PUT /api/prices/mappings",
        [],
        {"provider": "azure", "name": "our-gpt", "model": "gpt-4o", "target_provider": "openai"},
    ),
    (
        lambda c: c.prices.estimate(
            ["openai/gpt-4o", "x/y"], input_tokens=1000, cache_read_tokens=10, calls=3
        ),
        "GET /api/prices/estimate",
        [
            ("model", "openai/gpt-4o"),
            ("model", "x/y"),
            ("input_tokens", "1000"),
            ("cache_read_tokens", "10"),
            ("calls", "3"),
        ],
        None,
    ),
    (
        lambda c: c.prices.reprice("2026-11-01", "2026-11-08"),
        "POST /api/prices/reprice",
        [],
        {"from": "2026-11-01", "to": "2026-11-08", "dry_run": True},
    ),
    (
        lambda c: c.prices.reprice(
            datetime(2026, 11, 1, tzinfo=UTC),
            date(2026, 11, 8),
            provider="openai",
            model="gpt-4o",
            price_status=["unpriced", "priced"],
            dry_run=False,
            reason="new contract",
        ),
        "POST /api/prices/reprice",
        [],
        {
            "from": "2026-11-01T00:00:00+00:00",
            "to": "2026-11-08",
            "provider": "openai",
            "model": ["gpt-4o"],
            "price_status": ["unpriced", "priced"],
            "dry_run": False,
            "reason": "new contract",
        },
    ),
    (lambda c: c.prices.repricings(limit=5), "GET /api/prices/repricings", [("limit", "5")], None),
    (lambda c: c.prices.repricing(12), "GET /api/prices/repricings/12", [], None),
    (
        lambda c: c.prices.undo("a/b", "wrong"),
        "POST /api/prices/repricings/a%2Fb/undo",
        [],
        {"reason": "wrong"},
    ),
    (
        lambda c: c.costs.release("mended", ids=[EVENT], model=["a", "b"], from_="2026-11-01"),
        "POST /api/costs/release",
        [],
        {
            "from": "2026-11-01",
            "model": ["a", "b"],
            "ids": [str(EVENT)],
            "dry_run": False,
            "reason": "mended",
        },
    ),
    (
        lambda c: c.costs.correct(EVENT, "from the invoice", input_tokens=10, output_tokens=0),
        f"POST /api/costs/{EVENT}/correct",
        [],
        {"input_tokens": 10, "output_tokens": 0, "reason": "from the invoice"},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[case[1] for case in CASES])
async def test_each_method_makes_its_request(do: Do, receiver: Receiver, case: Case) -> None:
    action, route, query, body = case
    receiver.answers[route] = {"answer": 1}
    assert await do(action) == {"answer": 1}
    request = receiver.requests[-1]
    assert f"{request.method} {request.path}" == route
    assert parse_qsl(request.query, keep_blank_values=True) == query
    assert (request.json if request.body else None) == body
    # Reading takes the key; what changes something, and what says how that went, whoever may do it.
    reads = route.startswith("GET") and "repricings" not in route
    assert request.headers["Authorization"] == f"Bearer {receiver.api_key if reads else 'the-token'}"


async def test_taking_back_answers_nothing(do: Do, receiver: Receiver) -> None:
    receiver.answers["DELETE /api/prices"] = Reply(204)
    receiver.answers["DELETE /api/prices/mappings"] = Reply(204)
    assert await do(lambda c: c.prices.unset("openai", "gpt-4o", context="batch")) is None
    assert receiver.requests[-1].query == "provider=openai&model=gpt-4o&context=batch"
    assert await do(lambda c: c.prices.unset(price_id=7)) is None
    assert receiver.requests[-1].query == "id=7"
    assert await do(lambda c: c.prices.unmap("azure", "our-gpt")) is None
    assert receiver.requests[-1].query == "provider=azure&name=our-gpt"


async def test_prices_are_read_to_their_end_as_of_one_instant(do: Do, receiver: Receiver) -> None:
    def page(request: Received) -> Any:
        if "cursor=next" in request.query:
            return {"prices": [{"id": 2}], "at": "2026-11-02T00:00:00Z", "next_cursor": None}
        return {"prices": [{"id": 1}], "at": "2026-11-01T00:00:00Z", "next_cursor": "next"}

    receiver.answers["GET /api/prices"] = page
    read = lambda c: list(c.prices.iterate()) if isinstance(c, LLMLab) else c.prices.iterate()  # noqa: E731
    assert await do(read) == [{"id": 1}, {"id": 2}]
    assert parse_qsl(receiver.requests[-1].query) == [("cursor", "next"), ("at", "2026-11-01T00:00:00Z")]

    receiver.answers["GET /api/prices/history"] = page
    assert await do(lambda c: c.prices.history("openai", "gpt-4o", "")) == [{"id": 1}, {"id": 2}]
    first = parse_qsl(receiver.requests[-2].query, keep_blank_values=True)
    assert first == [("provider", "openai"), ("model", "gpt-4o"), ("context", ""), ("limit", "1000")]

    receiver.answers["GET /api/prices/own"] = page
    assert await do(lambda c: c.prices.own()) == [{"id": 1}, {"id": 2}]
    assert parse_qsl(receiver.requests[-1].query) == [("limit", "1000"), ("cursor", "next")]

    def mappings(request: Received) -> Any:
        second = "cursor=next" in request.query
        return {"mappings": [{"n": 2 if second else 1}], "next_cursor": None if second else "next"}

    receiver.answers["GET /api/prices/mappings"] = mappings
    assert await do(lambda c: c.prices.mappings()) == [{"n": 1}, {"n": 2}]
