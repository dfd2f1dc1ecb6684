"""What a report is made of, read from the rollups: use by model and feature in two spans, and by team."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from llmlab_shared.domain.causes import Model, Use
from llmlab_shared.domain.dimensions import OTHER
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_worker.outlook.report_spans import ReportSpan

MOST_TEAMS: Final = 50
# Calls of these price statuses cost something, and nobody knows how much.
UNKNOWN: Final = ("unpriced", "missing", "quarantined")

_COLUMNS = """
day >= :start AS now, sum(cost) AS spend, sum(events)::numeric AS calls,
sum(input_tokens + output_tokens)::numeric AS tokens
"""
_MODELS = text(f"""
SELECT provider, model, price_status, {_COLUMNS} FROM rollup_day
WHERE workspace_id = :workspace AND day >= :before AND day < :end AND billing = 'metered'
GROUP BY provider, model, price_status, now
""")
# A feature of which a day is a part of `(other)` is a part of it on all days: else the fold would look like
# a change of its spend.
_FEATURES = text(f"""
WITH folds AS (
    SELECT kept FROM dimension_folds
    WHERE workspace_id = :workspace AND dimension = 'feature' AND day >= :before AND day < :end
), whole AS (
    SELECT own.value FROM folds CROSS JOIN unnest(kept) AS own(value)
    GROUP BY own.value HAVING count(*) = (SELECT count(*) FROM folds)
)
SELECT CASE WHEN NOT EXISTS (SELECT FROM folds) OR value IN (SELECT value FROM whole) THEN value
    ELSE '{OTHER}' END AS feature, provider, model, {_COLUMNS}
FROM rollup_dimension_day
WHERE workspace_id = :workspace AND dimension = 'feature' AND day >= :before AND day < :end
    AND billing = 'metered'
GROUP BY feature, provider, model, now
""")
# A team of which a day is a part of `(other)` is not known as a whole.
_TEAMS = text(f"""
SELECT r.value FROM rollup_dimension_day r
WHERE r.workspace_id = :workspace AND r.dimension = 'team' AND r.day >= :before AND r.day < :end
    AND r.billing = 'metered' AND r.value <> '{OTHER}'
    AND NOT EXISTS (
        SELECT FROM dimension_folds f WHERE f.workspace_id = :workspace AND f.dimension = 'team'
            AND f.day >= :before AND f.day < :end AND r.value <> ALL (f.kept)
    )
GROUP BY r.value HAVING sum(r.cost) > 0 ORDER BY sum(r.cost) DESC, r.value LIMIT {MOST_TEAMS}
""")
_OF_TEAMS = text(f"""
SELECT value, provider, model, price_status, {_COLUMNS} FROM rollup_dimension_day
WHERE workspace_id = :workspace AND dimension = 'team' AND day >= :before AND day < :end
    AND billing = 'metered' AND value = ANY (:teams)
GROUP BY value, provider, model, price_status, now
""")

# Feature ('' without one; always, where features are not told apart), provider, model.
Line = tuple[str, str, str]


@dataclass(slots=True)
class Figures:
    """Use in a span and in the one before it, by line; and calls and spend of the span by price status.

    `unknown` has how many calls of a model cost nobody knows what.
    """

    now: dict[Line, Use] = field(default_factory=dict)
    before: dict[Line, Use] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    spend: dict[str, Decimal] = field(default_factory=dict)
    unknown: Counter[Model] = field(default_factory=Counter)

    def add(self, line: Line, row: RowMapping, sign: int = 1) -> None:
        """Add a row's use to a line."""
        side = self.now if row["now"] else self.before
        use = Use(row["spend"] * sign, row["calls"] * sign, row["tokens"] * sign)
        side[line] = side.get(line, Use()) + use

    def count(self, row: RowMapping) -> None:
        """Count a row's calls under their price status."""
        if row["now"]:
            status = row["price_status"]
            self.calls[status] = self.calls.get(status, 0) + int(row["calls"])
            self.spend[status] = self.spend.get(status, Decimal(0)) + row["spend"]
            if status in UNKNOWN:
                self.unknown[row["provider"], row["model"]] += int(row["calls"])

    def is_empty(self) -> bool:
        """Return whether nothing was called in either span."""
        return not any(use.calls for side in (self.now, self.before) for use in side.values())


async def read_workspace(connection: AsyncConnection, workspace_id: int, span: ReportSpan) -> Figures:
    """Return the figures of a workspace by feature and model."""
    figures = Figures()
    asked = _asked(workspace_id, span)
    for row in (await connection.execute(_MODELS, asked)).mappings():
        figures.add(("", row["provider"], row["model"]), row)
        figures.count(row)
    for row in (await connection.execute(_FEATURES, asked)).mappings():
        figures.add((row["feature"], row["provider"], row["model"]), row)
        # What has no feature has no row: it is what is left.
        figures.add(("", row["provider"], row["model"]), row, -1)
    return figures


async def read_teams(
    connection: AsyncConnection, workspace_id: int, span: ReportSpan
) -> Mapping[str, Figures]:
    """Return the figures of every team that had spend, by model; of the dearest, if there are too many."""
    asked = _asked(workspace_id, span)
    teams = (await connection.scalars(_TEAMS, asked)).all()
    figures = {team: Figures() for team in teams}
    if not teams:
        return figures
    for row in (await connection.execute(_OF_TEAMS, {**asked, "teams": [*teams]})).mappings():
        figures[row["value"]].add(("", row["provider"], row["model"]), row)
        figures[row["value"]].count(row)
    return figures


def _asked(workspace_id: int, span: ReportSpan) -> dict[str, object]:
    return {"workspace": workspace_id, "before": span.before, "start": span.start, "end": span.end}
