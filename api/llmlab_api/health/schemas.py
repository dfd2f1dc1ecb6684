"""What the health routes answer."""

from datetime import date, datetime

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


class PriceListState(BaseModel):
    """The price list that calls are priced by."""

    source: str = Field(description="Which list it is, and of which version or file.")
    newest_price: date | None = Field(description="Since when the newest price in it holds.")
    days: int = Field(description="Its age at most: counted from its newest price.")
    is_old: bool = Field(description="Whether prices have probably changed since.")
    synced_at: datetime = Field(description="When it was brought in.")
    looked_at: datetime = Field(description="When a sync last looked whether there is another one.")
    refused: str | None = Field(description="Why the list that the last start found was not taken, if so.")


class Ready(BaseModel):
    """The API can do its work. `warnings` name what is weaker than it should be."""

    status: str = "ready"
    version: str
    schema_revision: str
    workers: int = Field(description="How many workers gave a sign of life in the last 15 seconds.")
    backlog: BacklogState
    prices: PriceListState | None = Field(description="Null before the first `llmlab prices sync`.")
    warnings: list[str]


class Welcome(BaseModel):
    """Where to go from here."""

    name: str = "LLMLab"
    version: str
    docs: str = "/api/docs"
    openapi: str = "/api/openapi.json"
    health: str = "/health/ready"
