"""Amounts that change from a date on, and what budgets of a part of the spend need.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_MONEY = sa.Numeric(precision=38, scale=12)


def upgrade() -> None:
    op.create_table(
        "budget_amounts",
        sa.Column("budget_id", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("amount", _MONEY, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["budget_id"], ["budgets.id"], name=op.f("fk_budget_amounts_budget_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("budget_id", "valid_from", name=op.f("pk_budget_amounts")),
    )
    # All there are count months.
    op.execute(
        "INSERT INTO budget_amounts (budget_id, valid_from, amount, revision) SELECT id, "
        "coalesce(month, date_trunc('month', created_at AT TIME ZONE 'UTC')::date), budget_amount, revision "
        "FROM budgets"
    )
    # What was told before says as much as what is told from now on.
    op.execute(
        "UPDATE outbox o SET payload = jsonb_build_object('name', b.name, 'scope', b.scope, 'each', b.each, "
        "'period', b.period, 'amount', trim_scale(b.budget_amount)::text, 'period_end', "
        "((o.payload ->> 'period_start')::date + interval '1 month')::date) || o.payload "
        "FROM budgets b WHERE o.kind = 'budget_crossing' AND b.id = (o.payload ->> 'budget_id')::bigint"
    )
    op.drop_column("budgets", "budget_amount")
    # A budget for each has thousands of values, and is read a period at a time.
    for table, rest in (("budget_spend", ""), ("budget_crossings", ", threshold, revision")):
        op.execute(
            f"ALTER TABLE {table} DROP CONSTRAINT pk_{table}, "
            f"ADD CONSTRAINT pk_{table} PRIMARY KEY (budget_id, period_start, value{rest})"
        )
    op.add_column("budgets", sa.Column("counts_from", sa.Date(), nullable=True))
    op.add_column(
        "budgets", sa.Column("paused", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("budgets", sa.Column("channels", postgresql.ARRAY(sa.BigInteger()), nullable=True))
    op.create_check_constraint(
        op.f("ck_budgets_each_known"),
        "budgets",
        "each IN ('user', 'team', 'customer', 'api_key', 'project')",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_budgets_each_known"), "budgets", type_="check")
    for table, rest in (("budget_spend", ""), ("budget_crossings", ", threshold, revision")):
        op.execute(
            f"ALTER TABLE {table} DROP CONSTRAINT pk_{table}, "
            f"ADD CONSTRAINT pk_{table} PRIMARY KEY (budget_id, value, period_start{rest})"
        )
    op.drop_column("budgets", "channels")
    op.drop_column("budgets", "paused")
    op.drop_column("budgets", "counts_from")
    op.add_column("budgets", sa.Column("budget_amount", _MONEY, nullable=True))
    op.execute(
        "UPDATE budgets SET budget_amount = (SELECT amount FROM budget_amounts "
        "WHERE budget_id = budgets.id ORDER BY valid_from DESC LIMIT 1)"
    )
    op.alter_column("budgets", "budget_amount", nullable=False)
    op.drop_table("budget_amounts")
