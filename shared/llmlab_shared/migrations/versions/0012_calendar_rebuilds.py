"""Workspaces whose days are being rebuilt, and finding the calls that failed.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_rebuilds",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("next_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_calendar_rebuilds_workspace_id_workspaces"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_calendar_rebuilds")),
    )
    # Spends wait while it is built, which is a look through all events; what is accepted meanwhile is queued.
    # Beside them it could only be built outside of the transaction, which keeps two starts apart (`env.py`).
    op.create_index(
        "ix_cost_events_failed",
        "cost_events",
        ["workspace_id", "id_time"],
        postgresql_where=sa.text("status <> 'ok'"),
    )


def downgrade() -> None:
    op.drop_index("ix_cost_events_failed", "cost_events")
    op.drop_table("calendar_rebuilds")
