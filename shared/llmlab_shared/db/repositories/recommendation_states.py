"""Reading and writing what people decided about recommendations."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_shared.db.models.recommendations import RecommendationState

# JSON null is a value of its own; a column without a baseline is SQL's.
_COLUMNS = (
    RecommendationState.recommendation_id,
    RecommendationState.state,
    RecommendationState.until,
    RecommendationState.note,
    RecommendationState.actor,
    RecommendationState.advice,
    RecommendationState.baseline,
    RecommendationState.decided_at,
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided: `accepted`, `dismissed`, or `snoozed` until an instant."""

    recommendation_id: str
    state: str
    until: datetime | None
    note: str | None
    actor: str
    advice: dict[str, Any]
    baseline: dict[str, Any] | None
    decided_at: datetime


async def list_decisions(connection: AsyncConnection, workspace_id: int) -> list[Decision]:
    """Return a workspace's decisions, in the order of their ids."""
    rows = await connection.execute(
        select(*_COLUMNS)
        .where(RecommendationState.workspace_id == workspace_id)
        .order_by(RecommendationState.recommendation_id)
    )
    return [Decision(*row) for row in rows]


async def put_decision(connection: AsyncConnection, workspace_id: int, decision: Decision) -> None:
    """Write a decision in the place of the one before it."""
    values = {
        "state": decision.state,
        "until": decision.until,
        "note": decision.note,
        "actor": decision.actor,
        "advice": decision.advice,
        "decided_at": decision.decided_at,
        **({} if decision.baseline is None else {"baseline": decision.baseline}),
    }
    statement = insert(RecommendationState).values(
        workspace_id=workspace_id, recommendation_id=decision.recommendation_id, **values
    )
    key = [RecommendationState.workspace_id, RecommendationState.recommendation_id]
    # Without a baseline the new one's is null, whatever the one before had.
    kept = {**{name: statement.excluded[name] for name in values}, "baseline": statement.excluded.baseline}
    await connection.execute(statement.on_conflict_do_update(index_elements=key, set_=kept))


async def delete_decision(connection: AsyncConnection, workspace_id: int, recommendation_id: str) -> bool:
    """Forget a decision; return whether there was one."""
    gone = await connection.execute(
        delete(RecommendationState).where(
            RecommendationState.workspace_id == workspace_id,
            RecommendationState.recommendation_id == recommendation_id,
        )
    )
    return gone.rowcount > 0


async def delete_ended(connection: AsyncConnection, workspace_id: int, now: datetime) -> None:
    """Forget what was snoozed until a time that is over: it is open again, and decides nothing any more."""
    await connection.execute(
        delete(RecommendationState).where(
            RecommendationState.workspace_id == workspace_id, RecommendationState.until <= now
        )
    )


async def count_decisions(connection: AsyncConnection, workspace_id: int) -> int:
    """Return how many decisions a workspace has."""
    found: int | None = await connection.scalar(
        select(func.count()).where(RecommendationState.workspace_id == workspace_id)
    )
    return found or 0
