"""What a source answered for a case, and how far from the true cost that is.

All amounts are US dollars as `Decimal`. An answer is rounded half-even to twelve decimals, as an event's
cost is, and then has to be equal to the last digit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from llmlab_shared.domain.money import from_pico, to_pico, to_wire

from benchmarks.accuracy.cases import Case, Cost

Outcome = Literal["exact", "unpriced", "wrong"]
# Kind, provider and shape of cases whose figures stand together.
Group = tuple[str, str, str]

_THOUSAND: Final = 1000


@dataclass(frozen=True)
class Unpriced:
    """A source names no cost, and why."""

    reason: str


@dataclass(frozen=True)
class Verdict:
    """One answer judged: `named` is the cost that it names, None where it names none.

    `off` is by how many dollars that is wrong; an unpriced call is not wrong.
    """

    case: Case
    outcome: Outcome
    named: Decimal | None
    off: Decimal
    reason: str


@dataclass(frozen=True)
class Score:
    """How many answers were exact, unpriced and wrong, the dollars by which, and what was truly spent."""

    exact: int = 0
    unpriced: int = 0
    wrong: int = 0
    off: Decimal = Decimal(0)
    spend: Decimal = Decimal(0)

    @property
    def cases(self) -> int:
        """How many answers there are."""
        return self.exact + self.unpriced + self.wrong

    @property
    def off_per_thousand(self) -> Decimal:
        """Dollars wrong per $1,000 of true spend; over and under do not make up for each other."""
        return self.off * _THOUSAND / self.spend if self.spend else Decimal(0)

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.exact + other.exact,
            self.unpriced + other.unpriced,
            self.wrong + other.wrong,
            self.off + other.off,
            self.spend + other.spend,
        )


def group(case: Case) -> Group:
    """Return the group that a case counts in."""
    return case.kind, case.provider, case.shape


def judge(case: Case, answer: Cost | Unpriced) -> Verdict:
    """Return how an answer compares with the true cost; tokens and tools have to be right each.

    Where no cost is known to be true, naming none is exact, and whatever is named is wrong by all of it.
    """
    if isinstance(answer, Unpriced):
        return Verdict(case, "unpriced" if case.cost else "exact", None, Decimal(0), answer.reason)
    named = _rounded(answer.tokens) + _rounded(answer.tools)
    if case.cost is None:
        return Verdict(case, "wrong", named, named, f"${to_wire(named)}, which no source settles")
    off, reasons = Decimal(0), []
    pairs = (("tokens", answer.tokens, case.cost.tokens), ("tools", answer.tools, case.cost.tools))
    for what, found, expected in pairs:
        rounded, true = _rounded(found), _rounded(expected)
        if rounded != true:
            off += abs(rounded - true)
            reasons.append(f"{what} cost ${to_wire(true)}, not ${to_wire(rounded)}")
    return Verdict(case, "wrong" if reasons else "exact", named, off, "; ".join(reasons))


def score(verdicts: Iterable[Verdict]) -> Score:
    """Return the figures of several verdicts together."""
    return sum((_single(verdict) for verdict in verdicts), Score())


def by_group(verdicts: Sequence[Verdict]) -> dict[Group, Score]:
    """Return the figures of each group, in the order in which the groups come."""
    scores: dict[Group, Score] = {}
    for verdict in verdicts:
        key = group(verdict.case)
        scores[key] = scores.get(key, Score()) + _single(verdict)
    return scores


def _single(verdict: Verdict) -> Score:
    cost = verdict.case.cost
    return Score(
        exact=verdict.outcome == "exact",
        unpriced=verdict.outcome == "unpriced",
        wrong=verdict.outcome == "wrong",
        off=verdict.off,
        spend=cost.tokens + cost.tools if cost else Decimal(0),
    )


def _rounded(amount: Decimal) -> Decimal:
    return from_pico(to_pico(amount))
