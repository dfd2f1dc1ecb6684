"""What the budget endpoints take and answer. Amounts are decimal strings, never floats."""

import re
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import msgspec
from llmlab_shared.domain.budgets import MAX_AMOUNT, MAX_THRESHOLD, MAX_THRESHOLDS, Period
from llmlab_shared.domain.money import DECIMALS
from pydantic import BaseModel, Field

from llmlab_api.errors import Problem
from llmlab_api.openapi import DECIMAL

MAX_NAME = 100
_MONTH = re.compile(r"(20[2-9]\d)-(0[1-9]|1[0-2])", re.ASCII)


class BudgetBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The body of `POST /api/budgets` as it is decoded: numbers become decimals digit by digit."""

    budget_amount: Decimal
    month: str | None = None
    name: str | None = None
    thresholds: list[Decimal] | None = None
    scope: dict[str, Any] = {}
    each: str | None = None
    period: Period = "month"


class BudgetRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A budget that makes sense; `month` is its first day."""

    budget_amount: Decimal
    month: date | None
    name: str | None
    thresholds: list[Decimal] | None


def read_request(body: bytes) -> BudgetRequest:
    """Return the budget that a request's body asks for; raise the Problem that says what to mend."""
    try:
        asked = msgspec.json.decode(body, type=BudgetBody)
    except msgspec.ValidationError as error:
        raise _invalid("body", _code(str(error)), str(error)) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Problem(400, "malformed_json", f"the body is not valid JSON: {error}") from None
    _refuse_unsupported(asked)
    _check_amount(asked.budget_amount)
    return BudgetRequest(
        budget_amount=asked.budget_amount,
        month=_month(asked.month),
        name=_name(asked.name),
        thresholds=_thresholds(asked.thresholds),
    )


def _invalid(field: str, code: str, message: str) -> Problem:
    return Problem(422, code, message, errors=[{"field": field, "code": code, "message": message}])


def _code(message: str) -> str:
    if "missing required field" in message:
        return "missing_field"
    return "unknown_field" if "unknown field" in message else "wrong_type"


def _refuse_unsupported(asked: BudgetBody) -> None:
    for field, given in (("scope", asked.scope), ("each", asked.each), ("period", asked.period != "month")):
        if given:
            raise _invalid(
                field,
                "not_supported_yet",
                f"budgets with a {field} of their own are not supported yet; leave `{field}` out: a budget "
                "counts all of the workspace's spend of a month",
            )


def _check_amount(amount: Decimal) -> None:
    if not (amount.is_finite() and 0 < amount <= MAX_AMOUNT and _decimals(amount) <= DECIMALS):
        raise _invalid(
            "budget_amount",
            "out_of_range",
            f"`budget_amount` is a number of USD above 0 and at most 10^12, with at most {DECIMALS} decimals",
        )


def _decimals(value: Decimal) -> int:
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return 0
    # By hand, because normalize() rounds to the precision of the context.
    zeros = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    return max(-exponent - zeros, 0)


def _month(value: str | None) -> date | None:
    if value is None:
        return None
    match = _MONTH.fullmatch(value)
    if match is None:
        raise _invalid("month", "bad_month", "`month` is a month such as 2026-11, from 2020 to 2099")
    return date(int(match[1]), int(match[2]), 1)


def _name(value: str | None) -> str | None:
    if value is None:
        return None
    name = value.strip()
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise _invalid(
            "name",
            "bad_name",
            f"`name` has 1 to {MAX_NAME} characters, without line breaks or control characters",
        )
    return name


def _thresholds(values: list[Decimal] | None) -> list[Decimal] | None:
    if values is None:
        return None
    sound = (
        0 < len(values) <= MAX_THRESHOLDS
        and all(
            value.is_finite() and 0 < value <= MAX_THRESHOLD and _decimals(value) <= 4 for value in values
        )
        and all(one < other for one, other in pairwise(values))
    )
    if not sound:
        raise _invalid(
            "thresholds",
            "bad_thresholds",
            f"`thresholds` are 1 to {MAX_THRESHOLDS} parts of the amount, ascending, above 0 and at most "
            f'{MAX_THRESHOLD}, with at most 4 decimals, such as ["0.5", "0.8", "1"]',
        )
    return values


class Amount(BaseModel):
    from_: date = Field(alias="from", description="The first day that the amount holds for.")
    amount: str


class Alert(BaseModel):
    threshold: str = Field(examples=["0.8"])
    crossed_at: datetime
    spend: str
    value: str | None = Field(None, description="Whose spend it was, of a budget for each.")


class Budget(BaseModel):
    """A budget. `spent`, `alert_sent` and `alerts` are of the current month, or of the budget's own."""

    id: int
    name: str
    scope: dict[str, Any]
    each: str | None
    period: Period
    month: str | None = Field(
        description="Set: that month only. Null: every month without a budget of its own."
    )
    budget_amount: str = Field(examples=["500"])
    amounts: list[Amount]
    thresholds: list[str] = Field(examples=[["0.5", "0.8", "1"]])
    spent: str
    alert_sent: bool = Field(description="The workspace's alert threshold was passed.")
    in_force: bool = Field(description="This is the budget that counts today's spend.")
    alerts: list[Alert]


class Budgets(BaseModel):
    budgets: list[Budget]
    next_cursor: None = None


BODY_SCHEMA: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["budget_amount"],
                "additionalProperties": False,
                "properties": {
                    "budget_amount": {
                        **DECIMAL,
                        "description": "USD, above 0 and at most 10^12, with at most 12 decimals.",
                    },
                    "month": {
                        "type": ["string", "null"],
                        "pattern": f"^{_MONTH.pattern}$",
                        "description": "That month only; without it, every month.",
                    },
                    "name": {"type": ["string", "null"], "minLength": 1, "maxLength": MAX_NAME},
                    "thresholds": {
                        "type": ["array", "null"],
                        "minItems": 1,
                        "maxItems": MAX_THRESHOLDS,
                        "items": DECIMAL,
                        "description": "Parts of the amount that alert, ascending.",
                    },
                },
            },
            "example": {"budget_amount": "500", "thresholds": ["0.5", "0.8", "1"]},
        }
    },
}
