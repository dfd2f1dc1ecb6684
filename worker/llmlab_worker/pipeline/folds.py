"""What a batch must know of folded days: which values still have rows of their own in tier 2.

A fold is written once and never changed, and the epoch of budgets moves with it: what is cached here is
never stale, and a batch that was computed before a fold is computed anew.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import asyncpg
from llmlab_shared.domain.dimensions import OTHER


class Place(NamedTuple):
    """Where values are counted: a dimension of a workspace's local day."""

    workspace_id: int
    day: date
    dimension: str


Folds = Mapping[tuple[int, date, str], frozenset[str]]

# Some 15 MB of the usual names.
_MAX_VALUES = 100_000

_KEPT = """
SELECT workspace_id, day, dimension, kept FROM dimension_folds
JOIN unnest($1::bigint[], $2::date[], $3::text[]) AS asked(workspace_id, day, dimension)
    USING (workspace_id, day, dimension)
"""


class KeptValues:
    """The kept values of folded days, read when they are first met; those not met for longest go first."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, date, str], frozenset[str]] = {}
        self._values = 0

    async def find(self, connection: asyncpg.Connection, places: Collection[Place]) -> Folds:
        """Return the kept values of these places; the connection is not in a transaction."""
        # Taken before the wait, in which another batch may push them out.
        found: dict[tuple[int, date, str], frozenset[str]] = {
            place: self._known[place] for place in places if place in self._known
        }
        if missing := [place for place in places if place not in found]:
            async with connection.transaction(isolation="read_committed"):
                rows = await connection.fetch(_KEPT, *map(list, zip(*missing, strict=True)))
            for workspace_id, day, dimension, kept in rows:
                found[workspace_id, day, dimension] = frozenset(kept)
        for place, kept in found.items():
            self._forget(place)
            self._known[place] = kept
            self._values += len(kept)
        while self._values > _MAX_VALUES:
            self._forget(next(iter(self._known)))
        return found

    def _forget(self, place: tuple[int, date, str]) -> None:
        self._values -= len(self._known.pop(place, ()))


def fold(values: Sequence[str], packed: Sequence[int], kept: frozenset[str]) -> tuple[list[str], list[int]]:
    """Return sums by value with those of all that are not kept added up as `(other)`, at the end."""
    own_values, own_sums, rest = [], [], 0
    for value, sums in zip(values, packed, strict=True):
        if value in kept:
            own_values.append(value)
            own_sums.append(sums)
        else:
            rest += sums
    if rest:
        own_values.append(OTHER)
        own_sums.append(rest)
    return own_values, own_sums
