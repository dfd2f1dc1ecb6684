"""One event that cannot be written is set aside alone, in its siblings' transaction; an outage costs none."""

import json
from typing import Any

import asyncpg
import pytest
from ledger import Ledger, entry_of, event
from llmlab_shared.db.dead_letters import Selection
from llmlab_shared.ids import uuid7
from llmlab_worker.jobs.reconcile import differences
from llmlab_worker.jobs.replay import replay
from llmlab_worker.pipeline import write

TEXTS = (
    "provider",
    "model",
    "api",
    "service_tier",
    "processing",
    "region",
    "response_id",
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
)
# Random enough that PostgreSQL cannot compress it into an index row.
LONG = "".join(uuid7().hex for _ in range(300))


def poisons() -> list[tuple[str, bytes]]:
    found: list[tuple[str, Any]] = [(name, {name: "nul \0 inside"}) for name in TEXTS]
    found += [
        ("tag", {"tags": {"a": "nul \0"}}),
        ("tag key", {"tags": {"nul \0": "a"}}),
        ("long feature", {"feature": LONG}),
        ("long environment", {"environment": LONG}),
        ("latency", {"latency_ms": 2**63}),
        ("seq", {"seq": -1}),
        ("cost", {"reported_cost": "1e40", "reported_by": "provider"}),
        ("negative cost", {"reported_cost": -1}),
        ("not a cost", {"reported_cost": "NaN"}),
        ("year 1", {"timestamp": "0001-01-01T00:00:00Z"}),
        ("year 9999", {"timestamp": "9999-12-31T23:59:59Z"}),
    ]
    bodies = [(name, json.dumps(event(**fields)).encode()) for name, fields in found]
    plain = json.dumps(event()).encode()[:-1]
    bodies += [
        ("metadata not UTF-8", plain + b', "metadata": {"a": "\xff"}}'),
        ("usage not UTF-8", plain + b', "usage": {"prompt_tokens": 1, "a": "\xff"}}'),
        ("tags a list", plain + b', "tags": [1, 2}'),
        ("metadata cut", plain + b', "metadata": {"a": }}'),
    ]
    return bodies


@pytest.mark.parametrize(("name", "bad"), poisons(), ids=[name for name, _ in poisons()])
async def test_poison_at_every_field(ledger: Ledger, name: str, bad: bytes) -> None:
    workspace = await ledger.workspace()
    await ledger.price()
    await ledger.budget(workspace, "1")
    entry = entry_of(event(), bad, event(), workspace_id=workspace)
    whole = b"cut" in name.encode() or b"list" in name.encode()
    outcome = await ledger.process(entry, entry_of(event(), workspace_id=workspace))
    letters = await ledger.pool.fetch("SELECT * FROM dead_letters")
    if whole:
        # What is no JSON leaves no event to save.
        assert (outcome.stored, [row["index"] for row in letters]) == (1, [-1])
        assert letters[0]["body"] == entry.body
    else:
        assert (outcome.stored, outcome.dead) == (3, 1)
        assert [(row["entry"], row["index"], row["body"]) for row in letters] == [(entry.id, 1, bad)]
    assert letters[0]["workspace_id"] == workspace
    assert letters[0]["reason"]
    assert await ledger.count() == await ledger.total() == await ledger.total("inbox", "stored")
    assert await differences(ledger.pool) == []
    assert (await ledger.process(entry)).redelivered == 1


async def test_many_poisons_among_many(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write, "PIECE", 16)
    workspace = await ledger.workspace()
    bad = {3, 4, 50, 99}
    events = [event(feature="a\0" if n in bad else f"f{n}") for n in range(100)]
    outcome = await ledger.process(entry_of(*events, workspace_id=workspace))
    assert (outcome.stored, outcome.dead) == (96, 4)
    letters = await ledger.pool.fetch("SELECT index FROM dead_letters")
    assert {row["index"] for row in letters} == bad
    assert await differences(ledger.pool) == []


