"""Writing a batch's sums into the rollups: one sorted upsert for each tier."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from struct import Struct

import asyncpg
from llmlab_shared.clock import to_us

from llmlab_worker.pipeline.cells import label, money
from llmlab_worker.pipeline.stage import fill_stage, stage_name
from llmlab_worker.pipeline.sums import BASIC_MEASURES, MEASURES, QUARTER_US, Cell, Group, Sums, unpack
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

_POSTGRES_EPOCH_US = to_us(datetime(2000, 1, 1, tzinfo=UTC))
_POSTGRES_EPOCH_DAY = date(2000, 1, 1).toordinal()
_instant_head = Struct(">hiqiq").pack
_day_head = Struct(">hiqii").pack
_key_cell = Struct(">iq").pack


class _Tier:
    """One table of rollups and the statement that adds a stage's sums to it."""

    def __init__(self, table: str, key: Sequence[str], measures: Sequence[str]) -> None:
        counts = [name for name in measures if name != "cost"]
        self.table = table
        self.columns = (*key, *counts, "cost")
        self.parts = len(measures) > len(BASIC_MEASURES)
        self._counts = Struct(">" + "iq" * len(counts)).pack
        self._lengths = [8] * len(counts)
        added = ", ".join(f"{name} = r.{name} + EXCLUDED.{name}" for name in (*counts, "cost"))
        self._statement = (
            f"INSERT INTO {table} AS r ({', '.join(self.columns)}) "
            f"SELECT {', '.join(self.columns)} FROM {stage_name(table, self.columns)} "
            f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {added}"
        )

    async def write(
        self, connection: asyncpg.Connection, keys: Sequence[bytes], packed: Sequence[int]
    ) -> None:
        """Add packed sums under their keys, given as the cells of a row, in this order."""
        if not packed:
            return
        sums, cells, eights = unpack(packed, parts=self.parts), self._counts, (8,) * len(packed)
        lengths = [eights] * len(sums.counts)
        interleaved = [column for pair in zip(lengths, sums.counts, strict=True) for column in pair]
        rows = [
            key + cells(*counts) + money(cost)
            for key, cost, *counts in zip(keys, sums.costs, *interleaved, strict=True)
        ]
        await fill_stage(connection, self.table, self.columns, rows)
        await connection.execute(self._statement)


_TIER1 = _Tier("rollup_15m", TIER1_KEY, MEASURES)
_DAY = _Tier("rollup_day", DAY_KEY, MEASURES)
_DIMENSION = _Tier("rollup_dimension_day", DIMENSION_KEY, BASIC_MEASURES)


async def write_rollups(
    connection: asyncpg.Connection, sums: Sums, rules: Mapping[int, WorkspaceRules]
) -> None:
    """Add the sums to both tiers, in the order in which every writer does."""
    quarters = sorted(sums.by_group(), key=_tier1_order)
    heads = [
        _instant_head(
            len(_TIER1.columns),
            8,
            group.cell.workspace_id,
            8,
            group.bucket * QUARTER_US - _POSTGRES_EPOCH_US,
        )
        + _base_cells(group)
        for group, _ in quarters
    ]
    await _TIER1.write(connection, heads, [packed for _, packed in quarters])
    days: dict[bytes, int] = {}
    for group, packed in sorted(quarters, key=_day_order):
        key = _day_start(len(_DAY.columns), group.cell) + _base_cells(group)
        days[key] = days.get(key, 0) + packed
    await _DAY.write(connection, list(days), list(days.values()))
    await _write_dimensions(connection, sums, rules)


async def _write_dimensions(
    connection: asyncpg.Connection, sums: Sums, rules: Mapping[int, WorkspaceRules]
) -> None:
    declared = {workspace_id: own.tags for workspace_id, own in rules.items() if own.tags}
    keys: list[bytes] = []
    packed: list[int] = []
    for cell, dimension, values, own in sums.by_cell(declared):
        start = _day_start(len(_DIMENSION.columns), cell) + _cell_cells(cell) + label(dimension)
        keys += [start + label(value) for value in values]
        packed += own
    await _DIMENSION.write(connection, keys, packed)


def _tier1_order(counted: tuple[Group, int]) -> tuple[int, int, str, str, str, str, int, str]:
    group, cell = counted[0], counted[0].cell
    return (cell.workspace_id, group.bucket, *_rest_of_order(group))


def _day_order(counted: tuple[Group, int]) -> tuple[int, date, str, str, str, str, int, str]:
    group, cell = counted[0], counted[0].cell
    return (cell.workspace_id, cell.day, *_rest_of_order(group))


def _rest_of_order(group: Group) -> tuple[str, str, str, str, int, str]:
    cell = group.cell
    return cell.provider, cell.model, cell.price_status, cell.billing, group.api_key_id, group.environment


def _day_start(columns: int, cell: Cell) -> bytes:
    return _day_head(columns, 8, cell.workspace_id, 4, cell.day.toordinal() - _POSTGRES_EPOCH_DAY)


def _cell_cells(cell: Cell) -> bytes:
    return label(cell.provider) + label(cell.model) + label(cell.price_status) + label(cell.billing)


def _base_cells(group: Group) -> bytes:
    return _cell_cells(group.cell) + _key_cell(8, group.api_key_id) + label(group.environment)
