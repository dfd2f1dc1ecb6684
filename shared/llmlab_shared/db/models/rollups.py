"""Pre-aggregated spend: what every total is read from, written in the events' own transaction.

`cost` is spend where `billing` is `metered`, and list value otherwise. Dimensions are never null,
because nulls never conflict in a unique key: `''` means absent. Pages keep room for updates in place.
"""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Date, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from llmlab_shared.db.models.base import MONEY, Base


class _Measures:
    events: Mapped[int]
    errors: Mapped[int]
    cost: Mapped[Decimal] = mapped_column(MONEY)
    input_tokens: Mapped[int]
    output_tokens: Mapped[int]


class _TokenClasses:
    cache_read_tokens: Mapped[int]
    cache_write_5m_tokens: Mapped[int]
    cache_write_1h_tokens: Mapped[int]
    input_audio_tokens: Mapped[int]
    cache_audio_read_tokens: Mapped[int]
    input_image_tokens: Mapped[int]
    output_audio_tokens: Mapped[int]
    output_image_tokens: Mapped[int]
    reasoning_tokens: Mapped[int]


class Rollup15m(_Measures, _TokenClasses, Base):
    """Tier 1: quarter hours of UTC, exact in any time zone."""

    __tablename__ = "rollup_15m"
    __table_args__ = {"postgresql_with": {"fillfactor": "70"}}

    workspace_id: Mapped[int] = mapped_column(primary_key=True)
    bucket: Mapped[datetime] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(primary_key=True)
    model: Mapped[str] = mapped_column(primary_key=True)
    api_key_id: Mapped[int] = mapped_column(primary_key=True)
    environment: Mapped[str] = mapped_column(primary_key=True)
    price_status: Mapped[str] = mapped_column(primary_key=True)
    billing: Mapped[str] = mapped_column(primary_key=True)


class RollupDay(_Measures, _TokenClasses, Base):
    """Tier 1 folded to days of the workspace's zone, for long ranges."""

    __tablename__ = "rollup_day"
    __table_args__ = (
        # When a price arrives, what has waited for one is found by this.
        Index(
            "ix_rollup_day_unpriced",
            "workspace_id",
            "provider",
            "model",
            postgresql_where=text("price_status = 'unpriced'"),
        ),
        {"postgresql_with": {"fillfactor": "70"}},
    )

    workspace_id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    provider: Mapped[str] = mapped_column(primary_key=True)
    model: Mapped[str] = mapped_column(primary_key=True)
    api_key_id: Mapped[int] = mapped_column(primary_key=True)
    environment: Mapped[str] = mapped_column(primary_key=True)
    price_status: Mapped[str] = mapped_column(primary_key=True)
    billing: Mapped[str] = mapped_column(primary_key=True)


class RollupDimensionDay(_Measures, Base):
    """Tier 2: days of the workspace's zone by one of the caller's own dimensions and model.

    `dimension` is `feature`, `customer`, `user`, `team`, `project`, `release` or `tag.<key>`. What has no
    value there has no row: it is what is left of `rollup_day`. Where it was folded (`DimensionFold`), `value`
    is one of those kept or `(other)`.
    """

    __tablename__ = "rollup_dimension_day"
    __table_args__ = {"postgresql_with": {"fillfactor": "70"}}

    workspace_id: Mapped[int] = mapped_column(primary_key=True)
    dimension: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(primary_key=True)
    model: Mapped[str] = mapped_column(primary_key=True)
    price_status: Mapped[str] = mapped_column(primary_key=True)
    billing: Mapped[str] = mapped_column(primary_key=True)


class DimensionFold(Base):
    """A dimension of a day that had too many values: all but those in `kept` are added up as `(other)`.

    Written once and never changed: from its commit on, workers add to nothing else. The rows that other
    values had before are moved afterwards, in steps; until `completed_at` reading takes them for `(other)`.
    """

    __tablename__ = "dimension_folds"
    __table_args__ = (
        Index("ix_dimension_folds_unfinished", "folded_at", postgresql_where=text("completed_at IS NULL")),
    )

    workspace_id: Mapped[int] = mapped_column(primary_key=True)
    dimension: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    kept: Mapped[list[str]] = mapped_column(ARRAY(Text))
    folded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    completed_at: Mapped[datetime | None]
