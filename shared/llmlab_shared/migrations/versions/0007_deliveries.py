"""Channels and deliveries beside the outbox, whose messages are acknowledged and never repeated.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.drop_index("ix_outbox_due_at", table_name="outbox", postgresql_where=sa.text("delivered_at IS NULL"))
    for name in ("attempts", "due_at", "delivered_at", "last_error"):
        op.drop_column("outbox", name)
    op.add_column("outbox", sa.Column("dedupe_key", sa.Text(), nullable=True))
    op.add_column("outbox", sa.Column("channels", postgresql.ARRAY(sa.BigInteger()), nullable=True))
    op.add_column("outbox", sa.Column("fanned_out_at", _INSTANT, nullable=True))
    op.add_column("outbox", sa.Column("notice", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column("outbox", sa.Column("acknowledged_at", _INSTANT, nullable=True))
    op.add_column("outbox", sa.Column("acknowledged_by", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_outbox_kind_known"),
        "outbox",
        "kind IN ('budget_crossing', 'budget_forecast', 'spend_anomaly', 'report', 'test')",
    )
    op.create_index("ix_outbox_workspace_id", "outbox", ["workspace_id", "id"])
    op.create_index("ix_outbox_waiting", "outbox", ["id"], postgresql_where=sa.text("fanned_out_at IS NULL"))
    op.create_index(
        "uq_outbox_dedupe_key",
        "outbox",
        ["workspace_id", "kind", "dedupe_key"],
        unique=True,
        postgresql_where=sa.text("dedupe_key IS NOT NULL"),
    )
    op.create_table(
        "notification_channels",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("kinds", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("paused_at", _INSTANT, nullable=True),
        sa.Column("created_at", _INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('email', 'slack', 'teams', 'discord', 'pagerduty', 'webhook')",
            name=op.f("ck_notification_channels_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_notification_channels_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_channels")),
        sa.UniqueConstraint("workspace_id", "name", name=op.f("uq_notification_channels_workspace_id_name")),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("outbox_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", _INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.Column("leased_until", _INSTANT, nullable=True),
        sa.Column("expires_at", _INSTANT, server_default=sa.text("now() + interval '1 day'"), nullable=False),
        sa.Column("reached", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("key", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("sent_at", _INSTANT, nullable=True),
        sa.Column("created_at", _INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('waiting', 'sent', 'failed')", name=op.f("ck_deliveries_status_known")
        ),
        sa.ForeignKeyConstraint(
            ["outbox_id"], ["outbox.id"], name=op.f("fk_deliveries_outbox_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["channel_id"],
            ["notification_channels.id"],
            name=op.f("fk_deliveries_channel_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("outbox_id", "channel_id", name=op.f("uq_deliveries_outbox_id_channel_id")),
    )
    op.create_index("ix_deliveries_workspace_id", "deliveries", ["workspace_id", "id"])
    op.create_index("ix_deliveries_channel_id", "deliveries", ["channel_id", "id"])
    op.create_index(
        "ix_deliveries_due_at", "deliveries", ["due_at"], postgresql_where=sa.text("status = 'waiting'")
    )


def downgrade() -> None:
    op.drop_table("deliveries")
    op.drop_table("notification_channels")
    op.drop_index("uq_outbox_dedupe_key", table_name="outbox")
    op.drop_index("ix_outbox_waiting", table_name="outbox")
    op.drop_index("ix_outbox_workspace_id", table_name="outbox")
    op.drop_constraint(op.f("ck_outbox_kind_known"), "outbox", type_="check")
    for name in ("acknowledged_by", "acknowledged_at", "notice", "fanned_out_at", "channels", "dedupe_key"):
        op.drop_column("outbox", name)
    op.add_column(
        "outbox", sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("outbox", sa.Column("due_at", _INSTANT, server_default=sa.text("now()"), nullable=False))
    op.add_column("outbox", sa.Column("delivered_at", _INSTANT, nullable=True))
    op.add_column("outbox", sa.Column("last_error", sa.Text(), nullable=True))
    op.create_index(
        "ix_outbox_due_at", "outbox", ["due_at"], postgresql_where=sa.text("delivered_at IS NULL")
    )
