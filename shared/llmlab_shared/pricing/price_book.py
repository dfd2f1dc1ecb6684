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
MAX_TRACKS = 16_384
MAX_MISSES = 8_192
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

    __slots__ = ("aliases", "contexts", "names", "versions")

    def __init__(self, prices: Iterable[StoredPrice], aliases: Iterable[Alias]) -> None:
        self.versions: dict[tuple[str, str, str], list[_Version]] = defaultdict(list)
        for stored in prices:
            self.versions[stored.provider, stored.model.lower(), stored.context].append(_Version(stored))
        self.versions = dict(self.versions)
        self.aliases = {(a.provider, a.alias.lower()): a.model.lower() for a in aliases}
        self.contexts = {context for _, _, context in self.versions}
        self.names = {(provider, model) for provider, model, _ in self.versions} | self.aliases.keys()


class _Track:
    """All cards of one key through time, and the one that was used last.

    `names` are the (provider, model) under which its price was looked for.
    """

    __slots__ = ("_segments", "_starts", "card", "names")

    def __init__(self, segments: list[_Segment], names: frozenset[tuple[str, str]]) -> None:
        self.names = names
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

    def get(self, key: _Key) -> _Track | None:
        """Return what is kept; what the old generation holds is made young again."""
        track = self.young.get(key)
        if track is None and (track := self._old.pop(key, None)) is not None:
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
        own = self.workspaces.get(workspace_id)
        if "@" in context and not self._known_context(own, context):
            # Regions are any client's words: one that changes no price must not take room.
            context = context.partition("@")[0]
        track = self._track(workspace_id, own, provider, model, context)
        if track is None:
            return None
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
        self._misses = _Recent(MAX_MISSES)

    def _known_context(self, own: _Prices | None, context: str) -> bool:
        return context in self._everyone.contexts or (own is not None and context in own.contexts)

    def _track(
        self, workspace_id: int, own: _Prices | None, provider: str, model: str, context: str
    ) -> _Track | None:
        """Return the track of a key; a workspace has one of its own only where its own prices matter."""
        key = (workspace_id if own is not None else EVERYONE, provider, model, context)
        track = self.tracks.get(key)
        if track is not None or self._misses.get(key) is not None:
            return track
        if own is not None:
            shared = self._track(EVERYONE, None, provider, model, context)
            if shared is not None and own.names.isdisjoint(shared.names):
                return shared
        track = self._build(own, provider, model, context)
        if track is None:
            self._misses.put(key, NO_TRACK)
        else:
            self.tracks.put(key, track)
        return track

    def _build(self, own: _Prices | None, provider: str, model: str, context: str) -> _Track | None:
        """Return which version is in force from when on; later candidates fill the gaps of earlier."""
        sets = [own, self._everyone] if own is not None else [self._everyone]

        def alias_of(source: str, name: str) -> str | None:
            return next((s.aliases[source, name] for s in sets if (source, name) in s.aliases), None)

        contexts = less_specific(context)
        sources: list[tuple[list[_Version], str]] = []
        names: set[tuple[str, str]] = set()
        for candidate in candidates(get_provider(provider), model, alias_of):
            names.add((candidate.provider, candidate.model))
            for price_context in contexts:
                rule = candidate.rule
                if price_context != context:
                    rule += f",{price_context or 'standard'}_rate"
                key = (candidate.provider, candidate.model, price_context)
                versions = [version for prices in sets for version in prices.versions.get(key, ())]
                for layer in reversed(range(len(LAYERS))):
                    of_layer = [version for version in versions if version.layer == layer]
                    if of_layer:
                        sources.append((sorted(of_layer, key=lambda version: version.from_us), rule))
        return _Track(_merge(sources), frozenset(names)) if sources else None


# Never in force at any time: what is not at hand, and what has no price.
NO_TRACK: Final = _Track([_Segment(ALWAYS_FROM, None, "")], frozenset())


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
