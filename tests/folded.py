"""Spending on a day that is folded, and whether every sum there is what it must be."""

from datetime import UTC, date, datetime
from typing import Any

from ledger import Ledger, entry_of, event, v7
from llmlab_shared.clock import to_us
from llmlab_worker.jobs.folds import Days
from llmlab_worker.pipeline.folds import Place

DAY = date(2026, 10, 5)
NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
LATER = datetime(2026, 10, 9, tzinfo=UTC)
ALL = Days(date(2026, 9, 1), date(2026, 11, 1), is_open=False)
MODELS = ("gpt-4", "gpt-4o-mini")


def call(customer: str | None, *, at: datetime = NOON, **fields: Any) -> dict[str, Any]:
    given = {"customer": customer} if customer is not None else {}
    return event(id=str(v7(at)), timestamp=at.isoformat(), **given, **fields)


async def spend(ledger: Ledger, workspace: int, *customers: str | None, **fields: Any) -> None:
    entry = entry_of(
        *(call(customer, **fields) for customer in customers), workspace_id=workspace, at_us=to_us(LATER)
    )
    assert (await ledger.process(entry)).stored == len(customers)


async def by_value(ledger: Ledger, workspace: int, dimension: str = "customer") -> dict[str, int]:
    rows = await ledger.pool.fetch(
        "SELECT value, sum(events)::bigint FROM rollup_dimension_day "
        "WHERE workspace_id = $1 AND dimension = $2 GROUP BY 1",
        workspace,
        dimension,
    )
    return dict(map(tuple, rows))


async def kept_of(ledger: Ledger, place: Place) -> set[str]:
    return set(
        await ledger.pool.fetchval(
            "SELECT kept FROM dimension_folds WHERE workspace_id = $1 AND day = $2 AND dimension = $3", *place
        )
    )


async def check(ledger: Ledger, place: Place) -> None:
    """Kept values have all of their events, `(other)` has the others', and every sum is as in tier 1."""
    kept = await kept_of(ledger, place)
    wanted: dict[tuple[str, str], list[Any]] = {}
    cells: dict[str, list[Any]] = {}
    for row in await ledger.events():
        if row["workspace_id"] == place.workspace_id and row["timestamp"].date() == place.day:
            counted = [cells.setdefault(row["model"], [0, 0, 0])]
            if row["customer"]:
                value = row["customer"] if row["customer"] in kept else "(other)"
                counted.append(wanted.setdefault((value, row["model"]), [0, 0, 0]))
            for sums in counted:
                sums[0] += 1
                sums[1] += row["cost"]
                sums[2] += row["input_tokens"]
    found = await ledger.pool.fetch(
        "SELECT value, model, events, cost, input_tokens FROM rollup_dimension_day "
        "WHERE workspace_id = $1 AND day = $2 AND dimension = $3",
        *place,
    )
    assert {(row["value"], row["model"]): list(row)[2:] for row in found} == wanted
    tier1 = await ledger.pool.fetch(
        "SELECT model, sum(events), sum(cost), sum(input_tokens) FROM rollup_day "
        "WHERE workspace_id = $1 AND day = $2 GROUP BY model",
        *place[:2],
    )
    assert {row["model"]: list(row)[1:] for row in tier1} == cells


async def waits(ledger: Ledger) -> int:
    """How many sessions wait for a lock."""
    return await ledger.pool.fetchval(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )


async def some_wait(ledger: Ledger) -> bool:
    """Whether any does."""
    return await waits(ledger) > 0
