"""What `/api/recommendations` takes and answers. Amounts are decimal strings, never floats."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from llmlab_api.fields import RequestBody, printable
from llmlab_api.recommendations.advice import Effort, Kind

State = Literal["open", "accepted", "dismissed", "snoozed"]
MAX_DAYS = 366
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000), AfterValidator(printable)]


class DecideRequest(RequestBody):
    """Why, for whoever reads it later."""

    note: Note | None = None


class SnoozeRequest(DecideRequest):
    """Until when a recommendation is not shown: an instant or date, or a number of days."""

    until: str | None = Field(None, max_length=64, examples=["2027-01-01"])
    days: int | None = Field(None, ge=1, le=MAX_DAYS, strict=True)


class SavingRange(BaseModel):
    low: str
    likely: str
    high: str


class Sample(BaseModel):
    calls: int
    days: int = Field(description="On how many days these calls were made.")


class Verified(BaseModel):
    """What was saved since; amounts are null, and `reason` says why, while that cannot be said."""

    since: str = Field(description="The first whole day after it was accepted.")
    calls: int
    saving: str | None = Field(description="USD since then; below zero when calls got dearer.")
    low: str | None
    high: str | None
    baseline_cost_per_call: str | None
    cost_per_call: str | None
    method: str
    reason: str | None


class Recommendation(BaseModel):
    id: str = Field(description="The same as long as it is about the same thing; decisions are kept by it.")
    kind: Kind
    title: str = Field(examples=["Switch from gpt-4 to gpt-4o"])
    why: str = Field(description="The figures it rests on, in words.")
    saving_month: str = Field(description="USD, the likely saving: the last 30 days priced again.")
    saving: SavingRange = Field(description="USD in 30 days; never more than these calls cost.")
    confidence: float = Field(
        ge=0, le=1, description="sureness × calls / (calls + 50); the order is by confidence × saving."
    )
    confidence_reason: str
    effort: Effort
    risk: str
    evidence: dict[str, Any] = Field(
        description="The same figures, to count on; `events` is the request that shows these calls."
    )
    sample: Sample
    overlaps: list[str] = Field(
        description="Ids of others that would save some of the same money: these savings do not add up."
    )
    current: bool = Field(description="False: the calls of the last 30 days would not lead to it any more.")
    state: State
    until: datetime | None = Field(description="When a snoozed one is open again.")
    note: str | None
    decided_at: datetime | None
    verified: Verified | None = Field(description="Of an accepted one: what it saved since.")


class SilentRule(BaseModel):
    kind: Kind
    reason: str


class BasedOn(BaseModel):
    from_: str = Field(alias="from")
    to: str
    calls: int = Field(description="Metered calls of known cost, by the rollups.")
    spend: str
    events_read: int = Field(description="Single events that were looked at for how calls were made.")
    unpriced_events: int = Field(description="Of these, how many have no price, and so are in no advice.")
    sampled: bool = Field(
        description="There are more events than were read; the others are taken to be like them."
    )


class Recommendations(BaseModel):
    recommendations: list[Recommendation]
    silent: list[SilentRule] = Field(description="Rules that recommend nothing, and why.")
    based_on: BasedOn
