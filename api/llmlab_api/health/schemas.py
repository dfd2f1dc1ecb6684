"""What the health routes answer."""

from pydantic import BaseModel, Field


class Alive(BaseModel):
    """The process answers; nothing else was looked at."""

    status: str = "alive"


class BacklogState(BaseModel):
    """What waits to be priced."""

    bytes: int
    limit_bytes: int
    entries: int
    oldest_unprocessed_seconds: float | None = Field(description="Age of the oldest waiting event, if any.")


class Ready(BaseModel):
    """The API can do its work. `warnings` name what is weaker than it should be."""

    status: str = "ready"
    version: str
    schema_revision: str
    workers: int = Field(description="How many workers gave a sign of life in the last 15 seconds.")
    backlog: BacklogState
    warnings: list[str]


class Welcome(BaseModel):
    """Where to go from here."""

    name: str = "LLMLab"
    version: str
    docs: str = "/api/docs"
    openapi: str = "/api/openapi.json"
    health: str = "/health/ready"
