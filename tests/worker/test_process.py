"""The way of a batch: decoded, normalised, priced, stored and summed, to the last digit."""

from decimal import Decimal

from ledger import Ledger, entry_of, event


async def test_gpt4_costs_six_cents(ledger: Ledger) -> None:
    workspace = await ledger.workspace()
    await ledger.price()
    outcome = await ledger.process(entry_of(event(), workspace_id=workspace))
    assert (outcome.stored, outcome.dead, outcome.duplicates) == (1, 0, 0)
    (row,) = await ledger.events()
    assert row["cost"] == row["computed_cost"] == Decimal("0.06")
    assert row["price_status"] == "priced"
    for table in ("rollup_15m", "rollup_day"):
        assert await ledger.total(table, "cost") == Decimal("0.06")
        assert await ledger.total(table, "input_tokens") == 1000
