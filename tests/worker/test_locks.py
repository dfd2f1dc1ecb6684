"""Writers wait for each other in one order and never for long, whatever the database's defaults are."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest
from ledger import Ledger, entry_of, event, v7
from llmlab_shared.clock import from_us, now_us
from llmlab_shared.db.engine import open_pool
from llmlab_shared.queue.entry import Entry
from llmlab_worker.jobs.reconcile import differences
from worker_process import until


async def test_overlapping_batches_in_opposite_order_do_not_deadlock(ledger: Ledger) -> None:
    workspaces = [await ledger.workspace() for _ in range(5)]
    await ledger.price()
    for workspace in workspaces:
        await ledger.budget(workspace, "1000")
    now = now_us()
    for turn in range(6):
        events = [
            event(
                id=str(v7(from_us(now - n * 1000))),
                timestamp=from_us(now - n * 1000).isoformat(),
                feature=f"f{n % 9}",
                model=f"m{n % 7}",
                customer=f"c{n % 31}",
            )
            for n in range(turn * 300, turn * 300 + 300)
        ]
        one = [entry_of(*events, workspace_id=w) for w in workspaces]
        other = [entry_of(*events[::-1], workspace_id=w) for w in workspaces[::-1]]
        outcomes = await asyncio.gather(ledger.process(*one), ledger.another().process(*other))
        assert sum(outcome.stored for outcome in outcomes) == 1500
    assert await differences(ledger.pool) == []


# What two writers share, so that they meet at one table and at none before it; and how that table's middle
# row is held by a third.
MEETINGS = {
    "event_ids": "INSERT INTO event_ids VALUES ({workspace}, '{middle}', now())",
    "cost_events": 'INSERT INTO cost_events SELECT (jsonb_populate_record(e, \'{{"id": "{middle}"}}\')).* '
    "FROM cost_events e WHERE id = '{first}'",
    "rollup_15m": "UPDATE rollup_15m SET events = events WHERE model = 'm1'",
    "rollup_day": "UPDATE rollup_day SET events = events WHERE model = 'm1'",
    "rollup_dimension_day": "UPDATE rollup_dimension_day SET events = events WHERE model = 'm1'",
    "budget_spend": "UPDATE budget_spend SET spend = spend WHERE budget_id = {budget}",
}


@pytest.mark.parametrize("table", MEETINGS)
async def test_writers_take_the_rows_of_a_table_in_one_order(ledger: Ledger, table: str) -> None:
    """Both wait for the middle row; if each held a row that the other wants, letting go would deadlock."""
    workspaces = [await ledger.workspace() for _ in range(3)]
    await ledger.price(rates='{"tokens": {"input": "1", "output": "1"}}')
    budgets = [await ledger.budget(workspace, "1000") for workspace in workspaces]
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
    shared_ids = table in ("event_ids", "cost_events")
    instants = [noon + timedelta(milliseconds=n) for n in range(3)]
    ids = [str(uuid4()) if table == "event_ids" else str(v7(instant)) for instant in instants]
    ids.sort()

    def entries(writer: int) -> list[Entry]:
        """One entry a model, or a workspace where budgets are met; the second writer's come in reverse."""
        made = []
        for n in range(3):
            at = instants[n] if table == "cost_events" else noon + timedelta(milliseconds=abs(n - 2 * writer))
            if table == "rollup_day":
                # Other quarter hours of the same day, in the other order.
                at += timedelta(minutes=20 * writer * (3 - n))
            fields = {"timestamp": at.isoformat(), "model": f"m{n}", "feature": "search"}
            if shared_ids:
                fields["id"] = ids[n]
            if table == "budget_spend":
                fields["model"] = ("gpt-4", "gpt-4-turbo")[writer]
            made.append(
                entry_of(
                    event(**fields),
                    workspace_id=workspaces[n if table == "budget_spend" else 0],
                    api_key_id=writer if table in ("rollup_dimension_day", "budget_spend") else 1,
                )
            )
        return made[::-1] if writer else made

    if not shared_ids:
        # The rows that they meet in must be there to be held.
        for writer in range(2):
            await ledger.process(*entries(writer))
    first = str(v7(noon - timedelta(hours=1)))
    if table == "cost_events":
        await ledger.process(entry_of(event(id=first), workspace_id=workspaces[0]))
        first_time = "UPDATE cost_events SET id_time = date_trunc('milliseconds', $1::timestamptz)"
        await ledger.pool.execute(first_time, instants[ids.index(ids[1])])
    hold = MEETINGS[table].format(workspace=workspaces[0], middle=ids[1], first=first, budget=budgets[1])
    async with ledger.pool.acquire() as holder:
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute(hold)
        writing = [
            asyncio.create_task(worker.process(*entries(n)))
            for n, worker in enumerate((ledger, ledger.another()))
        ]

        async def both_wait() -> bool:
            return await ledger.pool.fetchval(WAITING) == 2

        await until(both_wait, "both writers to wait")
        await transaction.rollback()
    outcomes = await asyncio.gather(*writing)
    assert sum(outcome.stored for outcome in outcomes) == (3 if shared_ids else 6)


