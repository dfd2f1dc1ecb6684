"""The names and types of what goes in and comes out, for type checkers and readers.

Nothing here is imported when the package runs: it costs no start-up time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, TypedDict
from uuid import UUID

JSON = dict[str, Any]
"""An object of the server's answer, as it came. Money is a decimal string: `Decimal(row["spend"])`."""

JSONList = list[JSON]
"""Objects in the order of the server's answer."""

Moment = str | date | datetime
"""An instant (RFC 3339 text or datetime) or a plain date, which begins at midnight of the asked zone."""

Filter = str | Sequence[str]
"""One value, or several of which any may match."""

LiveUpdate = tuple[Literal["spend", "event", "ping", "lost"], JSON]
"""What `costs.live` yields: what happened, and its data."""

ExportFormat = Literal["jsonl", "csv", "focus"]
"""Events as they are listed, one a line; the same as a flat table; or FOCUS 1.2, for cost tools."""

OnError = Callable[[str, int, str], object]
"""Called as `on_error(reason, count, detail)` from the sender thread when events were lost."""


class Labels(TypedDict, total=False):
    """What people group by, and what else may hold for many calls at once."""

    feature: str | None
    customer: str | None
    user: str | None
    team: str | None
    project: str | None
    environment: str | None
    release: str | None
    session_id: str | None
    tags: Mapping[str, object] | None
    metadata: Mapping[str, object] | None
    trace_id: str | None
    span_id: str | None
    parent_span_id: str | None
    billing: Literal["metered", "subscription", "provisioned", "free"] | None
    processing: str | None
    region: str | None


class TokenParts(TypedDict, total=False):
    """Parts of the token totals: of the input, and from `output_audio_tokens` on of the output."""

    cache_read_tokens: int | None
    cache_write_tokens: int | None
    cache_write_1h_tokens: int | None
    input_audio_tokens: int | None
    cache_audio_read_tokens: int | None
    input_image_tokens: int | None
    output_audio_tokens: int | None
    output_image_tokens: int | None
    reasoning_tokens: int | None


class EventFields(Labels, TokenParts, total=False):
    """Every field of an event but provider, model and the two token totals.

    Token totals are OpenTelemetry's: input includes cache and audio, output includes reasoning.
    """

    id: UUID | str | None
    timestamp: datetime | str | float | None
    api: str | None
    usage: object
    units: Mapping[str, int | Decimal | str | float] | None
    service_tier: str | None
    response_id: str | None
    reported_cost: Decimal | str | int | float | None
    reported_by: Literal["provider", "gateway", "client"] | None
    status: Literal["ok", "error", "aborted"] | None
    latency_ms: float | None
    input_chars: int | None
    output_chars: int | None
    output_chunks: int | None


class CallFields(Labels, total=False):
    """What `track_cost` may be told about the calls of the function it decorates."""

    provider: str | None
    model: str | None
    api: str | None
    service_tier: str | None


class Parts(TypedDict, total=False):
    """Which part of the spend is meant; of several values any may match."""

    provider: Filter | None
    model: Filter | None
    api_key: Filter | None
    feature: Filter | None
    customer: Filter | None
    user: Filter | None
    team: Filter | None
    project: Filter | None
    environment: Filter | None
    release: Filter | None
    price_status: Filter | None
    tags: Mapping[str, Filter] | None


class LiveQuery(Parts, total=False):
    """Which events a reading covers, whenever they were."""

    status: Filter | None


class Filters(LiveQuery, total=False):
    """Which events a reading covers. `from_` is inclusive, `to` exclusive; the default is 30 days."""

    from_: Moment | None
    to: Moment | None
    tz: str | None


class SummaryQuery(Filters, total=False):
    """A reading of totals; `group_by` names what to break them down by (`"feature"`, `["team", "day"]`)."""

    group_by: Filter | None


class ForecastQuery(Parts, total=False):
    """A forecast of the period that today lies in, of all spend or of a part of it that rollups keep."""

    period: Literal["day", "week", "month", "quarter", "year"] | None


class ListQuery(Filters, total=False):
    """A reading of single events, newest first, a page of `limit` (1 to 1,000) at a time."""

    limit: int | None
    cursor: str | None


class PriceQuery(TypedDict, total=False):
    """Which prices to list: those in force `at` an instant, now unless it is given.

    A `model` that ends in `*` is the beginning of a name; `context` is `""` for the standard price.
    """

    provider: str | None
    model: str | None
    context: str | None
    layer: Literal["catalogue", "override", "custom"] | None
    at: Moment | None
    limit: int | None
    cursor: str | None


