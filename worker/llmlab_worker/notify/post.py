"""The post office of a worker process: takes a delivery, has it sent, records what became of it."""

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg
import msgspec
from llmlab_shared.config import ServerSettings
from llmlab_shared.db import password_resets
from llmlab_shared.db.engine import open_pool
from llmlab_shared.domain.notifications import PAGERDUTY_URL
from llmlab_shared.log import get_logger
from llmlab_shared.mail_server import MailServer
from llmlab_shared.outgoing import OutgoingRules

from llmlab_worker.notify import deliveries, outbox
from llmlab_worker.notify.deliveries import ATTEMPT_SECONDS, Due, Parcel
from llmlab_worker.notify.discord import discord
from llmlab_worker.notify.mail import MailSender
from llmlab_worker.notify.notice import Notice
from llmlab_worker.notify.outbox import FannedOut
from llmlab_worker.notify.pagerduty import pagerduty
from llmlab_worker.notify.reset_mails import send_reset
from llmlab_worker.notify.slack import slack
from llmlab_worker.notify.teams import teams
from llmlab_worker.notify.verdict import GiveUp, TryLater
from llmlab_worker.notify.web import WebSender
from llmlab_worker.notify.webhook import webhook

# Short statements only: nothing is sent while one of these is held. Apart from the pool of the other jobs,
# which may hold theirs for long.
_CONNECTIONS = 2
_COMMAND_SECONDS = 8.0
_CHATS: dict[str, Callable[[Notice], dict[str, Any]]] = {"slack": slack, "discord": discord, "teams": teams}

log = get_logger(__name__)


class Post:
    """What deliveries need in a process: connections of their own, and the senders."""

    def __init__(
        self, pool: asyncpg.Pool, web: WebSender, mail: MailSender, public_url: str | None = None
    ) -> None:
        self._pool = pool
        self._web = web
        self._mail = mail
        self._public_url = public_url

    @classmethod
    async def open(cls, database_url: str, settings: ServerSettings) -> "Post":
        """Open it; nothing is connected before the first use."""
        pool = await open_pool(
            database_url, min_size=0, max_size=_CONNECTIONS, command_timeout=_COMMAND_SECONDS
        )
        smtp = settings.smtp_url
        server = MailServer.read(smtp.get_secret_value()) if smtp else None
        web = WebSender(OutgoingRules.of(settings.outgoing_allow))
        return cls(pool, web, MailSender(server, settings.mail_from), settings.public_url)

    async def close(self) -> None:
        """Close the connections."""
        await self._web.close()
        try:
            await asyncio.wait_for(self._pool.close(), 5)
        except TimeoutError:
            self._pool.terminate()

    async def fan_out(self) -> FannedOut:
        """Make the deliveries of some of what waits in the outbox."""
        return await outbox.fan_out(self._pool, self._public_url)

    async def due(self) -> list[Due]:
        """Return the deliveries that are due, a few of each channel."""
        return await deliveries.due(self._pool)

    async def deliver(self, delivery_id: int) -> int | None:
        """Make one attempt at a delivery, if it is due; return the workspace's next one that waits."""
        parcel = await deliveries.take(self._pool, delivery_id)
        if parcel is None:
            return None
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                remark = await self._send(parcel)
        except TimeoutError:
            await self._put_off(parcel, TryLater(f"no answer within {ATTEMPT_SECONDS:g} seconds"))
        except TryLater as later:
            await self._put_off(parcel, later)
        except GiveUp as final:
            await deliveries.mark_failed(self._pool, parcel, final.reason)
            log.warning(
                "delivery_failed", delivery=parcel.id, channel=parcel.channel_kind, reason=final.reason
            )
        except Exception as error:
            # A fault of ours: it is told and tried again, because a fixed version may come.
            log.error("delivery_broke", delivery=parcel.id, channel=parcel.channel_kind, exc_info=error)
            await self._put_off(parcel, TryLater(f"LLMLab could not make the message: {error!r}"))
        else:
            await deliveries.mark_sent(self._pool, parcel, remark)
            log.info("delivered", delivery=parcel.id, channel=parcel.channel_kind, attempts=parcel.attempts)
        return await deliveries.next_of_workspace(self._pool, parcel.workspace_id)

    async def send_reset(self, reset_id: int) -> None:
        """Mail a link to choose a new password, if that is due."""
        await send_reset(self._pool, self._mail, self._public_url, reset_id)

    async def resets_due(self) -> list[int]:
        """Return the requests for a new password that are to be mailed."""
        async with self._pool.acquire() as connection:
            return await password_resets.due(connection)

    async def _put_off(self, parcel: Parcel, later: TryLater) -> None:
        await deliveries.put_off(self._pool, parcel, later)
        log.info("delivery_put_off", delivery=parcel.id, channel=parcel.channel_kind, reason=later.reason)

    async def _send(self, parcel: Parcel) -> str | None:
        settings = parcel.settings
        match parcel.channel_kind:
            case "email":
                return await self._mail.send(parcel)
            case "webhook":
                body, headers = webhook(parcel)
                await self._web.post(settings["url"], body, headers)
            case "pagerduty":
                url = settings.get("url") or PAGERDUTY_URL
                await self._web.post(url, msgspec.json.encode(pagerduty(parcel)))
            case chat:
                await self._web.post(settings["url"], msgspec.json.encode(_CHATS[chat](parcel.notice)))
        return None
