"""The same event is stored and counted once, however often and by whom it is sent."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from ledger import Ledger, entry_of, event, v7
from llmlab_shared.clock import to_us
from llmlab_worker.jobs.reconcile import differences
from llmlab_worker.pipeline import write

EDGE = datetime(2026, 11, 1, tzinfo=UTC)
NOW_US = to_us(EDGE + timedelta(days=3))


async def test_a_redelivered_entry_is_recognised_whole(ledger: Ledger) -> None:
    workspace = await ledger.workspace()
    await ledger.price()
    await ledger.budget(workspace, "1")
    entry = entry_of(event(), event(), workspace_id=workspace)
    assert (await ledger.process(entry)).stored == 2
    again = await ledger.another().process(entry)
    assert (again.stored, again.duplicates, again.redelivered) == (0, 0, 1)
    assert await ledger.count() == await ledger.total() == 2
    assert await ledger.total("budget_spend", "spend") == await ledger.total("rollup_day", "cost")


async def test_a_redelivery_among_new_entries_and_twice_in_one_batch(ledger: Ledger) -> None:
    workspace = await ledger.workspace()
    old, new = (entry_of(event(), workspace_id=workspace) for _ in range(2))
    await ledger.process(old)
    outcome = await ledger.process(old, new, new)
    assert (outcome.stored, outcome.redelivered) == (1, 1)
    assert await ledger.count() == await ledger.total() == 2


@pytest.mark.parametrize("kind", ["v7", "v4"])
async def test_ids_sent_thrice_by_three_writers_over_a_month_edge(ledger: Ledger, kind: str) -> None:
    """400 ids, each with another timestamp a time, in another order a writer."""
    workspace = await ledger.workspace()
    await ledger.price()
    instants = [EDGE + timedelta(seconds=n - 200) for n in range(400)]
    ids = [v7(instant) if kind == "v7" else uuid4() for instant in instants]

    async def writer(number: int) -> int:
        own = ledger.another()
        events = [
            event(id=str(identifier), timestamp=(instant + timedelta(minutes=number)).isoformat())
            for identifier, instant in zip(ids, instants, strict=True)
        ]
        events = events[::-1] if number == 1 else events
        stored = 0
        for start in range(0, 400, 50):
            entry = entry_of(*events[start : start + 50], workspace_id=workspace, at_us=NOW_US)
            stored += (await own.process(entry)).stored
        return stored

    stored = await asyncio.gather(*(writer(number) for number in range(3)))
    assert sum(stored) == 400
    assert {row["id"] for row in await ledger.events()} == set(ids)
    assert await ledger.count() == await ledger.total() == await ledger.total("inbox", "stored") == 400
    assert await ledger.count("event_ids") == (0 if kind == "v7" else 400)
    assert await differences(ledger.pool) == []


@pytest.mark.parametrize("kind", ["v7", "v4"])
async def test_duplicates_inside_a_batch_keep_the_first_sent(ledger: Ledger, kind: str) -> None:
    workspace = await ledger.workspace()
    await ledger.price()
    identifier = str(v7(EDGE) if kind == "v7" else uuid4())
    copies = [event(id=identifier, timestamp=EDGE.isoformat(), feature=name) for name in ("a", "b", "a")]
    outcome = await ledger.process(
        entry_of(*copies, event(), workspace_id=workspace, at_us=NOW_US),
        entry_of(copies[1], workspace_id=workspace, at_us=NOW_US),
    )
    assert (outcome.stored, outcome.duplicates) == (2, 3)
    assert {row["feature"] for row in await ledger.events()} == {"a", None}
    assert await differences(ledger.pool) == []


@pytest.mark.parametrize("piece", [10, 1000], ids=["a few a piece", "many a piece"])
async def test_duplicates_are_left_out_of_what_is_stored_and_of_the_sums(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr(write, "PIECE", piece)
    workspace = await ledger.workspace(tags=("tier",))
    await ledger.price()
    await ledger.budget(workspace, "0.5")
    ids = [v7(EDGE + timedelta(seconds=n)) for n in range(95)]

    def send(these: list[UUID]) -> list[dict[str, object]]:
        return [
            event(id=str(i), feature=f"f{i.int % 3}", tags={"tier": f"t{i.int % 2}"}, usage=USAGE)
            for i in these
        ]

    await ledger.process(entry_of(*send(ids[::7]), workspace_id=workspace, at_us=NOW_US))
    outcome = await ledger.process(entry_of(*send(ids), workspace_id=workspace, at_us=NOW_US))
    assert outcome.duplicates == len(ids[::7])
    assert await ledger.count() == await ledger.total() == 95
    assert await ledger.total("rollup_day", "cache_read_tokens") == 95 * 7
    assert await differences(ledger.pool) == []


@pytest.mark.parametrize("places", [(0,), (94,), (40,), (40, 41), (0, 94)], ids=str)
async def test_single_duplicates_are_taken_out_of_their_copy(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, places: tuple[int, ...]
) -> None:
    async def refuse(*_: object) -> None:
        raise AssertionError("a stage was used")

    workspace = await ledger.workspace()
    ids = [v7(EDGE + timedelta(seconds=n)) for n in range(95)]
    sent = [event(id=str(i), usage=USAGE) for i in ids]
    await ledger.process(entry_of(*[sent[p] for p in places], workspace_id=workspace, at_us=NOW_US))
    monkeypatch.setattr(write, "_store_by_stage", refuse)
    outcome = await ledger.process(entry_of(*sent, workspace_id=workspace, at_us=NOW_US))
    assert (outcome.stored, outcome.duplicates) == (95 - len(places), len(places))
    assert {row["id"] for row in await ledger.events()} == set(ids)
    assert await ledger.count() == await ledger.total() == 95
    assert await differences(ledger.pool) == []


USAGE = {
    "prompt_tokens": 1000,
    "completion_tokens": 500,
    "prompt_tokens_details": {"cached_tokens": 7},
    "completion_tokens_details": {"reasoning_tokens": 3},
}


async def test_two_workspaces_may_use_the_same_id(ledger: Ledger) -> None:
    for identifier in (str(v7(EDGE)), str(uuid4())):
        for _ in range(2):
            workspace = await ledger.workspace()
            same = event(id=identifier, timestamp=EDGE.isoformat())
            assert (await ledger.process(entry_of(same, workspace_id=workspace, at_us=NOW_US))).stored == 1


async def test_an_acknowledgement_that_was_lost_doubles_nothing(ledger: Ledger) -> None:
    """The commit went through and its answer did not: the same entries come again, merged otherwise."""
    workspace = await ledger.workspace()
    entries = [entry_of(event(), event(), workspace_id=workspace) for _ in range(6)]
    await ledger.process(*entries[:3])
    outcome = await ledger.process(*entries[::-1])
    assert (outcome.stored, outcome.redelivered) == (6, 3)
    assert await ledger.count() == 12
    assert await differences(ledger.pool) == []