class ChannelFields(TypedDict, total=False):
    """What a channel is called, and of which kinds of alerts it is told."""

    name: str | None
    kinds: Sequence[str] | None


class AlertQuery(TypedDict, total=False):
    """Which alerts to list; `kind` may be several."""

    kind: Filter | None
    acknowledged: bool | None
    budget_id: int | None
    limit: int | None
    cursor: str | None


class DeliveryQuery(TypedDict, total=False):
    """Which deliveries to list: by `status` (`waiting`, `sent`, `failed`), a channel's or an alert's id."""

    status: Literal["waiting", "sent", "failed"] | None
    channel: int | None
    alert: int | None
    limit: int | None
    cursor: str | None


class PriceFields(TypedDict, total=False):
    """What a price of the workspace's own says: USD for a million tokens of each class, or a discount.

    `tokens` is `{"input": "2.5", "output": "10", ...}`, `units` `{"requests": {"usd": "1", "per": 1000}}`;
    `tiers` and `windows` are lists as `prices.list` shows them. Give amounts as Decimal or text.
    `valid_from` is now unless given, `valid_until` where the next price begins.
    """

    context: str | None
    service_tier: str | None
    processing: str | None
    region: str | None
    valid_from: datetime | str | None
    valid_until: datetime | str | None
    currency: Literal["USD"] | None
    tokens: Mapping[str, Decimal | str | int] | None
    tiers: Sequence[Mapping[str, object]] | None
    units: Mapping[str, Mapping[str, object]] | None
    windows: Sequence[Mapping[str, object]] | None
    discount_percent: Decimal | str | int | None
    note: str | None


class EstimateQuery(TokenParts, total=False):
    """What one call uses, and how many calls there are (`calls`, 1 unless given).

    Input includes cached and audio tokens, output includes reasoning, as in events.
    """

    input_tokens: int | None
    output_tokens: int | None
    web_searches: int | None
    file_searches: int | None
    images: int | None
    seconds: Decimal | str | int | None
    characters: int | None
    pages: int | None
    requests: int | None
    calls: int | None
    at: Moment | None
    service_tier: str | None
    processing: str | None
    region: str | None


class EventSelection(TypedDict, total=False):
    """Which events a repricing looks at, beside their time."""

    provider: str | None
    model: Filter | None


class CorrectedCounts(TokenParts, total=False):
    """What an event used, stated by hand: totals with their parts, as in events."""

    input_tokens: int | None
    output_tokens: int | None


class BudgetFields(TypedDict, total=False):
    """What a budget may be given beside its amount."""

    name: str | None
    scope: Mapping[str, object] | None
    each: Literal["user", "team", "customer", "api_key", "project"] | None
    period: Literal["day", "week", "month", "quarter", "year"] | None
    month: str | None
    thresholds: Sequence[Decimal | str | float] | None
    from_: Moment | None
    amounts: Sequence[Mapping[str, object]] | None
    paused: bool | None
    channels: Sequence[int] | None


class BudgetChanges(TypedDict, total=False):
    """What may be changed of a budget; `from_` is the first day of the period that an amount holds from."""

    budget_amount: Decimal | str | float | None
    from_: Moment | None
    amounts: Sequence[Mapping[str, object]] | None
    name: str | None
    thresholds: Sequence[Decimal | str | float] | None
    paused: bool | None
    channels: Sequence[int] | None


class NotificationFields(TypedDict, total=False):
    """What a workspace wants to be told of. `anomaly_minimum` is USD; channels are ids.

    `report_channels` None is every channel that wants reports, `[]` none; `team_channels` has those of
    single teams' reports, by team.
    """

    forecasts: bool
    anomalies: bool
    anomaly_minimum: Decimal | str | int
    weekly_report: bool
    monthly_report: bool
    team_reports: bool
    report_channels: Sequence[int] | None
    team_channels: Mapping[str, Sequence[int]]


class ClientOptions(TypedDict, total=False):
    """The keyword arguments of `LLMLab`, `AsyncLLMLab` and `llmlab.init`; see `LLMLab`."""

    token: str | None
    profile: str | None
    workspace: str | int | None
    timeout: float
    defaults: Labels | None
    max_events: int
    max_bytes: int
    linger: float
    exit_timeout: float
    on_error: OnError | None


class Stats(TypedDict):
    """Where this process's events are: recorded = queued + accepted + sum of rejected + sum of dropped."""

    recorded: int
    queued: int
    sent: int
    accepted: int
    rejected: dict[str, int]
    dropped: dict[str, int]
    mended: dict[str, int]
    unrecognised: dict[str, int]
    retries: int
    requests: int
