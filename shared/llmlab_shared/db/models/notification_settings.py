"""What a workspace wants to be told of besides its budgets, and where its reports go."""

from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from llmlab_shared.db.models.base import MONEY, Base

ON = text("true")


class NotificationSettings(Base):
    """A workspace without a row has the defaults.

    `report_channels` null: all channels that want reports. `team_channels` has those of single teams'
    reports, by team; the other teams' go where the workspace's does.
    """

    __tablename__ = "notification_settings"
    __table_args__ = (CheckConstraint("anomaly_minimum > 0", name="minimum_positive"),)

    workspace_id: Mapped[int] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    forecasts: Mapped[bool] = mapped_column(server_default=ON)
    anomalies: Mapped[bool] = mapped_column(server_default=ON)
    anomaly_minimum: Mapped[Decimal] = mapped_column(MONEY, server_default=text("10"))
    weekly_report: Mapped[bool] = mapped_column(server_default=ON)
    monthly_report: Mapped[bool] = mapped_column(server_default=ON)
    team_reports: Mapped[bool] = mapped_column(server_default=ON)
    report_channels: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    team_channels: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
