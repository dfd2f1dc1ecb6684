"""Channels: made, masked, changed, tested by the way of all alerts, paused, rotated, refused with reasons."""

import asyncio
import socket
import threading
from typing import Any

import httpx
import pytest
from llmlab.testing import Receiver, Reply
from notified import message, post_of
from standardwebhooks import Webhook
from world import World, open_world

PATH = "/api/channels"


async def create(world: World, status: int = 201, **body: Any) -> dict[str, Any]:
    response = await world.client.post(PATH, json=body, headers=world.account.auth)
    assert response.status_code == status, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def send(world: World, method: str, path: str, **body: Any) -> httpx.Response:
    return await world.client.request(method, f"{PATH}{path}", json=body or None, headers=world.account.auth)


async def listed(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.get(PATH)).json()["channels"]
    return found


async def test_who_signs_up_is_told_by_mail(world: World) -> None:
    (channel,) = await listed(world)
    assert (channel["kind"], channel["settings"]) == ("email", {"to": [world.account.email]})
    assert channel["kinds"] == ["budget_crossing", "budget_forecast", "spend_anomaly", "report"]
    # What no mail server can carry is said before the first alert is lost.
    assert "LLMLAB_SMTP_URL" in channel["problem"]


async def test_a_webhook_is_made_tested_rotated_and_removed(database_url: str, redis_url: str) -> None:
    with Receiver() as receiver:
        receiver.answers["POST /hooks/very-secret-path"] = Reply(200, {})
        url = f"{receiver.url}/hooks/very-secret-path"
        async with open_world(database_url, redis_url, outgoing_allow=["127.0.0.1"]) as world:
            made = await create(world, kind="webhook", settings={"url": url}, kinds=["budget_crossing"])
            secret, path = made["secret"], f"/{made['id']}"
            assert made["name"] == "Webhook"
            assert made["settings"] == {"url": f"{receiver.url}/…path", "secret": f"whsec_…{secret[-4:]}"}
            assert secret not in str(await listed(world))
            assert "very-secret" not in str(await listed(world))

            test = await send(world, "POST", f"{path}/test")
            assert test.status_code == 202, test.text
            assert (test.json()["status"], test.json()["kind"]) == ("waiting", "test")
            post = post_of(world.ledger.pool)
            await post.fan_out()
            await post.deliver(test.json()["id"])
            shown = (await world.get("/api/deliveries", channel=made["id"])).json()["deliveries"]
            assert [(each["id"], each["status"]) for each in shown] == [(test.json()["id"], "sent")]
            assert (await listed(world))[1]["last_delivery"]["status"] == "sent"
            request = receiver.requests[0]
            assert Webhook(secret).verify(request.body, request.headers)["type"] == "test"
            # A test is no alert.
            assert (await world.get("/api/alerts")).json()["alerts"] == []

            rotated = (await send(world, "POST", f"{path}/rotate")).json()
            assert rotated["secret"] != secret
            again = await send(world, "POST", f"{path}/test")
            await post.fan_out()
            await post.deliver(again.json()["id"])
            request = receiver.requests[1]
            for each in (secret, rotated["secret"]):
                Webhook(each).verify(request.body, request.headers)
            # Another URL keeps the secret.
            await send(world, "PATCH", path, settings={"url": f"{receiver.url}/elsewhere"})
            stored = await world.ledger.pool.fetchval(
                "SELECT settings ->> 'secret' FROM notification_channels WHERE id = $1", made["id"]
            )
            assert stored == rotated["secret"]

            for _ in range(3):
                assert (await send(world, "POST", f"{path}/test")).status_code == 202
            busy = await send(world, "POST", f"{path}/test")
            assert (busy.status_code, busy.json()["code"]) == (429, "too_many_tests")
            assert (await send(world, "DELETE", path)).status_code == 204
            assert (await send(world, "DELETE", path)).status_code == 404
            await post.close()


