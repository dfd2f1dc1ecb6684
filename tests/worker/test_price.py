"""The contract's rules of cost: whose figure counts, what has none, and what each is called."""

import json
from decimal import Decimal
from typing import Any

import pytest
from ledger import GPT4, Ledger, entry_of, event

OPENAI = {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500}
NOTHING = {"input_tokens": None, "output_tokens": None}


async def stored(ledger: Ledger, **fields: Any) -> dict[str, Any]:
    workspace = await ledger.workspace()
    await ledger.price()
    outcome = await ledger.process(entry_of(event(**fields), workspace_id=workspace))
    assert (outcome.stored, outcome.dead) == (1, 0)
    (row,) = await ledger.events()
    return row


@pytest.mark.parametrize(
    ("fields", "status", "cost"),
    [
        ({}, "priced", "0.06"),
        ({"usage": OPENAI, "api": "chat", **NOTHING}, "priced", "0.06"),
        ({"model": "gpt-unheard-of"}, "unpriced", None),
        ({"provider": "nobody"}, "unpriced", None),
        (NOTHING, "missing", None),
        ({**NOTHING, "status": "aborted"}, "missing", None),
        ({**NOTHING, "status": "error"}, "free", "0"),
        ({"status": "error"}, "priced", "0.06"),
        ({"usage": {}, **NOTHING}, "missing", None),
        ({"usage": None, **NOTHING}, "missing", None),
        ({"usage": {"prompt_tokens": -4}}, "quarantined", None),
        ({"input_tokens": 5, "cache_read_tokens": 6}, "quarantined", None),
        ({"reported_cost": "0.5", "reported_by": "provider"}, "reported", "0.5"),
        ({"reported_cost": "0.5", "reported_by": "gateway"}, "priced", "0.06"),
        ({"reported_cost": 0.5}, "priced", "0.06"),
        ({"reported_cost": "0.5", "reported_by": "provider", **NOTHING}, "reported", "0.5"),
        ({"reported_cost": "0.5", "reported_by": "client", **NOTHING}, "missing", None),
        ({"model": "new", "reported_cost": "0.5", "reported_by": "provider"}, "reported", "0.5"),
        ({"model": "new", "reported_cost": "0.5", "reported_by": "client"}, "unpriced", None),
        ({"billing": "subscription"}, "priced", "0.06"),
        ({"input_chars": 4000, "output_chars": 1999, **NOTHING}, "estimated", "0.06"),
        ({"output_chunks": 500, **NOTHING}, "estimated", "0.03"),
        ({"output_chunks": 7, "output_chars": 2000, **NOTHING}, "estimated", "0.03"),
        ({"output_chunks": 500, "status": "aborted", **NOTHING}, "estimated", "0.03"),
        ({"output_chunks": 500, "status": "error", **NOTHING}, "free", "0"),
        ({"output_chunks": 0, "output_chars": 0, **NOTHING}, "missing", None),
        ({"output_chunks": 500, "model": "gpt-unheard-of", **NOTHING}, "unpriced", None),
        ({"output_chunks": 500}, "priced", "0.06"),
        (
            {"output_chunks": 500, "reported_cost": "1", "reported_by": "provider", **NOTHING},
            "reported",
            "1",
        ),
        ({"reported_cost": 1e-13, "reported_by": "provider"}, "reported", "0"),
    ],
)
async def test_status_and_cost(ledger: Ledger, fields: dict[str, Any], status: str, cost: str | None) -> None:
    row = await stored(ledger, **fields)
    assert (row["price_status"], row["cost"]) == (status, None if cost is None else Decimal(cost))
    assert await ledger.total("rollup_15m", "cost") == Decimal(cost or 0)


async def test_an_unknown_price_is_never_zero_in_the_ledger_nor_unseen_in_the_rollup(ledger: Ledger) -> None:
    row = await stored(ledger, model="gpt-unheard-of")
    assert row["cost"] is row["computed_cost"] is row["price_id"] is None
    (rollup,) = await ledger.pool.fetch("SELECT * FROM rollup_15m")
    assert (rollup["price_status"], rollup["events"], rollup["input_tokens"]) == ("unpriced", 1, 1000)


async def test_estimated_tokens_are_kept_and_counted(ledger: Ledger) -> None:
    row = await stored(ledger, input_chars=4001, output_chunks=500, **NOTHING)
    assert (row["input_tokens"], row["output_tokens"]) == (1001, 500)
    (rollup,) = await ledger.pool.fetch("SELECT * FROM rollup_15m")
    assert (rollup["price_status"], rollup["input_tokens"]) == ("estimated", 1001)


