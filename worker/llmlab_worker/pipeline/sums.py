"""What a batch adds to the rollups: integer sums by key.

All measures of an event lie side by side in one Python integer, so that one addition adds them all: the
cost (pico-USD) in the lowest 128 bits, then a count in every 96. A count uses 64 of them; the others
are where PostgreSQL's binary COPY wants its length, so that the bytes of a sum are the cells of its row.
None is negative, and none overflows: tokens are at most 10^12 an event and costs 10^26, and no batch has
a million events.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import msgspec
from llmlab_shared.domain.dimensions import OWN, TAG
from llmlab_shared.domain.usage import MAX_COUNT, TokenUsage

from llmlab_worker.pipeline.cells import money

QUARTER_US = 900_000_000

BASIC_COUNTS = ("events", "errors", "input_tokens", "output_tokens")
COUNTS = (
    *BASIC_COUNTS,
    "cache_read_tokens",
    "reasoning_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "input_audio_tokens",
    "cache_audio_read_tokens",
    "input_image_tokens",
    "output_audio_tokens",
    "output_image_tokens",
)
BASIC_MEASURES = (*reversed(BASIC_COUNTS), "cost")
MEASURES = (*reversed(COUNTS), "cost")
_COST_BITS = 128
_COUNT_BITS = 96
_COST_MASK = (1 << _COST_BITS) - 1
_COUNT_MASK = (1 << 64) - 1
_BASIC_MASK = (1 << _COST_BITS + _COUNT_BITS * len(BASIC_COUNTS)) - 1
# Where each count begins, in the order of COUNTS.
_AT = range(_COST_BITS, _COST_BITS + _COUNT_BITS * len(COUNTS), _COUNT_BITS)
_EVENTS, _ERRORS, _INPUT, _OUTPUT, _CACHE_READ, _REASONING = _AT[:6]
_WRITE_5M, _WRITE_1H, _AUDIO_IN, _AUDIO_READ, _IMAGE_IN, _AUDIO_OUT, _IMAGE_OUT = _AT[6:]
_ONE_EVENT = 1 << _EVENTS
OWN_PLACES = {name: place for place, name in enumerate(OWN)}


def pack(  # noqa: PLR0917 # once for every event
    error: bool, cost: int, tokens: TokenUsage | None, total_in: int, total_out: int, plain: bool
) -> int:
    """Return the measures of one event as one integer.

    The totals are those of its tokens, which are `plain` when only input, cache_read, output and reasoning
    are in use. Raises `ValueError` when a measure has no room.
    """
    if not 0 <= cost < 10**27:
        raise ValueError(f"a cost of {cost} pico-USD is beyond what is kept")
    if tokens is None:
        return cost | _ONE_EVENT | error << _ERRORS
    if total_in > MAX_COUNT or total_out > MAX_COUNT:
        raise ValueError(f"more than {MAX_COUNT} tokens in one call")
    packed = cost | _ONE_EVENT | error << _ERRORS | total_in << _INPUT | total_out << _OUTPUT
    if tokens.cache_read:
        packed |= tokens.cache_read << _CACHE_READ
    if tokens.reasoning:
        packed |= tokens.reasoning << _REASONING
    if not plain:
        packed |= (
            tokens.cache_write_5m << _WRITE_5M
            | tokens.cache_write_1h << _WRITE_1H
            | tokens.input_audio << _AUDIO_IN
            | tokens.cache_audio_read << _AUDIO_READ
            | tokens.input_image << _IMAGE_IN
            | tokens.output_audio << _AUDIO_OUT
            | tokens.output_image << _IMAGE_OUT
        )
    return packed


def cost_of(packed: int) -> int:
    """Return the cost (pico-USD) in a packed sum."""
    return packed & _COST_MASK


def rows_of(keys: Sequence[bytes], packed: Sequence[int], measures: Sequence[str]) -> list[bytes]:
    """Return packed sums as rows under their keys, a key being the first cells of its row.

    `measures` are MEASURES or BASIC_MEASURES, which have the order of the bits: the highest first.
    """
    counts = len(measures) - 1
    lengths = sum(8 << 64 + _COUNT_BITS * place for place in range(counts))
    size = counts * _COUNT_BITS // 8
    return [
        key + (sums >> _COST_BITS | lengths).to_bytes(size, "big") + money(sums & _COST_MASK)
        for key, sums in zip(keys, packed, strict=True)
    ]


def unpack(packed: int, measures: Sequence[str]) -> list[int]:
    """Return the integers of a packed sum in the order of `measures`, which are as for `rows_of`."""
    counts = range(_COST_BITS + _COUNT_BITS * (len(measures) - 2), _COST_BITS - 1, -_COUNT_BITS)
    return [*(packed >> bits & _COUNT_MASK for bits in counts), packed & _COST_MASK]


class Cell(msgspec.Struct, gc=False):
    """What tier 2 is keyed by beside its dimension; `slot` is its place in the lists of `Sums`."""

    slot: int
    workspace_id: int
    day: date
    provider: str
    model: str
    price_status: str
    billing: str


class Group(msgspec.Struct, gc=False):
    """What tier 1 is keyed by; `bucket` counts quarter hours since 1970 UTC."""

    slot: int
    cell: Cell
    bucket: int
    api_key_id: int
    environment: str


class Item(msgspec.Struct, gc=False):
    """One event, ready to be stored: its row, what it adds to which sums, and where it came from.

    `own` has the values of the dimensions `OWN`, `tags` those of the declared tag keys.
    `entry` is the place of its entry in the batch, `index` its own in the entry.
    """

    row: bytes
    group: Group
    measures: int
    own: tuple[str | None, ...]
    tags: tuple[tuple[str, str], ...]
    entry: int
    index: int
    timeless: bool


class Keys:
    """The groups and cells that a batch meets, each made once."""

    __slots__ = ("_known", "cells", "groups")

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, str, str, int, str, str, str], Group] = {}
        self.groups: list[Group] = []
        self.cells: dict[tuple[int, date, str, str, str, str], Cell] = {}

    def find(self, key: tuple[int, int, str, str, int, str, str, str], day: date) -> Group:
        """Return the group of a tier-1 key; `day` is its bucket's local day."""
        group = self._known.get(key)
        if group is not None:
            return group
        workspace_id, bucket, provider, model, api_key_id, environment, price_status, billing = key
        cell_key = (workspace_id, day, provider, model, price_status, billing)
        cell = self.cells.get(cell_key)
        if cell is None:
            cell = self.cells[cell_key] = Cell(len(self.cells), *cell_key)
        group = self._known[key] = Group(len(self.groups), cell, bucket, api_key_id, environment)
        self.groups.append(group)
        return group


