"""PagerDuty's form of a notice: a trigger event of Events API v2."""

from typing import Any

from llmlab_worker.notify.deliveries import Parcel
from llmlab_worker.notify.plain import cut, one_line

_SUMMARY, _DETAIL, _ROWS = 1024, 1000, 50


def pagerduty(parcel: Parcel) -> dict[str, Any]:
    """Return the body of the request; its `dedup_key` is the delivery's, so a repeat is the same incident."""
    notice = parcel.notice
    details: dict[str, Any] = {label: cut(value, _DETAIL) for label, value in notice.facts}
    details |= {
        section.heading: [" | ".join(row) for row in section.rows[:_ROWS]] for section in notice.sections
    }
    if notice.resolved_by:
        details["What to do"] = notice.resolved_by
    event: dict[str, Any] = {
        "routing_key": parcel.settings["routing_key"],
        "event_action": "trigger",
        "dedup_key": f"llmlab-{parcel.key}",
        "client": "LLMLab",
        "payload": {
            "summary": cut(one_line(notice.title), _SUMMARY),
            "source": f"LLMLab, {one_line(parcel.workspace)}",
            "severity": notice.severity,
            "timestamp": parcel.created_at.isoformat(),
            "class": parcel.kind,
            "custom_details": {"Summary": notice.summary, **details},
        },
    }
    if notice.link:
        event["client_url"] = notice.link
        event["links"] = [{"href": notice.link, "text": "Open LLMLab"}]
    return event
