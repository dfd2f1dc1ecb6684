"""A batch's sums as rows of the rollups, and writing them: one sorted upsert for each tier.

The rows are made before the transaction begins, so that it holds its locks only while PostgreSQL works.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from struct import Struct

import asyncpg
from llmlab_shared.clock import to_us

from llmlab_worker.pipeline.cells import label
from llmlab_worker.pipeline.folds import Folds, fold
from llmlab_worker.pipeline.stage import fill_stage, stage_name
from llmlab_worker.pipeline.sums import (
    BASIC_MEASURES,
    MEASURES,
    QUARTER_US,
    Cell,
    Group,
    Sums,
    rows_of,
)
from llmlab_worker.pipeline.workspaces import WorkspaceRules

TIER1_KEY = (
    "workspace_id",
    "bucket",
    "provider",
    "model",
    "price_status",
    "billing",
    "api_key_id",
    "environment",
)
DAY_KEY = tuple("day" if name == "bucket" else name for name in TIER1_KEY)
DIMENSION_KEY = ("workspace_id", "day", "provider", "model", "price_status", "billing", "dimension", "value")

# Some half a millisecond: other tasks want their turns.
_ROWS_A_TURN = 500
_POSTGRES_EPOCH_US = to_us(datetime(2000, 1, 1, tzinfo=UTC))
_POSTGRES_EPOCH_DAY = date(2000, 1, 1).toordinal()
_instant_head = Struct(">hiqiq").pack
_day_head = Struct(">hiqii").pack
_key_cell = Struct(">iq").pack


class _Tier:
    """One table of rollups and the statement that adds a stage's sums to it."""

    def __init__(self, table: str, key: Sequence[str], measures: Sequence[str]) -> None:
        self._table = table
        self._measures = measures
        self.columns = (*key, *measures)
        added = ", ".join(f"{name} = r.{name} + EXCLUDED.{name}" for name in measures)
        self._statement = (
            f"INSERT INTO {table} AS r ({', '.join(self.columns)}) "
            f"SELECT {', '.join(self.columns)} FROM {stage_name(table, self.columns)} "
            f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {added}"
        )

    def rows(self, keys: Sequence[bytes], packed: Sequence[int]) -> list[bytes]:
        """Return the rows of packed sums under their keys, a key being the first cells of its row."""
        return rows_of(keys, packed, self._measures)

    async def write(self, connection: asyncpg.Connection, rows: Sequence[bytes]) -> None:
        """Add rows to the table, in this order."""
        if rows:
            await fill_stage(connection, self._table, self.columns, rows)
            await connection.execute(self._statement)


_TIER1 = _Tier("rollup_15m", TIER1_KEY, MEASURES)
_DAY = _Tier("rollup_day", DAY_KEY, MEASURES)
_DIMENSION = _Tier("rollup_dimension_day", DIMENSION_KEY, BASIC_MEASURES)


@dataclass(slots=True)
class _TierRows:
    """What is to be added to one table: keys with their packed sums, and the rows made of them."""

    tier: _Tier
    keys: list[bytes] = field(default_factory=list)
    packed: list[int] = field(default_factory=list)
    rows: list[bytes] = field(default_factory=list)

    async def make_rows(self) -> None:
        for start in range(0, len(self.keys), _ROWS_A_TURN):
            end = start + _ROWS_A_TURN
            self.rows += self.tier.rows(self.keys[start:end], self.packed[start:end])
            await asyncio.sleep(0)

    def less(self, gone: "_TierRows") -> "_TierRows":
        """Return the same without sums that are part of it."""
        place = {key: n for n, key in enumerate(self.keys)}
        packed, rows = list(self.packed), list(self.rows)
        changed = [place[key] for key in gone.keys]
        for n, sums in zip(changed, gone.packed, strict=True):
            packed[n] -= sums
        anew = self.tier.rows([self.keys[n] for n in changed], [packed[n] for n in changed])
        for n, row in zip(changed, anew, strict=True):
            rows[n] = row
        left = [n for n, sums in enumerate(packed) if sums]
        return _TierRows(
            self.tier, [self.keys[n] for n in left], [packed[n] for n in left], [rows[n] for n in left]
        )


