"""E-mail: the message in two forms, and handing it to the operator's mail server."""

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING, Final

from llmlab_shared.mail_server import MailServer

from llmlab_worker.notify.deliveries import Parcel
from llmlab_worker.notify.mail_html import html_of
from llmlab_worker.notify.notice import Notice
from llmlab_worker.notify.plain import cut, one_line, text_of
from llmlab_worker.notify.verdict import GiveUp, TryLater

if TYPE_CHECKING:
    import aiosmtplib

CONNECT_SECONDS: Final = 5.0
WHOLE_SECONDS: Final = 15.0
_SUBJECT: Final = 200
_NOT_SET: Final = (
    "no mail server is set: give the workers LLMLAB_SMTP_URL and LLMLAB_MAIL_FROM, then retry this"
)


class MailSender:
    """Hands messages to one mail server. `server` None: there is none, and every delivery says so."""

    def __init__(self, server: MailServer | None, sender: str | None) -> None:
        self._server = server
        self._sender = sender or ""
        self._context: ssl.SSLContext | None = None

    async def send(self, parcel: Parcel) -> str | None:
        """Send to every address of the channel that has not got it; return what must be known of the rest.

        Raises `TryLater` while somebody may still get it, `GiveUp` when nobody will.
        """
        if self._server is None:
            raise GiveUp(_NOT_SET)
        addresses = [str(address) for address in parcel.settings["to"]]
        left = [address for address in addresses if address not in parcel.reached]
        try:
            message = compose(parcel, self._sender, addresses)
        except (ValueError, IndexError, MessageError) as error:
            raise GiveUp(f"no mail can be addressed so, to {', '.join(addresses)}: {error}") from None
        refused = await self._hand_in(self._server, message, left) if left else {}
        return _judged(addresses, left, refused)

    async def send_letter(self, notice: Notice, footer: str, address: str, *, key: str) -> None:
        """Send a notice to one person, by no channel. Raises `TryLater` and `GiveUp`."""
        if self._server is None:
            raise GiveUp(_NOT_SET)
        try:
            message = letter_of(notice, footer, self._sender, [address], key)
        except (ValueError, IndexError, MessageError) as error:
            raise GiveUp(f"no mail can be addressed so: {error}") from None
        _judged([address], [address], await self._hand_in(self._server, message, [address]))

    async def _hand_in(
        self, server: MailServer, message: EmailMessage, recipients: Sequence[str]
    ) -> dict[str, tuple[int, str]]:
        """Hand a message in, in time; return the recipients that were refused, with code and words."""
        try:
            async with asyncio.timeout(WHOLE_SECONDS):
                return await self._converse(server, message, recipients)
        except TimeoutError:
            raise TryLater(f"the mail server did not answer within {WHOLE_SECONDS:g} seconds") from None

    async def _converse(
        self, server: MailServer, message: EmailMessage, recipients: Sequence[str]
    ) -> dict[str, tuple[int, str]]:
        import aiosmtplib

        where = f"{server.host}:{server.port}"
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.encryption == "tls",
            start_tls=server.encryption == "starttls",
            tls_context=None if server.encryption == "none" else await self._opened(),
            timeout=CONNECT_SECONDS,
        )
        try:
            await client.connect()
            client.timeout = WHOLE_SECONDS
            if server.username is not None:
                await client.login(server.username, server.password or "")
            refused, _ = await client.send_message(
                message, sender=parseaddr(self._sender)[1], recipients=list(recipients)
            )
            return {address: (answer.code, answer.message) for address, answer in refused.items()}
        except aiosmtplib.SMTPRecipientsRefused as error:
            return {each.recipient: (each.code, each.message) for each in error.recipients}
        except aiosmtplib.SMTPNotSupported as error:
            raise GiveUp(f"the mail server {where} cannot take it: {error.message}") from None
        except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPDataError) as error:
            reason = f"the mail server {where} answered {error.code}: {error.message}"
            raise (GiveUp(reason) if error.code >= 500 else TryLater(reason)) from None
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError) as error:
            # The server, the way to it or the sign-in is not as it should be: nothing is wrong with the mail.
            raise TryLater(f"the mail server {where}: {_said(error)}") from None
        finally:
            # It is handed in, or not; how the farewell goes changes nothing.
            with suppress(Exception):
                await _leave(client)

    async def _opened(self) -> ssl.SSLContext:
        import httpx

        if self._context is None:
            self._context = await asyncio.to_thread(httpx.create_ssl_context)
        return self._context


def compose(parcel: Parcel, sender: str, recipients: Sequence[str]) -> EmailMessage:
    """Return the message; its Message-ID is the delivery's, so that a repeat is recognised."""
    footer = (
        f"LLMLab sends you this because the channel “{one_line(parcel.channel_name)}” of the workspace "
        f"“{one_line(parcel.workspace)}” has your address. Its owners can change or pause it."
    )
    return letter_of(parcel.notice, footer, sender, recipients, str(parcel.key))


def letter_of(notice: Notice, footer: str, sender: str, recipients: Sequence[str], key: str) -> EmailMessage:
    """Return a notice as a message; `key` is unlike that of every other message."""
    name, address = parseaddr(sender)
    message = EmailMessage(policy=SMTP)
    message["Subject"] = cut(one_line(notice.title), _SUBJECT)
    message["From"] = Address(name or "LLMLab", addr_spec=address)
    message["To"] = [Address(addr_spec=each) for each in recipients]
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = f"<{key}@{address.rpartition('@')[2]}>"
    # Nobody's absence notice shall answer.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    if notice.severity == "critical":
        message["Importance"] = "high"
    message.set_content(text_of(notice, footer))
    message.add_alternative(html_of(notice, footer), subtype="html")
    return message


def _judged(
    addresses: Sequence[str], tried: Sequence[str], refused: dict[str, tuple[int, str]]
) -> str | None:
    reached = [address for address in tried if address not in refused]
    words = "; ".join(f"{address}: {code} {one_line(said)}" for address, (code, said) in refused.items())
    if any(code < 500 for code, _ in refused.values()):
        raise TryLater(f"the mail server refused {words}", reached=reached)
    if refused and len(refused) == len(addresses):
        raise GiveUp(f"the mail server refused {words}")
    return f"not to everybody: the mail server refused {words}" if refused else None


async def _leave(client: "aiosmtplib.SMTP") -> None:
    if client.is_connected:
        async with asyncio.timeout(2):
            await client.quit()
    client.close()


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")
