"""Deliveries to real receivers on this machine: what goes through, what is tried again, what has failed."""

import asyncio
from datetime import UTC, datetime, timedelta
from unittest.mock import ANY

from ledger import Ledger
from llmlab.testing import Receiver, Reply
from llmlab_shared.outgoing import OutgoingRules
from llmlab_worker.notify import deliveries as rows
from llmlab_worker.notify import web
from llmlab_worker.notify.verdict import TryLater
from notified import SECRET, carry, channel, deliveries, make_due, message, post_of, state, webhook
from standardwebhooks import Webhook


async def test_a_webhook_that_fails_is_tried_again_and_recognised(ledger: Ledger) -> None:
    pool, workspace = ledger.pool, await ledger.workspace()
    post = post_of(pool, public_url="https://llmlab.example.com")
    with Receiver() as receiver:
        await webhook(pool, workspace, receiver)
        await message(pool, workspace)
        replies = iter(
            [Reply(500, "no\x00 <b>way</b>"), Reply(429, headers={"Retry-After": "1800"}), Reply(204)]
        )
        receiver.answers["POST /hook"] = lambda _: next(replies)
        await carry(post)
        assert await state(pool) == [("waiting", 1, ANY)]
        (row,) = await deliveries(pool)
        assert row["last_error"].startswith('answered 500 Internal Server Error: "no')
        assert timedelta(seconds=5) < row["due_at"] - datetime.now(UTC) < timedelta(seconds=13)
        await make_due(pool)
        await pool.execute("UPDATE workspaces SET name = 'Renamed'")
        await carry(post)
        (row,) = await deliveries(pool)
        assert timedelta(seconds=1790) < row["due_at"] - datetime.now(UTC) < timedelta(seconds=1801)
        await make_due(pool)
        await carry(post)
        await carry(post)
    await post.close()
    assert await state(pool) == [("sent", 3, None)]
    requests = receiver.requests
    assert len(requests) == 3
    assert len({(each.headers["webhook-id"], each.body) for each in requests}) == 1
    for each in requests:
        Webhook(SECRET).verify(each.body, each.headers)
    assert requests[0].headers["Host"] == receiver.url.removeprefix("http://")
    body = requests[0].json
    assert body["type"] == "budget.crossed"
    assert datetime.fromisoformat(body["timestamp"]).tzinfo is not None
    assert (
        body["data"] | {"spend": "412.5", "amount": "500", "threshold": "0.8", "severity": "warning"}
        == (body["data"])
    )
    assert body["data"]["title"] == "Search passed 80 % of $500.00"
    assert body["data"]["link"] == "https://llmlab.example.com/budgets"


async def test_what_will_never_do_fails_at_once_with_the_reason(ledger: Ledger) -> None:
    pool, workspace = ledger.pool, await ledger.workspace()
    statuses = (301, 400, 401, 403, 404, 410)
    post = post_of(pool)
    with Receiver() as receiver, Receiver() as elsewhere:
        for status in statuses:
            path = f"/{status}"
            receiver.answers[f"POST {path}"] = Reply(status, headers={"Location": f"{elsewhere.url}/hook"})
            await webhook(pool, workspace, receiver, path)
        await message(pool, workspace)
        await carry(post)
        assert len(receiver.requests) == len(statuses)
        assert elsewhere.requests == []
    await post.close()
    for status, (how, attempts, reason) in zip(statuses, await state(pool), strict=True):
        assert (how, attempts) == ("failed", 1)
        assert reason.startswith(f"answered {status} ")


async def test_after_a_day_it_has_failed_with_its_last_reason(ledger: Ledger) -> None:
    pool, workspace = ledger.pool, await ledger.workspace()
    post = post_of(pool)
    with Receiver() as receiver:
        url = receiver.url
    await channel(pool, workspace, "slack", url=f"{url}/hook")
    await message(pool, workspace)
    pauses = 0.0
    for attempt in range(1, 60):
        await carry(post)
        ((how, attempts, reason),) = await state(pool)
        assert attempts == attempt
        assert reason.startswith("cannot connect to 127.0.0.1")
        if how == "failed":
            break
        # The pauses run by, one by one, and the day with them.
        waited = await pool.fetchval("SELECT due_at - now() FROM deliveries")
        pauses += waited.total_seconds()
        await pool.execute(
            "UPDATE deliveries SET expires_at = expires_at - $1::interval, due_at = now()", waited
        )
    await post.close()
    assert how == "failed"
    assert 22 * 3600 < pauses < 24 * 3600
    assert 24 <= attempts <= 36


