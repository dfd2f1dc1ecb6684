"""Adding to the rollups what may be less than nothing: corrections, and what a rebuild mends.

The write path adds packed sums, which are never negative; here rows are few, and their measures signed.
A row that no event is left in goes.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import asyncpg

from llmlab_worker.pipeline.rollups import DAY_KEY, DIMENSION_KEY, TIER1_KEY
from llmlab_worker.pipeline.sums import BASIC_MEASURES, MEASURES

# In the order in which every writer locks them.
TABLES: Final[Mapping[str, tuple[Sequence[str], Sequence[str]]]] = {
    "rollup_15m": (TIER1_KEY, MEASURES),
    "rollup_day": (DAY_KEY, MEASURES),
    "rollup_dimension_day": (DIMENSION_KEY, BASIC_MEASURES),
}
_KINDS = {"bucket": "timestamptz", "day": "date", "cost": "numeric"} | dict.fromkeys(
    ("provider", "model", "price_status", "billing", "environment", "dimension", "value"), "text"
)

# A row of a table: its key, then its measures.
SignedRow = tuple[tuple[Any, ...], Sequence[int | Decimal]]


async def add_signed(connection: asyncpg.Connection, table: str, rows: Iterable[SignedRow]) -> None:
    """Add rows to a table of rollups, in this order, which is that of its key; costs are in USD."""
    rows = list(rows)
    if not rows:
        return
    key, measures = TABLES[table]
    added = ", ".join(f"{name} = r.{name} + EXCLUDED.{name}" for name in measures)
    columns = zip(*((*own, *sums) for own, sums in rows), strict=True)
    there = await connection.fetch(
        f"INSERT INTO {table} AS r ({', '.join([*key, *measures])}) "
        f"SELECT * FROM {_arrays([*key, *measures])} "
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {added} RETURNING {', '.join(key)}, events",
        *map(list, columns),
    )
    empty = [tuple(row)[:-1] for row in there if row["events"] == 0]
    if empty:
        same = " AND ".join(f"r.{name} = gone.{name}" for name in key)
        await connection.execute(
            f"DELETE FROM {table} r USING {_arrays(key)} AS gone({', '.join(key)}) WHERE {same}",
            *map(list, zip(*empty, strict=True)),
        )


def _arrays(names: Sequence[str]) -> str:
    kinds = [_KINDS.get(name, "bigint") for name in names]
    return f"unnest({', '.join(f'${n}::{kind}[]' for n, kind in enumerate(kinds, 1))})"
