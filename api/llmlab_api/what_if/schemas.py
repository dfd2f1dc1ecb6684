"""What `GET /api/costs/what-if` answers. Amounts are decimal strings, never floats."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field


class Actual(BaseModel):
    """What was really spent: metered calls of known cost."""

    calls: int
    spend: str
    fees: str | None = Field(
        description="Of the spend, for searches and the like; the same with any model. Null from rollups "
        "where a model that was used takes any: rollups do not tell them from the rest."
    )
    spend_per_call: str | None
    tokens: dict[str, int] = Field(description="By disjoint class.")
    largest_input_tokens: int | None = Field(
        description="Of one call: no price list says how long an input a model takes. Null from rollups."
    )


class NotPriced(BaseModel):
    reason: Literal["no_price", "class_without_price"]
    calls: int
    classes: list[str] = Field(description="Token classes in use that the model has no price for.")


class Target(BaseModel):
    """The same calls with one model; amounts are null when none of them could be priced."""

    provider: str
    model: str
    price_status: Literal["priced", "partly", "unpriced"]
    calls: int = Field(description="That could be priced; the amounts are of these.")
    cost: str | None = Field(description="Of tokens, and the fees as they were; without these if unknown.")
    cost_per_call: str | None
    spend: str | None = Field(description="What these calls really cost.")
    difference: str | None = Field(
        description="cost − spend: below zero is cheaper. Null where `fees` is: the spend may hold some."
    )
    difference_percent: str | None
    not_priced: list[NotPriced]
    unpriced_calls_cost: str | None = Field(
        description="What the calls would cost that have no price of their own; not in `cost`."
    )


class LeftOut(BaseModel):
    reason: Literal["no_token_counts", "not_metered", "free", "unpriced"]
    calls: int


class WhatIf(BaseModel):
    from_: str = Field(alias="from")
    to: str
    tz: str
    at: datetime = Field(description="Of the prices.")
    processing: Literal["batch", "standard"] | None = Field(description="Null: as each was processed.")
    basis: Literal["events", "rollups"] = Field(
        description="Rollups do not know how calls were processed: from them all count as standard, or as "
        "`processing` says."
    )
    actual: Actual
    targets: list[Target] = Field(description="In the order asked for.")
    left_out: list[LeftOut] = Field(description="Calls that are in no amount of the targets.")
