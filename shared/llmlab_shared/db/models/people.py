"""How people come in and stay: sign-ins, invitations, reset passwords, identities of other issuers."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from llmlab_shared.db.models.base import Base, Id

NOW = text("now()")


class LoginSession(Base):
    """A token that is out, by its `jti`. `kind` is how it was handed over: in a cookie (`web`) or as itself.

    `generation` takes the place of the one that the token carries, so that one token can outlive the end
    of all others. A revoked token is in `revoked_tokens`, and only there.
    """

    __tablename__ = "sessions"
    __table_args__ = (
        CheckConstraint("kind IN ('web', 'token')", name="kind_known"),
        Index("ix_sessions_user_id", "user_id"),
    )

    jti: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    generation: Mapped[int]
    kind: Mapped[str]
    agent: Mapped[str] = mapped_column(server_default=text("''"))
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    last_seen_at: Mapped[datetime] = mapped_column(server_default=NOW)
    expires_at: Mapped[datetime]


class Invitation(Base):
    """A link that lets one person into a workspace, kept as the SHA-256 of its secret.

    With an `email` it is for that one only. `created_by` is null when who made it is gone.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint("role IN ('owner', 'admin', 'member', 'viewer')", name="role_known"),
        Index("ix_invitations_workspace_id", "workspace_id", "id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    role: Mapped[str]
    email: Mapped[str | None]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class PasswordReset(Base):
    """Somebody asked for a new password for this e-mail, which need not be anybody's.

    The secret is made when the link is sent or shown; until then, and when there is no such user, there is
    no `token_hash`. From `sent_at` on nobody needs to send it; `due_at` is when it is tried again.
    """

    __tablename__ = "password_resets"
    __table_args__ = (
        Index("ix_password_resets_email", "email"),
        Index("ix_password_resets_due_at", "due_at", postgresql_where=text("sent_at IS NULL")),
    )

    id: Mapped[Id]
    email: Mapped[str]
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    due_at: Mapped[datetime] = mapped_column(server_default=NOW)
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    sent_at: Mapped[datetime | None]
    expires_at: Mapped[datetime] = mapped_column(server_default=text("now() + interval '1 hour'"))
    used_at: Mapped[datetime | None]


class Identity(Base):
    """A user as another issuer of tokens knows them: `subject` is its id of them."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"), Index("ix_identities_user_id", "user_id"))

    id: Mapped[Id]
    issuer: Mapped[str]
    subject: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