class Sums:
    """The sums over some items of a batch."""

    def __init__(self, keys: Keys, items: Iterable[Item] = ()) -> None:
        self._keys = keys
        self._groups: list[int] = []
        self._own: list[tuple[dict[str, int], ...]] = []
        self._tags: dict[tuple[int, str], dict[str, int]] = {}
        self.add(items)

    def add(self, items: Iterable[Item]) -> None:
        """Add items."""
        groups, every_own, tags = self._groups, self._own, self._tags
        groups += [0] * (len(self._keys.groups) - len(groups))
        every_own += [tuple([{} for _ in OWN]) for _ in range(len(self._keys.cells) - len(every_own))]
        for item in items:
            group, measures = item.group, item.measures
            basics = measures & _BASIC_MASK
            groups[group.slot] += measures
            slot = group.cell.slot
            # In the order of OWN; a loop over them would take twice as long.
            features, customers, users, teams, projects, releases = every_own[slot]
            feature, customer, user, team, project, release = item.own
            if feature:
                features[feature] = features.get(feature, 0) + basics
            if customer:
                customers[customer] = customers.get(customer, 0) + basics
            if user:
                users[user] = users.get(user, 0) + basics
            if team:
                teams[team] = teams.get(team, 0) + basics
            if project:
                projects[project] = projects.get(project, 0) + basics
            if release:
                releases[release] = releases.get(release, 0) + basics
            for name, value in item.tags:
                values = tags.setdefault((slot, name), {})
                values[value] = values.get(value, 0) + basics

    def by_group(self) -> list[tuple[Group, int]]:
        """Return the groups that hold an event, each with its packed sum."""
        return [
            (group, packed) for group, packed in zip(self._keys.groups, self._groups, strict=True) if packed
        ]

    def by_cell(
        self, declared_tags: Mapping[int, Sequence[str]]
    ) -> Iterator[tuple[Cell, str, list[str], list[int]]]:
        """Yield (cell, dimension, values, packed sums) of tier 2, in one order for all writers.

        What has no value in a dimension has no row there: reading takes it from tier 1.
        """
        cells = self._keys.cells
        for key in sorted(cells):
            cell = cells[key]
            named = list(zip(OWN, self._own[cell.slot], strict=True))
            for tag in declared_tags.get(cell.workspace_id, ()):
                named.append((TAG + tag, self._tags.get((cell.slot, tag), {})))
            for dimension, sums in named:
                if sums:
                    values = sorted(sums)
                    yield cell, dimension, values, [sums[value] for value in values]

    def values_of(self, cell: Cell, dimension: str) -> Mapping[str, int]:
        """Return the packed sums of a cell by the values of one of the caller's own dimensions."""
        if dimension in OWN_PLACES:
            return self._own[cell.slot][OWN_PLACES[dimension]]
        return self._tags.get((cell.slot, dimension.removeprefix(TAG)), {})
