"""What the stream's frames carry, as OpenAPI shows it. Money is a decimal string, never a number."""

from datetime import datetime

from llmlab_shared.domain.events import Billing, PriceStatus, Status
from pydantic import BaseModel, Field

from llmlab_api.costs.schemas import Counts, Freshness, ModelSpend, Money, Spend


class TodaysModel(ModelSpend):
    unpriced: int = Field(description="Events of which the cost is not known, for want of a price.")


class Day(Spend):
    """Today, in the workspace's zone; `by_model` has the dearest."""

    day: str = Field(examples=["2026-11-23"])
    counts: Counts
    by_model: list[TodaysModel]


class Month(Spend):
    """This month, in the workspace's zone."""

    month: str = Field(examples=["2026-11"])
    counts: Counts


class LiveSpend(BaseModel):
    """The data of a `spend` frame: totals of the whole workspace, filters or not."""

    currency: str = "USD"
    tz: str
    today: Day
    month: Month
    as_of: datetime
    freshness: Freshness
    gap: bool = Field(description="Events may have passed by unseen: read `GET /api/costs` for those.")
    omitted: int = Field(description="Events since the last `spend` that were too many to show.")


class LiveEvent(BaseModel):
    """The data of an `event` frame: one stored event in brief."""

    id: str
    timestamp: datetime
    received_at: datetime
    provider: str
    model: str
    api: str | None
    api_key: int
    input_tokens: int | None
    output_tokens: int | None
    cost: Money | None
    price_status: PriceStatus
    billing: Billing
    status: Status
    latency_ms: int | None
    feature: str | None
    customer: str | None
    user: str | None
    team: str | None
    project: str | None
    environment: str | None
    release: str | None
    tags: dict[str, str] | None
