"""What `GET /api/audit` answers."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field


class AuditEntry(BaseModel):
    id: int
    at: datetime
    actor: str = Field(
        description="`user:<id>`, `key:<id>`, `operator:<name>` at the machine itself, or a job's own name."
    )
    actor_email: str | None = Field(description="Of a user who is there still.")
    action: str = Field(examples=["key_created"])
    target: str = Field(examples=["key:7"])
    details: dict[str, Any]


class AuditLog(BaseModel):
    entries: list[AuditEntry] = Field(description="The last come first.")
    next_cursor: str | None
