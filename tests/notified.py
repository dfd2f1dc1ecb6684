"""What the tests of deliveries share: channels, messages, and real servers that receive them."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import asyncpg
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from llmlab.testing import Receiver
from llmlab_shared.mail_server import MailServer
from llmlab_shared.outgoing import OutgoingRules
from llmlab_worker.notify.mail import MailSender
from llmlab_worker.notify.post import Post
from llmlab_worker.notify.web import WebSender
from servers import free_port

SECRET = "whsec_" + "c2VjcmV0" * 4
MAIL_FROM = "LLMLab <llmlab@example.com>"
LOCAL = OutgoingRules.of(["127.0.0.0/8"])

CROSSING = {
    "budget_id": 1,
    "name": "Search",
    "scope": {"team": "search"},
    "each": None,
    "value": "",
    "period": "month",
    "period_start": "2026-11-01",
    "period_end": "2026-12-01",
    "threshold": "0.8",
    "revision": 1,
    "amount": "500",
    "spend": "412.5",
    "workspace_id": 1,
}


class MailBox:
    """A real SMTP server. `answers` are given to messages in turn; `refuses` are of recipients.

    `before_answer` is called in the server's thread when a message is there and not answered yet.
    """

    def __init__(self, **server: Any) -> None:
        self.messages: list[bytes] = []
        self.recipients: list[list[str]] = []
        self.answers: list[str] = []
        self.refuses: dict[str, str] = {}
        self.before_answer: Callable[[], object] = lambda: None
        self._port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self._port, **server)

    def __enter__(self) -> "MailBox":
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    @property
    def server(self) -> MailServer:
        return MailServer("127.0.0.1", self._port, "none")

    async def handle_RCPT(  # noqa: N802  # as aiosmtpd calls it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  # as aiosmtpd calls it
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.messages.append(envelope.content)
            self.recipients.append(list(envelope.rcpt_tos))
        self.before_answer()
        return answer


class BorrowingPost(Post):
    """A post office over a pool that is a test's own and stays open."""

    async def close(self) -> None:
        await self._web.close()


def post_of(pool: asyncpg.Pool, mail: MailServer | None = None, **options: Any) -> Post:
    """A post office over a test's pool that may reach this machine."""
    return BorrowingPost(pool, WebSender(options.pop("rules", LOCAL)), MailSender(mail, MAIL_FROM), **options)


async def channel(
    pool: asyncpg.Pool,
    workspace_id: int,
    kind: str,
    kinds: tuple[str, ...] = ("budget_crossing",),
    **settings: Any,
) -> int:
    return await pool.fetchval(
        "INSERT INTO notification_channels (workspace_id, name, kind, settings, kinds) "
        "SELECT $1::bigint, $2::text || ' ' || count(*), $2::text, $3::jsonb, $4::text[] "
        "FROM notification_channels WHERE workspace_id = $1 RETURNING id",
        workspace_id,
        kind,
        json.dumps(settings),
        list(kinds),
    )


async def webhook(pool: asyncpg.Pool, workspace_id: int, receiver: Receiver, path: str = "/hook") -> int:
    return await channel(pool, workspace_id, "webhook", url=f"{receiver.url}{path}", secret=SECRET)


async def message(
    pool: asyncpg.Pool,
    workspace_id: int,
    kind: str = "budget_crossing",
    channels: list[int] | None = None,
    **payload: Any,
) -> int:
    return await pool.fetchval(
        "INSERT INTO outbox (workspace_id, kind, payload, channels) VALUES ($1, $2, $3, $4) RETURNING id",
        workspace_id,
        kind,
        json.dumps({**CROSSING, "workspace_id": workspace_id, **payload}),
        channels,
    )


async def deliveries(pool: asyncpg.Pool) -> list[asyncpg.Record]:
    return list(await pool.fetch("SELECT * FROM deliveries ORDER BY id"))


async def make_due(pool: asyncpg.Pool) -> None:
    """Let the time pass that anything waits for."""
    await pool.execute(
        "UPDATE deliveries SET due_at = now(), leased_until = now() - interval '1 second' "
        "WHERE status = 'waiting'"
    )


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


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
