"""Alerts and their deliveries on the wire."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from llmlab_shared.domain.notifications import ChannelKind, DeliveryStatus, MessageKind
from pydantic import BaseModel, Field

from llmlab_api.fields import RequestBody

LARGEST_ID: Final = 2**63 - 1
# As many as a page can have.
MAX_IDS: Final = 1000


class DeliveryChannel(BaseModel):
    id: int
    name: str
    kind: ChannelKind


class Delivery(BaseModel):
    id: int
    alert_id: int
    kind: MessageKind
    title: str | None = Field(description="Null in the moment before it is put into words.")
    channel: DeliveryChannel
    status: DeliveryStatus
    paused: bool = Field(description="It waits until its channel is resumed.")
    attempts: int
    next_attempt_at: datetime | None = Field(description="While it waits, and its channel is not paused.")
    last_error: str | None = Field(description="Why it is not there yet, or never will be.")
    sent_at: datetime | None
    created_at: datetime


class Deliveries(BaseModel):
    deliveries: list[Delivery]
    next_cursor: str | None


class Alert(BaseModel):
    """An alert. `title`, `severity`, `summary` and `link` are what every channel is told."""

    id: int
    kind: MessageKind
    title: str
    severity: Literal["info", "warning", "critical"]
    summary: str
    link: str | None
    data: dict[str, Any] = Field(description="The facts, by their names; amounts are decimal strings.")
    created_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None = Field(description="`user:<id>` or `key:<id>`.")
    deliveries: list[Delivery]


class Alerts(BaseModel):
    alerts: list[Alert]
    next_cursor: str | None


class AcknowledgeRequest(RequestBody):
    """Which alerts were seen; those that the workspace has not or that are acknowledged are passed over."""

    ids: list[Annotated[int, Field(strict=True, ge=1, le=LARGEST_ID)]] = Field(
        min_length=1, max_length=MAX_IDS
    )


class Acknowledged(BaseModel):
    acknowledged: int = Field(description="How many of them nobody had acknowledged before.")
    unknown: list[int] = Field(description="Which of them no alert of the workspace has, in order.")
