"""An index of the dead letters that nobody has replayed, for counting them at every look at readiness.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_dead_letters_waiting",
        "dead_letters",
        ["died_at"],
        unique=False,
        postgresql_include=["code"],
        postgresql_where=sa.text("replayed_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_dead_letters_waiting", table_name="dead_letters")
