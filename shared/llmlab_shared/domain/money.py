"""Money: US dollars as `Decimal`, twelve decimals an event, and its form on the wire.

Inside a batch amounts are integers of pico-USD (10^-12 USD), because sums of integers are exact and
fast; a float never holds money.
"""

from decimal import ROUND_HALF_EVEN, Context, Decimal

DECIMALS = 12
PICO_PER_USD = 10**DECIMALS
# Wide enough for NUMERIC(38, 12) and for every intermediate of a price calculation.
_CONTEXT = Context(prec=60, rounding=ROUND_HALF_EVEN)
_QUANTUM = Decimal(1).scaleb(-DECIMALS)


def from_pico(pico: int) -> Decimal:
    """Return pico-USD as USD, exactly."""
    return _CONTEXT.scaleb(Decimal(pico), -DECIMALS)


def to_pico(amount: Decimal) -> int:
    """Return USD as pico-USD, rounded half-even to a whole pico-USD."""
    return int(_CONTEXT.quantize(amount, _QUANTUM).scaleb(DECIMALS, _CONTEXT))


def to_wire(amount: Decimal) -> str:
    """Return the decimal string of the contract: no exponent, no trailing zeros, `0` for zero."""
    if amount == 0:
        return "0"
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
