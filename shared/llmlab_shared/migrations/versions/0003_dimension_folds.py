"""Which dimensions of which days were folded, and the values that keep rows of their own.

Undoing it forgets that; the rows that were added up as `(other)` stay so.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dimension_folds",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kept", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("folded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "dimension", "day", name=op.f("pk_dimension_folds")),
    )
    op.create_index(
        "ix_dimension_folds_unfinished",
        "dimension_folds",
        ["folded_at"],
        unique=False,
        postgresql_where=sa.text("completed_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_dimension_folds_unfinished", table_name="dimension_folds")
    op.drop_table("dimension_folds")
