"""What people decided about recommendations.

Undoing it forgets the decisions; the recommendations are worked out anew whenever they are asked for.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recommendation_states",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("recommendation_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("advice", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("baseline", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state IN ('accepted', 'dismissed', 'snoozed')",
            name=op.f("ck_recommendation_states_state_known"),
        ),
        sa.CheckConstraint(
            "(state = 'snoozed') = (until IS NOT NULL)",
            name=op.f("ck_recommendation_states_snoozed_until"),
        ),
        sa.CheckConstraint(
            "(state = 'accepted') = (baseline IS NOT NULL)",
            name=op.f("ck_recommendation_states_accepted_baseline"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_recommendation_states_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "recommendation_id", name=op.f("pk_recommendation_states")),
    )


def downgrade() -> None:
    op.drop_table("recommendation_states")
