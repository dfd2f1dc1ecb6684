"""What a source answered for a recorded response, and how far from the true cost that is.

All amounts are US dollars as `Decimal`. An answer is rounded half-even to twelve decimals, as an event's
cost is, and then has to be equal to the last digit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from llmlab_shared.domain.money import from_pico, to_pico, to_wire
from llmlab_shared.providers.base import canonical_api
from provider_calls import ProviderCall

Outcome = Literal["exact", "unpriced", "wrong"]

_THOUSAND: Final = 1000


@dataclass(frozen=True)
class Cost:
    """What a source says that a call costs: its tokens, and the fees of the tools it used."""

    tokens: Decimal
    tools: Decimal


@dataclass(frozen=True)
class Unpriced:
    """A source names no cost, and why."""

    reason: str


@dataclass(frozen=True)
class Verdict:
    """One answer judged. `off` is by how many dollars it is wrong; an unpriced call is not wrong."""

    call: ProviderCall
    outcome: Outcome
    off: Decimal
    reason: str


@dataclass(frozen=True)
class Score:
    """How many answers were exact, unpriced and wrong, the dollars by which, and what was truly spent."""

    cases: int
    exact: int
    unpriced: int
    wrong: int
    off: Decimal
    spend: Decimal

    @property
    def off_per_thousand(self) -> Decimal:
        """Dollars wrong per $1,000 of true spend; over and under do not make up for each other."""
        return self.off * _THOUSAND / self.spend if self.spend else Decimal(0)


def true_cost(call: ProviderCall) -> Cost:
    """Return what the recorded call truly costs."""
    return Cost(Decimal(call.expected_computed_cost), Decimal(call.expected_tool_cost))


def shape(call: ProviderCall) -> tuple[str, str]:
    """Return the provider of a call and the API whose shape its usage has."""
    return call.provider, canonical_api(call.api) or call.api


def judge(call: ProviderCall, answer: Cost | Unpriced) -> Verdict:
    """Return how an answer compares with the true cost; tokens and tools have to be right each."""
    if isinstance(answer, Unpriced):
        return Verdict(call, "unpriced", Decimal(0), answer.reason)
    true = true_cost(call)
    off, reasons = Decimal(0), []
    pairs = (("tokens", answer.tokens, true.tokens), ("tools", answer.tools, true.tools))
    for what, found, expected in pairs:
        rounded = from_pico(to_pico(found))
        if rounded != expected:
            off += abs(rounded - expected)
            reasons.append(f"{what} cost ${to_wire(expected)}, not ${to_wire(rounded)}")
    return Verdict(call, "wrong" if reasons else "exact", off, "; ".join(reasons))


def score(verdicts: Sequence[Verdict]) -> Score:
    """Return the figures of several verdicts together."""

    def count(outcome: Outcome) -> int:
        return sum(verdict.outcome == outcome for verdict in verdicts)

    return Score(
        cases=len(verdicts),
        exact=count("exact"),
        unpriced=count("unpriced"),
        wrong=count("wrong"),
        off=sum((verdict.off for verdict in verdicts), Decimal(0)),
        spend=_spend(verdict.call for verdict in verdicts),
    )


def _spend(calls: Iterable[ProviderCall]) -> Decimal:
    return sum((cost.tokens + cost.tools for cost in map(true_cost, calls)), Decimal(0))
