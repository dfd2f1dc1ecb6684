"""The ledger: cost events and what guards their identity."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Integer, LargeBinary, Numeric, text
from sqlalchemy.dialects.postgresql import JSON, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from llmlab_shared.db.models.base import Base

NOW = text("now()")
# A single event never costs more than the limits of its token counts allow; numeric keeps only what is used.
EVENT_MONEY = Numeric(26, 12)


class CostEvent(Base):
    """One LLM call, priced. Partitioned by month of `id_time`; token totals are OpenTelemetry's.

    `cost` is null exactly when `price_status` is unpriced, missing or quarantined. `usage` and
    `metadata` are the client's own JSON, verbatim.
    """

    __tablename__ = "cost_events"
    __table_args__ = (
        # What failed is a small part, and is asked for by itself.
        Index("ix_cost_events_failed", "workspace_id", "id_time", postgresql_where=text("status <> 'ok'")),
        {"postgresql_partition_by": "RANGE (id_time)"},
    )

    workspace_id: Mapped[int] = mapped_column(primary_key=True)
    id_time: Mapped[datetime] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    timestamp: Mapped[datetime]
    received_at: Mapped[datetime]
    api_key_id: Mapped[int]
    price_id: Mapped[int | None]

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
    latency_ms: Mapped[int | None]
    input_chars: Mapped[int | None]
    output_chars: Mapped[int | None]
    output_chunks: Mapped[int | None]
    seq: Mapped[int | None]

    cost: Mapped[Decimal | None] = mapped_column(EVENT_MONEY)
    computed_cost: Mapped[Decimal | None] = mapped_column(EVENT_MONEY)
    tool_cost: Mapped[Decimal | None] = mapped_column(EVENT_MONEY)
    reported_cost: Mapped[Decimal | None] = mapped_column(EVENT_MONEY)

    provider: Mapped[str]
    model: Mapped[str]
    price_status: Mapped[str]
    status: Mapped[str]
    billing: Mapped[str]
    api: Mapped[str | None]
    reported_by: Mapped[str | None]
    price_rule: Mapped[str | None]
    quarantine_reason: Mapped[str | None]
    service_tier: Mapped[str | None]
    processing: Mapped[str | None]
    region: Mapped[str | None]
    response_id: Mapped[str | None]
    feature: Mapped[str | None]
    customer: Mapped[str | None]
    user_id: Mapped[str | None]
    team: Mapped[str | None]
    project: Mapped[str | None]
    environment: Mapped[str | None]
    release: Mapped[str | None]
    session_id: Mapped[str | None]
    trace_id: Mapped[str | None]
    span_id: Mapped[str | None]
    parent_span_id: Mapped[str | None]
    process_id: Mapped[str | None]
    units: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    tags: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    usage: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    # `metadata` is taken on a declarative class.
    extra: Mapped[dict[str, Any] | None] = mapped_column("metadata", JSON)


class EventId(Base):
    """Identity and place of events whose id holds no time (any UUID but version 7)."""

    __tablename__ = "event_ids"

    workspace_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    id_time: Mapped[datetime]


class InboxEntry(Base):
    """A stream entry that was written, so that its redelivery is recognised whole."""

    __tablename__ = "inbox"

    entry: Mapped[UUID] = mapped_column(primary_key=True)
    events: Mapped[int] = mapped_column(Integer)
    stored: Mapped[int] = mapped_column(Integer)
    stored_at: Mapped[datetime] = mapped_column(server_default=NOW)


class DeadLetter(Base):
    """An event that could not be written, keyed by its entry and its place in it.

    `index` is -1 when the whole entry could not be read; `body` is then the entry's body.
    """

    __tablename__ = "dead_letters"
    __table_args__ = (
        Index("ix_dead_letters_workspace_id_died_at", "workspace_id", "died_at"),
        # Readiness counts what waits, however many were replayed before.
        Index(
            "ix_dead_letters_waiting",
            "died_at",
            postgresql_include=["code"],
            postgresql_where=text("replayed_at IS NULL"),
        ),
    )

    entry: Mapped[UUID] = mapped_column(primary_key=True)
    index: Mapped[int] = mapped_column(Integer, primary_key=True)
    workspace_id: Mapped[int]
    api_key_id: Mapped[int]
    received_at: Mapped[datetime]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    defaults: Mapped[bytes] = mapped_column(LargeBinary, server_default=text("''::bytea"))
    code: Mapped[str]
    reason: Mapped[str]
    died_at: Mapped[datetime] = mapped_column(server_default=NOW)
    replayed_at: Mapped[datetime | None]


class ResponseClaim(Base):
    """The one event that is charged for a provider response, whichever path reported it first."""

    __tablename__ = "response_claims"

    workspace_id: Mapped[int] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(primary_key=True)
    response_id: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[UUID]
    id_time: Mapped[datetime]
