"""Forecasts, days that stand out and reports as crons: each runs in a process of its own.

A run that is killed or missed costs nothing but time: the next one finds what is due and not told yet.
"""

from typing import Any, Final

from llmlab_shared.log import get_logger

from llmlab_worker.children import run_child
from llmlab_worker.jobs.context import runtime_of

_MODULE: Final = "llmlab_worker.outlook"
TIMEOUT_SECONDS: Final = 3000

log = get_logger(__name__)


async def forecast_budgets(ctx: dict[str, Any]) -> None:
    """Tell of budgets that will be used up before their period ends."""
    await _run(ctx, "forecasts")


async def find_anomalies(ctx: dict[str, Any]) -> None:
    """Tell of values whose spend of today or yesterday stands out."""
    await _run(ctx, "anomalies")


async def send_reports(ctx: dict[str, Any]) -> None:
    """Report on weeks and months that are over, from 08:00 of the workspace's zone on."""
    await _run(ctx, "reports")


async def _run(ctx: dict[str, Any], what: str) -> None:
    code = await run_child(runtime_of(ctx).database_url, _MODULE, what)
    if code:
        log.warning("outlook_incomplete", what=what, code=code, then="the next run looks at what is left")
