"""Deliveries to real receivers on this machine: what goes through, what is tried again, what has failed."""

import asyncio
import email
import json
import ssl
import time
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import asyncpg
import pytest
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from ledger import Ledger, entry_of, event
from llmlab.testing import Receiver, Reply
from llmlab_shared.mail_server import MailServer
from llmlab_shared.outgoing import OutgoingRules
from llmlab_worker.notify import deliveries as rows
from llmlab_worker.notify import web
from llmlab_worker.notify.post import Post
from llmlab_worker.notify.verdict import TryLater
from notified import MAIL_FROM, SECRET, MailBox, channel, deliveries, make_due, message, post_of, webhook
from standardwebhooks import Webhook


async def carry(post: Post) -> None:
    """Do what the jobs do, until nothing is due."""
    await post.fan_out()
    for _ in range(50):
        due = await post.due()
        if not due:
            return
        await asyncio.gather(*(post.deliver(one.id) for one in due))


async def state(pool: asyncpg.Pool) -> list[tuple[str, int, Any]]:
    return [(row["status"], row["attempts"], row["last_error"]) for row in await deliveries(pool)]


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


async def test_a_dead_channel_delays_no_other(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "WHOLE_SECONDS", 2.0)
    pool, workspace = ledger.pool, await ledger.workspace()
    post = post_of(pool)
    with Receiver() as dead, Receiver() as alive:
        dead.answers["POST /hook"] = Reply(200, delay=4)
        alive.answers["POST /hook"] = Reply(200, {})
        dead_id = await webhook(pool, workspace, dead)
        await webhook(pool, workspace, alive)
        for _ in range(12):
            await message(pool, workspace)
        started = time.monotonic()
        waiting = asyncio.create_task(carry(post))
        while len(alive.requests) < 12:
            await asyncio.sleep(0.05)
            assert time.monotonic() < started + 10
        # A few of each channel at a time; here in rounds, since one round waits for its slowest.
        await waiting
    await post.close()
    ways = await deliveries(pool)
    assert {row["status"] for row in ways if row["channel_id"] != dead_id} == {"sent"}
    tried = [row for row in ways if row["channel_id"] == dead_id and row["attempts"]]
    # The rest of the dead one's queue is put off with it, instead of waiting 2 seconds each.
    assert len(tried) == rows.AT_ONCE_A_CHANNEL
    assert all("no answer within" in row["last_error"] for row in tried)
    later = datetime.now(UTC) + timedelta(seconds=3)
    assert all(row["due_at"] > later for row in ways if row["channel_id"] == dead_id)


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


async def test_who_is_told_of_what(ledger: Ledger) -> None:
    pool, workspace, other = ledger.pool, await ledger.workspace(), await ledger.workspace()
    post = post_of(pool)
    wants = await channel(pool, workspace, "slack", url="https://example.com")
    reports = await channel(pool, workspace, "slack", ("report",), url="https://example.com")
    foreign = await channel(pool, other, "slack", url="https://example.com")
    everyone = await message(pool, workspace)
    named = await message(pool, workspace, channels=[reports, foreign])
    nobody = await message(pool, workspace, channels=[])
    await message(pool, workspace, "test", channels=[reports])
    broken = await message(pool, workspace, threshold="a lot", name="Odd")
    # Those that it named are all gone.
    gone = await message(pool, workspace, channels=[987_654, foreign])
    made = await post.fan_out()
    assert (made.messages, len(made.due)) == (6, 5)
    assert await post.fan_out() == (0, [])
    await post.close()
    found = {(row["outbox_id"], row["channel_id"]) for row in await deliveries(pool)}
    assert found == {
        (everyone, wants),
        (named, reports),
        (nobody + 1, reports),
        (broken, wants),
        (gone, wants),
    }
    # What cannot be put into words is told all the same.
    notice = json.loads(await pool.fetchval("SELECT notice FROM outbox WHERE id = $1", broken))
    assert notice["title"] == "Budget crossing in w"
    assert ["name", "Odd"] in notice["facts"]
    assert await pool.fetchval("SELECT count(*) FROM outbox WHERE fanned_out_at IS NULL") == 0


async def test_a_crossing_of_the_pipeline_is_told_in_words(ledger: Ledger) -> None:
    pool, workspace = ledger.pool, await ledger.workspace()
    await ledger.budget(workspace, "0.05", thresholds=("0.8",))
    assert (await ledger.process(entry_of(event(), workspace_id=workspace))).crossings == 1
    post = post_of(pool)
    await post.fan_out()
    await post.close()
    row = await pool.fetchrow("SELECT payload, notice FROM outbox")
    assert json.loads(row["payload"])["amount"] == "0.05"
    assert json.loads(row["notice"])["title"] == "b passed 80 % of $0.05"


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


def _parts(raw: bytes) -> tuple[EmailMessage, str, str]:
    mail = email.message_from_bytes(raw, policy=default)
    assert isinstance(mail, EmailMessage)
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    return mail, plain.get_content(), html.get_content()


