"""The bodies of the invitation routes, as the contract names them."""

from datetime import datetime

from pydantic import BaseModel, Field

from llmlab_api.accounts.schemas import Email, LinkToken, Role
from llmlab_api.fields import RequestBody


class InviteRequest(RequestBody):
    """An invitation, good once, for `days` days. With an `email`, only an account with that can accept it."""

    role: Role
    email: Email | None = None
    days: int = Field(7, ge=1, le=30)


class LinkRequest(RequestBody):
    """The secret of an invitation's link."""

    token: LinkToken


class InvitationResponse(BaseModel):
    """An invitation; `created_by` is the e-mail of who made it, unless the account is gone."""

    id: int
    role: Role
    email: str | None
    created_at: datetime
    expires_at: datetime
    created_by: str | None
    accepted_at: datetime | None


class NewInvitationResponse(InvitationResponse):
    """An invitation with its secret, which is shown this once: the link is `/join#token=<link_token>`."""

    link_token: str


class InvitationListResponse(BaseModel):
    """Invitations, newest first, those too that were accepted or have expired."""

    invitations: list[InvitationResponse]
    next_cursor: str | None


class LookResponse(BaseModel):
    """What somebody with the link is invited to.

    `has_account` says, for an invitation that names an e-mail, whether to log in or to sign up.
    """

    workspace: str
    role: Role
    email: str | None
    invited_by: str | None
    expires_at: datetime
    has_account: bool | None
