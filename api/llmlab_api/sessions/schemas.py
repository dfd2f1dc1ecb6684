"""The bodies of the session routes, as the contract names them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel


class SessionResponse(BaseModel):
    """A token that is good: `web` if it went into a browser's cookie. `agent` is the User-Agent it came by.

    `last_seen_at` is written at most once a minute.
    """

    id: UUID
    current: bool
    kind: Literal["web", "token"]
    agent: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


class SessionListResponse(BaseModel):
    """The newest 200 of the person's sessions."""

    sessions: list[SessionResponse]
