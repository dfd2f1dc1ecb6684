"""What a batch adds to the rollups: integer sums by key, and taken away again for what was not stored.

All measures of an event lie side by side in one Python integer, 96 bits each, so that one addition adds
them all: a sum costs a tenth of a microsecond where a list of measures costs one. No measure is
negative and none overflows its 96 bits (2^63 of each, times as many events as a batch ever has).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date

import msgspec
from llmlab_shared.domain.dimensions import OWN, TAG

QUARTER_US = 900_000_000

BASIC_MEASURES = ("events", "errors", "cost", "input_tokens", "output_tokens")
PART_MEASURES = (
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "input_audio_tokens",
    "cache_audio_read_tokens",
    "input_image_tokens",
    "output_audio_tokens",
    "output_image_tokens",
    "reasoning_tokens",
)
MEASURES = BASIC_MEASURES + PART_MEASURES
_WIDTH = 96
_MASK = (1 << _WIDTH) - 1
_BASIC_MASK = (1 << _WIDTH * len(BASIC_MEASURES)) - 1
_COST_SHIFT = _WIDTH * BASIC_MEASURES.index("cost")


def pack_basics(error: bool, cost: int, input_tokens: int, output_tokens: int) -> int:
    """Return one event's own count, cost (pico-USD) and totals as one integer."""
    return 1 | error << 96 | cost << 192 | input_tokens << 288 | output_tokens << 384


def pack_parts(parts: Sequence[int]) -> int:
    """Return the parts of the tokens, in the order of `PART_MEASURES`, to be added to the basics."""
    packed = 0
    for part in reversed(parts):
        packed = packed << _WIDTH | part
    return packed << _WIDTH * len(BASIC_MEASURES)


def unpack(packed: int, count: int) -> list[int]:
    """Return the first `count` measures of a packed sum, in the order of `MEASURES`."""
    return [packed >> shift & _MASK for shift in range(0, count * _WIDTH, _WIDTH)]


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

    __slots__ = ("cells", "groups", "known")

    def __init__(self) -> None:
        self.known: dict[tuple[int, int, str, str, int, str, str, str], Group] = {}
        self.groups: list[Group] = []
        self.cells: dict[tuple[int, date, str, str, str, str], Cell] = {}

    def add(self, key: tuple[int, int, str, str, int, str, str, str], day: date) -> Group:
        """Return the new group of a key that `known` does not have; `day` is its bucket's local day."""
        workspace_id, bucket, provider, model, api_key_id, environment, price_status, billing = key
        cell_key = (workspace_id, day, provider, model, price_status, billing)
        cell = self.cells.get(cell_key)
        if cell is None:
            cell = self.cells[cell_key] = Cell(len(self.cells), *cell_key)
        group = self.known[key] = Group(len(self.groups), cell, bucket, api_key_id, environment)
        self.groups.append(group)
        return group


class Sums:
    """The sums over some items of a batch."""

    def __init__(self, keys: Keys, items: Iterable[Item] = ()) -> None:
        self._keys = keys
        self._groups = [0] * len(keys.groups)
        self._own: list[tuple[dict[str, int], ...]] = [tuple({} for _ in OWN) for _ in keys.cells]
        self._tags: dict[tuple[int, str, str], int] = {}
        self._add(items, 1)

    @contextmanager
    def without(self, items: Sequence[Item]) -> Iterator[None]:
        """Leave some items out for a while."""
        self._add(items, -1)
        yield
        self._add(items, 1)

    def _add(self, items: Iterable[Item], sign: int) -> None:
        groups, every_own, tags = self._groups, self._own, self._tags
        for item in items:
            group, measures = item.group, sign * item.measures
            groups[group.slot] += measures
            basics = sign * (item.measures & _BASIC_MASK)
            slot = group.cell.slot
            for values, value in zip(every_own[slot], item.own, strict=True):
                if value:
                    values[value] = values.get(value, 0) + basics
            for name, value in item.tags:
                key = (slot, name, value)
                tags[key] = tags.get(key, 0) + basics

    def by_group(self) -> list[tuple[Group, int]]:
        """Return the groups that hold an event, each with its packed sum."""
        return [
            (group, packed) for group, packed in zip(self._keys.groups, self._groups, strict=True) if packed
        ]

    def by_dimension(self, declared_tags: Mapping[int, Sequence[str]]) -> list[tuple[Cell, str, str, int]]:
        """Return (cell, dimension, value, packed basics) of tier 2.

        A dimension's values always add up to its cell: what has none of them is the value ''.
        """
        cells = list(self._keys.cells.values())
        totals = [0] * len(cells)
        for group, packed in zip(self._keys.groups, self._groups, strict=True):
            totals[group.cell.slot] += packed & _BASIC_MASK
        tags: dict[tuple[int, str], dict[str, int]] = {}
        for (slot, name, value), packed in self._tags.items():
            if packed:
                tags.setdefault((slot, name), {})[value] = packed
        found = []
        for cell, total, own in zip(cells, totals, self._own, strict=True):
            if not total:
                continue
            named = list(zip(OWN, own, strict=True))
            named += [
                (TAG + t, tags.get((cell.slot, t), {})) for t in declared_tags.get(cell.workspace_id, ())
            ]
            for dimension, values in named:
                found += [(cell, dimension, value, packed) for value, packed in values.items() if packed]
                rest = total - sum(values.values())
                if rest:
                    found.append((cell, dimension, "", rest))
        return found

    def spend_by_day(self) -> dict[tuple[int, date], int]:
        """Return metered cost (pico-USD) by workspace and local day, where there is any."""
        spend: dict[tuple[int, date], int] = {}
        for group, packed in self.by_group():
            cell = group.cell
            cost = packed >> _COST_SHIFT & _MASK
            if cost and cell.billing == "metered":
                key = (cell.workspace_id, cell.day)
                spend[key] = spend.get(key, 0) + cost
        return spend
