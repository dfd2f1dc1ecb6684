"""The migrations make exactly what the models say, and can be undone and redone."""

import asyncio
import json

import asyncpg
from llmlab_shared.migrations.run import check, downgrade, migrate


def test_models_and_migrations_agree(database_url: str) -> None:
    check(database_url)


def test_up_down_up(database_url: str) -> None:
    downgrade(database_url)
    migrate(database_url)
    check(database_url)


async def test_budgets_and_messages_of_before_keep_what_they_say(database_url: str) -> None:
    await asyncio.to_thread(downgrade, database_url, "0006")
    connection = await asyncpg.connect(database_url)
    await connection.execute("INSERT INTO workspaces (id, name) VALUES (1, 'w')")
    budget = await connection.fetchval(
        "INSERT INTO budgets (workspace_id, name, budget_amount, thresholds, revision, created_at) "
        "VALUES (1, 'b', 12.50, '{0.8}', 3, '2026-11-05') RETURNING id"
    )
    await connection.execute(
        "INSERT INTO outbox (workspace_id, kind, payload) VALUES (1, 'budget_crossing', "
        "jsonb_build_object('budget_id', $1::bigint, 'period_start', '2026-12-01', 'threshold', '0.8'))",
        budget,
    )
    await connection.close()
    await asyncio.to_thread(migrate, database_url)
    connection = await asyncpg.connect(database_url)
    amounts = await connection.fetch("SELECT valid_from::text, amount::text, revision FROM budget_amounts")
    assert [tuple(row) for row in amounts] == [("2026-11-01", "12.500000000000", 3)]
    payload = json.loads(await connection.fetchval("SELECT payload FROM outbox"))
    assert (payload["amount"], payload["period_end"], payload["threshold"]) == ("12.5", "2027-01-01", "0.8")
    await connection.close()
