"""Alerts listed, acknowledged, and their deliveries followed and tried again."""

from typing import Any

from notified import channel, make_due, message, post_of
from world import World


async def alerts(world: World, **parameters: Any) -> list[dict[str, Any]]:
    response = await world.get("/api/alerts", **parameters)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["alerts"]
    return found


async def test_an_alert_is_there_before_anybody_is_told_of_it(world: World) -> None:
    pool, workspace = world.ledger.pool, world.account.workspace_id
    await message(pool, workspace, budget_id=7)
    (alert,) = await alerts(world)
    assert (alert["kind"], alert["title"], alert["deliveries"]) == ("budget_crossing", "Budget crossing", [])
    post = post_of(pool, public_url="https://llmlab.example.com")
    await post.fan_out()
    await post.close()
    (alert,) = await alerts(world)
    assert alert["title"] == "Search passed 80 % of $500.00"
    assert alert["severity"] == "warning"
    assert alert["link"] == "https://llmlab.example.com/budgets"
    assert alert["data"]["spend"] == "412.5"
    assert [(each["channel"]["kind"], each["status"]) for each in alert["deliveries"]] == [
        ("email", "waiting")
    ]


async def test_alerts_are_filtered_and_paged(world: World) -> None:
    pool, workspace = world.ledger.pool, world.account.workspace_id
    crossings = [await message(pool, workspace, budget_id=number) for number in (1, 2, 2)]
    anomaly = await message(pool, workspace, "spend_anomaly", budget_id=None)
    report = await message(pool, workspace, "report", budget_id=None)
    assert [each["id"] for each in await alerts(world)] == [anomaly, *reversed(crossings)]
    assert [each["id"] for each in await alerts(world, kind="report")] == [report]
    assert [each["id"] for each in await alerts(world, budget_id=2)] == crossings[:0:-1]
    page = (await world.get("/api/alerts", limit=3)).json()
    assert len(page["alerts"]) == 3
    assert [each["id"] for each in await alerts(world, cursor=page["next_cursor"])] == [crossings[0]]

    url = f"/api/alerts/{crossings[0]}/acknowledge"
    refused = await world.client.post(url, headers=world.account.key_auth)
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    first = (await world.client.post(url, headers=world.account.auth)).json()
    assert first["acknowledged_by"] == f"user:{world.account.user['id']}"
    assert (await world.client.post(url, headers=world.account.auth)).json() == first
    assert [each["id"] for each in await alerts(world, acknowledged="true")] == [crossings[0]]
    assert crossings[0] not in [each["id"] for each in await alerts(world, acknowledged="false")]
    for parameters, code in (
        ({"kind": "fire"}, "validation_failed"),
        ({"acknowledged": "maybe"}, "validation_failed"),
        ({"budget": 1}, "unknown_filter"),
        ({"cursor": "x"}, "validation_failed"),
    ):
        answer = await world.get("/api/alerts", **parameters)
        assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_several_are_acknowledged_at_once(world: World) -> None:
    pool, workspace = world.ledger.pool, world.account.workspace_id
    ids = [await message(pool, workspace) for _ in range(3)]
    test = await message(pool, workspace, "test")

    async def acknowledge(asked: Any) -> Any:
        return await world.client.post("/api/alerts/acknowledge", json=asked, headers=world.account.auth)

    first = (await world.client.post(f"/api/alerts/{ids[0]}/acknowledge", headers=world.account.auth)).json()
    foreign = await message(pool, (await world.another()).account.workspace_id)
    strange = [test, foreign, 999_999]
    answer = await acknowledge({"ids": [999_999, ids[1], foreign, ids[0], ids[1], test]})
    assert (answer.status_code, answer.json()) == (200, {"acknowledged": 1, "unknown": strange})
    assert [each["id"] for each in await alerts(world, acknowledged="false")] == [ids[2]]
    second, kept = await alerts(world, acknowledged="true")
    assert (kept, second["acknowledged_by"]) == (first, first["acknowledged_by"])
    for passed_over in (test, foreign):
        assert await pool.fetchval("SELECT acknowledged_at FROM outbox WHERE id = $1", passed_over) is None
    told = await pool.fetch("SELECT target FROM audit_log WHERE action = 'alert_acknowledged' ORDER BY id")
    assert [row["target"] for row in told] == [f"alert:{ids[0]}", f"alert:{ids[1]}"]
    for nonsense in ([], ["1"], [0], [1] * 1001):
        assert (await acknowledge({"ids": nonsense})).status_code == 422, nonsense


async def test_a_delivery_is_followed_and_tried_again(world: World) -> None:
    pool, workspace = world.ledger.pool, world.account.workspace_id
    slack = await channel(pool, workspace, "slack", url="https://127.0.0.1/")
    alert = await message(pool, workspace)
    post = post_of(pool)
    for one in (await post.fan_out()).due:
        await post.deliver(one.id)
    found = (await world.get("/api/deliveries", status="failed", alert=alert)).json()["deliveries"]
    # Without a mail server the owner's mail has failed, and says what to set.
    assert [each["channel"]["kind"] for each in found] == ["email"]
    assert "LLMLAB_SMTP_URL" in found[0]["last_error"]
    assert found[0]["title"] == "Search passed 80 % of $500.00"
    waiting = (await world.get("/api/deliveries", channel=slack)).json()["deliveries"][0]
    assert (waiting["status"], waiting["attempts"]) == ("waiting", 1)
    assert waiting["next_attempt_at"] > waiting["created_at"]

    async def retry(delivery: int) -> Any:
        return await world.client.post(f"/api/deliveries/{delivery}/retry", headers=world.account.auth)

    again = await retry(found[0]["id"])
    assert again.status_code == 202, again.text
    assert (again.json()["status"], again.json()["attempts"]) == ("waiting", 0)
    assert {one.id for one in await post.due()} == {found[0]["id"]}
    assert (await retry(waiting["id"])).json()["attempts"] == 1
    assert len(await post.due()) == 2
    await pool.execute("UPDATE deliveries SET status = 'sent', sent_at = now() WHERE id = $1", waiting["id"])
    done = await retry(waiting["id"])
    assert (done.status_code, done.json()["code"]) == (409, "already_sent")
    assert (await retry(999)).json()["code"] == "delivery_not_found"
    await make_due(pool)
    await post.close()