WAITING = """
SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
"""


async def test_ids_without_time_in_opposite_order_do_not_deadlock(ledger: Ledger) -> None:
    workspace = await ledger.workspace()
    chance = random.Random(3)
    now = now_us()
    for _ in range(6):
        ids = [f"{chance.getrandbits(128):032x}" for _ in range(400)]
        ids = [f"{i[:12]}4{i[13:16]}8{i[17:]}" for i in ids]
        # Each writer believes in other times, so that its rows lie in another order.
        stamps = [from_us(now - n * 1000).isoformat() for n in range(400)]
        one = [event(id=i, timestamp=stamp) for i, stamp in zip(ids, stamps, strict=True)]
        other = [event(id=i, timestamp=stamp) for i, stamp in zip(ids, stamps[::-1], strict=True)]
        outcomes = await asyncio.gather(
            ledger.process(entry_of(*one, workspace_id=workspace)),
            ledger.another().process(entry_of(*other, workspace_id=workspace)),
        )
        assert sum(outcome.stored for outcome in outcomes) == 400


async def test_a_writer_that_stops_inside_its_transaction_is_put_out(
    ledger: Ledger, database_url: str
) -> None:
    """Its locks are gone after the server's own time limit, and the others go on."""
    workspace = await ledger.workspace()
    await ledger.process(entry_of(event(), workspace_id=workspace))
    stopped = await asyncpg.connect(database_url)
    await stopped.transaction().start()
    await stopped.execute("SET LOCAL idle_in_transaction_session_timeout = '1s'")
    await stopped.execute("UPDATE rollup_15m SET events = events")
    outcome = await ledger.process(entry_of(event(), workspace_id=workspace))
    assert outcome.stored == 1
    stopped.terminate()


async def test_the_spend_transaction_limits_itself(ledger: Ledger) -> None:
    """What the statements of a spend see of their own settings, taken down by a trigger."""
    workspace = await ledger.workspace()
    await ledger.pool.execute(
        "CREATE TABLE seen (name text, value text); "
        "CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "INSERT INTO seen SELECT name, setting FROM pg_settings WHERE name IN "
        "('idle_in_transaction_session_timeout', 'lock_timeout', 'transaction_isolation'); "
        "RETURN NEW; END $$; "
        "CREATE TRIGGER look BEFORE INSERT ON rollup_15m FOR EACH STATEMENT EXECUTE FUNCTION look()"
    )
    name = await ledger.pool.fetchval("SELECT current_database()")
    await ledger.pool.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")
    await ledger.pool.expire_connections()
    await ledger.process(entry_of(event(), workspace_id=workspace))
    seen = {row["name"]: row["value"] for row in await ledger.pool.fetch("SELECT * FROM seen")}
    assert seen == {
        "idle_in_transaction_session_timeout": "5000",
        "lock_timeout": "10000",
        "transaction_isolation": "read committed",
    }


async def test_every_statement_suits_a_pooler_in_transaction_mode(ledger: Ledger, database_url: str) -> None:
    """No statement outside a transaction, and nothing left in the session that another client minds."""
    outside: list[str] = []

    async def watch(connection: asyncpg.Connection) -> None:
        def note(query: asyncpg.connection.LoggedQuery) -> None:
            simple = query.query.startswith(("BEGIN", "COMMIT", "ROLLBACK", "SELECT pg_advisory_unlock_all"))
            if not connection.is_in_transaction() and not simple:
                outside.append(query.query)

        connection.add_query_logger(note)

    workspace = await ledger.workspace()
    pool = await open_pool(database_url, max_size=1, init=watch)
    watched = Ledger(pool)
    identifier = str(v7(from_us(now_us())))
    for _ in range(2):
        same = event(id=identifier)
        await watched.process(entry_of(same, event(feature="\0"), event(), workspace_id=workspace))
    async with pool.acquire() as connection:
        assert outside == []
        assert await connection.fetchval("SELECT count(*) FROM pg_prepared_statements") == 0
        left = await connection.fetch(
            "SELECT relname FROM pg_class WHERE relpersistence = 't' AND relkind = 'r'"
        )
        # Stages stay with the server's session, empty: any client may find them there, or not.
        for (name,) in left:
            assert "_stage_" in name
            assert await connection.fetchval(f"SELECT count(*) FROM {name}") == 0
        assert await connection.fetchval("SHOW lock_timeout") == "0"
    await pool.close()


@pytest.mark.parametrize("isolation", ["repeatable read", "serializable"])
async def test_concurrent_spend_under_a_stricter_default(ledger: Ledger, isolation: str) -> None:
    name = await ledger.pool.fetchval("SELECT current_database()")
    workspace = await ledger.workspace()
    await ledger.pool.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = '{isolation}'")
    await ledger.pool.expire_connections()
    await asyncio.gather(
        *(ledger.another().process(entry_of(event(), workspace_id=workspace)) for _ in range(8))
    )
    assert await ledger.total() == 8
