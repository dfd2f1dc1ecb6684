"""What of a workspace its budgets depend on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import asyncpg
from llmlab_shared import clock

_WORKSPACE = """
SELECT timezone, tag_dimensions, budget_alert_threshold,
    EXISTS (SELECT FROM calendar_rebuilds WHERE workspace_id = $1) AS rebuilding
FROM workspaces WHERE id = $1
"""


@dataclass(frozen=True, slots=True)
class Calendar:
    """A workspace's zone, declared tags and alert threshold, and the moment it is.

    While it is `rebuilding`, budgets may count some hours of a period before or after as its own.
    """

    workspace_id: int
    zone: ZoneInfo
    tags: Sequence[str]
    threshold: Decimal
    as_of: datetime
    rebuilding: bool


async def read_calendar(driver: asyncpg.Connection, workspace_id: int) -> Calendar:
    """Return a workspace's calendar."""
    row = await driver.fetchrow(_WORKSPACE, workspace_id)
    return Calendar(
        workspace_id,
        ZoneInfo(row["timezone"]),
        row["tag_dimensions"],
        row["budget_alert_threshold"],
        clock.now(),
        row["rebuilding"],
    )
