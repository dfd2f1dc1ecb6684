"""A cost event as a client reports it: the fields of the wire, their types and their limits.

What can be said in types stands here and is checked while decoding; what cannot (an id against its
timestamp, parts against totals, what is inside `usage` and `metadata`) is `event_rules`'.
Amounts (`units`, `reported_cost`) stay the bytes that came, because a decoded one no longer shows how it was
written. An optional field may be null, which is the same as leaving it out: `billing` and `status` then are
None and mean their defaults, what is kept as bytes then is `null`.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from llmlab_shared.domain.usage import MAX_COUNT

MAX_EVENTS = 1000
MAX_COMPRESSED_BYTES = 1 << 20
MAX_PLAIN_BYTES = 8 << 20
MAX_USAGE_BYTES = 8 << 10
MAX_METADATA_BYTES = 4 << 10
MAX_TEXT = 256
MAX_TAGS = 32
MAX_REPORTED_COST = 10**9
# Of arrays and objects inside `usage` and `metadata`; readers recurse.
MAX_DEPTH = 64
EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)
MAX_AHEAD = timedelta(hours=24)
MAX_ID_SKEW = timedelta(hours=48)
# What the API let through the worker does not refuse for a clock that differs: what is stored lies within.
STORED_ID_SKEW = MAX_ID_SKEW + timedelta(hours=1)

Name = Annotated[str, Meta(max_length=MAX_TEXT)]
RequiredName = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)]
Tags = Annotated[dict[RequiredName, Name], Meta(max_length=MAX_TAGS)]
Count = Annotated[int, Meta(ge=0, le=MAX_COUNT)]
UsualId = Annotated[str, Meta(min_length=36, max_length=36)]
Zoned = Annotated[datetime, Meta(tz=True)]
NOTHING = msgspec.Raw(b"")

Status = Literal["ok", "error", "aborted"]
Billing = Literal["metered", "subscription", "provisioned", "free"]
PriceStatus = Literal["priced", "reported", "estimated", "unpriced", "missing", "quarantined", "free"]
ReportedBy = Literal["provider", "gateway", "client"]
Unit = Literal["web_searches", "file_searches", "images", "seconds", "characters", "pages", "requests"]


class Event(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, gc=False, omit_defaults=True):
    """One LLM call as reported. Token totals are OpenTelemetry's: input includes cache and audio.

    `usage` is the provider's own object, kept as the bytes that came; `api` says which API shape it has.
    """

    id: UUID | None = None
    timestamp: Zoned | None = None
    provider: RequiredName
    model: RequiredName
    api: Name | None = None

    input_tokens: Count | None = None
    output_tokens: Count | None = None
    cache_read_tokens: Count | None = None
    cache_write_tokens: Count | None = None
    cache_write_1h_tokens: Count | None = None
    input_audio_tokens: Count | None = None
    cache_audio_read_tokens: Count | None = None
    input_image_tokens: Count | None = None
    output_audio_tokens: Count | None = None
    output_image_tokens: Count | None = None
    reasoning_tokens: Count | None = None
    usage: msgspec.Raw = NOTHING
    units: dict[Unit, msgspec.Raw] | None = None

    service_tier: Name | None = None
    processing: Name | None = None
    region: Name | None = None
    response_id: Name | None = None
    reported_cost: msgspec.Raw = NOTHING
    reported_by: ReportedBy | None = None
    billing: Billing | None = "metered"

    status: Status | None = "ok"
    latency_ms: Count | None = None
    input_chars: Count | None = None
    output_chars: Count | None = None
    output_chunks: Count | None = None

    feature: Name | None = None
    customer: Name | None = None
    user: Name | None = None
    team: Name | None = None
    project: Name | None = None
    environment: Name | None = None
    release: Name | None = None
    session_id: Name | None = None
    tags: Tags | None = None

    trace_id: Name | None = None
    span_id: Name | None = None
    parent_span_id: Name | None = None
    process_id: Name | None = None
    seq: Count | None = None
    metadata: msgspec.Raw = NOTHING


class Glance(Event, forbid_unknown_fields=True, kw_only=True, gc=False):
    """An event decoded only to be checked: its id stays a text of the usual form, which costs less."""

    id: UsualId | None = None  # type: ignore[assignment]  # narrower in form, checked by `all_clean`


class GlanceBatch(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """`Batch`, decoded only to be checked."""

    events: list[Glance]


class Batch(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The body of `POST /api/events/track` with several events, and of every stream entry."""

    events: list[Event]


class RawBatch(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The same body with its array of events left undecoded, for verdicts one by one."""

    events: msgspec.Raw


# The names that an API key may carry defaults for; a value in the event wins.
DEFAULTABLE = (
    "feature",
    "customer",
    "user",
    "team",
    "project",
    "environment",
    "release",
    "session_id",
)

Defaults = dict[str, Any]
