"""Corrections: the events stay as they were written, and rows beside them say what holds instead."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from llmlab_shared.db.models.base import MONEY, Base, Id
from llmlab_shared.db.models.events import EVENT_MONEY

NOW = text("now()")


class Repricing(Base):
    """One correction of many events, or its preview: what was asked, by whom and why, and how far it is.

    `selection` says which events (`llmlab_shared.domain.repricing.Selection`), `difference` what it changes
    of metered spend so far. The place after which it goes on, (`after_id_time`, `after_id`), moves in the
    transactions that write its adjustments.
    """

    __tablename__ = "repricings"
    __table_args__ = (
        Index("ix_repricings_workspace_id", "workspace_id", "id"),
        Index("ix_repricings_open", "id", postgresql_where=text("status IN ('queued', 'running')")),
        CheckConstraint("kind IN ('reprice', 'unpriced', 'release', 'correct', 'undo')", name="kind_known"),
        CheckConstraint("status IN ('queued', 'running', 'done', 'failed')", name="status_known"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    kind: Mapped[str]
    dry_run: Mapped[bool] = mapped_column(server_default=text("false"))
    selection: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    undoes: Mapped[int | None] = mapped_column(ForeignKey("repricings.id"))
    reason: Mapped[str]
    actor: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=text("'queued'"))
    error: Mapped[str | None]
    expected: Mapped[int | None]
    seen: Mapped[int] = mapped_column(server_default=text("0"))
    changed: Mapped[int] = mapped_column(server_default=text("0"))
    skipped: Mapped[int] = mapped_column(server_default=text("0"))
    difference: Mapped[Decimal] = mapped_column(MONEY, server_default=text("0"))
    after_id_time: Mapped[datetime | None]
    after_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    started_at: Mapped[datetime | None]
    alive_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class RepricingSum(Base):
    """What a repricing changes, by local day and model, from one price status to another.

    Costs are of any billing: only `metered` is spend.
    """

    __tablename__ = "repricing_sums"

    repricing_id: Mapped[int] = mapped_column(
        ForeignKey("repricings.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    provider: Mapped[str] = mapped_column(primary_key=True)
    model: Mapped[str] = mapped_column(primary_key=True)
    billing: Mapped[str] = mapped_column(primary_key=True)
    status_before: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(primary_key=True)
    events: Mapped[int]
    cost_before: Mapped[Decimal] = mapped_column(MONEY)
    cost: Mapped[Decimal] = mapped_column(MONEY)


class Adjustment(Base):
    """What holds of an event from now on: the last `number` of each does. Never changed, never removed.

    It states everything that pricing makes of an event, so it stands on no other row. `stated` says that
    the counts were stated by hand: they go before the provider's usage object from then on.
    """

    __tablename__ = "adjustments"
    __table_args__ = (Index("ix_adjustments_repricing_id", "repricing_id", "id_time", "id"),)

    workspace_id: Mapped[int] = mapped_column(primary_key=True)
    id_time: Mapped[datetime] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    repricing_id: Mapped[int] = mapped_column(ForeignKey("repricings.id", ondelete="CASCADE"))
    status_before: Mapped[str]
    cost_before: Mapped[Decimal | None] = mapped_column(EVENT_MONEY)

    price_status: Mapped[str]
    cost: Mapped[Decimal | None] = mapped_column(EVENT_MONEY)
    computed_cost: Mapped[Decimal | None] = mapped_column(EVENT_MONEY)
    tool_cost: Mapped[Decimal | None] = mapped_column(EVENT_MONEY)
    reported_cost: Mapped[Decimal | None] = mapped_column(EVENT_MONEY)
    reported_by: Mapped[str | None]
    price_id: Mapped[int | None]
    price_rule: Mapped[str | None]
    quarantine_reason: Mapped[str | None]

    input_tokens: Mapped[int | None]
    output_tokens: Mapped[int | None]
    cache_read_tokens: Mapped[int | None]
    cache_write_5m_tokens: Mapped[int | None]
    cache_write_1h_tokens: Mapped[int | None]
    input_audio_tokens: Mapped[int | None]
    cache_audio_read_tokens: Mapped[int | None]
    input_image_tokens: Mapped[int | None]
    output_audio_tokens: Mapped[int | None]
    output_image_tokens: Mapped[int | None]
    reasoning_tokens: Mapped[int | None]
    stated: Mapped[bool] = mapped_column(server_default=text("false"))
    adjusted_at: Mapped[datetime] = mapped_column(server_default=NOW)
