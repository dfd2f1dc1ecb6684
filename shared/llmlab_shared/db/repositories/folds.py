"""What reading must know of folded days: see `llmlab_shared.db.models.rollups.DimensionFold`."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_FOLDED = """
SELECT day, completed_at IS NULL AS unfinished FROM dimension_folds
WHERE workspace_id = :workspace AND dimension = :dimension AND day BETWEEN :first AND :last
"""
_HIDING = """
SELECT count(*) FROM dimension_folds
WHERE workspace_id = :workspace AND dimension = :dimension AND day BETWEEN :first AND :last
    AND NOT CAST(:values AS text[]) <@ kept
"""


async def read_folded_days(
    connection: AsyncConnection, workspace_id: int, dimension: str, days: tuple[date, date]
) -> dict[date, bool]:
    """Return the local days, of those from the first to the last, on which a dimension is folded.

    True says that rows of values that are not kept are still there.
    """
    asked = {"workspace": workspace_id, "dimension": dimension, "first": days[0], "last": days[1]}
    return {row.day: row.unfinished for row in await connection.execute(text(_FOLDED), asked)}


async def count_hiding_days(
    connection: AsyncConnection,
    workspace_id: int,
    dimension: str,
    days: tuple[date, date],
    values: Sequence[str],
) -> int:
    """Return on how many of these days one of the values is not kept, and so a part of `(other)`."""
    asked = {"workspace": workspace_id, "dimension": dimension, "first": days[0], "last": days[1]}
    count: int = await connection.scalar(text(_HIDING), {**asked, "values": list(values)})
    return count