async def test_two_workers_send_a_delivery_once(ledger: Ledger) -> None:
    pool, workspace = ledger.pool, await ledger.workspace()
    posts = [post_of(pool) for _ in range(4)]
    with Receiver() as receiver:
        receiver.answers["POST /hook"] = Reply(200, {}, delay=0.2)
        await webhook(pool, workspace, receiver)
        for _ in range(3):
            await message(pool, workspace)
        await asyncio.gather(*(post.fan_out() for post in posts))
        due = [one.id for one in await posts[0].due()]
        assert len(due) == 3
        await asyncio.gather(*(post.deliver(one) for post in posts for one in due))
        assert len(receiver.requests) == 3
    assert [how for how, *_ in await state(pool)] == ["sent"] * 3
    for post in posts:
        await post.close()


async def test_a_late_answer_does_not_overrule_who_came_after(ledger: Ledger) -> None:
    pool, workspace = ledger.pool, await ledger.workspace()
    post = post_of(pool)
    with Receiver() as receiver:
        await webhook(pool, workspace, receiver)
        await message(pool, workspace)
        await post.fan_out()
        (one,) = await post.due()
        first = await rows.take(pool, one.id)
        await make_due(pool)
        second = await rows.take(pool, one.id)
        assert first is not None
        assert second is not None
        await rows.mark_failed(pool, first, "too late")
        assert (await state(pool))[0][0] == "waiting"
        await rows.mark_sent(pool, second, None)
        await rows.put_off(pool, first, TryLater("too late"))
        assert await state(pool) == [("sent", 2, None)]
    await post.close()


async def test_a_paused_channel_keeps_what_waits_for_a_day(ledger: Ledger) -> None:
    pool, workspace = ledger.pool, await ledger.workspace()
    post = post_of(pool)
    with Receiver() as receiver:
        receiver.answers["POST /hook"] = Reply(200, {})
        await webhook(pool, workspace, receiver)
        await pool.execute("UPDATE notification_channels SET paused_at = now()")
        await message(pool, workspace)
        await message(pool, workspace)
        await message(pool, workspace, "test")
        await pool.execute("UPDATE outbox SET channels = ARRAY(SELECT id FROM notification_channels)")
        await carry(post)
        assert [each.json["type"] for each in receiver.requests] == ["test"]
        await pool.execute(
            "UPDATE deliveries SET expires_at = now() - interval '1 second' "
            "WHERE id = (SELECT min(id) FROM deliveries)"
        )
        await carry(post)
        assert [how for how, *_ in await state(pool)] == ["failed", "waiting", "sent"]
        assert "paused for over 24 hours" in (await state(pool))[0][2]
        await pool.execute("UPDATE notification_channels SET paused_at = NULL")
        await carry(post)
        assert [how for how, *_ in await state(pool)] == ["failed", "sent", "sent"]
    await post.close()


async def test_a_pause_does_not_overrule_who_is_sending(ledger: Ledger) -> None:
    pool, workspace = ledger.pool, await ledger.workspace()
    await channel(pool, workspace, "slack", url="https://example.com")
    await message(pool, workspace)
    post = post_of(pool)
    (one,) = (await post.fan_out()).due
    parcel = await rows.take(pool, one.id)
    assert parcel is not None
    await pool.execute("UPDATE notification_channels SET paused_at = now()")
    await pool.execute("UPDATE deliveries SET expires_at = now() - interval '1 second'")
    assert await post.due() == []
    await rows.mark_sent(pool, parcel, None)
    await post.close()
    assert await state(pool) == [("sent", 1, None)]


async def test_an_internal_address_is_not_asked_even_if_it_was_saved(ledger: Ledger) -> None:
    pool, workspace = ledger.pool, await ledger.workspace()
    post = post_of(pool, rules=OutgoingRules.of(["hooks.corp.example"]))
    with Receiver() as receiver:
        port = receiver.url.rpartition(":")[2]
        for host in ("https://localhost", "https://0177.0.0.1", "https://[::ffff:127.0.0.1]"):
            await channel(pool, workspace, "slack", url=f"{host}:{port}/hook")
        await message(pool, workspace)
        await carry(post)
        assert receiver.requests == []
    await post.close()
    for how, attempts, reason in await state(pool):
        assert (how, attempts) == ("failed", 1)
        assert "not a public address" in reason


def test_pauses_grow_and_heed_the_receiver() -> None:
    grown = [rows.pause_after(attempt) for attempt in range(1, 8)]
    assert grown == sorted(grown[:-1]) + grown[-1:]
    assert 8 <= grown[0] <= 12
    assert 2880 <= grown[-1] <= 4320
    assert rows.pause_after(1, 600) == 600
    assert rows.pause_after(1, 10**9) == 6 * 3600
    in_a_minute = (datetime.now(UTC) + timedelta(minutes=1)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert 57 < (web.retry_after(in_a_minute) or 0) <= 60
    assert [web.retry_after(text) for text in ("soon", "-1", "inf", "nan", None)] == [None] * 5
