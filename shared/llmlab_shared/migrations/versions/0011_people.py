"""Sign-ins that can be looked at and ended, viewers, invitations, reset passwords, other issuers' identities.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_NOW = sa.text("now()")
_ROLES = "role IN ('owner', 'admin', 'member', 'viewer')"
_ROLES_BEFORE = "role IN ('owner', 'admin', 'member')"
# No password has it: bcrypt's hashes begin with a dollar sign.
_NO_PASSWORD = "none"


def _instant(name: str, **how: object) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), **how)  # type: ignore[arg-type]  # as Column takes them


def _user(name: str, table: str, *, kept: bool = False) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    return sa.Column(name, sa.BigInteger(), nullable=kept), sa.ForeignKeyConstraint(
        [name],
        ["users.id"],
        name=op.f(f"fk_{table}_{name}"),
        ondelete="SET NULL" if kept else "CASCADE",
    )


def upgrade() -> None:
    op.alter_column("users", "hashed_password", nullable=True)
    op.add_column(
        "users", sa.Column("email_proven", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.drop_constraint(op.f("ck_memberships_role_known"), "memberships")
    op.create_check_constraint(op.f("ck_memberships_role_known"), "memberships", _ROLES)
    op.create_table(
        "sessions",
        sa.Column("jti", sa.Uuid(), nullable=False),
        *_user("user_id", "sessions"),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), server_default=sa.text("''"), nullable=False),
        _instant("created_at", server_default=_NOW, nullable=False),
        _instant("last_seen_at", server_default=_NOW, nullable=False),
        _instant("expires_at", nullable=False),
        sa.CheckConstraint("kind IN ('web', 'token')", name=op.f("ck_sessions_kind_known")),
        sa.PrimaryKeyConstraint("jti", name=op.f("pk_sessions")),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    op.create_table(
        "invitations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        *_user("created_by", "invitations", kept=True),
        _instant("created_at", server_default=_NOW, nullable=False),
        _instant("expires_at", nullable=False),
        _instant("accepted_at", nullable=True),
        *_user("accepted_by", "invitations", kept=True),
        sa.CheckConstraint(_ROLES, name=op.f("ck_invitations_role_known")),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_invitations_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitations_token_hash")),
    )
    op.create_index("ix_invitations_workspace_id", "invitations", ["workspace_id", "id"])
    op.create_table(
        "password_resets",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        _instant("created_at", server_default=_NOW, nullable=False),
        _instant("due_at", server_default=_NOW, nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        _instant("sent_at", nullable=True),
        _instant("expires_at", server_default=sa.text("now() + interval '1 hour'"), nullable=False),
        _instant("used_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_resets")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_password_resets_token_hash")),
    )
    op.create_index("ix_password_resets_email", "password_resets", ["email"])
    op.create_index(
        "ix_password_resets_due_at",
        "password_resets",
        ["due_at"],
        postgresql_where=sa.text("sent_at IS NULL"),
    )
    op.create_table(
        "identities",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        *_user("user_id", "identities"),
        _instant("created_at", server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_identities_issuer_subject")),
    )
    op.create_index("ix_identities_user_id", "identities", ["user_id"])


def downgrade() -> None:
    """Go back; who came without a password cannot log in then, and viewers, whom nothing before knows, go."""
    for table in ("identities", "password_resets", "invitations", "sessions"):
        op.drop_table(table)
    op.execute("DELETE FROM memberships WHERE role = 'viewer'")
    op.drop_constraint(op.f("ck_memberships_role_known"), "memberships")
    op.create_check_constraint(op.f("ck_memberships_role_known"), "memberships", _ROLES_BEFORE)
    op.drop_column("users", "email_proven")
    op.execute(f"UPDATE users SET hashed_password = '{_NO_PASSWORD}' WHERE hashed_password IS NULL")
    op.alter_column("users", "hashed_password", nullable=False)