BEGUN = {"provider": "anthropic", "model": "claude-3-haiku-20240307", "api": "messages", **NOTHING}


@pytest.mark.parametrize(
    ("fields", "status", "output"),
    [
        ({"status": "aborted", "output_chunks": 400, "output_chars": 1600}, "estimated", 400),
        ({"status": "aborted", "output_chunks": 400}, "estimated", 400),
        # What was counted is no more than what the provider says; or it ended, and the provider's is all.
        ({"status": "aborted", "output_chunks": 1}, "priced", 1),
        ({"status": "aborted"}, "priced", 1),
        (
            {"status": "aborted", "output_chunks": 9, "reported_cost": "1", "reported_by": "provider"},
            "reported",
            1,
        ),
        ({"status": "ok", "output_chunks": 400}, "priced", 1),
    ],
)
async def test_a_stream_that_broke_off_used_what_was_seen_of_it(
    ledger: Ledger, fields: dict[str, Any], status: str, output: int
) -> None:
    """Anthropic's first event counts the input and one token of the output."""
    usage = {"input_tokens": 100, "output_tokens": 1, "cache_read_input_tokens": 50}
    row = await stored(ledger, usage=usage, **BEGUN, **fields)
    assert (row["price_status"], row["output_tokens"]) == (status, output)
    assert (row["input_tokens"], row["cache_read_tokens"]) == (150, 50)


async def test_units_of_the_event_and_of_its_usage_add_up(ledger: Ledger) -> None:
    await ledger.price(
        "searcher",
        '{"tokens": {"input": "1", "output": "1"}, "units": {"web_searches": {"usd": "10", "per": 1000}, '
        '"pages": {"usd": "1", "per": 1}}}',
        provider="anthropic",
    )
    usage = {"input_tokens": 0, "output_tokens": 0, "server_tool_use": {"web_search_requests": 2}}
    row = await stored(
        ledger,
        provider="anthropic",
        model="searcher",
        usage=usage,
        units={"pages": 3, "web_searches": 9},
        **NOTHING,
    )
    assert row["tool_cost"] == Decimal("3.02")
    assert json.loads(row["units"]) == {"pages": "3", "web_searches": "2"}


async def test_the_reported_figure_is_kept_beside_the_computed(ledger: Ledger) -> None:
    row = await stored(ledger, reported_cost="0.0712345678901234", reported_by="provider")
    assert row["reported_cost"] == row["cost"] == Decimal("0.071234567890")
    assert row["computed_cost"] == Decimal("0.06")
    assert row["reported_by"] == "provider"


async def test_a_reported_cost_without_a_reporter_is_the_clients(ledger: Ledger) -> None:
    assert (await stored(ledger, reported_cost=2))["reported_by"] == "client"


async def test_a_quarantined_event_keeps_its_usage_and_says_why(ledger: Ledger) -> None:
    row = await stored(ledger, usage={"prompt_tokens": "lots"})
    assert row["usage"] == '{"prompt_tokens": "lots"}'
    assert "prompt_tokens" in row["quarantine_reason"]


async def test_every_price_keeps_its_version_and_rule(ledger: Ledger) -> None:
    row = await stored(ledger)
    assert row["price_id"] == await ledger.pool.fetchval(
        "SELECT id FROM price_versions WHERE source = 'test'"
    )
    assert row["price_rule"] == "exact"


async def test_a_workspaces_own_price_is_its_own(ledger: Ledger) -> None:
    mine, other = await ledger.workspace(), await ledger.workspace()
    await ledger.price()
    await ledger.price(rates=GPT4.replace("30", "1").replace("60", "2"), workspace_id=mine)
    await ledger.process(entry_of(event(), workspace_id=mine), entry_of(event(), workspace_id=other))
    costs = {row["workspace_id"]: row["cost"] for row in await ledger.events()}
    assert costs == {mine: Decimal("0.002"), other: Decimal("0.06")}


async def test_only_metered_spend_counts_for_budgets(ledger: Ledger) -> None:
    workspace = await ledger.workspace()
    await ledger.price()
    await ledger.budget(workspace, "1")
    await ledger.process(
        entry_of(event(), event(billing="subscription"), event(billing="free"), workspace_id=workspace)
    )
    assert await ledger.total("budget_spend", "spend") == Decimal("0.06")


async def test_a_failing_adapter_quarantines(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    from llmlab_shared.providers.openai import OpenAIProvider

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(OpenAIProvider, "normalise", broken)
    row = await stored(ledger, usage={**OPENAI, "unusual": 1})
    assert row["price_status"] == "quarantined"
