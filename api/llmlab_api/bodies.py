"""Bodies that hold amounts: decoded digit by digit, and every wrong field named at once."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

import msgspec
from fastapi.exceptions import RequestValidationError
from llmlab_shared.domain.money import read_literal, read_plain, to_wire
from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from llmlab_api.errors import Problem, invalid

MAX_BODY_BYTES = 16 << 10
# Longer than any amount; and of an exponent, which makes long numbers of short ones.
_MAX_DIGITS = 40
_EXPECTED = 'must be a number or a decimal string such as "2.50": digits and a point, nothing else'

Body = TypeVar("Body", bound=BaseModel)


class Wrong(NamedTuple):
    """A field, as the path to it, and what is wrong with it."""

    place: tuple[str | int, ...]
    message: str


def read_body(raw: bytes, kind: type[Body]) -> Body:
    """Return a request's body as a model; raise the error that names everything that is wrong with it.

    Fractions are `Decimal` from the digits that were sent: no float is ever made of them.
    """
    if len(raw) > MAX_BODY_BYTES:
        raise Problem(413, "body_too_large", f"the body is larger than {MAX_BODY_BYTES} bytes")
    try:
        given = msgspec.json.Decoder(float_hook=_fraction).decode(raw)
    except msgspec.ValidationError as error:
        raise invalid("body", "out_of_range", f"a number in the body cannot be: {error}") from None
    except RecursionError:
        raise Problem(400, "malformed_json", "the body is nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(400, "malformed_json", f"the body is not valid JSON: {error}") from None
    if not isinstance(given, dict):
        raise invalid("body", "wrong_type", "the body must be a JSON object")
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        raise RequestValidationError(
            [{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_url=False)]
        ) from None


def refuse(wrongs: Iterable[Wrong]) -> None:
    """Raise, inside a model's validator, what is wrong with fields that only make no sense together."""
    errors = [
        # By way of a context, because braces in a message would be taken for places to fill.
        InitErrorDetails(
            type=PydanticCustomError("senseless", "{said}", {"said": wrong.message}),
            loc=wrong.place,
            input=None,
        )
        for wrong in wrongs
    ]
    if errors:
        raise ValidationError.from_exception_data("body", errors)


def read_amount(value: object, least: int | Decimal, most: int | Decimal, decimals: int) -> str:
    """Return an amount in the form of the wire; raise `ValueError` for what is none, or beyond limits."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError(_EXPECTED)
    if isinstance(value, str):
        try:
            amount = read_plain(value)
        except ValueError:
            raise ValueError(_EXPECTED) from None
    else:
        amount = Decimal(value)
    if not least <= amount <= most:
        raise ValueError(f"must lie from {least} to {most}")
    if amount and amount.adjusted() < -_MAX_DIGITS:
        raise ValueError(f"has more than {decimals} decimals")
    text = to_wire(amount)
    if len(text.partition(".")[2]) > decimals:
        raise ValueError(f"has more than {decimals} decimals")
    return text


def _fraction(literal: str) -> Decimal:
    return read_literal(literal.encode())


def as_object(given: Any, what: str) -> dict[str, Any]:
    """Return a JSON object, or raise `ValueError` that says what it should hold."""
    if not isinstance(given, dict):
        raise ValueError(f"must be an object of {what}")
    return given
