"""Events as they hold now: as they were written, or as the last adjustment of each says instead.

Events are never changed. Whatever reads them for a total or for people reads them through here; the
statements are pieces of SQL in which only names and parameters of ours stand.
"""

from collections.abc import Iterable
from typing import Final

# Both totals of a call, and the parts of them that have classes of their own.
TOKEN_COLUMNS: Final = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "input_audio_tokens",
    "cache_audio_read_tokens",
    "input_image_tokens",
    "output_audio_tokens",
    "output_image_tokens",
    "reasoning_tokens",
)
# What pricing makes of an event: an adjustment states all of it.
DERIVED: Final = (
    "price_status",
    "cost",
    "computed_cost",
    "tool_cost",
    "reported_cost",
    "reported_by",
    "price_id",
    "price_rule",
    "quarantine_reason",
    *TOKEN_COLUMNS,
)
# What adding events up needs of them.
EVENT_COLUMNS: Final = (
    "workspace_id",
    "id_time",
    "timestamp",
    "provider",
    "model",
    "api_key_id",
    "environment",
    "status",
    "billing",
    "feature",
    "customer",
    "user_id",
    "team",
    "project",
    "release",
    "tags",
    "session_id",
    "trace_id",
    "price_status",
    "cost",
    *TOKEN_COLUMNS,
)
_KEY = ("workspace_id", "id_time", "id")
_SAME = " AND ".join(f"a.{name} = e.{name}" for name in _KEY)

# For a few events: one look for each. The join is `e`'s own.
EACH: Final = f"""
LATERAL (
    SELECT * FROM adjustments a WHERE {_SAME} ORDER BY a.number DESC LIMIT 1
) a ON true
"""


def within(workspace: str, since: str, until: str) -> str:
    """Return the join for many events of one workspace, whose id times lie in [since, until]."""
    return (
        "(SELECT DISTINCT ON (id_time, id) * FROM adjustments "
        f"WHERE workspace_id = {workspace} AND id_time >= {since} AND id_time <= {until} "
        f"ORDER BY id_time, id, number DESC) a ON {_SAME}"
    )


def adjusted(columns: Iterable[str], join: str = EACH, *, more: str = "", source: str = "cost_events") -> str:
    """Return the SELECT of these columns of the events as they hold now, to stand where a table does.

    `more` are further expressions over `e`, the event as it was written, and `a`, its last adjustment.
    `source` is where events come from, if not all of them.
    """
    selected = [
        f"CASE WHEN a.number IS NULL THEN e.{name} ELSE a.{name} END AS {name}"
        if name in DERIVED
        else f'e."{name}"'
        for name in columns
    ]
    return f"(SELECT {', '.join([*selected, *filter(None, [more])])} FROM {source} e LEFT JOIN {join})"
