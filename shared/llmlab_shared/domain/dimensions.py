"""What costs may be filtered and grouped by, and which store keeps an answer to a question exactly.

Tier 1 knows the base dimensions by quarter hours; tier 2 one of the caller's own dimensions by days of
the workspace's zone; the events know everything, and reading them is bounded.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from llmlab_shared.errors import LLMLabError

BASE = ("provider", "model", "api_key", "environment", "price_status")
OWN = ("feature", "customer", "user", "team", "project", "release")
EVENTS_ONLY = ("status",)
TIMES = ("hour", "day", "month")
TAG = "tag."
# What a folded day keeps of the values that have no rows of their own; a caller's own value of this name
# is added up with them.
OTHER = "(other)"
# What tier 2 keeps beside its dimension.
BESIDE_OWN = ("provider", "model", "price_status")

DIMENSIONS = (*BASE, *OWN, *EVENTS_ONLY)
Tier = Literal["base", "own", "events"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where an answer is read: `dimension` is tier 2's own one."""

    tier: Tier
    dimension: str | None = None


def is_dimension(name: str) -> bool:
    """Return whether a name can be filtered and grouped by: a dimension or `tag.<key>`."""
    return name in DIMENSIONS or (name.startswith(TAG) and len(name) > len(TAG))


def choose_source(
    dimensions: Iterable[str], times: Collection[str], *, declared_tags: Collection[str], whole_days: bool
) -> Source:
    """Return the smallest store that answers exactly.

    `dimensions` are those of filters and groupings together, `times` the asked units of time;
    `whole_days` says that the span consists of days of the workspace's zone.
    """
    asked = set(dimensions)
    others = asked - set(BASE)
    if not others:
        return Source("base")
    if len(others) == 1 and asked - others <= set(BESIDE_OWN) and whole_days and "hour" not in times:
        (own,) = others
        if own in OWN or (own.startswith(TAG) and own.removeprefix(TAG) in declared_tags):
            return Source("own", own)
    return Source("events")


def not_kept(asked: Iterable[str], declared_tags: Collection[str], reason: str) -> LLMLabError:
    """Return the error for a combination that no rollup keeps and that is too much to count from events."""
    own = (*OWN, *(TAG + key for key in declared_tags))
    return LLMLabError(
        "group_by_not_kept",
        f"no rollup keeps {', '.join(asked)} together, and {reason}. Kept are any of "
        f"{', '.join((*BASE, *TIMES))} together; or one of {', '.join(own)} with "
        f"{', '.join(BESIDE_OWN)}, day and month, over whole days of the workspace's own time zone",
    )
