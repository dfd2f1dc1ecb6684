"""Budgets, how much of each is spent, and the crossings that alert."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, Numeric, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from llmlab_shared.db.models.base import MONEY, Base, Id

NOW = text("now()")


class Budget(Base):
    """What may be spent in a period. `month` set: that month only; null: every one without a row of its own.

    `scope` has values by dimension (`tag.<key>` of a tag). `revision` counts the changes of its amounts.
    `counts_from` is the first local day that counts, null: all that ever was.
    """

    __tablename__ = "budgets"
    __table_args__ = (
        CheckConstraint("period IN ('day', 'week', 'month', 'quarter', 'year')", name="period_known"),
        CheckConstraint("month IS NULL OR extract(day FROM month) = 1", name="month_first_day"),
        CheckConstraint("each IN ('user', 'team', 'customer', 'api_key', 'project')", name="each_known"),
        Index(
            "uq_budgets_scope_month",
            "workspace_id",
            "scope",
            "each",
            "period",
            "month",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[Id]
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    name: Mapped[str]
    scope: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    each: Mapped[str | None]
    period: Mapped[str] = mapped_column(server_default=text("'month'"))
    month: Mapped[date | None] = mapped_column(Date)
    thresholds: Mapped[list[Decimal]] = mapped_column(ARRAY(Numeric(6, 4)))
    revision: Mapped[int] = mapped_column(server_default=text("1"))
    counts_from: Mapped[date | None] = mapped_column(Date)
    paused: Mapped[bool] = mapped_column(server_default=text("false"))
    channels: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)


class BudgetAmount(Base):
    """How much a budget allows in each period that begins on `valid_from` or later."""

    __tablename__ = "budget_amounts"

    budget_id: Mapped[int] = mapped_column(ForeignKey("budgets.id", ondelete="CASCADE"), primary_key=True)
    valid_from: Mapped[date] = mapped_column(Date, primary_key=True)
    amount: Mapped[Decimal] = mapped_column(MONEY)
    revision: Mapped[int]


class BudgetSpend(Base):
    """Spend by budget, value of `each` (`''` without) and period: a rollup keyed by budget."""

    __tablename__ = "budget_spend"
    __table_args__ = {"postgresql_with": {"fillfactor": "50"}}

    budget_id: Mapped[int] = mapped_column(ForeignKey("budgets.id", ondelete="CASCADE"), primary_key=True)
    period_start: Mapped[date] = mapped_column(Date, primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    spend: Mapped[Decimal] = mapped_column(MONEY)


class BudgetCrossing(Base):
    """A threshold was passed: at most one row for each, inserted by the spend's own transaction."""

    __tablename__ = "budget_crossings"

    budget_id: Mapped[int] = mapped_column(ForeignKey("budgets.id", ondelete="CASCADE"), primary_key=True)
    period_start: Mapped[date] = mapped_column(Date, primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    threshold: Mapped[Decimal] = mapped_column(Numeric(6, 4), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[int]
    spend: Mapped[Decimal] = mapped_column(MONEY)
    crossed_at: Mapped[datetime] = mapped_column(server_default=NOW)
