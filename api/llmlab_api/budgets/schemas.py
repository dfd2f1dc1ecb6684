"""What the budget endpoints answer, and how their bodies are documented. Amounts are decimal strings."""

from datetime import date, datetime
from typing import Any, Final

from llmlab_shared.domain.budgets import (
    BASE_SCOPE,
    EACH,
    MAX_AMOUNTS,
    MAX_THRESHOLDS,
    OWN_SCOPE,
    PERIODS,
    Each,
    Period,
)
from pydantic import BaseModel, Field

from llmlab_api.budgets.request import MAX_CHANNELS, MAX_NAME, MONTH_PATTERN
from llmlab_api.openapi import DECIMAL


class Amount(BaseModel):
    from_: date = Field(alias="from", description="The amount holds for periods from this day on.")
    amount: str


class BudgetAlert(BaseModel):
    threshold: str = Field(examples=["0.8"])
    crossed_at: datetime
    spend: str
    value: str | None = Field(None, description="Whose spend it was, of a budget for each.")


class SpendRange(BaseModel):
    low: str
    likely: str
    high: str


class BudgetValue(BaseModel):
    value: str = Field(description="A user, team, customer, project or the id of an API key.")
    spent: str


class Budget(BaseModel):
    """A budget. `spent`, `alert_sent` and `alerts` are of the current period, or of its own month."""

    id: int
    name: str
    scope: dict[str, Any] = Field(examples=[{"feature": "search"}])
    each: Each | None
    period: Period
    month: str | None = Field(
        description="Set: that month only. Null: every period without a budget of its own."
    )
    period_start: date
    period_end: date = Field(description="The first day after the period.")
    counts_from: date | None = Field(description="The first day that counts; null: all there ever was.")
    budget_amount: str = Field(examples=["500"])
    amounts: list[Amount]
    thresholds: list[str] = Field(examples=[["0.5", "0.8", "1"]])
    spent: str = Field(description="Of a budget for each, that of all together.")
    values: list[BudgetValue] | None = Field(
        None, description="Of a budget for each: the ten with most spend."
    )
    values_count: int | None = Field(None, description="Of a budget for each: how many have spend.")
    alert_sent: bool = Field(description="The workspace's alert threshold was passed.")
    in_force: bool = Field(description="This is the budget that counts today's spend.")
    paused: bool = Field(description="What it passes is recorded and nobody is told.")
    channels: list[int] = Field(description="Where its alerts go; empty: all channels that want them.")
    alerts: list[BudgetAlert] = Field(description="The last 20.")
    alerts_count: int
    notes: list[str] = Field(
        default=[], description="What whoever made or changed it should know, or whoever reads it."
    )


class Outlook(BaseModel):
    """How the period will end. The truth is to lie between low and high 4 times out of 5."""

    forecast: SpendRange | None
    reason: str | None = Field(None, description="Why there is no forecast: what is missing.")
    expected_on: date | None = Field(None, description="The day on which the amount is likely passed.")
    expected_between: list[date | None] | None = Field(
        None, description="That day at the upper and at the lower end of the range; null: not in the period."
    )
    method: str


class BudgetInFull(Budget):
    outlook: Outlook | None = Field(
        description="Null for a budget for each, and for a month that is not the current one."
    )


class Budgets(BaseModel):
    budgets: list[Budget]
    next_cursor: str | None = None


class BudgetValues(BaseModel):
    values: list[BudgetValue]
    next_cursor: str | None = None


class Fired(BaseModel):
    threshold: str
    times: int
    first: date | None


class Firing(BaseModel):
    day: date
    threshold: str
    spend: str
    period_start: date
    value: str | None = None


class PastPeriod(BaseModel):
    period_start: date
    period_end: date
    amount: str
    spent: str = Field(description="Of a budget for each, the most that one had.")


class Backtest(BaseModel):
    """What a budget would have done, by what was spent in the days before now."""

    summary: str
    from_: date = Field(alias="from")
    scope: dict[str, Any]
    to: date = Field(description="The first day after.")
    fired: int
    thresholds: list[Fired]
    alerts: list[Firing] = Field(description="In the order of their days, 1,000 at most.")
    periods: list[PastPeriod]


_SCOPE: Final[dict[str, Any]] = {
    "type": ["object", "null"],
    "description": "What an event must be of to count; without it, all of the workspace's spend.",
    "additionalProperties": False,
    "properties": {
        **{name: {"type": ["string", "integer"]} for name in (*BASE_SCOPE, *OWN_SCOPE)},
        "tag": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
_PLACE: Final[dict[str, Any]] = {
    "scope": _SCOPE,
    "each": {
        "enum": [*EACH, None],
        "description": "The amount is for each of these by itself, such as for every user.",
    },
    "period": {"enum": [*PERIODS, None]},
    "month": {
        "type": ["string", "null"],
        "pattern": MONTH_PATTERN,
        "description": "That month only; without it, every period.",
    },
}
_CHANGES: Final[dict[str, Any]] = {
    "budget_amount": {**DECIMAL, "description": "USD, above 0 and at most 10^12, with at most 12 decimals."},
    "from": {
        "type": ["string", "null"],
        "format": "date",
        "description": "The first day of the period from which `budget_amount` holds; by default now's.",
    },
    "amounts": {
        "type": ["array", "null"],
        "minItems": 1,
        "maxItems": MAX_AMOUNTS,
        "description": "Every amount, in the place of `budget_amount`.",
        "items": {
            "type": "object",
            "required": ["from", "amount"],
            "additionalProperties": False,
            "properties": {"from": {"type": "string", "format": "date"}, "amount": DECIMAL},
        },
    },
    "name": {"type": ["string", "null"], "minLength": 1, "maxLength": MAX_NAME},
    "thresholds": {
        "type": ["array", "null"],
        "minItems": 1,
        "maxItems": MAX_THRESHOLDS,
        "items": DECIMAL,
        "description": "Parts of the amount that alert, ascending.",
    },
    "paused": {"type": ["boolean", "null"], "description": "Record what it passes, and tell nobody."},
    "channels": {
        "type": ["array", "null"],
        "maxItems": MAX_CHANNELS,
        "items": {"type": "integer", "minimum": 1},
        "description": "Where its alerts go; empty: all channels that want alerts of budgets.",
    },
}


def _body(properties: dict[str, Any], example: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "additionalProperties": False, "properties": properties}
    return {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}


NEW_BODY: Final = _body(
    {**_CHANGES, **_PLACE},
    {"budget_amount": "50", "each": "user", "period": "month", "thresholds": ["0.8", "1"]},
)
CHANGE_BODY: Final = _body(_CHANGES, {"budget_amount": "800", "from": "2026-12-01"})
