"""What `GET /api/costs/sessions` answers. Money is a decimal string."""

from datetime import datetime

from pydantic import BaseModel, Field

from llmlab_api.costs.schemas import Money


class CostSession(BaseModel):
    """The calls of a session, or of a trace, within the range and the filters.

    `GET /api/costs?session_id=…` (`trace_id=…`) lists them; from `first` to just after `last` is enough.
    """

    id: str
    spend: Money = Field(description="Metered spend in USD.", examples=["1.91"])
    events: int
    tokens: int
    errors: int
    unknown: int = Field(description="Calls whose cost is not known; the spend has none of them.")
    first: datetime
    last: datetime
    models: list[str] = Field(description="Those that cost most, dearest first; at most five.")
    user: str | None = Field(
        description="Whose calls they are; null where none says it, or not all the same."
    )
    customer: str | None
    feature: str | None


class CostSessions(BaseModel):
    """The dearest first. `scanned` is how many events were added up, `without` how many have no such id."""

    sessions: list[CostSession]
    scanned: int
    without: int
    from_: str = Field(alias="from")
    to: str
    tz: str
