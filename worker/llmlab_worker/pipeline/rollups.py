"""Writing a batch's sums into the rollups: one sorted upsert for each tier."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import asyncpg
from llmlab_shared.clock import from_us
from llmlab_shared.domain.money import from_pico

from llmlab_worker.pipeline.sums import BASIC_MEASURES, MEASURES, QUARTER_US, Sums, unpack
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
    "dimension": "text",
    "day": "date",
    "value": "text",
    "provider": "text",
    "model": "text",
    "price_status": "text",
    "billing": "text",
}


def _upsert(table: str, key: Mapping[str, str], measures: Sequence[str]) -> str:
    names = [*key, *measures]
    kinds = [*key.values(), *("numeric" if name == "cost" else "bigint" for name in measures)]
    arrays = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(kinds, 1))
    added = ", ".join(f"{name} = r.{name} + EXCLUDED.{name}" for name in measures)
    return (
        f"INSERT INTO {table} AS r ({', '.join(names)}) SELECT * FROM unnest({arrays}) "
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {added}"
    )


_TIER1 = _upsert("rollup_15m", TIER1_KEY, MEASURES)
_DAY = _upsert("rollup_day", DAY_KEY, MEASURES)
_DIMENSION = _upsert("rollup_dimension_day", DIMENSION_KEY, BASIC_MEASURES)


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
    at_bucket = [((key[0], from_us(key[1] * QUARTER_US), *key[2:]), packed) for key, packed in quarters]
    await _write(connection, _TIER1, at_bucket, len(MEASURES))
    await _write(connection, _DAY, sorted(days.items()), len(MEASURES))
    declared = {workspace_id: own.tags for workspace_id, own in rules.items() if own.tags}
    dimensions = sorted(
        (
            (
                cell.workspace_id,
                dimension,
                cell.day,
                value,
                cell.provider,
                cell.model,
                cell.price_status,
                cell.billing,
            ),
            packed,
        )
        for cell, dimension, value, packed in sums.by_dimension(declared)
    )
    await _write(connection, _DIMENSION, dimensions, len(BASIC_MEASURES))


async def _write(
    connection: asyncpg.Connection, statement: str, rows: Iterable[tuple[tuple[Any, ...], int]], count: int
) -> None:
    cost = BASIC_MEASURES.index("cost")
    keys, measures = [], []
    for key, packed in rows:
        keys.append(key)
        unpacked: list[Any] = unpack(packed, count)
        unpacked[cost] = from_pico(unpacked[cost])
        measures.append(unpacked)
    await connection.execute(
        statement, *map(list, zip(*keys, strict=True)), *map(list, zip(*measures, strict=True))
    )
