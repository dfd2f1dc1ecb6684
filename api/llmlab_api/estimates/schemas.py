"""What `GET /api/prices/estimate` takes and answers. Amounts are decimal strings, never floats."""

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from fastapi import Query
from llmlab_shared.domain.usage import MAX_COUNT
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, StringConstraints

from llmlab_api.bodies import read_amount
from llmlab_api.fields import printable
from llmlab_api.price_fields import Name

MAX_MODELS = 50
_MAX_NAME = 512
_UNIT_DECIMALS = 12

Count = Annotated[int | None, Query(ge=0, le=MAX_COUNT)]
Amount = Annotated[
    Decimal | None,
    BeforeValidator(lambda value: value and read_amount(value, 0, MAX_COUNT, _UNIT_DECIMALS)),
    Query(),
]
ModelNames = Annotated[
    list[
        Annotated[
            str,
            StringConstraints(strip_whitespace=True, min_length=1, max_length=_MAX_NAME),
            AfterValidator(printable),
        ]
    ],
    Query(
        min_length=1,
        max_length=MAX_MODELS,
        description="`provider/model`, or the model alone where one provider lists exactly that name.",
        examples=[["openai/gpt-4o", "anthropic/claude-sonnet-4-5"]],
    ),
]
Word = Annotated[Name | None, Query()]


@dataclass(frozen=True)
class Call:
    """One call: its counts under an event's flat names (totals include their parts), and units."""

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
    web_searches: Amount = None
    file_searches: Amount = None
    images: Amount = None
    seconds: Amount = None
    characters: Amount = None
    pages: Amount = None
    requests: Amount = None

    @property
    def units(self) -> dict[str, Decimal]:
        """What it uses beside tokens."""
        names = [field.name for field in fields(self) if not field.name.endswith("_tokens")]
        return {name: amount for name in names if (amount := getattr(self, name)) is not None}

    @property
    def counts_something(self) -> bool:
        """Whether any count or unit was given at all."""
        return any(getattr(self, field.name) is not None for field in fields(self))


class Estimate(BaseModel):
    """What the calls cost with one model; the amounts are null when it has no price for them."""

    provider: str
    model: str
    price_status: Literal["priced", "unpriced"]
    cost: str | None = Field(description="Of all calls: `computed_cost` + `tool_cost`.")
    cost_per_call: str | None
    computed_cost: str | None = Field(description="Of all calls, for tokens.")
    tool_cost: str | None = Field(description="Of all calls, for units.")
    price_id: int | None
    price_rule: str | None = Field(description="How the price was found.")
    context_used: str | None = Field(description="The context whose price it is; empty for standard.")
    cheaper_by_percent: str | None = Field(
        description="Than the dearest of those asked for; null with nothing to compare."
    )


class Estimates(BaseModel):
    at: datetime
    calls: int
    tokens: dict[str, int] = Field(description="Of one call, by disjoint class.")
    estimates: list[Estimate] = Field(description="In the order asked for.")
