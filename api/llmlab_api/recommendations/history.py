"""A workspace's last 30 days, as the rules see them: nothing here is read or asked for later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import urlencode

from llmlab_shared.db.repositories.call_mix import Conversation, Failures, Rhythm
from llmlab_shared.db.repositories.value_weeks import ValueWeeks
from llmlab_shared.domain.usage import TOKEN_CLASSES, TokenUsage

from llmlab_api.recommendations.advice import Model, Slice
from llmlab_api.recommendations.alternatives import family_of

WINDOW_DAYS = 30
_Read = TypeVar("_Read", Rhythm, Conversation, Failures)


@dataclass(frozen=True, slots=True)
class Use:
    """What one model was used for: metered calls whose cost is known, exactly, from the rollups."""

    provider: str
    model: str
    calls: int
    days: int
    tokens: TokenUsage
    spend: Decimal

    @property
    def all_tokens(self) -> int:
        """Input and output together."""
        return self.tokens.input_tokens + self.tokens.output_tokens


@dataclass(frozen=True, slots=True)
class Cell:
    """Calls alike in what decides their price: `input_tokens` is of one call, everything else of all.

    `spend` is without `fees`, which are for searches and the like and the same with any model.
    """

    provider: str
    model: str
    feature: str
    context: str
    calls: int
    input_tokens: int
    tokens: TokenUsage
    spend: Decimal
    fees: Decimal = Decimal(0)

    @property
    def tokens_per_call(self) -> Decimal:
        """Input and output of one call."""
        return Decimal(self.tokens.input_tokens + self.tokens.output_tokens) / self.calls


@dataclass(frozen=True)
class History:
    """Metered calls of known cost. `uses` and `values` are of all calls, from rollups.

    `mix` has the same calls and money as `uses`, spread as in the events that were read. `rhythms`,
    `conversations` and `failures` are of those events alone; `scale` says how many times as much each model
    spent in all, and `share` which part of the time they are from, or None where they are of all of it since
    the first of them. A feature of `''` is none; features beyond the dearest are `(other)` in the mix, and
    nowhere else, because nobody could ask for their calls. `start` and `end` are RFC 3339.
    """

    start: str
    end: str
    reference_tokens: int
    uses: Sequence[Use] = ()
    mix: Sequence[Cell] = ()
    rhythms: Sequence[Rhythm] = ()
    conversations: Sequence[Conversation] = ()
    failures: Sequence[Failures] = ()
    values: Sequence[ValueWeeks] = ()
    scales: Mapping[tuple[str, str], Decimal] | None = None
    share: Decimal | None = None

    @property
    def spend(self) -> Decimal:
        """Of all models."""
        return sum((use.spend for use in self.uses), Decimal(0))

    @property
    def calls(self) -> int:
        """Of all models."""
        return sum(use.calls for use in self.uses)

    def families(self) -> dict[tuple[str, str], list[Use]]:
        """Return the uses by provider and model without the date of its release."""
        found: dict[tuple[str, str], list[Use]] = {}
        for use in self.uses:
            found.setdefault((use.provider, family_of(use.model)), []).append(use)
        return found

    def cells(self, uses: Sequence[Use]) -> list[Cell]:
        """Return the mix of these models."""
        return [cell for model in models_of(uses) for cell in self._by_model.get(model, ())]

    def days(self, provider: str, model: str) -> int:
        """Return on how many days a model was used."""
        return self._days.get((provider, model), 0)

    def days_of(self, rhythm: Rhythm) -> int:
        """Return on how many days a kind of calls was made, at most: not every day has one that was read.

        The rollups know the days of its model and those of its feature.
        """
        if self.share is None:
            return rhythm.days
        days = self.days(rhythm.provider, rhythm.model)
        return min(days, self._feature_days.get(rhythm.feature, days))

    @cached_property
    def places(self) -> Mapping[tuple[str, str, str], Sequence[Cell]]:
        """The mix by provider, model and feature."""
        found: dict[tuple[str, str, str], list[Cell]] = {}
        for cell in self.mix:
            found.setdefault((cell.provider, cell.model, cell.feature), []).append(cell)
        return found

    @cached_property
    def _by_model(self) -> Mapping[Model, Sequence[Cell]]:
        found: dict[Model, list[Cell]] = {}
        for cell in self.mix:
            found.setdefault((cell.provider, cell.model), []).append(cell)
        return found

    @cached_property
    def _feature_days(self) -> Mapping[str, int]:
        return {value.value: value.days for value in self.values if value.dimension == "feature"}

    @cached_property
    def _days(self) -> Mapping[Model, int]:
        return {(use.provider, use.model): use.days for use in self.uses}

    def scale(self, provider: str, model: str) -> Decimal:
        """Return how many times as much a model spent as in the events that were read."""
        return (self.scales or {}).get((provider, model), Decimal(1))

    def in_all(self, read: _Read, *names: str) -> _Read:
        """Return what was read of a model with these counts and amounts as they are in all of the calls."""
        scale = self.scale(read.provider, read.model)
        if scale == 1:
            return read
        scaled: dict[str, Any] = {name: _scaled(getattr(read, name), scale) for name in names}
        return replace(read, **scaled)

    def link(self, calls: Slice, **more: str) -> str:
        """Return the request that shows the calls of a slice."""
        names = [
            *(("provider", provider) for provider in dict.fromkeys(provider for provider, _ in calls.models)),
            *(("model", model) for _, model in calls.models),
            *calls.values,
            *more.items(),
        ]
        return "/api/costs?" + urlencode([*names, ("from", self.start), ("to", self.end)])


def _scaled(amount: int | float | Decimal, scale: Decimal) -> int | float | Decimal:
    if isinstance(amount, Decimal):
        return amount * scale
    return round(amount * scale) if isinstance(amount, int) else amount * float(scale)


def spend_of(uses: Sequence[Use]) -> Decimal:
    """Return what these models cost together."""
    return sum((use.spend for use in uses), Decimal(0))


def models_of(uses: Sequence[Use]) -> tuple[tuple[str, str], ...]:
    """Return which models these are."""
    return tuple((use.provider, use.model) for use in uses)


def token_sums(uses: Sequence[Use]) -> dict[str, int]:
    """Return the tokens of these models by class, those that there are."""
    totals = {name: sum(getattr(use.tokens, name) for use in uses) for name in TOKEN_CLASSES}
    return {name: count for name, count in totals.items() if count}
