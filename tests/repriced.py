"""What the tests of repricing share: asking for one, doing it, and reading events as they hold now."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from ledger import Ledger, change
from llmlab_shared.db.adjusted import DERIVED, adjusted
from llmlab_shared.domain.repricing import Kind, Selection
from llmlab_worker.repricing.steps import advance

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
EVERYTHING = Selection(since=NOON - timedelta(days=60), until=NOON + timedelta(days=60))
_ASK = """
INSERT INTO repricings (workspace_id, kind, selection, undoes, dry_run, reason, actor)
VALUES ($1, $2, $3::jsonb, $4, $5, 'because', 'somebody') RETURNING id
"""
_HELD = adjusted(("workspace_id", "id_time", "id", "model", *DERIVED), more="a.number")


async def ask(
    ledger: Ledger,
    workspace: int,
    kind: Kind = "reprice",
    selection: Selection = EVERYTHING,
    *,
    undoes: int | None = None,
    dry_run: bool = False,
) -> int:
    asked = msgspec.json.encode(selection).decode()
    return await ledger.pool.fetchval(_ASK, workspace, kind, asked, undoes, dry_run)


async def carry_out(ledger: Ledger, repricing: int) -> dict[str, Any]:
    while not await advance(ledger.pool, ledger.reference, repricing):
        pass
    return dict(await ledger.pool.fetchrow("SELECT * FROM repricings WHERE id = $1", repricing) or {})


async def reprice(
    ledger: Ledger, workspace: int, kind: Kind = "reprice", selection: Selection = EVERYTHING, **more: Any
) -> dict[str, Any]:
    return await carry_out(ledger, await ask(ledger, workspace, kind, selection, **more))


async def held(ledger: Ledger, workspace: int) -> list[dict[str, Any]]:
    """The events of a workspace as they hold now, in the order of their ids."""
    rows = await ledger.pool.fetch(
        f"SELECT * FROM {_HELD} events WHERE workspace_id = $1 ORDER BY id_time, id", workspace
    )
    return [dict(row) for row in rows]


async def new_price(ledger: Ledger, usd: str, since: datetime, model: str = "gpt-4", **more: Any) -> None:
    """A later record of everyone's price: `usd` a million, in and out, from an instant on."""
    async with ledger.pool.acquire() as connection, connection.transaction():
        await change(connection, "prices")
        await connection.execute(
            "INSERT INTO price_versions (workspace_id, layer, provider, model, valid_from, rates, source) "
            "VALUES (0, 'override', 'openai', $1, $2, $3, 'test')",
            model,
            since,
            msgspec.json.encode({"tokens": {"input": usd, "output": usd}}).decode(),
        )
