"""What the budget endpoints take and answer. Amounts are decimal strings, never floats."""

import difflib
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import msgspec
from llmlab_shared.domain.budgets import MAX_AMOUNT, MAX_THRESHOLD, MAX_THRESHOLDS, Period
from llmlab_shared.domain.money import DECIMALS, read_literal
from pydantic import BaseModel, Field

from llmlab_api.errors import Problem, invalid
from llmlab_api.openapi import DECIMAL

MAX_NAME = 100
_FIELDS = ("budget_amount", "month", "name", "thresholds", "scope", "each", "period")
# A field, the value of it that asks for nothing new, and what the others would ask for.
_NOT_YET: tuple[tuple[str, object, str], ...] = (
    ("scope", {}, "budgets for a part of the spend"),
    ("each", None, "budgets for each of something"),
    ("period", "month", "budgets of periods other than a month"),
)
_MONTH = re.compile(r"(20[2-9]\d)-(0[1-9]|1[0-2])", re.ASCII)


class BudgetRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A budget that makes sense; `month` is its first day."""

    budget_amount: Decimal
    month: date | None
    name: str | None
    thresholds: list[Decimal] | None


def read_request(body: bytes) -> BudgetRequest:
    """Return the budget that a request's body asks for; raise the Problem that says what to mend."""
    try:
        given = {name: raw for name, raw in _fields_of(body).items() if bytes(raw) != b"null"}
        _refuse_unsupported(given)
        return BudgetRequest(
            budget_amount=_amount(given),
            month=_month(_text(given, "month", "2026-11")),
            name=_name(_text(given, "name", "Team search")),
            thresholds=_thresholds(given),
        )
    except RecursionError:
        raise Problem(400, "malformed_json", "the body is nested too deeply for a budget") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(400, "malformed_json", f"the body is not valid JSON: {error}") from None


def _fields_of(body: bytes) -> dict[str, msgspec.Raw]:
    try:
        fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except msgspec.ValidationError:
        raise invalid(
            "body", "wrong_type", 'the body is a JSON object such as {"budget_amount": "500"}'
        ) from None
    for name in fields:
        if name not in _FIELDS:
            near = difflib.get_close_matches(name[:64], _FIELDS, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"a budget has {', '.join(_FIELDS)}"
            raise invalid(name[:64], "unknown_field", f"`{name[:64]}` is not a field of a budget: {hint}")
    return fields


def _text(given: Mapping[str, msgspec.Raw], name: str, example: str) -> str | None:
    if name not in given:
        return None
    try:
        return msgspec.json.decode(given[name], type=str)
    except msgspec.ValidationError:
        raise invalid(name, "wrong_type", f'`{name}` is a text such as "{example}"') from None


def _refuse_unsupported(given: Mapping[str, msgspec.Raw]) -> None:
    """Refuse what the contract names and no worker counts yet, whatever it holds."""
    for name, harmless, what in _NOT_YET:
        if name in given and msgspec.json.decode(given[name]) != harmless:
            raise invalid(
                name,
                "not_supported_yet",
                f"{what} are not supported yet; leave `{name}` out: a budget counts all of the workspace's "
                "spend of a month",
            )


def _amount(given: Mapping[str, msgspec.Raw]) -> Decimal:
    raw = bytes(given.get("budget_amount", msgspec.Raw()))
    what = f"`budget_amount` is a number of USD above 0 and at most 10^12, with at most {DECIMALS} decimals"
    if not raw:
        raise invalid("budget_amount", "missing_field", f'`budget_amount` is missing; {what}, such as "500"')
    try:
        amount = read_literal(raw)
    except ValueError as error:
        raise invalid("budget_amount", "wrong_type", f"`budget_amount` {error}") from None
    if not (0 < amount <= MAX_AMOUNT and _decimals(amount) <= DECIMALS):
        raise invalid("budget_amount", "out_of_range", what)
    return amount


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
        raise invalid("month", "bad_month", "`month` is a month such as 2026-11, from 2020 to 2099")
    return date(int(match[1]), int(match[2]), 1)


def _name(value: str | None) -> str | None:
    if value is None:
        return None
    name = value.strip()
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise invalid(
            "name",
            "bad_name",
            f"`name` has 1 to {MAX_NAME} characters, without line breaks or control characters",
        )
    return name


def _thresholds(given: Mapping[str, msgspec.Raw]) -> list[Decimal] | None:
    if "thresholds" not in given:
        return None
    try:
        values = [
            read_literal(bytes(raw))
            for raw in msgspec.json.decode(given["thresholds"], type=list[msgspec.Raw])
        ]
    except msgspec.ValidationError:
        raise invalid(
            "thresholds", "wrong_type", '`thresholds` is an array such as ["0.5", "0.8", "1"]'
        ) from None
    except ValueError as error:
        raise invalid("thresholds", "wrong_type", f"one of `thresholds` {error}") from None
    sound = (
        0 < len(values) <= MAX_THRESHOLDS
        and all(0 < value <= MAX_THRESHOLD and _decimals(value) <= 4 for value in values)
        and all(one < other for one, other in pairwise(values))
    )
    if not sound:
        raise invalid(
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
    next_cursor: str | None = None


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
