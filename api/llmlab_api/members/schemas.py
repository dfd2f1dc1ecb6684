"""The bodies of the member routes, as the contract names them."""

from datetime import datetime

from pydantic import BaseModel, Field

from llmlab_api.accounts.schemas import Role
from llmlab_api.fields import RequestBody, Title


class MemberResponse(BaseModel):
    """Somebody who belongs to the workspace; `you` is who asks. `last_seen_at` is in any workspace."""

    user_id: int
    email: str
    role: Role
    joined_at: datetime
    last_seen_at: datetime | None
    you: bool


class MemberListResponse(BaseModel):
    """Everybody who belongs to the workspace, who came first at the front."""

    members: list[MemberResponse]


class RoleRequest(RequestBody):
    """What a member shall be."""

    role: Role


class NewWorkspaceRequest(RequestBody):
    """Another workspace; `timezone` sets the edges of its days."""

    name: Title
    timezone: str = Field("UTC", max_length=64)
