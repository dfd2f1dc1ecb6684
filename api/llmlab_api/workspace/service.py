"""Reading and changing a workspace.

A new zone, or other tags, make the sums by day wrong at one commit. In the same one the workspace is marked
as being rebuilt, from which on nobody reads those sums, and workers count by the new days. A job of theirs
rebuilds the days before, and takes the mark off (`llmlab_worker.jobs.rebuild_days`).
"""

from typing import Any, Final
from zoneinfo import ZoneInfo

from llmlab_shared.db.epochs import enter_change
from llmlab_shared.db.repositories import accounts
from llmlab_shared.db.repositories.costs import read_snapshot
from llmlab_shared.db.repositories.workspace import (
    WorkspaceRow,
    ask_for_rebuild,
    change_workspace,
    read_workspace,
    tags_of_budgets,
)
from llmlab_shared.domain.money import to_wire
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_api.auth import Principal
from llmlab_api.errors import Problem
from llmlab_api.jobs import enqueue
from llmlab_api.services import Services
from llmlab_api.workspace.schemas import WorkspaceRequest
from llmlab_api.zones import zone_in

TIMEOUT_MS: Final = 10_000
REBUILD: Final = "rebuild_days"


async def get_workspace(services: Services, workspace_id: int) -> dict[str, Any]:
    """Return a workspace as the wire has it."""
    async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
        return _on_wire(await read_workspace(connection, workspace_id))


async def change(services: Services, caller: Principal, asked: WorkspaceRequest) -> dict[str, Any]:
    """Change what was sent, and return the workspace; raise the 422 or 409 that says what to mend."""
    given = asked.model_dump(exclude_none=True)
    if "timezone" in given:
        given["timezone"] = zone_in("timezone", given["timezone"]).key
    rebuilds = False
    async with services.engine.connect() as connection:
        await connection.execution_options(isolation_level="READ COMMITTED")
        await connection.execute(text(f"SET LOCAL statement_timeout = {TIMEOUT_MS}"))
        if given.keys() & {"timezone", "tags"}:
            # First of all locks; until the commit, which is a few statements away, no spend is written.
            await enter_change(connection, "budgets")
        before = await read_workspace(connection, caller.workspace_id, lock=True)
        after = before._replace(**given)
        changed = [name for name in given if getattr(before, name) != getattr(after, name)]
        if "tags" in changed:
            await _check_tags(connection, after)
        if changed:
            await change_workspace(connection, after)
            if after.timezone != before.timezone or set(after.tags) != set(before.tags):
                rebuilds = await ask_for_rebuild(connection, after.id, ZoneInfo(after.timezone))
            await accounts.write_audit(
                connection,
                workspace_id=caller.workspace_id,
                actor=caller.actor,
                action="workspace_changed",
                target=f"workspace:{caller.workspace_id}",
                details={name: getattr(after, name) for name in changed},
            )
            after = await read_workspace(connection, caller.workspace_id)
            await connection.commit()
        else:
            await connection.rollback()
    if rebuilds:
        await enqueue(services, REBUILD)
    return _on_wire(after)


async def _check_tags(connection: AsyncConnection, after: WorkspaceRow) -> None:
    used = await tags_of_budgets(connection, after.id)
    for tag, budget_id in used.items():
        if tag not in after.tags:
            raise Problem(
                409,
                "tag_in_use",
                f"budget {budget_id} counts by the tag {tag!r}: keep it among the tags, or delete the budget",
            )


def _on_wire(row: WorkspaceRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "timezone": row.timezone,
        "tags": list(row.tags),
        "budget_alert_threshold": to_wire(row.budget_alert_threshold),
        "created_at": row.created_at,
        "rebuilding": None if row.rebuild is None else row.rebuild._asdict(),
    }
