"""What people are told: messages, where they go, and what became of each on its way."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from llmlab_shared.db.models.base import Base, Id

NOW = text("now()")


class OutboxMessage(Base):
    """Something to tell, written by the transaction that caused it; in the app it is there from its commit.

    `dedupe_key` is of messages that whoever looks again must not repeat. `channels` names those it goes to;
    null: all that want its kind. From `fanned_out_at` on its deliveries stand, and `notice` is what it
    says: title, summary, facts (`llmlab_worker.notify.notice`), so that every channel and every repeat of
    a delivery says the same.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_workspace_id", "workspace_id", "id"),
        Index("ix_outbox_waiting", "id", postgresql_where=text("fanned_out_at IS NULL")),
        Index(
            "uq_outbox_dedupe_key",
            "workspace_id",
            "kind",
            "dedupe_key",
            unique=True,
            postgresql_where=text("dedupe_key IS NOT NULL"),
        ),
        CheckConstraint(
            "kind IN ('budget_crossing', 'budget_forecast', 'spend_anomaly', 'report', 'test')",
            name="kind_known",
        ),
    )

    id: Mapped[Id]
    workspace_id: Mapped[int]
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]
    dedupe_key: Mapped[str | None]
    channels: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    fanned_out_at: Mapped[datetime | None]
    notice: Mapped[dict[str, Any] | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None]


class NotificationChannel(Base):
    """Where a workspace wants to be told, and of what: `kinds` are those of messages.

    `settings` has what the kind of channel needs: addresses, a URL, a key. It is never shown in full.
    """

    __tablename__ = "notification_channels"
    __table_args__ = (
        UniqueConstraint("workspace_id", "name"),
        CheckConstraint(
            "kind IN ('email', 'slack', 'teams', 'discord', 'pagerduty', 'webhook')", name="kind_known"
        ),
    )

    id: Mapped[Id]
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    name: Mapped[str]
    kind: Mapped[str]
    settings: Mapped[dict[str, Any]]
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    paused_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)


class Delivery(Base):
    """One message on its way to one channel; `last_error` says why it is not there yet, or never will be.

    `key` is the identity by which a receiver recognises a repeat. Until `leased_until` a worker is at it;
    after `expires_at` it is not tried again. `reached` are the addressees that have it already, of those
    that a channel has.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("outbox_id", "channel_id"),
        Index("ix_deliveries_workspace_id", "workspace_id", "id"),
        Index("ix_deliveries_channel_id", "channel_id", "id"),
        Index("ix_deliveries_due_at", "due_at", postgresql_where=text("status = 'waiting'")),
        CheckConstraint("status IN ('waiting', 'sent', 'failed')", name="status_known"),
    )

    id: Mapped[Id]
    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id", ondelete="CASCADE"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("notification_channels.id", ondelete="CASCADE"))
    workspace_id: Mapped[int]
    status: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    due_at: Mapped[datetime] = mapped_column(server_default=NOW)
    leased_until: Mapped[datetime | None]
    expires_at: Mapped[datetime] = mapped_column(server_default=text("now() + interval '1 day'"))
    reached: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    key: Mapped[UUID] = mapped_column(server_default=text("gen_random_uuid()"))
    last_error: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
