"""The price book: every price version in force, and a bounded cache of the cards that calls ask for.

Of the versions of one (provider, model, context) a custom one wins over an override, and that over the
catalogue; a more specific context wins over a less specific one; a surer name over one that was worked
out. A version that states a factor stands on another:

- in the catalogue or the overrides, on the price of the next less specific context (`batch` on standard);
- a custom one is a discount: on whatever would hold without the workspace's own prices. That of the
  model itself goes before that of all the provider's models (`EVERY_MODEL`).
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import asyncpg

from llmlab_shared.pricing.context import STANDARD, less_specific
from llmlab_shared.pricing.rate_card import ALWAYS_FROM, ALWAYS_UNTIL, UNPRICED, RateCard
from llmlab_shared.pricing.resolution import candidates
from llmlab_shared.pricing.store import (
    EVERYONE,
    Alias,
    PriceState,
    StoredPrice,
    read_aliases,
    read_prices,
    read_state,
)
from llmlab_shared.pricing.timeline import CUSTOM, LAYERS, Segment, Source, Version, begins, merge, unless
from llmlab_shared.providers.factory import get_provider

MAX_TRACKS = 16_384
MAX_MISSES = 8_192
MAX_WORKSPACES = 4_096
# The model under which a workspace's discount on all of a provider's models is kept.
EVERY_MODEL: Final = "*"

_Key = tuple[int, str, str, str]


class _Prices:
    """The versions and aliases of everyone, or of one workspace.

    `aliases` lead from (provider, name) to a provider and a name there.
    """

    __slots__ = ("aliases", "contexts", "names", "versions")

    def __init__(self, prices: Iterable[StoredPrice], aliases: Iterable[Alias]) -> None:
        self.versions: dict[tuple[str, str, str], list[Version]] = defaultdict(list)
        stored_prices = list(prices)
        beginnings = {
            (p.provider, p.model.lower(), p.context, p.valid_from) for p in stored_prices if not p.withdrawn
        }
        for stored in stored_prices:
            key = (stored.provider, stored.model.lower(), stored.context)
            if stored.layer == LAYERS[CUSTOM] and stored.withdrawn:
                continue
            self.versions[key].append(Version(stored))
            ends_at = stored.valid_until
            if ends_at is not None and (*key, ends_at) not in beginnings:
                self.versions[key].append(Version(stored, ends_at=ends_at))
        self.versions = dict(self.versions)
        self.aliases = {
            (a.provider, a.alias.lower()): (a.target_provider or a.provider, a.model.lower()) for a in aliases
        }
        self.contexts = {context for _, _, context in self.versions}
        self.names = {(provider, model) for provider, model, _ in self.versions} | self.aliases.keys()

    def sources(self, provider: str, model: str, context: str, rule: str, rank: int) -> Iterator[Source]:
        """Yield what is kept under a key, the layer that wins first."""
        versions = self.versions.get((provider, model, context), ())
        for layer in reversed(range(len(LAYERS))):
            of_layer = [version for version in versions if version.layer == layer]
            if of_layer:
                yield Source(sorted(of_layer, key=begins), rule, rank)


class _Track:
    """All cards of one key through time, and the one that was used last.

    `names` are the (provider, model) under which its price was looked for.
    """

    __slots__ = ("_segments", "_starts", "card", "names")

    def __init__(self, segments: list[Segment], names: frozenset[tuple[str, str]]) -> None:
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
        if not segment.chain:
            return UNPRICED
        plan = segment.plan()
        if plan.windows:
            plan, window_start, window_end = plan.at(at_us)
            start, end = max(start, window_start), min(end, window_end)
        self.card = plan.card(segment.chain[0].price_id, segment.rule, start, end)
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
        self._state: PriceState | None = None
        self.workspaces: dict[int, _Prices] = {}
        self._known: dict[int, None] = {}
        self._forget()

    @classmethod
    async def load(cls, connection: asyncpg.Connection) -> "PriceBook":
        """Return a book of everyone's prices; workspaces follow by `prepare`."""
        book = cls()
        await book.reload(connection)
        return book

    async def reload(self, connection: asyncpg.Connection) -> None:
        """Read prices anew: everyone's if they changed, the workspaces' when they are prepared again.

        Most changes are of one workspace, and reading everyone's takes some forty milliseconds.
        """
        # Before the prices, so that what comes between is read again the next time.
        state = await read_state(connection, EVERYONE)
        if state != self._state:
            prices = await read_prices(connection, [EVERYONE])
            aliases = await read_aliases(connection, [EVERYONE])
            self._everyone, self._state = _Prices(prices, aliases), state
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
            self.adopt(workspace_id, prices[workspace_id], aliases[workspace_id])
        for workspace_id in [w for w in self._known if w not in wanted][: len(self._known) - MAX_WORKSPACES]:
            del self._known[workspace_id]
            self.workspaces.pop(workspace_id, None)

    def adopt(self, workspace_id: int, prices: Sequence[StoredPrice], aliases: Sequence[Alias]) -> None:
        """Take what a workspace has of its own, if anything."""
        self._known[workspace_id] = None
        if prices or aliases:
            self.workspaces[workspace_id] = _Prices(prices, aliases)

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

    def names(self, workspace_id: int, provider: str, model: str) -> frozenset[tuple[str, str]]:
        """Return the (provider, model) under which a price of a model is looked for; none if it has none."""
        track = self._track(workspace_id, self.workspaces.get(workspace_id), provider, model, STANDARD)
        return track.names if track is not None else frozenset()

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
        adapter = get_provider(provider)
        contexts = less_specific(context)
        found = list(candidates(adapter, model, self._alias_of, own.aliases.get if own is not None else None))
        sources: list[Source] = []
        discounts: list[Source] = []
        for candidate in found:
            name = candidate.provider, candidate.model
            if name not in self._everyone.names and (own is None or name not in own.names):
                continue
            for rank, price_context in enumerate(contexts):
                rule = candidate.rule + (f",{price_context or 'standard'}_rate" if rank else "")
                for source in own.sources(*name, price_context, rule, rank) if own is not None else ():
                    # One key holds either; what is a price at one time may be a discount at another.
                    sources.append(Source([unless(v, factor=True) for v in source.versions], rule, rank))
                    if candidate.provider == adapter.id:
                        discounts.append(
                            Source([unless(v, factor=False) for v in source.versions], rule, rank)
                        )
                sources += self._everyone.sources(*name, price_context, rule, rank)
        if own is not None:
            for rank, price_context in enumerate(contexts):
                discounts += own.sources(adapter.id, EVERY_MODEL, price_context, "", rank)
        names = {(c.provider, c.model) for c in found} | {(adapter.id, EVERY_MODEL)}
        return _Track(merge(sources, discounts), frozenset(names)) if sources else None

    def _alias_of(self, source: str, name: str) -> str | None:
        target = self._everyone.aliases.get((source, name))
        return None if target is None else target[1]


# Never in force at any time: what is not at hand, and what has no price.
NO_TRACK: Final = _Track([Segment(ALWAYS_FROM, (), "")], frozenset())
