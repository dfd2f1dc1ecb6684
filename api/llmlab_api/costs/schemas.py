"""What the cost endpoints answer, as OpenAPI shows it. Money is a decimal string, never a number."""

from datetime import datetime
from typing import Any, Literal

from llmlab_shared.domain.events import Billing, PriceStatus, ReportedBy, Status
from pydantic import BaseModel, ConfigDict, Field

Money = str


class Spend(BaseModel):
    """Metered spend in USD, and how many events and tokens (input and output) of any billing."""

    spend: Money = Field(examples=["1.91"])
    events: int
    tokens: int


class ModelSpend(Spend):
    provider: str = Field(examples=["openai"])
    model: str = Field(examples=["gpt-4"])


class ProviderSpend(Spend):
    provider: str


class Group(Spend):
    keys: dict[str, str] = Field(examples=[{"feature": "search", "day": "2026-11-23"}])


class Bucket(BaseModel):
    bucket: str = Field(
        description="A local day, or the beginning of a local hour when the range is two days or less.",
        examples=["2026-11-23"],
    )
    spend: Money
    events: int


class Counts(BaseModel):
    events: int
    priced: int
    reported: int
    estimated: int
    unpriced: int
    missing: int
    quarantined: int
    free: int
    errors: int


class TokenClasses(BaseModel):
    """The disjoint classes that input and output consist of; `reasoning` is a part of the output.

    Null where the store of the answer keeps only totals (filters by feature, customer, user, team, project,
    release or tag).
    """

    input: int | None
    cache_read: int | None
    cache_write_5m: int | None
    cache_write_1h: int | None
    input_audio: int | None
    cache_audio_read: int | None
    input_image: int | None
    output: int | None
    output_audio: int | None
    output_image: int | None
    reasoning: int | None


class Tokens(TokenClasses):
    """Totals, and the classes that they consist of."""

    input_tokens: int | None
    output_tokens: int | None


class Doubt(BaseModel):
    events: int
    tokens: int


class Confidence(BaseModel):
    """What `total_spend` rests on, and the metered events that it does not contain."""

    priced: Money
    reported: Money
    estimated: Money
    unpriced: Doubt
    missing: Doubt
    quarantined: Doubt


class ListValue(BaseModel):
    """What calls outside metered billing would have cost by the price list."""

    subscription: Money
    provisioned: Money


class Source(BaseModel):
    """Where the answer was read, its `groups` if it has any.

    `rollups`: sums that were kept. `events`: single events were added up, `events_scanned` of them, which are
    all that the range and the filters let through; there is an upper bound, beyond which the answer is a 422.
    """

    kind: Literal["rollups", "events"]
    events_scanned: int


class Freshness(BaseModel):
    """How current the numbers are; the last two are null when the queue cannot be asked."""

    as_of: datetime
    oldest_unprocessed_seconds: float | None
    backlog: int | None = Field(description="Entries that wait on the queue, of the whole installation.")


class Summary(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    total_spend: Money
    currency: str = "USD"
    from_: str = Field(alias="from")
    to: str
    tz: str
    by_model: list[ModelSpend]
    by_provider: list[ProviderSpend]
    trends: list[Bucket]
    groups: list[Group] | None = Field(None, description="Only with `group_by`.")
    counts: Counts
    tokens: Tokens
    confidence: Confidence
    list_value: ListValue
    source: Source
    freshness: Freshness


class Original(BaseModel):
    """What an adjusted event was when it was stored."""

    cost: Money | None
    price_status: PriceStatus
    price_id: int | None


class Adjustment(BaseModel):
    """A correction of one event: what held before, what holds since, by whose wish and why."""

    number: int
    repricing: int = Field(description="The id of the repricing that made it.")
    kind: str
    reason: str
    actor: str
    adjusted_at: datetime
    status_before: PriceStatus
    price_status: PriceStatus
    cost_before: Money | None
    cost: Money | None
    price_id: int | None
    price_rule: str | None


class CostEvent(BaseModel):
    """One LLM call as it holds now. A cost is null where it is not known, never 0 instead."""

    id: str = Field(examples=["019aa7a4-2f00-7cc1-8b5e-0a1b2c3d4e5f"])
    timestamp: datetime
    received_at: datetime
    provider: str = Field(examples=["openai"])
    model: str = Field(examples=["gpt-4"])
    api: str | None
    api_key: int
    input_tokens: int | None
    output_tokens: int | None
    tokens: TokenClasses
    units: dict[str, str] | None
    cost: Money | None = Field(examples=["0.06"])
    computed_cost: Money | None
    tool_cost: Money | None
    reported_cost: Money | None
    original: Original | None = Field(description="Null of an event that was never adjusted.")
    reported_by: ReportedBy | None
    price_status: PriceStatus
    price_rule: str | None
    price_id: int | None
    quarantine_reason: str | None
    service_tier: str | None
    processing: str | None
    region: str | None
    response_id: str | None
    billing: Billing
    status: Status
    latency_ms: int | None
    input_chars: int | None
    output_chars: int | None
    output_chunks: int | None
    feature: str | None
    customer: str | None
    user: str | None
    team: str | None
    project: str | None
    environment: str | None
    release: str | None
    session_id: str | None
    tags: dict[str, str] | None
    trace_id: str | None
    span_id: str | None
    parent_span_id: str | None
    process_id: str | None
    seq: int | None
    usage: dict[str, Any] | None = Field(description="The provider's own object, verbatim.")
    metadata: dict[str, Any] | None


class Sender(BaseModel):
    """The API key that an event came with, as it is now."""

    name: str
    prefix: str
    revoked_at: datetime | None


class ChargedPrice(BaseModel):
    """The price version that an event was charged by."""

    provider: str
    model: str
    context: str
    layer: Literal["catalogue", "override", "custom"]
    source: str
    valid_from: datetime | None = Field(description="Null: always.")
    valid_until: datetime | None = Field(description="Exclusive; null while there is no later one.")
    rates: dict[str, Any] = Field(description="As `GET /api/prices` shows them.")


class SameResponse(BaseModel):
    """Another event that names the same response of the same provider: maybe the same call, told twice."""

    id: str
    timestamp: datetime
    cost: Money | None
    api_key: int


class CostEventInFull(CostEvent):
    adjustments: list[Adjustment]
    sender: Sender | None = Field(description="Null where the workspace has no key of that id.")
    price: ChargedPrice | None = Field(description="Null where no price was charged.")
    same_response: list[SameResponse] | None = Field(
        description="Within 48 hours before and after, at most ten; null where there are too many events "
        "around to look for them."
    )


class CostPage(BaseModel):
    costs: list[CostEvent]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last.")
