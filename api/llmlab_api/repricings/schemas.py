"""Repricings on the wire: what is asked for, and how far it is. Amounts are decimal strings."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from llmlab_shared.domain.events import PriceStatus
from llmlab_shared.domain.repricing import MAX_IDS, MAX_MODELS, MAX_REASON, Kind, RepricingStatus
from llmlab_shared.domain.usage import MAX_COUNT, UsageError, from_totals
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from llmlab_api.bodies import Wrong, refuse
from llmlab_api.fields import RequestBody, printable
from llmlab_api.price_fields import Name, ProviderName

_WHEN = "An RFC 3339 time with zone, or a date in the workspace's own."


def _as_list(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


Reason = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=MAX_REASON), AfterValidator(printable)
]
GivenReason = Annotated[Reason, Field(min_length=1, description="Kept with what it changes.")]
ModelNames = Annotated[
    list[Name],
    BeforeValidator(_as_list),
    Field(max_length=MAX_MODELS),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1},
                {"type": "array", "maxItems": MAX_MODELS, "items": {"type": "string", "minLength": 1}},
            ],
            "description": "As the events have it.",
        }
    ),
]
# Checked against the workspace's zone by the service.
When = Annotated[str, StringConstraints(max_length=64)]
Count = Annotated[int | None, Field(ge=0, le=MAX_COUNT, strict=True)]


class RepriceRequest(RequestBody):
    """Which events to price again, by the prices of now for their own times."""

    from_: When = Field(alias="from", description=f"Inclusive. {_WHEN}")
    to: When = Field(description=f"Exclusive. {_WHEN}")
    provider: ProviderName | None = None
    model: ModelNames = Field(default_factory=list)
    price_status: list[PriceStatus] = Field(
        default_factory=list, max_length=16, description="As it is now; by default any."
    )
    dry_run: bool = Field(True, strict=True, description="Say what would change, and change nothing.")
    reason: Reason = Field("", description="Needed unless it is a dry run.")

    @model_validator(mode="after")
    def _gives_a_reason(self) -> Self:
        if not self.dry_run and not self.reason:
            refuse([Wrong(("reason",), "is missing: say why history changes; it is kept with the change")])
        return self


class ReleaseRequest(RequestBody):
    """Which quarantined events to read again; without conditions, all."""

    from_: When | None = Field(None, alias="from", description=f"Inclusive. {_WHEN}")
    to: When | None = Field(None, description=f"Exclusive. {_WHEN}")
    provider: ProviderName | None = None
    model: ModelNames = Field(default_factory=list)
    ids: list[UUID] = Field(default_factory=list, max_length=MAX_IDS, description="Alone.")
    dry_run: bool = Field(False, strict=True)
    reason: GivenReason

    @model_validator(mode="after")
    def _names_ids_alone(self) -> Self:
        given = {"from": self.from_, "to": self.to, "provider": self.provider, "model": self.model}
        if self.ids:
            refuse(
                Wrong((name,), "is no condition beside `ids`: leave one of them out")
                for name, value in given.items()
                if value
            )
        return self


class UndoRequest(RequestBody):
    """Why a repricing is undone."""

    reason: GivenReason


class CorrectRequest(RequestBody):
    """What a call used, stated by hand, under an event's flat names; totals include their parts."""

    input_tokens: Count = None
    output_tokens: Count = None
    cache_read_tokens: Count = None
    cache_write_tokens: Count = None
    cache_write_1h_tokens: Count = None
    input_audio_tokens: Count = None
    cache_audio_read_tokens: Count = None
    input_image_tokens: Count = None
    output_audio_tokens: Count = None
    output_image_tokens: Count = None
    reasoning_tokens: Count = None
    reason: GivenReason

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        try:
            if from_totals(self) is None:
                refuse(
                    [Wrong(("input_tokens",), "is missing: state at least `input_tokens` or another count")]
                )
        except UsageError as error:
            refuse(
                [
                    Wrong(
                        ("input_tokens",),
                        f"contradicts its parts: {error.reason}; input_tokens and output_tokens are totals "
                        "that include every part",
                    )
                ]
            )
        return self

    def counts(self) -> dict[str, int]:
        """Return what was stated."""
        return self.model_dump(exclude={"reason"}, exclude_none=True)


class SelectionShown(BaseModel):
    from_: datetime | None = Field(alias="from")
    to: datetime | None
    provider: str | None
    model: list[str]
    price_status: list[str]
    ids: list[UUID]
    counts: dict[str, int] | None = Field(description="Of `correct`: what was stated.")


class Progress(BaseModel):
    seen: int = Field(description="Events looked through so far.")
    expected: int | None = Field(description="Of so many; null before it has begun.")


class Repricing(BaseModel):
    id: int
    kind: Kind
    dry_run: bool
    status: RepricingStatus
    reason: str
    actor: str = Field(description="`user:<id>`, `key:<id>`, or `llmlab` by itself when a price arrived.")
    selection: SelectionShown
    undoes: int | None
    progress: Progress
    changed: int = Field(description="Events that cost something else now; in a dry run: would.")
    skipped: int = Field(description="Of an undo: events that were adjusted again since.")
    error: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    difference: str = Field(description="Of metered spend in USD, new less old.")


class Repricings(BaseModel):
    repricings: list[Repricing]
    next_cursor: str | None


class Change(BaseModel):
    """Costs are of metered calls in USD, `events` of any billing."""

    events: int
    cost_before: str
    cost: str
    difference: str


class ModelChange(Change):
    provider: str
    model: str


class DayChange(Change):
    day: date


class StatusChange(Change):
    before: str
    after: str


class RepricingDetails(Repricing):
    by_model: list[ModelChange]
    by_day: list[DayChange]
    by_status: list[StatusChange]