@dataclass(slots=True)
class Rollups:
    """What some events add to each table, in the order in which every writer adds it."""

    tiers: list[_TierRows]

    def less(self, gone: "Rollups") -> "Rollups":
        """Return the same without some of the events."""
        return Rollups([tier.less(other) for tier, other in zip(self.tiers, gone.tiers, strict=True)])

    async def write(self, connection: asyncpg.Connection) -> None:
        """Add everything to the database."""
        for tier in self.tiers:
            await tier.tier.write(connection, tier.rows)


async def rollups_of(sums: Sums, rules: Mapping[int, WorkspaceRules], folds: Folds) -> Rollups:
    """Return what these sums add to the rollups; `folds` has every folded day that they touch."""
    tier1, day = _TierRows(_TIER1), _TierRows(_DAY)
    # What a day's row is keyed by, with one of its groups, the cells of the key, and the sums.
    days: dict[tuple[int, int, str], tuple[Group, bytes]] = {}
    day_sums: dict[tuple[int, int, str], int] = {}
    for group, packed in sorted(sums.by_group(), key=_tier1_order):
        base = (group.cell.slot, group.api_key_id, group.environment)
        if base not in days:
            days[base] = group, _base_cells(group)
            day_sums[base] = 0
        day_sums[base] += packed
        start = group.bucket * QUARTER_US - _POSTGRES_EPOCH_US
        head = _instant_head(len(_TIER1.columns), 8, group.cell.workspace_id, 8, start)
        tier1.keys.append(head + days[base][1])
        tier1.packed.append(packed)
    await asyncio.sleep(0)
    for base, (group, cells) in sorted(days.items(), key=_day_order):
        day.keys.append(_day_start(len(_DAY.columns), group.cell) + cells)
        day.packed.append(day_sums[base])
    rollups = Rollups([tier1, day, await _dimensions(sums, rules, folds)])
    for tier in rollups.tiers:
        await tier.make_rows()
    return rollups


async def _dimensions(sums: Sums, rules: Mapping[int, WorkspaceRules], folds: Folds) -> _TierRows:
    declared = {workspace_id: own.tags for workspace_id, own in rules.items() if own.tags}
    dimension_rows = _TierRows(_DIMENSION)
    due = _ROWS_A_TURN
    for cell, dimension, every_value, every_sum in sums.by_cell(declared):
        kept = folds.get((cell.workspace_id, cell.day, dimension)) if folds else None
        values, packed = (every_value, every_sum) if kept is None else fold(every_value, every_sum, kept)
        start = _day_start(len(_DIMENSION.columns), cell) + _cell_cells(cell) + label(dimension)
        dimension_rows.keys += [start + label(value) for value in values]
        dimension_rows.packed += packed
        if len(dimension_rows.keys) > due:
            due += _ROWS_A_TURN
            await asyncio.sleep(0)
    return dimension_rows


def _tier1_order(counted: tuple[Group, int]) -> tuple[int, int, str, str, str, str, int, str]:
    group = counted[0]
    return (group.cell.workspace_id, group.bucket, *_rest_of_order(group))


def _day_order(
    base: tuple[object, tuple[Group, bytes]],
) -> tuple[int, date, str, str, str, str, int, str]:
    group = base[1][0]
    return (group.cell.workspace_id, group.cell.day, *_rest_of_order(group))


def _rest_of_order(group: Group) -> tuple[str, str, str, str, int, str]:
    cell = group.cell
    return cell.provider, cell.model, cell.price_status, cell.billing, group.api_key_id, group.environment


def _day_start(columns: int, cell: Cell) -> bytes:
    return _day_head(columns, 8, cell.workspace_id, 4, cell.day.toordinal() - _POSTGRES_EPOCH_DAY)


def _cell_cells(cell: Cell) -> bytes:
    return label(cell.provider) + label(cell.model) + label(cell.price_status) + label(cell.billing)


def _base_cells(group: Group) -> bytes:
    return _cell_cells(group.cell) + _key_cell(8, group.api_key_id) + label(group.environment)
