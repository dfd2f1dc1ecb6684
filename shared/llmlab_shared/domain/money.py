"""Money: US dollars as `Decimal`, twelve decimals an event, and its form on the wire.

Inside a batch amounts are integers of pico-USD (10^-12 USD), because sums of integers are exact and
fast; a float never holds money.
"""

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation

import msgspec

DECIMALS = 12
PICO_PER_USD = 10**DECIMALS
# Wide enough for NUMERIC(38, 12) and for every intermediate of a price calculation.
_CONTEXT = Context(prec=60, rounding=ROUND_HALF_EVEN)
# What `Decimal` reads is more: spaces, underscores, digits of every script, exponents, NaN.
_PLAIN = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_QUANTUM = Decimal(1).scaleb(-DECIMALS)


def from_pico(pico: int) -> Decimal:
    """Return pico-USD as USD, exactly."""
    return _CONTEXT.scaleb(Decimal(pico), -DECIMALS)


def to_pico(amount: Decimal) -> int:
    """Return USD as pico-USD, rounded half-even to a whole pico-USD."""
    return int(_CONTEXT.quantize(amount, _QUANTUM).scaleb(DECIMALS, _CONTEXT))


def read_plain(text: str) -> Decimal:
    """Return the number of a decimal string in plain notation: sign, digits, point. Raises `ValueError`."""
    if _PLAIN.fullmatch(text) is None:
        raise ValueError("is not a decimal string such as 0.06: digits and a point, nothing else")
    return Decimal(text)


def read_literal(literal: bytes) -> Decimal:
    """Return the number of a piece of valid JSON, digit by digit: a number, or a plain decimal string.

    Raises `ValueError` for anything else.
    """
    if literal.startswith(b'"'):
        return read_plain(msgspec.json.decode(literal, type=str))
    if not literal[:1].isdigit() and not literal.startswith(b"-"):
        raise ValueError("is not a number or a decimal string")
    try:
        return Decimal(literal.decode())
    except InvalidOperation:
        raise ValueError("is a number with an exponent beyond reason") from None


def to_wire(amount: Decimal) -> str:
    """Return the decimal string of the contract: no exponent, no trailing zeros, `0` for zero."""
    if amount == 0:
        return "0"
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