async def test_a_row_too_long_for_a_rollups_index(ledger: Ledger) -> None:
    """Each text is within its limit; together they exceed an index row of tier 2 (2,704 bytes)."""
    import random

    chance = random.Random(5)
    texts = ["".join(chr(chance.randrange(0x20000, 0x2A6D0)) for _ in range(256)) for _ in range(4)]
    workspace = await ledger.workspace()
    wide = event(provider=texts[0], model=texts[1], feature=texts[2], environment=texts[3])
    outcome = await ledger.process(entry_of(event(), wide, event(), workspace_id=workspace))
    assert (outcome.stored, outcome.dead) == (2, 1)
    assert await differences(ledger.pool) == []


async def test_two_events_that_only_together_overflow_a_sum(ledger: Ledger) -> None:
    workspace = await ledger.workspace()
    await ledger.process(entry_of(event(), workspace_id=workspace))
    await ledger.pool.execute("UPDATE rollup_15m SET input_tokens = 9223372036854775807 - 2500")
    outcome = await ledger.process(entry_of(event(), event(), event(), workspace_id=workspace))
    assert (outcome.stored, outcome.dead) == (2, 1)


async def test_dead_letters_stand_or_fall_with_their_siblings(ledger: Ledger) -> None:
    """When the transaction fails after the letter was written, there is no letter."""
    workspace = await ledger.workspace()
    await ledger.price()
    await ledger.budget(workspace, "1")
    await ledger.pool.execute(
        "CREATE FUNCTION away() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'disk full' USING ERRCODE = '53100'; END $$; "
        "CREATE TRIGGER away BEFORE INSERT ON budget_spend FOR EACH ROW EXECUTE FUNCTION away()"
    )
    entry = entry_of(event(), event(timestamp="yesterday"), workspace_id=workspace)
    with pytest.raises(asyncpg.DiskFullError):
        await ledger.process(entry)
    for table in ("cost_events", "dead_letters", "inbox", "rollup_15m"):
        assert await ledger.count(table) == 0
    await ledger.pool.execute("DROP TRIGGER away ON budget_spend")
    outcome = await ledger.process(entry)
    assert (outcome.stored, outcome.dead) == (1, 1)
    assert await ledger.count("dead_letters") == 1


@pytest.mark.parametrize("state", ["53100", "57P03", "40P01", "55P03", "XX000"])
async def test_no_fault_of_the_server_is_an_events_fault(ledger: Ledger, state: str) -> None:
    workspace = await ledger.workspace()
    await ledger.pool.execute(
        "CREATE FUNCTION away() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION 'away' USING ERRCODE = '{state}'; END $$; "
        "CREATE TRIGGER away BEFORE INSERT ON rollup_15m FOR EACH ROW EXECUTE FUNCTION away()"
    )
    with pytest.raises(asyncpg.PostgresError):
        await ledger.process(entry_of(event(), event(), workspace_id=workspace))
    assert await ledger.count("dead_letters") == 0


async def test_replay_writes_what_has_become_writable(ledger: Ledger) -> None:
    workspace = await ledger.workspace()
    await ledger.price()
    await ledger.pool.execute("ALTER TABLE cost_events ADD CONSTRAINT no_b CHECK (feature <> 'b')")
    await ledger.process(
        entry_of(
            event(feature="a"),
            event(feature="b"),
            event(timestamp="never"),
            workspace_id=workspace,
            api_key_id=9,
        )
    )
    assert await ledger.count("dead_letters") == 2
    await ledger.pool.execute("ALTER TABLE cost_events DROP CONSTRAINT no_b")
    first = await replay(ledger.pool)
    assert (first["letters"], first["stored"], first["dead"]) == (2, 1, 1)
    await ledger.pool.execute("UPDATE dead_letters SET replayed_at = NULL WHERE reason LIKE 'PostgreSQL%'")
    again = await replay(ledger.pool, Selection(workspace))
    assert again["stored"] == 0
    assert {row["feature"]: row["api_key_id"] for row in await ledger.events()} == {"a": 9, "b": 9}
    assert await differences(ledger.pool) == []
