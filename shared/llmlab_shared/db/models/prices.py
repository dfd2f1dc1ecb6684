"""Prices as dated, append-only versions, and the epochs that tell workers their caches are stale."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from llmlab_shared.db.models.base import Base, Id

NOW = text("now()")


class PriceVersion(Base):
    """What a model costs in a context from an instant on, until the next version of the same key.

    `workspace_id` 0 is everyone's; `layer` is `catalogue`, `override` or `custom`, the later winning.
    `rates` is the compiled rate card's source: see `llmlab_shared.pricing.price_document`.
    `withdrawn` marks the end of a price without a successor. A custom price may end by itself, at
    `valid_until`; `withdrawn` takes it back as if it had never been.
    """

    __tablename__ = "price_versions"
    __table_args__ = (
        Index(
            "uq_price_versions_key",
            "workspace_id",
            "provider",
            "model",
            "layer",
            "context",
            "valid_from",
            "recorded_at",
            unique=True,
        ),
        # What was recorded lately is what may price events that had no price.
        Index("ix_price_versions_recorded_at", "recorded_at"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[int] = mapped_column(server_default=text("0"))
    layer: Mapped[str]
    provider: Mapped[str]
    model: Mapped[str]
    context: Mapped[str] = mapped_column(server_default=text("''"))
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime | None]
    withdrawn: Mapped[bool] = mapped_column(server_default=text("false"))
    rates: Mapped[dict[str, Any]]
    source: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)


class ModelAlias(Base):
    """Another name of a model, exact; `workspace_id` 0 is everyone's.

    A workspace's own may lead to a model of another provider, `target_provider`.
    """

    __tablename__ = "model_aliases"
    __table_args__ = (Index("ix_model_aliases_set_at", "set_at"),)

    workspace_id: Mapped[int] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(primary_key=True)
    alias: Mapped[str] = mapped_column(primary_key=True)
    model: Mapped[str]
    source: Mapped[str]
    target_provider: Mapped[str | None]
    set_at: Mapped[datetime] = mapped_column(server_default=NOW)


class PriceSync(Base):
    """A run of the price sync that brought something new: how old the catalogue is, and whose it was.

    `digest` tells a later run whether it would bring anything else; one that did not moves `looked_at`.
    `refused` says why the list that a start found last was not taken, until one is. `newest_price` is the
    day of the newest price that held when the list was first seen, `listed` how many models of each
    provider it has (empty where that was not counted yet).
    """

    __tablename__ = "price_syncs"

    id: Mapped[Id]
    source: Mapped[str]
    digest: Mapped[str]
    prices: Mapped[int]
    aliases: Mapped[int]
    synced_at: Mapped[datetime] = mapped_column(server_default=NOW)
    looked_at: Mapped[datetime] = mapped_column(server_default=NOW)
    refused: Mapped[str | None]
    newest_price: Mapped[date | None]
    listed: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))


class Epoch(Base):
    """A counter that moves with every change of prices (`prices`) or budgets (`budgets`).

    `arrivals` is the one of prices that unpriced events were last looked at for, and `arrivals_us` when the
    newest price was recorded that was known then.
    """

    __tablename__ = "epochs"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]
