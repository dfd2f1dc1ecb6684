"""Alerts and channels through both clients: the requests they make, whole."""

from typing import Any

from llmlab import AsyncLLMLab, LLMLab
from llmlab.testing import Received, Receiver

CHANNEL = {"id": 3, "name": "Ops"}
ALERTS = [{"id": 9}, {"id": 8}]
ACKNOWLEDGED = {"acknowledged": 1, "unknown": [7]}


def _serve(receiver: Receiver) -> None:
    def alerts(request: Received) -> Any:
        number = 1 if "cursor=" in request.query else 0
        return {"alerts": [ALERTS[number]], "next_cursor": None if number else "9"}

    receiver.answers |= {
        "GET /api/channels": {"channels": [CHANNEL], "next_cursor": None},
        "POST /api/channels": {**CHANNEL, "secret": "whsec_x"},
        "PATCH /api/channels/3": CHANNEL,
        "DELETE /api/channels/3": {},
        "POST /api/channels/3/test": {"id": 5},
        "POST /api/channels/3/rotate": {**CHANNEL, "secret": "whsec_y"},
        "GET /api/alerts": alerts,
        "POST /api/alerts/9/acknowledge": ALERTS[0],
        "POST /api/alerts/acknowledge": ACKNOWLEDGED,
        "GET /api/deliveries": {"deliveries": [], "next_cursor": None},
        "POST /api/deliveries/5/retry": {"id": 5},
    }


REQUESTS = [
    ("GET", "/api/channels", "limit=1000", None),
    ("POST", "/api/channels", "", {"kind": "slack", "settings": {"url": "https://x"}, "name": "Ops"}),
    ("PATCH", "/api/channels/3", "", {"kinds": ["report"]}),
    ("PATCH", "/api/channels/3", "", {"paused": True}),
    ("PATCH", "/api/channels/3", "", {"paused": False}),
    ("POST", "/api/channels/3/test", "", None),
    ("POST", "/api/channels/3/rotate", "", {"grace_seconds": 60}),
    ("DELETE", "/api/channels/3", "", None),
    ("GET", "/api/alerts", "acknowledged=false&kind=report&kind=test", None),
    ("GET", "/api/alerts", "acknowledged=false&kind=report&kind=test&cursor=9", None),
    ("POST", "/api/alerts/9/acknowledge", "", None),
    ("POST", "/api/alerts/acknowledge", "", {"ids": [8, 7]}),
    ("GET", "/api/deliveries", "status=failed&channel=3", None),
    ("POST", "/api/deliveries/5/retry", "", None),
]


def _made(receiver: Receiver) -> list[Any]:
    return [(r.method, r.path, r.query, r.json if r.body else None) for r in receiver.requests]


def test_the_blocking_client() -> None:
    with Receiver() as receiver:
        _serve(receiver)
        with LLMLab(receiver.api_key, receiver.url, token="t-1") as client:
            assert client.channels.list() == [CHANNEL]
            assert client.channels.create("slack", {"url": "https://x"}, name="Ops")["secret"] == "whsec_x"
            client.channels.update(3, kinds=["report"])
            client.channels.pause(3)
            client.channels.resume(3)
            assert client.channels.test(3) == {"id": 5}
            client.channels.rotate(3, grace_seconds=60)
            client.channels.delete(3)
            assert list(client.alerts.iterate(acknowledged=False, kind=["report", "test"])) == ALERTS
            client.alerts.acknowledge(9)
            assert client.alerts.acknowledge_several(iter([8, 7])) == ACKNOWLEDGED
            client.alerts.deliveries(status="failed", channel=3)
            client.alerts.retry(5)
        assert _made(receiver) == REQUESTS


async def test_the_asynchronous_client() -> None:
    with Receiver() as receiver:
        _serve(receiver)
        client = AsyncLLMLab(receiver.api_key, receiver.url, token="t-1")
        assert await client.channels.list() == [CHANNEL]
        await client.channels.create("slack", {"url": "https://x"}, name="Ops")
        await client.channels.update(3, kinds=["report"])
        await client.channels.pause(3)
        await client.channels.resume(3)
        await client.channels.test(3)
        await client.channels.rotate(3, grace_seconds=60)
        await client.channels.delete(3)
        found = [alert async for alert in client.alerts.iterate(acknowledged=False, kind=["report", "test"])]
        assert found == ALERTS
        await client.alerts.acknowledge(9)
        assert await client.alerts.acknowledge_several(iter([8, 7])) == ACKNOWLEDGED
        await client.alerts.deliveries(status="failed", channel=3)
        await client.alerts.retry(5)
        await client.close()
        assert _made(receiver) == REQUESTS
