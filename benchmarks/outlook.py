"""Forecasts against a straight line, days that stand out, and what looking at a thousand workspaces takes.

The histories are made up (`tests/spend_histories.py`), with laws that are known and chance that is always
the same, so that these figures are too. Errors are parts of what was really spent in the end; the straight
line is what is spent so far, for the part of the period that is over. The last rows are of real jobs over a
database of workspaces that all have a budget, features and teams, on their first run of the day.
"""

import asyncio
import sys
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from llmlab_shared import log
from llmlab_shared.db.engine import create_engine, open_pool
from llmlab_shared.domain.anomalies import judge
from llmlab_shared.domain.budgets import Period
from llmlab_shared.migrations.run import migrate
from llmlab_worker.outlook.anomalies import find_anomalies
from llmlab_worker.outlook.forecasts import forecast_budgets
from llmlab_worker.outlook.reports import send_reports

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from forecast_trials import Score, score_kind
from servers import start_servers
from spend_histories import FIRST, KINDS, histories

HISTORIES: Final = 40
PERIODS: Final[tuple[Period, ...]] = ("week", "month", "quarter")
WORKSPACES: Final = 200
# A Monday, when reports are due.
AT: Final = datetime(2025, 6, 16, 9, tzinfo=UTC)
_LARGE: Final = Decimal(500)

_WORKSPACES = """
INSERT INTO workspaces (name) SELECT 'workspace ' || n FROM generate_series(1, $1) n
"""
_BUDGETS = """
WITH made AS (INSERT INTO budgets (workspace_id, name, thresholds) SELECT id, 'all', '{1}' FROM workspaces
    RETURNING id)
INSERT INTO budget_amounts SELECT id, '2020-01-01', 1000 + id % 10 * 1000, 1 FROM made
"""
_DIMENSIONS = """
INSERT INTO rollup_dimension_day
SELECT w.id, d.dimension, $1::date - age, d.dimension || v, 'openai', 'model-' || m, 'priced', 'metered',
    100, 0, round((random() * 8 + 4)::numeric, 4), 100000, 20000
FROM workspaces w, unnest('{feature,customer,user,team}'::text[]) AS d(dimension),
    generate_series(0, 70) age, generate_series(1, 5) v, generate_series(1, 2) m
"""
_DAYS = """
INSERT INTO rollup_day
SELECT workspace_id, day, provider, model, 1, '', price_status, billing, sum(events), 0, sum(cost),
    sum(input_tokens), sum(output_tokens), 0, 0, 0, 0, 0, 0, 0, 0, 0
FROM rollup_dimension_day WHERE dimension = 'feature' GROUP BY 1, 2, 3, 4, 7, 8
"""
_SPENT = """
INSERT INTO budget_spend (budget_id, value, period_start, spend)
SELECT b.id, '', DATE '2025-06-01', (
    SELECT sum(cost) FROM rollup_day r WHERE r.workspace_id = b.workspace_id AND day >= '2025-06-01'
) FROM budgets b
"""


def measure() -> list[dict[str, Any]]:
    """Return the rows of forecasts, anomalies and the jobs."""
    log.configure("warning", "text")
    return [*_forecasts(), *_anomalies(), *_jobs()]


def _row(
    name: str, ours: float, unit: str, *, yardstick: float | None = None, **target: Any
) -> dict[str, Any]:
    ratio = None if yardstick is None else ours / yardstick
    row = {"name": name, "ours": ours, "yardstick": yardstick, "ratio": ratio, "unit": unit, "target": ""}
    return row | target


def _forecasts() -> list[dict[str, Any]]:
    rows = []
    for period in PERIODS:
        scores = {kind: score_kind(kind, period, HISTORIES, every=13) for kind in KINDS}
        held = _together(scores, "coverage")
        rows.append(
            _row(
                f"{period}s that ended within their range",
                held,
                "part",
                target="0.75 to 0.85",
                met=0.75 <= held <= 0.85,
            )
        )
        error, straight = _together(scores, "error"), _together(scores, "straight_error")
        rows.append(
            _row(
                f"error of {period}s, all kinds",
                error,
                "part",
                yardstick=straight,
                target="≤ 0.9 of a straight line",
                met=error <= 0.9 * straight,
            )
        )
        for kind, score in scores.items():
            name = f"  {kind}: {score.trials} {period}s, {score.refused} refused, {score.coverage:.0%} held"
            rows.append(_row(name, score.error, "part", yardstick=score.straight_error))
    return rows


def _together(scores: dict[str, Score], name: str) -> float:
    trials = sum(score.trials for score in scores.values())
    return sum(float(getattr(score, name)) * score.trials for score in scores.values()) / trials


def _anomalies() -> list[dict[str, Any]]:
    rows = []
    for kind in KINDS:
        days = false = tried = 0
        found = {Decimal(2): 0, Decimal(3): 0, Decimal(5): 0}
        for history in histories(kind, HISTORIES, 300):
            for n in range(60, 300, 5):
                day = FIRST + timedelta(days=n)
                if history[day] < 10:
                    continue
                days += 1
                false += judge(history, day, history[day], workspace_usual=_LARGE) is not None
                if n % 2 == 0:
                    tried += 1
                    for times in found:
                        spend = history[day] * times
                        found[times] += judge(history, day, spend, workspace_usual=_LARGE) is not None
        told = ", ".join(f"×{times} {number / tried:.0%}" for times, number in found.items())
        rows.append(_row(f"  {kind}: found of {told}", false / days * 1000, "alarms in 1,000 usual days"))
    return rows


def _jobs() -> list[dict[str, Any]]:
    with start_servers() as servers:
        migrate(servers.database_url)
        return asyncio.run(_time_jobs(servers.database_url))


async def _time_jobs(database_url: str) -> list[dict[str, Any]]:
    pool = await open_pool(database_url, command_timeout=600)
    await pool.execute(_WORKSPACES, WORKSPACES)
    await pool.execute(_BUDGETS)
    await pool.execute(_DIMENSIONS, AT.date())
    for statement in (_DAYS, _SPENT, "VACUUM ANALYZE"):
        await pool.execute(statement)
    engine = create_engine(database_url, pool_size=1)
    rows = []
    for name, job in (
        ("forecasts", forecast_budgets),
        ("anomalies", find_anomalies),
        ("reports", send_reports),
    ):
        for run in ("first", "again"):
            began, cpu = time.perf_counter(), time.process_time()
            made = await job(engine, AT)
            took = time.perf_counter() - began
            said = f"{name}, {run}: {made} messages, {time.process_time() - cpu:.1f} s of CPU"
            rows.append(_row(said, took / WORKSPACES * 1e3, "ms a workspace"))
    await engine.dispose()
    await pool.close()
    return rows
