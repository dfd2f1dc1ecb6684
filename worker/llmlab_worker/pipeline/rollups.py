"""Writing a batch's sums into the rollups: one sorted upsert for each tier."""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
from llmlab_shared.clock import from_us
from llmlab_shared.domain.money import from_pico

from llmlab_worker.pipeline.sums import BASIC_MEASURES, MEASURES, QUARTER_US, Columns, Sums, unpack
from llmlab_worker.pipeline.workspaces import WorkspaceRules

TIER1_KEY = {
    "workspace_id": "bigint",
    "bucket": "timestamptz",
    "provider": "text",
    "model": "text",
    "api_key_id": "bigint",
    "environment": "text",
    "price_status": "text",
    "billing": "text",
}
DAY_KEY = {("day" if name == "bucket" else name): kind for name, kind in TIER1_KEY.items()} | {"day": "date"}
DIMENSION_KEY = {
    "workspace_id": "bigint",
    "day": "date",
    "provider": "text",
    "model": "text",
    "price_status": "text",
    "billing": "text",
    "dimension": "text",
    "value": "text",
}
_MOST_PICO = 2**63


class _Upsert:
    """The statement that adds sums to a table, in two forms: for costs that fit a bigint of pico-USD, which
    is the cheaper way to hand them over, and for any."""

    def __init__(self, table: str, key: Mapping[str, str], measures: Sequence[str]) -> None:
        self.parts = len(measures) > len(BASIC_MEASURES)
        counts = [name for name in measures if name != "cost"]
        names = [*key, *counts, "cost"]
        added = ", ".join(f"{name} = r.{name} + EXCLUDED.{name}" for name in (*counts, "cost"))
        kinds = [*key.values(), *("bigint" for _ in counts)]

        def statement(kind: str, cost: str) -> str:
            arrays = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate([*kinds, kind], 1))
            return (
                f"INSERT INTO {table} AS r ({', '.join(names)}) "
                f"SELECT {', '.join([*key, *counts])}, {cost} FROM unnest({arrays}) AS s({', '.join(names)}) "
                f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {added}"
            )

        self._pico = statement("bigint", "cost * 0.000000000001")
        self._any = statement("numeric", "cost")

    async def write(
        self, connection: asyncpg.Connection, keys: Sequence[Sequence[Any]], packed: Sequence[int]
    ) -> None:
        """Add packed sums under their keys, given as columns."""
        if not packed:
            return
        sums: Columns = unpack(packed, parts=self.parts)
        if max(sums.costs) < _MOST_PICO:
            await connection.execute(self._pico, *keys, *sums.counts, sums.costs)
        else:
            await connection.execute(self._any, *keys, *sums.counts, [from_pico(cost) for cost in sums.costs])


_TIER1 = _Upsert("rollup_15m", TIER1_KEY, MEASURES)
_DAY = _Upsert("rollup_day", DAY_KEY, MEASURES)
_DIMENSION = _Upsert("rollup_dimension_day", DIMENSION_KEY, BASIC_MEASURES)


async def write_rollups(
    connection: asyncpg.Connection, sums: Sums, rules: Mapping[int, WorkspaceRules]
) -> None:
    """Add the sums to both tiers, in the order in which every writer does."""
    quarters: list[tuple[tuple[Any, ...], int]] = []
    days: dict[tuple[Any, ...], int] = {}
    for group, packed in sums.by_group():
        cell = group.cell
        key = (
            cell.workspace_id,
            group.bucket,
            cell.provider,
            cell.model,
            group.api_key_id,
            group.environment,
            cell.price_status,
            cell.billing,
        )
        quarters.append((key, packed))
        day_key = (key[0], cell.day, *key[2:])
        days[day_key] = days.get(day_key, 0) + packed
    if not quarters:
        return
    quarters.sort()
    keys = _columns([key for key, _ in quarters])
    starts = {bucket: from_us(bucket * QUARTER_US) for bucket in set(keys[1])}
    keys[1] = [starts[bucket] for bucket in keys[1]]
    await _TIER1.write(connection, keys, [packed for _, packed in quarters])
    ordered = sorted(days)
    await _DAY.write(connection, _columns(ordered), [days[key] for key in ordered])
    await _write_dimensions(connection, sums, rules)


async def _write_dimensions(
    connection: asyncpg.Connection, sums: Sums, rules: Mapping[int, WorkspaceRules]
) -> None:
    declared = {workspace_id: own.tags for workspace_id, own in rules.items() if own.tags}
    keys: list[list[Any]] = [[] for _ in DIMENSION_KEY]
    packed: list[int] = []
    for cell, dimension, values, own in sums.by_cell(declared):
        times = len(values)
        shared = (
            cell.workspace_id,
            cell.day,
            cell.provider,
            cell.model,
            cell.price_status,
            cell.billing,
            dimension,
        )
        for column, value in zip(keys, shared, strict=False):
            column.extend([value] * times)
        keys[-1] += values
        packed += own
    await _DIMENSION.write(connection, keys, packed)


def _columns(keys: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*keys, strict=True)]
