"""The generic webhook, signed as Standard Webhooks has it: what machines are told."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from standardwebhooks import Webhook

from llmlab_worker.notify.deliveries import Parcel

_TYPES: Final = {
    "budget_crossing": "budget.crossed",
    "budget_forecast": "budget.forecast",
    "spend_anomaly": "spend.anomaly",
    "report": "report.created",
    "test": "test",
}


def webhook(parcel: Parcel) -> tuple[bytes, dict[str, str]]:
    """Return the body and the headers of the request.

    `webhook-id` and the body are the same at every attempt, the timestamp and the signatures are of this
    one. Within the grace of a rotation there is a signature by the secret before it too.
    """
    said: dict[str, Any] = asdict(parcel.notice)
    body = msgspec.json.encode(
        {
            "type": _TYPES[parcel.kind],
            "timestamp": parcel.created_at,
            "data": {
                **parcel.payload,
                "alert_id": parcel.message_id,
                "workspace": {"id": parcel.workspace_id, "name": parcel.workspace},
                "title": said["title"],
                "severity": said["severity"],
                "summary": said["summary"],
                "link": said["link"],
            },
        }
    )
    message_id, at = f"msg_{parcel.key.hex}", datetime.now(UTC)
    signatures = [
        Webhook(secret).sign(message_id, at, body.decode()) for secret in secrets_of(parcel.settings, at)
    ]
    return body, {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def secrets_of(settings: dict[str, Any], at: datetime) -> list[str]:
    """Return the secrets that sign at an instant, the present one first."""
    found = [str(settings["secret"])]
    until = settings.get("previous_until")
    if until and datetime.fromisoformat(until) > at:
        found.append(str(settings["previous_secret"]))
    return found
