"""Mail handed in at a real SMTP server: its forms, its recipients one by one, what keeps it from leaving."""

import asyncio
import email
import ssl
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from ledger import Ledger
from llmlab_shared.mail_server import MailServer
from notified import MAIL_FROM, MailBox, carry, channel, deliveries, make_due, message, post_of, state


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
