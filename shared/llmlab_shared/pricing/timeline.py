"""Price versions through time: which one is in force at an instant, and what it stands on."""

from bisect import bisect_right
from copy import copy
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from llmlab_shared.clock import to_us
from llmlab_shared.pricing.plan import Plan
from llmlab_shared.pricing.price_document import compile_document
from llmlab_shared.pricing.rate_card import ALWAYS_FROM
from llmlab_shared.pricing.store import StoredPrice

# Later layers win.
LAYERS: Final = ("catalogue", "override", "custom")
CUSTOM: Final = LAYERS.index("custom")


def begins(version: "Version") -> int:
    """Return when a version begins: what versions are sorted by."""
    return version.from_us


class Version:
    """One price version; its document is compiled when it is first asked for."""

    __slots__ = ("_document", "_plan", "from_us", "layer", "price_id", "withdrawn")

    def __init__(self, stored: StoredPrice, *, ends_at: datetime | None = None) -> None:
        """Take a stored version, or, with `ends_at`, what marks its end."""
        self.price_id = stored.id
        self.layer = LAYERS.index(stored.layer)
        self.from_us = to_us(ends_at or stored.valid_from)
        self.withdrawn = stored.withdrawn or ends_at is not None
        self._document = stored.rates
        self._plan: Plan | None = None

    def plan(self) -> Plan:
        if self._plan is None:
            self._plan = compile_document(msgspec.json.decode(self._document))
        return self._plan

    def as_end(self) -> "Version":
        """Return what ends whatever held before this version."""
        ended = copy(self)
        ended.withdrawn = True
        return ended


class Source(NamedTuple):
    """The versions of one name, context and layer through time; `rank` counts contexts, 0 the asked one."""

    versions: list[Version]
    rule: str
    rank: int

    def at(self, at_us: int) -> Version | None:
        """Return the version in force at an instant."""
        index = bisect_right(self.versions, at_us, key=begins) - 1
        found = self.versions[index] if index >= 0 else None
        return None if found is None or found.withdrawn else found


class Segment(NamedTuple):
    """What holds from an instant on: a version, and, where it states a factor, what it stands on."""

    from_us: int
    chain: tuple[Version, ...]
    rule: str

    def plan(self) -> Plan:
        *factors, base = self.chain
        plan = base.plan()
        for version in reversed(factors):
            plan = plan.times(version.plan().factor or 0)
        return plan


def unless(version: Version, *, factor: bool) -> Version:
    """Return a version, or its end in its place when it does (or does not) state a factor."""
    return version.as_end() if (version.plan().factor is not None) == factor else version


def merge(sources: list[Source], discounts: list[Source]) -> list[Segment]:
    """Return, for every stretch of time, the version of the first source that has one in force."""
    starts = {ALWAYS_FROM}
    starts |= {version.from_us for source in (*sources, *discounts) for version in source.versions}
    segments: list[Segment] = []
    for start in sorted(starts):
        chain, rule = _resolve(sources, start)
        if chain and chain[0].layer != CUSTOM:
            discount = next((version for source in discounts if (version := source.at(start))), None)
            if discount is not None:
                rule += _part_of(discount, chain[0])
                chain = (discount, *chain)
        if not segments or segments[-1].chain != chain or segments[-1].rule != rule:
            segments.append(Segment(start, chain, rule))
    return segments


def _resolve(sources: list[Source], at_us: int) -> tuple[tuple[Version, ...], str]:
    """Return the version that holds at an instant with those it stands on, and its rule."""
    for place, source in enumerate(sources):
        version = source.at(at_us)
        if version is None:
            continue
        if version.plan().factor is None:
            return (version,), source.rule
        below = [later for later in sources[place + 1 :] if later.rank > source.rank]
        chain, _ = _resolve(below, at_us)
        # A factor of nothing is no price.
        if chain:
            return (version, *chain), source.rule + _part_of(version, chain[0])
    return (), ""


def _part_of(version: Version, base: Version) -> str:
    millionths = version.plan().factor or 0
    return f",{millionths / 10**6:g}_of_price_{base.price_id}"
