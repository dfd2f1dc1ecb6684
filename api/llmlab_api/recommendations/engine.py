"""All rules over one history: what they recommend, the best first, and why the others are silent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from llmlab_api.recommendations.advice import Advice, Found, Kind, Silence, ranked
from llmlab_api.recommendations.history import WINDOW_DAYS, History
from llmlab_api.recommendations.repricing import Prices
from llmlab_api.recommendations.rules import (
    drop_cache,
    failed_calls,
    long_context,
    newer_version,
    outlier,
    shorten_prompts,
    switch_model,
    try_provider,
    use_batch,
    use_cache,
)

Rule = Callable[[History, Prices], Found]
# The first three in the order of thought of the original design.
RULES: Final[Mapping[Kind, Rule]] = MappingProxyType(
    {
        "switch_model": switch_model.find,
        "shorten_prompts": shorten_prompts.find,
        "try_provider": try_provider.find,
        "use_cache": use_cache.find,
        "drop_cache": drop_cache.find,
        "use_batch": use_batch.find,
        "newer_version": newer_version.find,
        "long_context": long_context.find,
        "failed_calls": failed_calls.find,
        "outlier": outlier.find,
    }
)
_NOTHING = f"no call of the last {WINDOW_DAYS} days has a known cost"
_SAVES_NOTHING = "what it found would save nothing at today's prices"


@dataclass(frozen=True, slots=True)
class Advised:
    """Advice in its order, and by kind why there is none."""

    advice: list[Advice]
    silent: dict[Kind, str]


def recommend(history: History, prices: Prices) -> Advised:
    """Return what can be saved, the surest and largest first. The same history gives the same answer."""
    advice: list[Advice] = []
    silent: dict[Kind, str] = {}
    for kind, find in RULES.items():
        found = find(history, prices) if history.calls and history.spend else Silence(_NOTHING)
        if isinstance(found, Silence):
            silent[kind] = found.reason
        elif saving := ranked(found):
            advice += saving
        else:
            silent[kind] = _SAVES_NOTHING
    return Advised(ranked(advice), silent)
