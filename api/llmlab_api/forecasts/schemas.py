"""Forecasts on the wire. Amounts are decimal strings in USD."""

from datetime import date

from llmlab_shared.domain.budgets import Period
from pydantic import BaseModel, Field


class ForecastRange(BaseModel):
    low: str
    likely: str = Field(examples=["612.4"])
    high: str


class DayAhead(ForecastRange):
    day: date = Field(description="What will have been spent of the period when this day ends.")


class ForecastAnswer(BaseModel):
    """`start` is the period's first day, `end` the first one after it, in the workspace's time zone."""

    period: Period
    start: date
    end: date
    spent: str = Field(description="Of the period so far.")
    forecast: ForecastRange | None = Field(
        description="Of the whole period; the truth is to lie between low and high 4 times out of 5. Null "
        "where the history is too little for one."
    )
    reason: str | None = Field(None, description="Why there is no forecast: what is missing.")
    missing: str | None = Field(
        None, description="The same as a stable code: no_spend, no_recent_spend, short_history or gaps."
    )
    method: str
    days: list[DayAhead] = Field(description="From today to the end of the period; empty without a forecast.")
