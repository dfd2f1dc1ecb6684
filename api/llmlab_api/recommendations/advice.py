"""What a recommendation says, as the rules make it: its saving as a range, its calls, how sure it is."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

Kind = Literal[
    "switch_model",
    "newer_version",
    "shorten_prompts",
    "try_provider",
    "use_cache",
    "drop_cache",
    "use_batch",
    "long_context",
    "failed_calls",
    "outlier",
]
Effort = Literal["low", "medium", "high"]
Model = tuple[str, str]
# So many calls make half of the confidence that any number could.
HALF_SAMPLE = 50
UNMEASURED = "Quality not measured: whether it answers as well has to be tried on a part of the traffic."


@dataclass(frozen=True, slots=True)
class Saving:
    """USD in 30 days. What each bound means is the rule's own."""

    low: Decimal
    likely: Decimal
    high: Decimal

    @classmethod
    def within(cls, spend: Decimal, low: Decimal, likely: Decimal, high: Decimal) -> "Saving":
        """Return the range in order, nothing below zero and nothing above what was spent."""
        likely = min(max(likely, Decimal(0)), spend)
        return cls(min(max(low, Decimal(0)), likely), likely, max(min(high, spend), likely))


@dataclass(frozen=True, slots=True)
class Slice:
    """The calls that advice is about: of these models (none: of all), with these values of dimensions.

    `moved_to` are models that do their work once the advice is followed. `per_answer` says that only calls
    without an error count as work done.
    """

    models: tuple[Model, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    moved_to: tuple[Model, ...] = ()
    per_answer: bool = False

    def meets(self, other: "Slice") -> bool:
        """Say whether a call can be in both."""
        if self.models and other.models and set(self.models).isdisjoint(other.models):
            return False
        mine, theirs = dict(self.values), dict(other.values)
        return all(mine[name] == theirs[name] for name in mine.keys() & theirs.keys())


@dataclass(frozen=True, slots=True)
class Advice:
    """One recommendation. `target` is what it is about, and with `kind` makes the id that decisions keep.

    `sureness` is how likely the advice holds where there are calls enough; `sure_because` says why.
    """

    kind: Kind
    target: tuple[str, ...]
    title: str
    why: str
    saving: Saving
    sureness: Decimal
    sure_because: str
    effort: Effort
    risk: str
    slice: Slice
    calls: int
    days: int
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The same for the same advice on the same thing, whenever and however it is worked out."""
        digest = hashlib.sha256("\x1f".join((self.kind, *self.target)).encode()).hexdigest()
        return f"{self.kind}-{digest[:12]}"

    @property
    def confidence(self) -> Decimal:
        """sureness × calls / (calls + 50), to two digits."""
        return (self.sureness * self.calls / (self.calls + HALF_SAMPLE)).quantize(Decimal("0.01"))

    @property
    def weight(self) -> Decimal:
        """What the order goes by: confidence × likely saving."""
        return self.confidence * self.saving.likely


@dataclass(frozen=True, slots=True)
class Silence:
    """Why a rule has nothing to say."""

    reason: str


Found = Sequence[Advice] | Silence


def ranked(found: Sequence[Advice]) -> list[Advice]:
    """Return advice that saves anything, the surest and largest first; ties in the order of their ids."""
    return sorted((one for one in found if one.saving.likely > 0), key=lambda one: (-one.weight, one.id))


def overlaps(one: Advice, all_of_them: Sequence[Advice]) -> list[str]:
    """Return the ids of the other advice that would save some of the same money."""
    return [other.id for other in all_of_them if other.id != one.id and one.slice.meets(other.slice)]
