"""Calls of every kind that a FOCUS file can be made of: for our own checks and for the foundation's."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from ledger import event, v7

OCTOBER = datetime(2026, 10, 1, tzinfo=UTC)
# Three of them have no known cost.
WITHOUT_COST = 3


def focus_calls() -> Iterator[dict[str, Any]]:
    """Yield the calls, from the first to the last moment of two months."""
    labels = itertools.product(
        ({}, {"feature": "search"}, {"feature": "=1+1"}),
        ({}, {"project": "atlas", "customer": "Émile"}, {"region": "eu", "tags": {"tier": "pro", "n": "1"}}),
        (
            {},
            {"processing": "batch"},
            {"billing": "subscription"},
            {"billing": "provisioned"},
            {"billing": "free"},
        ),
    )
    for n, (one, two, three) in enumerate(labels):
        yield _at(OCTOBER + timedelta(hours=16 * n, microseconds=n), **one, **two, **three)
    yield _at(OCTOBER - timedelta(microseconds=1), provider="anthropic", model="claude-3-haiku-20240307")
    yield _at(OCTOBER, status="error", input_tokens=None, output_tokens=None)
    yield _at(OCTOBER, input_tokens=None, output_tokens=None, reported_cost="0.5", reported_by="provider")
    yield _at(OCTOBER, reported_cost="12", reported_by="provider", units={"web_searches": 3})
    yield _at(
        OCTOBER, input_tokens=None, output_tokens=None, units={"images": 2},
        reported_cost="0.08", reported_by="provider", model="@image"
    )  # fmt: skip
    yield _at(OCTOBER, model="unheard-of")
    yield _at(OCTOBER, input_tokens=None, output_tokens=None)
    yield _at(OCTOBER, provider="custom", model="unheard-of")


def _at(instant: datetime, **fields: Any) -> dict[str, Any]:
    return event(**{"id": str(v7(instant)), "timestamp": instant.isoformat(), **fields})
