"""What was spent by how many calls with how many tokens, of values and models by day: read from the rollups.

Only metered calls are spend. The statements look single values up in the key of a rollup instead of
reading all values of eight weeks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from llmlab_shared.domain.causes import Model, Use
from llmlab_shared.domain.dimensions import OTHER
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# The dimension whose values are the models themselves.
MODEL: Final = "model"
WATCHED: Final = ("feature", "customer", "user")
# Of a dimension on a day: the dearest.
_MOST: Final = 200

_USE = (
    "sum(cost) AS spend, sum(events)::numeric AS calls, sum(input_tokens + output_tokens)::numeric AS tokens"
)

_TOTALS = text("""
SELECT day, sum(cost) AS spend FROM rollup_day
WHERE workspace_id = :workspace AND day BETWEEN :first AND :last AND billing = 'metered' GROUP BY day
""")
_DEAR_VALUES = text(f"""
SELECT day, dimension, value, spend FROM (
    SELECT day, dimension, value, sum(cost) AS spend,
        row_number() OVER (PARTITION BY day, dimension ORDER BY sum(cost) DESC, value) AS place
    FROM rollup_dimension_day
    WHERE workspace_id = :workspace AND dimension = ANY (:dimensions) AND day = ANY (:days)
        AND billing = 'metered' AND value <> '{OTHER}'
    GROUP BY day, dimension, value HAVING sum(cost) >= :least
) dear WHERE place <= {_MOST} ORDER BY spend DESC
""")
_DEAR_MODELS = text(f"""
SELECT day, provider, model, spend FROM (
    SELECT day, provider, model, sum(cost) AS spend,
        row_number() OVER (PARTITION BY day ORDER BY sum(cost) DESC, provider, model) AS place
    FROM rollup_day
    WHERE workspace_id = :workspace AND day = ANY (:days) AND billing = 'metered'
    GROUP BY day, provider, model HAVING sum(cost) >= :least
) dear WHERE place <= {_MOST} ORDER BY spend DESC
""")
# One row a value: thousands of rows cost more to read than to add up.
_HISTORY_OF_VALUES = text("""
SELECT value, array_agg(day) AS days, array_agg(spend) AS spend FROM (
    SELECT r.value, r.day, sum(r.cost) AS spend
    FROM unnest(CAST(:values AS text[])) AS asked(value)
    CROSS JOIN generate_series(CAST(:first AS date), CAST(:last AS date), '1 day') AS at(day)
    JOIN rollup_dimension_day r ON r.workspace_id = :workspace AND r.dimension = :dimension
        AND r.day = at.day::date AND r.value = asked.value
    WHERE r.billing = 'metered' GROUP BY r.value, r.day
) days GROUP BY value
""")
_HISTORY_OF_MODELS = text("""
SELECT provider, model AS value, array_agg(day) AS days, array_agg(spend) AS spend FROM (
    SELECT provider, model, day, sum(cost) AS spend FROM rollup_day
    WHERE workspace_id = :workspace AND day BETWEEN :first AND :last AND billing = 'metered'
        AND (provider, model) IN (SELECT * FROM unnest(CAST(:providers AS text[]), CAST(:values AS text[])))
    GROUP BY provider, model, day
) days GROUP BY provider, model
""")
_OF_VALUE = text(f"""
SELECT day, provider, model, {_USE} FROM rollup_dimension_day
WHERE workspace_id = :workspace AND dimension = :dimension AND value = :value
    AND day BETWEEN :first AND :last AND billing = 'metered'
GROUP BY day, provider, model
""")
_OF_MODEL = text(f"""
SELECT day, provider, model, {_USE} FROM rollup_day
WHERE workspace_id = :workspace AND provider = :provider AND model = :value
    AND day BETWEEN :first AND :last AND billing = 'metered'
