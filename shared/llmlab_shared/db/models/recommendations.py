"""What people decided about recommendations; the recommendations themselves are worked out when asked for."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from llmlab_shared.db.models.base import Base

NOW = text("now()")


class RecommendationState(Base):
    """The last decision about a recommendation; one that is open has no row.

    `advice` is what it said then, `baseline` (of accepted ones) what its calls cost before, which its
    saving is measured against. A snoozed one is open again from `until` on.
    """

    __tablename__ = "recommendation_states"
    __table_args__ = (
        CheckConstraint("state IN ('accepted', 'dismissed', 'snoozed')", name="state_known"),
        CheckConstraint("(state = 'snoozed') = (until IS NOT NULL)", name="snoozed_until"),
        CheckConstraint("(state = 'accepted') = (baseline IS NOT NULL)", name="accepted_baseline"),
    )

    workspace_id: Mapped[int] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    recommendation_id: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    until: Mapped[datetime | None]
    note: Mapped[str | None]
    actor: Mapped[str]
    advice: Mapped[dict[str, Any]]
    baseline: Mapped[dict[str, Any] | None]
    decided_at: Mapped[datetime] = mapped_column(server_default=NOW)
