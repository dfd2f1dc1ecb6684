"""Forecasts and notification settings through the client, blocking and awaited alike."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import pytest
from llmlab.testing import Receiver

Do = Callable[[Callable[[Any], Any]], Awaitable[Any]]
Case = tuple[Callable[[Any], Any], str, list[tuple[str, str]], Any, str]

# What is done, the request that it makes, its query and its body, and whose credentials it takes.
CASES: list[Case] = [
    (
        lambda c: c.costs.forecast(
            period="week", feature=["search", "chat"], tags={"tier": "pro"}, team=None
        ),
        "GET /api/costs/forecast",
        [("period", "week"), ("feature", "search"), ("feature", "chat"), ("tag.tier", "pro")],
        None,
        "key",
    ),
    (
        lambda c: c.notification_settings.get(),
        "GET /api/notifications/settings",
        [],
        None,
        "user",
    ),
    (
        lambda c: c.notification_settings.update(
            anomaly_minimum=Decimal("2.50"), report_channels=None, team_channels={"search": [3]}
        ),
        "PATCH /api/notifications/settings",
        [],
        {"anomaly_minimum": "2.50", "report_channels": None, "team_channels": {"search": [3]}},
        "user",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[case[1] for case in CASES])
async def test_each_method_makes_its_request(do: Do, receiver: Receiver, case: Case) -> None:
    action, route, query, body, whose = case
    receiver.answers[route] = {"answer": 1}
    assert await do(action) == {"answer": 1}
    request = receiver.requests[-1]
    assert parse_qsl(request.query) == query
    assert (request.json if request.body else None) == body
    assert request.headers["Authorization"] == f"Bearer {receiver.api_key if whose == 'key' else 'the-token'}"
