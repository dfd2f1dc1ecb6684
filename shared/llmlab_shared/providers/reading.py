"""Reading a provider's usage object, which anyone may have written, without ever trusting it.

Every function raises `UsageError` that names the field; none raises anything else, whatever it is given.
"""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from llmlab_shared.domain.money import from_pico, to_pico
from llmlab_shared.domain.usage import MAX_COUNT, UsageError

Usage = Mapping[str, Any]
EMPTY: Usage = {}
_MAX_MONEY = Decimal(10**9)
_TOKENS = re.compile(r"[Tt]okens?(?:_count|Count)?$")
_decoder = msgspec.json.Decoder(float_hook=Decimal)


def decode_usage(raw: bytes | msgspec.Raw) -> Usage:
    """Return a usage object as JSON holds it, fractions as `Decimal`, so that no charge becomes a float."""
    try:
        decoded = _decoder.decode(raw)
    except (msgspec.DecodeError, RecursionError, InvalidOperation, UnicodeDecodeError) as error:
        raise UsageError(f"usage is not JSON: {shown(error)}") from None
    return as_object(decoded, "usage")


def shown(value: object) -> str:
    """Return a value for an error message, short whatever it is."""
    if isinstance(value, Decimal) and not value.is_finite():
        return "not a number"
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        # A long number takes quadratic time to print, and Python refuses to beyond 4,300 digits.
        return f"{value}" if -(10**30) < value < 10**30 else "a number of more than 30 digits"
    if isinstance(value, Exception):
        text = str(value)
    elif isinstance(value, str):
        text = repr(value[:80])
    else:
        text = repr(value) if value is None or isinstance(value, bool | float) else type(value).__name__
    return text if len(text) <= 80 else text[:77] + "..."


def as_object(value: object, name: str) -> Usage:
    """Return a JSON object; null counts as an empty one."""
    if value is None:
        return EMPTY
    if not isinstance(value, Mapping):
        raise UsageError(f"{name} must be an object, not {shown(value)}")
    return value


def part(usage: Usage, *names: str) -> Usage:
    """Return the first of the named sub-objects that is there, else an empty one."""
    for name in names:
        if usage.get(name) is not None:
            return as_object(usage[name], name)
    return EMPTY


def rows(usage: Usage, *names: str) -> list[Usage]:
    """Return the first of the named lists of objects that is there, else an empty one."""
    for name in names:
        value = usage.get(name)
        if value is None:
            continue
        if not isinstance(value, list | tuple):
            raise UsageError(f"{name} must be a list, not {shown(value)}")
        return [as_object(row, name) for row in value]
    return []


def as_count(value: object, name: str) -> int:
    """Return a count of tokens or calls: whole, not negative, at most 10^12."""
    if type(value) is int:
        if 0 <= value <= MAX_COUNT:
            return value
    elif isinstance(value, Decimal | float):
        # Some APIs write whole counts as 12.0. Compared first: int() of 1E+999999999 never ends.
        number = Decimal(value)
        if not number.is_nan() and 0 <= number <= MAX_COUNT and number == int(number):
            return int(number)
    raise UsageError(f"{name} must be a whole number from 0 to {MAX_COUNT}, not {shown(value)}")


def count(usage: Usage, *names: str) -> int:
    """Return the count that goes by any of these names, 0 when there is none.

    Gateways say one count under several names, and fill those that they do not know with 0; two other
    counts that differ are a contradiction.
    """
    return _stated(usage, names) or 0


def required_count(usage: Usage, *names: str) -> int:
    """Return the count that goes by any of these names; raise when there is none."""
    found = _stated(usage, names)
    if found is None:
        raise UsageError(f"{' or '.join(names)} is missing")
    return found


def _stated(usage: Usage, names: tuple[str, ...]) -> int | None:
    found, by = None, ""
    for name in names:
        value = usage.get(name)
        if value is None:
            continue
        number = as_count(value, name)
        if found and number and number != found:
            raise UsageError(f"{by} is {found}, but {name} is {number}")
        if not found:
            found, by = number, name
    return found


def refuse_unknown_counts(usage: Usage, known: frozenset[str]) -> None:
    """Raise when a usage object counts tokens under a name that is not among the `known` ones.

    For objects without a total that would show whether such tokens are a part of the others or come on
    top: whatever they cost, nobody here can say it.
    """
    for name, value in usage.items():
        if name not in known and isinstance(value, int | Decimal) and value and _TOKENS.search(str(name)):
            raise UsageError(f"{str(name)[:64]} is {shown(value)}, and what it counts is not known here")


def money(usage: Usage, name: str) -> Decimal | None:
    """Return an amount in USD at twelve decimals, from a number or a decimal string, or None."""
    value = usage.get(name)
    if value is None:
        return None
    try:
        if isinstance(value, float):
            amount = Decimal(repr(value))
        elif type(value) is int or isinstance(value, str | Decimal):
            amount = Decimal(value)
        else:
            raise InvalidOperation
        if not 0 <= amount <= _MAX_MONEY:  # raises for what is not a number
            raise InvalidOperation
    except InvalidOperation:
        raise UsageError(
            f"{name} must be an amount in USD from 0 to {_MAX_MONEY}, not {shown(value)}"
        ) from None
    return from_pico(to_pico(amount))


def amount(usage: Usage, name: str) -> Decimal:
    """Return a quantity that need not be whole, such as seconds, at twelve decimals, or 0."""
    value = usage.get(name)
    if value is None:
        return Decimal(0)
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        quantity = Decimal(repr(value) if isinstance(value, float) else value)
        if quantity.is_finite() and 0 <= quantity <= MAX_COUNT:
            return from_pico(to_pico(quantity))
    raise UsageError(f"{name} must be a number from 0 to {MAX_COUNT}, not {shown(value)}")


def word(usage: Usage, *names: str) -> str | None:
    """Return the first of the named strings that is there, lower-cased; anything else is passed over."""
    for name in names:
        value = usage.get(name)
        if isinstance(value, str) and 0 < len(value) <= 64:
            return value.lower()
    return None


def units(**amounts: int | Decimal) -> dict[str, Decimal] | None:
    """Return the units that were used at all, or None."""
    used = {name: Decimal(number) for name, number in amounts.items() if number}
    return used or None