GROUP BY day, provider, model
""")
_HIDDEN = text("""
SELECT asked.value, f.day FROM dimension_folds f CROSS JOIN unnest(CAST(:values AS text[])) AS asked(value)
WHERE f.workspace_id = :workspace AND f.dimension = :dimension AND f.day BETWEEN :first AND :last
    AND asked.value <> ALL (f.kept)
""")


@dataclass(frozen=True, slots=True)
class Subject:
    """What spend is looked at by: a value of a dimension, or (`provider` set) a model."""

    dimension: str
    value: str
    provider: str | None = None


# By day and model.
Uses = Mapping[date, Mapping[Model, Use]]


async def read_totals(
    connection: AsyncConnection, workspace_id: int, days: tuple[date, date]
) -> dict[date, Decimal]:
    """Return what the workspace spent on each day that had any call."""
    asked = {"workspace": workspace_id, "first": days[0], "last": days[1]}
    return {row.day: row.spend for row in await connection.execute(_TOTALS, asked)}


async def read_dear(
    connection: AsyncConnection, workspace_id: int, days: Sequence[date], least: Decimal
) -> list[tuple[date, Subject, Decimal]]:
    """Return what spent at least so much on one of these days, the most first.

    Of each dimension and day at most some hundred.
    """
    asked = {"workspace": workspace_id, "days": [*days], "least": least}
    models = await connection.execute(_DEAR_MODELS, asked)
    found = [(row.day, Subject(MODEL, row.model, row.provider), row.spend) for row in models]
    for row in await connection.execute(_DEAR_VALUES, {**asked, "dimensions": [*WATCHED]}):
        found.append((row.day, Subject(row.dimension, row.value), row.spend))
    return found


async def read_histories(
    connection: AsyncConnection, workspace_id: int, subjects: Sequence[Subject], days: tuple[date, date]
) -> dict[Subject, dict[date, Decimal]]:
    """Return what subjects, all of one dimension, spent on the days from the first to the last."""
    dimension = subjects[0].dimension
    asked = {
        "workspace": workspace_id,
        "first": days[0],
        "last": days[1],
        "values": [subject.value for subject in subjects],
    }
    if dimension == MODEL:
        asked["providers"] = [subject.provider for subject in subjects]
        rows = await connection.execute(_HISTORY_OF_MODELS, asked)
        return {
            Subject(MODEL, row.value, row.provider): dict(zip(row.days, row.spend, strict=True))
            for row in rows
        }
    rows = await connection.execute(_HISTORY_OF_VALUES, {**asked, "dimension": dimension})
    return {Subject(dimension, row.value): dict(zip(row.days, row.spend, strict=True)) for row in rows}


async def read_uses(
    connection: AsyncConnection, workspace_id: int, subject: Subject, days: tuple[date, date]
) -> Uses:
    """Return the use of a subject on the days from the first to the last."""
    asked = {"workspace": workspace_id, "first": days[0], "last": days[1], "value": subject.value}
    if subject.dimension == MODEL:
        rows = await connection.execute(_OF_MODEL, {**asked, "provider": subject.provider})
    else:
        rows = await connection.execute(_OF_VALUE, {**asked, "dimension": subject.dimension})
    found: dict[date, dict[Model, Use]] = {}
    for row in rows:
        found.setdefault(row.day, {})[row.provider, row.model] = Use(row.spend, row.calls, row.tokens)
    return found


async def read_hidden(
    connection: AsyncConnection, workspace_id: int, subjects: Sequence[Subject], days: tuple[date, date]
) -> dict[Subject, set[date]]:
    """Return on which of these days a subject (all are of one dimension) is a part of `(other)`."""
    dimension = subjects[0].dimension
    if dimension == MODEL:
        return {}
    asked = {
        "workspace": workspace_id,
        "first": days[0],
        "last": days[1],
        "dimension": dimension,
        "values": [subject.value for subject in subjects],
    }
    hidden: dict[Subject, set[date]] = {}
    for row in await connection.execute(_HIDDEN, asked):
        hidden.setdefault(Subject(dimension, row.value), set()).add(row.day)
    return hidden
