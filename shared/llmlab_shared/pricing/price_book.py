"""The price book: every price version in force, and a bounded cache of the cards that calls ask for."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from typing import Final, NamedTuple

import asyncpg
import msgspec

from llmlab_shared.clock import to_us
from llmlab_shared.pricing.context import less_specific
from llmlab_shared.pricing.rate_card import (
    ALWAYS_FROM,
    ALWAYS_UNTIL,
    UNPRICED,
    Plan,
    RateCard,
    compile_document,
)
from llmlab_shared.pricing.resolution import candidates
from llmlab_shared.pricing.store import EVERYONE, Alias, StoredPrice, read_aliases, read_prices
from llmlab_shared.providers.factory import get_provider

# Later layers win.
LAYERS: Final = ("catalogue", "override", "custom")
MAX_TRACKS = 32_768
MAX_WORKSPACES = 4_096

_Key = tuple[int, str, str, str]


class _Version:
    """One price version; its document is compiled when it is first asked for."""

    __slots__ = ("_document", "_plan", "from_us", "layer", "price_id", "withdrawn")

    def __init__(self, stored: StoredPrice) -> None:
        self.price_id = stored.id
        self.layer = LAYERS.index(stored.layer)
        self.from_us = to_us(stored.valid_from)
        self.withdrawn = stored.withdrawn
        self._document = stored.rates
        self._plan: Plan | None = None

    def plan(self) -> Plan:
        if self._plan is None:
            self._plan = compile_document(msgspec.json.decode(self._document))
        return self._plan


class _Segment(NamedTuple):
    from_us: int
    version: _Version | None
    rule: str


class _Prices:
    """The versions and aliases of everyone, or of one workspace."""

    __slots__ = ("aliases", "contexts", "versions")

    def __init__(self, prices: Iterable[StoredPrice], aliases: Iterable[Alias]) -> None:
        self.versions: dict[tuple[str, str, str], list[_Version]] = defaultdict(list)
        for stored in prices:
            self.versions[stored.provider, stored.model.lower(), stored.context].append(_Version(stored))
        self.versions = dict(self.versions)
        self.aliases = {(a.provider, a.alias.lower()): a.model.lower() for a in aliases}
        self.contexts = {context for _, _, context in self.versions}

    def __bool__(self) -> bool:
        return bool(self.versions or self.aliases)


class _Track:
    """All cards of one key through time, and the one that was used last."""

    __slots__ = ("_segments", "_starts", "card")

    def __init__(self, segments: list[_Segment]) -> None:
        self._segments = segments
        self._starts = [segment.from_us for segment in segments]
        self.card = UNPRICED

    def find(self, at_us: int) -> RateCard:
        """Return the card in force at an instant and keep it at hand, or `UNPRICED` when none is."""
        index = bisect_right(self._starts, at_us) - 1
        segment = self._segments[index]
        start = segment.from_us
        end = self._starts[index + 1] if index + 1 < len(self._starts) else ALWAYS_UNTIL
        if segment.version is None:
            return UNPRICED
        plan = segment.version.plan()
        if plan.windows:
            plan, window_start, window_end = plan.at(at_us)
            start, end = max(start, window_start), min(end, window_end)
        self.card = plan.card(segment.version.price_id, segment.rule, start, end)
        return self.card


class _Recent:
    """A bounded cache in two generations: when the young one is full, the old one is forgotten.

    What is in use survives; a stream of names that come once costs two generations of memory.
    """

    __slots__ = ("_old", "_size", "young")

    def __init__(self, size: int) -> None:
        self._size = size // 2
        self.young: dict[_Key, _Track] = {}
        self._old: dict[_Key, _Track] = {}

    def recall(self, key: _Key) -> _Track | None:
        """Return what the old generation holds, made young again."""
        track = self._old.pop(key, None)
        if track is not None:
            self.put(key, track)
        return track

    def put(self, key: _Key, track: _Track) -> None:
        if len(self.young) >= self._size:
            self._old, self.young = self.young, {}
        self.young[key] = track

    def __len__(self) -> int:
        return len(self.young) + len(self._old)


class PriceBook:
    """Prices of everyone and of the workspaces it was prepared for. Reading is synchronous and fast.

    `tracks` and `workspaces` are open to the calculator, which looks there before it calls anything.
    """

    def __init__(self, prices: Iterable[StoredPrice] = (), aliases: Iterable[Alias] = ()) -> None:
        self._everyone = _Prices(prices, aliases)
        self.workspaces: dict[int, _Prices] = {}
        self._known: dict[int, None] = {}
        self._forget()

    @classmethod
    async def load(cls, connection: asyncpg.Connection) -> "PriceBook":
        """Return a book of everyone's prices; workspaces follow by `prepare`."""
        return cls(await read_prices(connection, [EVERYONE]), await read_aliases(connection, [EVERYONE]))

    async def reload(self, connection: asyncpg.Connection) -> None:
        """Read everyone's prices anew and forget the workspaces': they must be prepared again."""
        prices = await read_prices(connection, [EVERYONE])
        aliases = await read_aliases(connection, [EVERYONE])
        self._everyone = _Prices(prices, aliases)
        self.workspaces, self._known = {}, {}
        self._forget()

    async def prepare(self, connection: asyncpg.Connection, workspace_ids: Iterable[int]) -> None:
        """Make sure that the prices of these workspaces are at hand. One query, and only for new ones."""
        wanted = set(workspace_ids)
        missing = sorted(wanted - self._known.keys())
        if not missing:
            return
        prices: dict[int, list[StoredPrice]] = defaultdict(list)
        aliases: dict[int, list[Alias]] = defaultdict(list)
        for price in await read_prices(connection, missing):
            prices[price.workspace_id].append(price)
        for alias in await read_aliases(connection, missing):
            aliases[alias.workspace_id].append(alias)
        for workspace_id in missing:
            self._known[workspace_id] = None
            if prices[workspace_id] or aliases[workspace_id]:
                self.workspaces[workspace_id] = _Prices(prices[workspace_id], aliases[workspace_id])
        for workspace_id in [w for w in self._known if w not in wanted][: len(self._known) - MAX_WORKSPACES]:
            del self._known[workspace_id]
            self.workspaces.pop(workspace_id, None)

    def card(self, workspace_id: int, provider: str, model: str, context: str, at_us: int) -> RateCard | None:
        """Return the card in force at `at_us` (microseconds), or None when no price is.

        `provider` and `model` may be spelled in any way that `get_provider` and the aliases know.
        """
        key = (workspace_id if workspace_id in self.workspaces else EVERYONE, provider, model, context)
        track = self.tracks.young.get(key)
        if track is None:
            return self._find(key, at_us)
        card = track.card
        if not card.valid_from_us <= at_us < card.valid_until_us:
            card = track.find(at_us)
        return card if card.price_id else None

    def __len__(self) -> int:
        """How many keys are at hand, misses included."""
        return len(self.tracks) + len(self._misses)

    def _forget(self) -> None:
        self.tracks = _Recent(MAX_TRACKS)
        # Apart, so that a stream of unknown names does not push the known ones out.
        self._misses = _Recent(MAX_TRACKS // 4)

    def _find(self, key: _Key, at_us: int) -> RateCard | None:
        if key in self._misses.young:
            return None
        track = self.tracks.recall(key)
        if track is None:
            if self._misses.recall(key) is not None:
                return None
            segments = self._segments(key)
            if all(segment.version is None for segment in segments):
                self._misses.put(key, NO_TRACK)
                return None
            track = _Track(segments)
            self.tracks.put(key, track)
        card = track.find(at_us)
        return card if card.price_id else None

    def _segments(self, key: _Key) -> list[_Segment]:
        """Return which version is in force from when on; later candidates fill the gaps of earlier."""
        workspace_id, provider, model, context = key
        own = self.workspaces.get(workspace_id)
        sets = [own, self._everyone] if own else [self._everyone]

        def alias_of(source: str, name: str) -> str | None:
            return next((s.aliases[source, name] for s in sets if (source, name) in s.aliases), None)

        sources: list[tuple[list[_Version], str]] = []
        for candidate in candidates(get_provider(provider), model, alias_of):
            for price_context in less_specific(context):
                rule = candidate.rule
                if price_context != context and not (price_context == "" and self._idle(sets, context)):
                    rule += ",standard_rate" if price_context == "" else f",{price_context}_rate"
                for layer in reversed(range(len(LAYERS))):
                    versions = [
                        version
                        for prices in sets
                        for version in prices.versions.get(
                            (candidate.provider, candidate.model, price_context), ()
                        )
                        if version.layer == layer
                    ]
                    if versions:
                        sources.append((sorted(versions, key=lambda v: v.from_us), rule))
        return _merge(sources)

    @staticmethod
    def _idle(sets: list[_Prices], context: str) -> bool:
        """Tell whether no price at all knows this context, as with a region that changes no price."""
        return not any(context in prices.contexts for prices in sets)


# Never in force at any time: what is not at hand, and what has no price.
NO_TRACK: Final = _Track([_Segment(ALWAYS_FROM, None, "")])


def _merge(sources: list[tuple[list[_Version], str]]) -> list[_Segment]:
    """Return, for every stretch of time, the version of the first source that has one in force."""
    starts = sorted({ALWAYS_FROM} | {version.from_us for versions, _ in sources for version in versions})
    segments: list[_Segment] = []
    for start in starts:
        found = _Segment(start, None, "")
        for versions, rule in sources:
            index = bisect_right([version.from_us for version in versions], start) - 1
            if index >= 0 and not versions[index].withdrawn:
                found = _Segment(start, versions[index], rule)
                break
        if not segments or segments[-1].version is not found.version or segments[-1].rule != found.rule:
            segments.append(found)
    return segments