async def test_pausing_keeps_what_waits_and_resuming_sends_it(world: World) -> None:
    (channel,) = await listed(world)
    path = f"/{channel['id']}"
    paused = await send(world, "PATCH", path, paused=True, name="Finance", kinds=["report"])
    assert (paused.json()["paused"], paused.json()["name"], paused.json()["kinds"]) == (
        True,
        "Finance",
        ["report"],
    )
    assert (await send(world, "PATCH", path, paused=True)).json()["paused_at"] == paused.json()["paused_at"]
    post = post_of(world.ledger.pool)
    await message(world.ledger.pool, world.account.workspace_id, channels=[channel["id"]])
    assert (await post.fan_out()).messages == 1
    assert await post.due() == []
    (delivery,) = (await world.get("/api/deliveries")).json()["deliveries"]
    assert (delivery["status"], delivery["paused"], delivery["next_attempt_at"]) == ("waiting", True, None)
    await world.ledger.pool.execute("UPDATE deliveries SET due_at = now() + interval '1 hour'")
    assert (await send(world, "PATCH", path, paused=False)).json()["paused"] is False
    assert len(await post.due()) == 1
    await post.close()


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"kind": "fax", "settings": {}}, "kind", "'slack'"),
    ({"kind": "email", "settings": {}}, "settings.to", "missing"),
    ({"kind": "email", "settings": {"to": []}}, "settings.to", "at least 1"),
    ({"kind": "email", "settings": {"to": ["ada"]}}, "settings.to.0", "e-mail address"),
    ({"kind": "email", "settings": {"to": ["a@b.example\r\nBcc: x@y.z"]}}, "settings.to.0", "e-mail"),
    ({"kind": "email", "settings": {"to": ["a, b@c.example"]}}, "settings.to.0", "e-mail address"),
    ({"kind": "email", "settings": {"to": ["a@b..c"]}}, "settings.to.0", "e-mail address"),
    ({"kind": "email", "settings": {"url": "https://x"}}, "settings.url", "not a field"),
    ({"kind": "slack", "settings": {"url": "hooks.slack.com"}}, "settings.url", "not a URL"),
    ({"kind": "slack", "settings": {"url": "http://1.1.1.1/x"}}, "settings.url", "https://"),
    ({"kind": "slack", "settings": {"url": "https://u:p@1.1.1.1/"}}, "settings.url", "password"),
    ({"kind": "slack", "settings": {"url": "https://169.254.169.254/"}}, "settings.url", "public"),
    ({"kind": "webhook", "settings": {"url": "https://2130706433/"}}, "settings.url", "127.0.0.1"),
    ({"kind": "pagerduty", "settings": {"routing_key": "short"}}, "settings.routing_key", "pattern"),
    ({"kind": "slack", "settings": {"url": "https://1.1.1.1/"}, "kinds": ["all"]}, "kinds.0", "report"),
    ({"kind": "slack", "settings": {"url": "https://1.1.1.1/"}, "nme": "x"}, "nme", "name"),
]


async def test_what_cannot_be_is_refused_by_name(world: World) -> None:
    for body, field, said in REFUSED:
        problem = await create(world, 422, **body)
        assert problem["errors"][0]["field"] == field, problem
        assert said in problem["errors"][0]["message"], problem
    assert len(await listed(world)) == 1


async def test_names_that_nobody_resolves_hold_up_nothing_else(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llmlab_api.channels.service._RESOLVE_SECONDS", 0.2)
    over = threading.Event()
    resolved = socket.getaddrinfo

    def hang(host: Any, *arguments: Any, **named: Any) -> Any:
        if str(host).endswith(".example"):
            over.wait(10)
            raise socket.gaierror(socket.EAI_AGAIN, "no answer")
        return resolved(host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    # More than there are threads in the pool that everything else shares.
    urls = [f"https://{n}.example/" for n in range(40)]
    try:
        made = await asyncio.gather(*(create(world, kind="slack", settings={"url": url}) for url in urls))
        assert len(made) == len(urls)
        # Half of what a name hangs for.
        async with asyncio.timeout(5):
            await asyncio.to_thread(lambda: None)
    finally:
        over.set()


async def test_what_stands_in_the_way_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await create(
        world, kind="slack", name="Ops", settings={"url": "https://1.1.1.1/services/secret-of-slack"}
    )
    taken = await create(world, 409, kind="slack", name="Ops", settings={"url": "https://1.1.1.1/"})
    assert taken["code"] == "name_taken"
    duty = await create(world, kind="pagerduty", settings={"routing_key": "k" * 32})
    assert duty["kinds"] == ["budget_crossing", "spend_anomaly"]
    assert duty["settings"] == {"routing_key": "…kkkk"}
    path = f"/{duty['id']}"
    for body, status in (({"name": "Ops"}, 409), ({"paused": None}, 422), ({"settings": {"url": "x"}}, 422)):
        response = await world.client.patch(f"{PATH}{path}", json=body, headers=world.account.auth)
        assert response.status_code == status, response.text
    assert (await send(world, "POST", f"{path}/rotate")).json()["code"] == "no_secret"
    monkeypatch.setattr("llmlab_api.channels.service.MAX_CHANNELS", 3)
    assert (await create(world, 422, kind="pagerduty", settings={"routing_key": "k" * 32}))["code"] == (
        "too_many_channels"
    )
    for method, missing in (("PATCH", "/999"), ("POST", "/999/test"), ("POST", "/999/rotate")):
        answer = await world.client.request(
            method, f"{PATH}{missing}", json={} if method == "PATCH" else None, headers=world.account.auth
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "channel_not_found")
    # A key that reads sees channels, masked; only who may administer changes them.
    by_key = await world.client.get(PATH, headers=world.account.key_auth)
    assert by_key.status_code == 200
    assert "secret-of-slack" not in by_key.text
    refused = await world.client.post(f"{PATH}{path}/test", headers=world.account.key_auth)
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
