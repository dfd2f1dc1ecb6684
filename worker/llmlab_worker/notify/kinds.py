"""Which function says what of which kind of message, and what is said where none can."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from llmlab_shared.log import get_logger

from llmlab_worker.notify import budget_notices, outlook_notices, report_notices
from llmlab_worker.notify.notice import Notice, Workspace

Say = Callable[[Mapping[str, Any], Workspace], Notice]

NOTICES: Final[dict[str, Say]] = {
    "budget_crossing": budget_notices.budget_crossing,
    "budget_forecast": outlook_notices.budget_forecast,
    "spend_anomaly": outlook_notices.spend_anomaly,
    "report": report_notices.report,
    "test": budget_notices.test,
}

log = get_logger(__name__)


def notice_of(kind: str, payload: Mapping[str, Any], workspace: Workspace) -> Notice:
    """Return what a message says. A payload that cannot be read is told as it is: no alert is lost by it."""
    try:
        return NOTICES[kind](payload, workspace)
    except Exception as error:
        log.error("notice_not_readable", kind=kind, exc_info=error)
        return Notice(
            title=f"{kind.replace('_', ' ').capitalize()} in {workspace.name}",
            severity="warning",
            summary="LLMLab has something to tell and could not put it into words; these are the facts.",
            facts=[(str(name), str(value)) for name, value in payload.items()],
            link=workspace.url,
        )
