"""The inbox forgets what can no longer be redelivered, and nothing else."""

from datetime import timedelta

from ledger import Ledger, entry_of, event
from llmlab_shared.clock import now_us
from llmlab_shared.ids import uuid7
from llmlab_worker.jobs.upkeep import prune


def days_ago(days: int) -> int:
    return now_us() - timedelta(days=days) // timedelta(microseconds=1)


async def test_only_entries_of_over_thirty_days_ago_are_forgotten(ledger: Ledger) -> None:
    workspace = await ledger.workspace()
    entries = [
        entry_of(event(), workspace_id=workspace, id=uuid7(days_ago(days)), at_us=days_ago(days))
        for days in (0, 29, 31, 400)
    ]
    await ledger.process(*entries)
    assert await prune(ledger.pool) == 2
    left = {row["entry"] for row in await ledger.pool.fetch("SELECT entry FROM inbox")}
    assert left == {entry.id for entry in entries[:2]}


async def test_an_entry_that_was_forgotten_still_stores_nothing_twice(ledger: Ledger) -> None:
    workspace = await ledger.workspace()
    old = entry_of(event(), workspace_id=workspace, id=uuid7(days_ago(40)), at_us=days_ago(40))
    await ledger.process(old)
    await prune(ledger.pool)
    outcome = await ledger.process(old)
    assert (outcome.stored, outcome.duplicates) == (0, 1)
    assert await ledger.total() == await ledger.count() == 1
