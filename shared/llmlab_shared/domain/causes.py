"""Why spend differs between two times: more calls, longer ones, dearer tokens, or models that are new.

The parts add up to the difference exactly: each model's spend is taken from what it was to what it is in
steps, first the calls, then the tokens of each, then what a token costs.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import Final

from llmlab_shared.domain.money import DECIMALS, to_wire

_QUANTUM: Final = Decimal(1).scaleb(-DECIMALS)
_ZERO: Final = Decimal(0)
# A product of NUMERIC(38, 12) with a sum of counts, and a part of it, to the last digit.
_DIGITS: Final = 100

# A provider's model.
Model = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Use:
    """What was spent (USD) by how many calls with how many tokens, input and output together."""

    spend: Decimal = _ZERO
    calls: Decimal = _ZERO
    tokens: Decimal = _ZERO

    def __add__(self, other: "Use") -> "Use":
        return Use(self.spend + other.spend, self.calls + other.calls, self.tokens + other.tokens)

    def times(self, factor: Decimal) -> "Use":
        """Return so much of it; its spend is rounded to what money holds."""
        with _exactly():
            spend = (self.spend * factor).quantize(_QUANTUM, ROUND_HALF_EVEN)
            return Use(spend, self.calls * factor, self.tokens * factor)


@dataclass(frozen=True, slots=True)
class Cause:
    """The parts of a difference, in USD.

    `price` is what a token costs: a price that changed, another mix of input, output and cached tokens, or
    fees for each use. `new_model` is all that a model costs which was not used before.
    """

    calls: Decimal = _ZERO
    tokens_per_call: Decimal = _ZERO
    price: Decimal = _ZERO
    new_model: Decimal = _ZERO

    @property
    def difference(self) -> Decimal:
        """Return what the parts add up to."""
        with _exactly():
            return self.calls + self.tokens_per_call + self.price + self.new_model

    def to_wire(self) -> dict[str, str]:
        """Return the parts as decimal strings, without those that are nothing."""
        parts = ((one.name, getattr(self, one.name)) for one in fields(self))
        return {name: to_wire(amount) for name, amount in parts if amount}

    def __add__(self, other: "Cause") -> "Cause":
        with _exactly():
            return Cause(
                self.calls + other.calls,
                self.tokens_per_call + other.tokens_per_call,
                self.price + other.price,
                self.new_model + other.new_model,
            )


def explain(before: Mapping[Model, Use], now: Mapping[Model, Use]) -> Cause:
    """Return why what is spent `now` differs from `before`, by model."""
    parts = (explain_one(before.get(model, Use()), now.get(model, Use())) for model in {*before, *now})
    return sum(parts, Cause())


def explain_one(before: Use, now: Use, *, is_new: bool = True) -> Cause:
    """Return why what a model costs differs; `is_new` says whether it is new where it had no calls before."""
    with _exactly():
        if before.calls <= 0:
            more = now.spend - before.spend
            return Cause(new_model=more) if is_new else Cause(calls=more)
        with_calls = _part(before.spend, now.calls, before.calls)
        with_tokens = _part(before.spend, now.tokens, before.tokens) if before.tokens > 0 else with_calls
        return Cause(
            calls=with_calls - before.spend,
            tokens_per_call=with_tokens - with_calls,
            price=now.spend - with_tokens,
        )


def _exactly() -> AbstractContextManager[Context]:
    """Return a context in which parts are added up to the last digit, beyond the usual 28."""
    return localcontext(prec=_DIGITS)


def _part(spend: Decimal, now: Decimal, before: Decimal) -> Decimal:
    return (spend * now / before).quantize(_QUANTUM, ROUND_HALF_EVEN)
