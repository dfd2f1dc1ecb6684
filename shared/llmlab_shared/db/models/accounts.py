"""Who may see what: users, workspaces, memberships, API keys, dead tokens, the audit log."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Numeric, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from llmlab_shared.db.models.base import Base, Id

NOW = text("now()")


class User(Base):
    """A person. A token carries the `token_generation` it was issued in and is dead in any other one.

    A counter and not an instant: a password change must end older tokens whatever the clocks of the
    hosts that issued them say. There is no password where another issuer vouches for the user, and
    `email_proven` says whether the e-mail was shown to be theirs, and not only typed in.
    """

    __tablename__ = "users"

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(unique=True)
    hashed_password: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    token_generation: Mapped[int] = mapped_column(server_default=text("1"))
    email_proven: Mapped[bool] = mapped_column(server_default=text("false"))


class Workspace(Base):
    """A tenant. Its zone sets the edges of its days and months; changing it rebuilds the day tiers."""

    __tablename__ = "workspaces"
    __table_args__ = (
        CheckConstraint(
            "budget_alert_threshold > 0 AND budget_alert_threshold <= 10", name="threshold_range"
        ),
    )

    id: Mapped[Id]
    name: Mapped[str]
    timezone: Mapped[str] = mapped_column(server_default=text("'UTC'"))
    budget_alert_threshold: Mapped[Decimal] = mapped_column(Numeric(6, 4), server_default=text("0.80"))
    tag_dimensions: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)


class Membership(Base):
    """A user's place in a workspace: `owner`, `admin`, `member` or `viewer`; `personal`: login chooses it."""

    __tablename__ = "memberships"
    __table_args__ = (
        CheckConstraint("role IN ('owner', 'admin', 'member', 'viewer')", name="role_known"),
        Index("ix_memberships_user_id", "user_id"),
    )

    workspace_id: Mapped[int] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str]
    personal: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)


class ApiKey(Base):
    """A key of a workspace, kept as SHA-256; `prefix` is what a person recognises it by.

    After a rotation with grace the secret before it works until `previous_valid_until`.
    """

    __tablename__ = "api_keys"
    __table_args__ = (Index("ix_api_keys_workspace_id", "workspace_id"),)

    id: Mapped[Id]
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    name: Mapped[str]
    prefix: Mapped[str]
    key_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    previous_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    previous_valid_until: Mapped[datetime | None]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    defaults: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class RevokedToken(Base):
    """A JWT that was logged out, by its `jti`, kept until it would have expired."""

    __tablename__ = "revoked_tokens"
    __table_args__ = (Index("ix_revoked_tokens_expires_at", "expires_at"),)

    jti: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime] = mapped_column(server_default=NOW)


class AuditEntry(Base):
    """Who did what, append-only; `workspace_id` is null for acts on the installation itself."""

    __tablename__ = "audit_log"
    __table_args__ = (Index("ix_audit_log_workspace_id_at", "workspace_id", "at"),)

    id: Mapped[Id]
    workspace_id: Mapped[int | None]
    actor: Mapped[str]
    action: Mapped[str]
    target: Mapped[str] = mapped_column(server_default=text("''"))
    details: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    at: Mapped[datetime] = mapped_column(server_default=NOW)
