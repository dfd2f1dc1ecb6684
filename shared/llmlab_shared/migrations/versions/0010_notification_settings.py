"""What a workspace wants to be told of besides its budgets, and where its reports go.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_SWITCHES = ("forecasts", "anomalies", "weekly_report", "monthly_report", "team_reports")


def upgrade() -> None:
    op.create_table(
        "notification_settings",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        *(
            sa.Column(name, sa.Boolean(), server_default=sa.text("true"), nullable=False)
            for name in _SWITCHES
        ),
        sa.Column(
            "anomaly_minimum",
            sa.Numeric(precision=38, scale=12),
            server_default=sa.text("10"),
            nullable=False,
        ),
        sa.Column("report_channels", postgresql.ARRAY(sa.BigInteger()), nullable=True),
        sa.Column(
            "team_channels",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.CheckConstraint("anomaly_minimum > 0", name=op.f("ck_notification_settings_minimum_positive")),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_notification_settings_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_notification_settings")),
    )


def downgrade() -> None:
    op.drop_table("notification_settings")
