"""Which workspaces' days are being rebuilt."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from llmlab_shared.db.models.base import Base


class CalendarRebuild(Base):
    """The zone or the declared tags of a workspace changed, and its day tiers are not yet those of the new.

    The row comes with the change and goes when all is rebuilt; meanwhile nobody reads those tiers. Days from
    `first_day` on are right until before `next_day`; behind `last_day` come the budgets. Each further change
    bumps `revision` and begins anew.
    """

    __tablename__ = "calendar_rebuilds"

    workspace_id: Mapped[int] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    revision: Mapped[int] = mapped_column(server_default=text("1"))
    since: Mapped[datetime] = mapped_column(server_default=text("now()"))
    first_day: Mapped[date] = mapped_column(Date)
    next_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
