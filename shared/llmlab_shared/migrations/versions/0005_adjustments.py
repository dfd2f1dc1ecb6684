"""Corrections of the ledger as rows of their own, custom prices that end, and workspaces' model names.

Undoing it takes the corrections away and leaves them in the rollups: rebuild those afterwards.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_MONEY = sa.Numeric(precision=26, scale=12)
_SUM = sa.Numeric(precision=38, scale=12)
_TOKENS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "input_audio_tokens",
    "cache_audio_read_tokens",
    "input_image_tokens",
    "output_audio_tokens",
    "output_image_tokens",
    "reasoning_tokens",
)


def upgrade() -> None:
    op.add_column("price_versions", sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("model_aliases", sa.Column("target_provider", sa.Text(), nullable=True))
    op.add_column(
        "model_aliases",
        sa.Column("set_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.create_index("ix_price_versions_recorded_at", "price_versions", ["recorded_at"], unique=False)
    op.create_index("ix_model_aliases_set_at", "model_aliases", ["set_at"], unique=False)
    op.create_table(
        "repricings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "selection",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("undoes", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'queued'"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("expected", sa.BigInteger(), nullable=True),
        sa.Column("seen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("changed", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("skipped", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("difference", _SUM, server_default=sa.text("0"), nullable=False),
        sa.Column("after_id_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("after_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("alive_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('reprice', 'unpriced', 'release', 'correct', 'undo')",
            name=op.f("ck_repricings_kind_known"),
        ),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'done', 'failed')", name=op.f("ck_repricings_status_known")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_repricings_workspace_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["undoes"], ["repricings.id"], name=op.f("fk_repricings_undoes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repricings")),
    )
    op.create_index("ix_repricings_workspace_id", "repricings", ["workspace_id", "id"], unique=False)
    op.create_index(
        "ix_repricings_open",
        "repricings",
        ["id"],
        unique=False,
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    )
    op.create_table(
        "repricing_sums",
        sa.Column("repricing_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("billing", sa.Text(), nullable=False),
        sa.Column("status_before", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("cost_before", _SUM, nullable=False),
        sa.Column("cost", _SUM, nullable=False),
        sa.ForeignKeyConstraint(
            ["repricing_id"],
            ["repricings.id"],
            name=op.f("fk_repricing_sums_repricing_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "repricing_id",
            "day",
            "provider",
            "model",
            "billing",
            "status_before",
            "status",
            name=op.f("pk_repricing_sums"),
        ),
    )
    op.create_table(
        "adjustments",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("id_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("repricing_id", sa.BigInteger(), nullable=False),
        sa.Column("status_before", sa.Text(), nullable=False),
        sa.Column("cost_before", _MONEY, nullable=True),
        sa.Column("price_status", sa.Text(), nullable=False),
        sa.Column("cost", _MONEY, nullable=True),
        sa.Column("computed_cost", _MONEY, nullable=True),
        sa.Column("tool_cost", _MONEY, nullable=True),
        sa.Column("reported_cost", _MONEY, nullable=True),
        sa.Column("reported_by", sa.Text(), nullable=True),
        sa.Column("price_id", sa.BigInteger(), nullable=True),
        sa.Column("price_rule", sa.Text(), nullable=True),
        sa.Column("quarantine_reason", sa.Text(), nullable=True),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in _TOKENS),
        sa.Column("stated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("adjusted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["repricing_id"], ["repricings.id"], name=op.f("fk_adjustments_repricing_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id_time", "id", "number", name=op.f("pk_adjustments")),
    )
    op.create_index(
        "ix_adjustments_repricing_id", "adjustments", ["repricing_id", "id_time", "id"], unique=False
    )
    op.create_index(
        "ix_rollup_day_unpriced",
        "rollup_day",
        ["workspace_id", "provider", "model"],
        unique=False,
        postgresql_where=sa.text("price_status = 'unpriced'"),
    )
    op.execute("INSERT INTO epochs (name, value) VALUES ('arrivals', 0), ('arrivals_us', 0)")


def downgrade() -> None:
    op.execute("DELETE FROM epochs WHERE name IN ('arrivals', 'arrivals_us')")
    op.drop_index(
        "ix_rollup_day_unpriced",
        table_name="rollup_day",
        postgresql_where=sa.text("price_status = 'unpriced'"),
    )
    op.drop_index("ix_adjustments_repricing_id", table_name="adjustments")
    op.drop_table("adjustments")
    op.drop_table("repricing_sums")
    op.drop_index(
        "ix_repricings_open",
        table_name="repricings",
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    )
    op.drop_index("ix_repricings_workspace_id", table_name="repricings")
    op.drop_table("repricings")
    op.drop_index("ix_model_aliases_set_at", table_name="model_aliases")
    op.drop_index("ix_price_versions_recorded_at", table_name="price_versions")
    op.drop_column("model_aliases", "set_at")
    op.drop_column("model_aliases", "target_provider")
    op.drop_column("price_versions", "valid_until")
