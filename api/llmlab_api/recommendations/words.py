"""Figures as the sentences of recommendations have them; programs read `evidence`."""

from decimal import Decimal

from llmlab_shared.domain.money import to_wire


def usd(amount: Decimal) -> str:
    """Return `$1,234.50`; below a cent as many digits as say something."""
    if amount and abs(amount) < Decimal("0.01"):
        return f"${amount.quantize(Decimal(1).scaleb(amount.adjusted() - 1)):f}"
    return f"${amount.quantize(Decimal('0.01')):,}"


def percent(part: Decimal, whole: Decimal) -> str:
    """Return `12.5%`."""
    return f"{(100 * part / whole).quantize(Decimal('0.1'))}%" if whole else "0.0%"


def whole(number: Decimal | float) -> str:
    """Return `1,204`."""
    return f"{Decimal(number).quantize(Decimal(1)):,}"


def ratio(part: Decimal, all_of_it: Decimal) -> str:
    """Return a share as a decimal string, to four digits."""
    return to_wire((part / all_of_it).quantize(Decimal("0.0001"))) if all_of_it else "0"


def money(amount: Decimal) -> str:
    """Return an amount of the wire, at the twelve decimals of the ledger."""
    return to_wire(amount.quantize(Decimal(1).scaleb(-12)))


def calls(number: int) -> str:
    """Return `1 call` or `1,204 calls`."""
    return f"{number:,} call" + ("" if number == 1 else "s")


def days(number: int) -> str:
    """Return `1 day` or `12 days`."""
    return f"{number} day" + ("" if number == 1 else "s")


def place(feature: str, environment: str = "") -> str:
    """Return ` in search (staging)`, or ` without a feature`."""
    named = f" in {feature}" if feature else " without a feature"
    return f"{named} ({environment})" if environment else named


def staying(number: int, to: str) -> str:
    """Return the sentence about calls that have no price with another model, empty without any."""
    if not number:
        return ""
    verb = "sends" if number == 1 else "send"
    return f" {calls(number)} {verb} what {to} has no price for: left as they are."
