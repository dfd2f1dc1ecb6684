"""While a workspace's days are rebuilt, what only they can answer waits."""

from llmlab_shared.db.repositories.costs import Calendar

from llmlab_api.errors import Problem

_PATIENCE = "10"


def rebuilding() -> Problem:
    """Return the 503 that says so."""
    return Problem(
        503,
        "rebuilding",
        "the workspace's time zone or tags were changed, and its sums by day are being rebuilt; "
        "`GET /api/workspace` says how far that is, ask again then",
        headers={"Retry-After": _PATIENCE},
    )


def refuse_while_rebuilding(calendar: Calendar) -> None:
    """Raise the 503 while the sums by day are not those of the workspace's zone and tags."""
    if calendar.rebuilding:
        raise rebuilding()
