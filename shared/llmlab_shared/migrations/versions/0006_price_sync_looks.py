"""When the price list was looked at last and what was refused then, how old it is, and what it lists.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "price_syncs",
        sa.Column("looked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    # Nothing is known of looks before this, so none is later than the sync itself.
    op.execute("UPDATE price_syncs SET looked_at = synced_at")
    op.add_column("price_syncs", sa.Column("refused", sa.Text(), nullable=True))
    op.add_column("price_syncs", sa.Column("newest_price", sa.Date(), nullable=True))
    op.add_column(
        "price_syncs",
        sa.Column(
            "listed",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
    )


def downgrade() -> None:
    op.drop_column("price_syncs", "listed")
    op.drop_column("price_syncs", "newest_price")
    op.drop_column("price_syncs", "refused")
    op.drop_column("price_syncs", "looked_at")
