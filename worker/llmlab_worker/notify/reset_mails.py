"""Mailing links to choose a new password: to the account's own address, with a few retries within the hour.

Each attempt makes a new secret, and only its hash is kept. A mail that went out twice, because a worker was
killed between handing it in and noting that, has the good link in the later one.
"""

from typing import Final
from uuid import uuid4

import asyncpg
from llmlab_shared.db import password_resets
from llmlab_shared.db.password_resets import LIFE_MINUTES, RESET_PATH, Letter
from llmlab_shared.log import get_logger

from llmlab_worker.notify.deliveries import LEASE_SECONDS, pause_after
from llmlab_worker.notify.mail import MailSender
from llmlab_worker.notify.notice import Notice
from llmlab_worker.notify.verdict import GiveUp, TryLater

_NO_ADDRESS: Final = (
    "it is not known where links lead: give the workers the LLMLAB_PUBLIC_URL that the API has"
)
_FOOTER: Final = (
    "LLMLab sends you this because somebody asked for a new password for the account with your e-mail."
)

log = get_logger(__name__)


async def send_reset(pool: asyncpg.Pool, mail: MailSender, public_url: str | None, reset_id: int) -> None:
    """Make one attempt at a request, if it is due; failures are logged and, where that helps, tried again."""
    async with pool.acquire() as connection:
        letter = await password_resets.take(connection, reset_id, lease_seconds=LEASE_SECONDS)
    if letter is None:
        return
    try:
        if public_url is None:
            raise GiveUp(_NO_ADDRESS)
        notice = reset_notice(f"{public_url}{RESET_PATH}{letter.secret}", public_url)
        # Of chance: mailboxes hide a message with the id of another, also of another installation's.
        await mail.send_letter(notice, _FOOTER, letter.email, key=f"password-reset-{uuid4()}")
    except TryLater as later:
        async with pool.acquire() as connection:
            await password_resets.put_off(connection, letter, pause_after(letter.attempts, later.after))
        _tell("put_off", letter, later.reason)
    except GiveUp as final:
        async with pool.acquire() as connection:
            await password_resets.give_up(connection, letter)
        _tell("failed", letter, final.reason)
    else:
        async with pool.acquire() as connection:
            await password_resets.mark_sent(connection, letter)
        log.info("password_reset_sent", reset=letter.id, attempts=letter.attempts)


def reset_notice(link: str, public_url: str) -> Notice:
    """Say how to choose a new password."""
    return Notice(
        title="Choose a new password for LLMLab",
        severity="info",
        summary=f"Open the link within {LIFE_MINUTES} minutes and choose a new password. It works once, "
        "and signs you out everywhere else.",
        facts=[("LLMLab", public_url)],
        link=link,
        link_label="Choose a new password",
        resolved_by="It was not you? Then leave it alone: without the link, nothing changes.",
    )


def _tell(what: str, letter: Letter, reason: str) -> None:
    log.warning(f"password_reset_{what}", reset=letter.id, attempts=letter.attempts, reason=reason)