async def test_mail_arrives_in_both_forms_after_being_refused_for_now(ledger: Ledger) -> None:
    pool, workspace = ledger.pool, await ledger.workspace()
    with MailBox() as box:
        post = post_of(pool, box.server, public_url="https://llmlab.example.com")
        await channel(pool, workspace, "email", to=["ada@example.com", "bob@example.com"])
        await message(pool, workspace, name="<Search>\r\nBcc: eve@example.com & Co")
        box.answers = ["451 later, please"]
        await carry(post)
        ((how, _, reason),) = await state(pool)
        assert how == "waiting"
        assert "451: later, please" in reason
        await make_due(pool)
        await carry(post)
        await post.close()
    assert (await state(pool))[0][:2] == ("sent", 2)
    assert box.recipients == [["ada@example.com", "bob@example.com"]]
    mail, plain, html = _parts(box.messages[0])
    (row,) = await deliveries(pool)
    assert mail["Message-ID"] == f"<{row['key']}@example.com>"
    assert mail["From"] == MAIL_FROM
    assert mail["Subject"] == "<Search> Bcc: eve@example.com & Co passed 80 % of $500.00"
    assert mail["Bcc"] is None
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "$412.50" in plain
    assert "&lt;Search&gt;" in html
    assert "<Search>" not in html
    assert "https://llmlab.example.com/budgets" in html
    assert "<img" not in html
    assert "src=" not in html


async def test_who_has_the_mail_does_not_get_it_again(ledger: Ledger) -> None:
    pool, workspace = ledger.pool, await ledger.workspace()
    with MailBox() as box:
        post = post_of(pool, box.server)
        await channel(pool, workspace, "email", to=["ada@example.com", "bob@example.com", "eve@example.com"])
        await message(pool, workspace)
        box.refuses = {"bob@example.com": "450 greylisted", "eve@example.com": "550 no such user"}
        await carry(post)
        assert box.recipients == [["ada@example.com"]]
        box.refuses.pop("bob@example.com")
        await make_due(pool)
        await carry(post)
        assert box.recipients == [["ada@example.com"], ["bob@example.com"]]
        # A bounce of one does not undo that the others have it, and is said.
        ((how, _, remark),) = await state(pool)
        assert how == "sent"
        assert "eve@example.com: 550 no such user" in remark
        await message(pool, workspace)
        box.refuses = dict.fromkeys(["ada@example.com", "bob@example.com", "eve@example.com"], "550 gone")
        await carry(post)
        await post.close()
    assert (await state(pool))[1][:2] == ("failed", 1)


async def test_mail_that_cannot_be_handed_in_says_why(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llmlab_worker.notify.mail.CONNECT_SECONDS", 0.5)
    pool, workspace = ledger.pool, await ledger.workspace()
    await channel(pool, workspace, "email", to=["ada@example.com"])

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    slow = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = slow.sockets[0].getsockname()[1]
    with MailBox() as box:
        plain = box.server
        cases = [
            (None, "failed", "LLMLAB_SMTP_URL"),
            (MailServer("127.0.0.1", 1, "none"), "waiting", "127.0.0.1:1"),
            (MailServer("127.0.0.1", port, "none"), "waiting", "imed out"),
            (MailServer("127.0.0.1", plain.port, "starttls"), "waiting", "STARTTLS"),
            (MailServer("127.0.0.1", plain.port, "none", "me", "wrong"), "waiting", "AUTH"),
        ]
        for server, how, reason in cases:
            await message(pool, workspace)
            post = post_of(pool, server)
            await carry(post)
            await post.close()
            found = (await state(pool))[-1]
            assert found[0] == how
            assert reason.lower() in found[2].lower()
            await pool.execute("UPDATE deliveries SET status = 'failed'")
        box.answers = ["554 looks like spam"]
        await message(pool, workspace)
        post = post_of(pool, plain)
        await carry(post)
        await post.close()
        assert (await state(pool))[-1] == ("failed", 1, ANY)
    slow.close()
    await slow.wait_closed()


def _certificate(folder: Path) -> ssl.SSLContext:
    """Make a certificate of this machine; return what a server shows it with."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


async def test_mail_goes_by_starttls_and_signs_in(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def signs_in(_server: Any, _session: Any, _envelope: Any, _how: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"me", b"secret"), handled=False)

    pool, workspace = ledger.pool, await ledger.workspace()
    context = _certificate(tmp_path)
    await channel(pool, workspace, "email", to=["ada@example.com"])
    with MailBox(
        tls_context=context, require_starttls=True, auth_required=True, authenticator=signs_in
    ) as box:
        port = box.server.port
        await message(pool, workspace)
        server = MailServer("127.0.0.1", port, "starttls", "me", "secret")
        post = post_of(pool, server)
        await carry(post)
        # Nobody vouches for that certificate, so neither password nor mail is handed over.
        assert "certificate" in (await state(pool))[0][2].lower()
        await make_due(pool)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        wrong = post_of(pool, MailServer("127.0.0.1", port, "starttls", "me", "wrong"))
        await carry(wrong)
        assert (await state(pool))[0][0] == "waiting"
        assert "535" in (await state(pool))[0][2]
        await make_due(pool)
        await carry(post_of(pool, server))
    assert (await state(pool))[0][:2] == ("sent", 3)
    assert len(box.messages) == 1


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
