"""Making, changing and testing channels. What a URL may lead to is judged here and again when sending."""

import asyncio
import base64
import secrets
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from fastapi.exceptions import RequestValidationError
from llmlab_shared import clock
from llmlab_shared.db.repositories import accounts, alerts, channels
from llmlab_shared.db.repositories.channels import Channel
from llmlab_shared.db.repositories.costs import read_snapshot
from llmlab_shared.domain.notifications import (
    FAN_OUT,
    SWEEP_DELIVERIES,
    WANTED_KINDS,
    ChannelKind,
)
from llmlab_shared.outgoing import NotAllowed, OutgoingRules, Unresolved
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_api.alerts.service import TIMEOUT_MS, delivery_wire
from llmlab_api.auth import Principal
from llmlab_api.channels.schemas import SETTINGS, ChannelChange, ChannelRequest
from llmlab_api.errors import Problem, invalid
from llmlab_api.jobs import enqueue
from llmlab_api.services import Services

MAX_CHANNELS: Final = 50
MAX_TESTS_A_MINUTE: Final = 5
_NAMES: Final[dict[ChannelKind, str]] = {
    "email": "E-mail",
    "slack": "Slack",
    "teams": "Teams",
    "discord": "Discord",
    "pagerduty": "PagerDuty",
    "webhook": "Webhook",
}
# Nobody is called at night for a report, or for what may come to pass.
_WANTED: Final[dict[ChannelKind, tuple[str, ...]]] = {"pagerduty": ("budget_crossing", "spend_anomaly")}
_SECRET_BYTES: Final = 24
_SHOWN: Final = 4
_RESOLVE_SECONDS: Final = 5.0
_NO_MAIL = (
    "no mail server is set, so mail fails: set LLMLAB_SMTP_URL and LLMLAB_MAIL_FROM for API and workers"
)


async def list_channels(
    services: Services, workspace_id: int, *, cursor: int | None, limit: int
) -> dict[str, Any]:
    """Return a page of a workspace's channels, in the order of their making."""
    async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
        found = await channels.list_channels(connection, workspace_id, after=cursor or 0, limit=limit + 1)
    page = found[:limit]
    return {
        "channels": [_wire(services, channel) for channel in page],
        "next_cursor": str(page[-1].id) if len(found) > limit else None,
    }


async def create_channel(services: Services, caller: Principal, asked: ChannelRequest) -> dict[str, Any]:
    """Make a channel and return it, with the secret of a webhook. Raises 409, 422."""
    settings = await _checked(services, asked.kind, asked.settings)
    secret = _new_secret() if asked.kind == "webhook" else None
    if secret:
        settings["secret"] = secret
    kinds = _WANTED.get(asked.kind, WANTED_KINDS) if asked.kinds is None else asked.kinds
    async with services.engine.begin() as connection:
        taken = await channels.hold_names(connection, caller.workspace_id)
        if len(taken) >= MAX_CHANNELS:
            raise Problem(
                422,
                "too_many_channels",
                f"this workspace has {MAX_CHANNELS} channels, the most there can be: remove one first",
            )
        if asked.name in taken:
            raise _name_taken(asked.name or "")
        channel_id = await channels.insert_channel(
            connection,
            caller.workspace_id,
            name=asked.name or _free(_NAMES[asked.kind], taken),
            kind=asked.kind,
            settings=settings,
            kinds=kinds,
        )
        await _audit(connection, caller, "channel_created", channel_id, {"kind": asked.kind})
        made = await _find(connection, caller, channel_id)
    return {**_wire(services, made), "secret": secret}


async def change_channel(
    services: Services, caller: Principal, channel_id: int, asked: ChannelChange
) -> dict[str, Any]:
    """Change what was sent and return the channel; what waited goes out when it is resumed."""
    # What may not be null is not sent as null: to leave it out means to keep it.
    for name in asked.model_fields_set:
        if getattr(asked, name) is None:
            raise invalid(name, "wrong_type", f"`{name}` cannot be null; leave it out to keep it")
    settings = None
    if asked.settings is not None:
        async with services.engine.connect() as connection:
            kind = (await _find(connection, caller, channel_id)).kind
        settings = await _checked(services, kind, asked.settings)
    async with services.engine.begin() as connection:
        taken = await channels.hold_names(connection, caller.workspace_id)
        await channels.hold_channel(connection, caller.workspace_id, channel_id)
        before = await _find(connection, caller, channel_id)
        if asked.name is not None and asked.name != before.name and asked.name in taken:
            raise _name_taken(asked.name)
        if settings is not None:
            kept = ("secret", "previous_secret", "previous_until") if before.kind == "webhook" else ()
            settings |= {name: before.settings[name] for name in kept if name in before.settings}
        await channels.update_channel(
            connection,
            caller.workspace_id,
            channel_id,
            name=asked.name,
            kinds=asked.kinds,
            settings=settings,
            paused=asked.paused,
        )
        details = {name: getattr(asked, name) for name in asked.model_fields_set - {"settings"}}
        details |= {"settings": "changed"} if settings is not None else {}
        await _audit(connection, caller, "channel_changed", channel_id, details)
        after = await _find(connection, caller, channel_id)
    if asked.paused is False or settings is not None:
        await enqueue(services, SWEEP_DELIVERIES)
    return _wire(services, after)


async def rotate_secret(
    services: Services, caller: Principal, channel_id: int, grace_seconds: int
) -> dict[str, Any]:
    """Give a webhook a new secret and return it; within the grace its messages are signed by both."""
    async with services.engine.begin() as connection:
        await channels.hold_channel(connection, caller.workspace_id, channel_id)
        before = await _find(connection, caller, channel_id)
        if before.kind != "webhook":
            raise Problem(
                409, "no_secret", f"channel {channel_id} is of kind {before.kind}: only webhooks are signed"
            )
        secret = _new_secret()
        settings = {"url": before.settings["url"], "secret": secret}
        if grace_seconds:
            until = clock.now() + timedelta(seconds=grace_seconds)
            settings |= {"previous_secret": before.settings["secret"], "previous_until": until.isoformat()}
        await channels.update_channel(connection, caller.workspace_id, channel_id, settings=settings)
        await _audit(
            connection, caller, "channel_secret_rotated", channel_id, {"grace_seconds": grace_seconds}
        )
        after = await _find(connection, caller, channel_id)
    return {**_wire(services, after), "secret": secret}


async def delete_channel(services: Services, caller: Principal, channel_id: int) -> None:
    """Remove a channel with the log of its deliveries; raises 404."""
    async with services.engine.begin() as connection:
        if not await channels.delete_channel(connection, caller.workspace_id, channel_id):
            raise _unknown(channel_id)
        await _audit(connection, caller, "channel_removed", channel_id, {})


async def test_channel(services: Services, caller: Principal, channel_id: int) -> dict[str, Any]:
    """Send a test by the way of all alerts, also to a paused channel; return its delivery, which waits."""
    async with services.engine.begin() as connection:
        await channels.hold_channel(connection, caller.workspace_id, channel_id)
        await _find(connection, caller, channel_id)
        if await alerts.count_recent_tests(connection, channel_id) >= MAX_TESTS_A_MINUTE:
            raise Problem(
                429,
                "too_many_tests",
                f"this channel was tested {MAX_TESTS_A_MINUTE} times within a minute; wait for the next",
                headers={"Retry-After": "60"},
            )
        delivery_id = await alerts.insert_test(connection, caller.workspace_id, channel_id, caller.actor)
        await _audit(connection, caller, "channel_tested", channel_id, {})
        delivery = await alerts.find_delivery(connection, caller.workspace_id, delivery_id)
        assert delivery is not None, "inserted above, in this transaction"
    await enqueue(services, FAN_OUT)
    return delivery_wire(delivery)


async def _checked(services: Services, kind: ChannelKind, given: dict[str, Any]) -> dict[str, Any]:
    """Return a kind's settings as they are stored; raise the 422 that names what is wrong with them."""
    try:
        settings = SETTINGS[kind].model_validate(given).model_dump(exclude_none=True)
    except ValidationError as error:
        raise RequestValidationError(
            [{**each, "loc": ("body", "settings", *each["loc"])} for each in error.errors(include_url=False)]
        ) from None
    if "url" in settings:
        await _check_url(services, settings["url"])
    return settings


async def _check_url(services: Services, url: str) -> None:
    rules = OutgoingRules.of(services.settings.outgoing_allow)
    try:
        destination = rules.read(url)
        async with asyncio.timeout(_RESOLVE_SECONDS):
            await rules.resolve(destination, services.resolvers)
    except NotAllowed as error:
        raise invalid("settings.url", error.code, f"settings.url {error.detail}") from None
    except Unresolved as error:
        if error.final:
            raise invalid("settings.url", error.code, f"settings.url: {error.detail}") from None
        # The name server may be ill just now; sending looks again.
    except TimeoutError:
        return


async def _find(connection: AsyncConnection, caller: Principal, channel_id: int) -> Channel:
    found = await channels.find_channel(connection, caller.workspace_id, channel_id)
    if found is None:
        raise _unknown(channel_id)
    return found


async def _audit(
    connection: AsyncConnection, caller: Principal, action: str, channel_id: int, details: dict[str, Any]
) -> None:
    await accounts.write_audit(
        connection,
        workspace_id=caller.workspace_id,
        actor=caller.actor,
        action=action,
        target=f"channel:{channel_id}",
        details=details,
    )


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def _free(name: str, taken: list[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} {number}"
    return free


def _unknown(channel_id: int) -> Problem:
    return Problem(404, "channel_not_found", f"this workspace has no channel {channel_id}")


def _name_taken(name: str) -> Problem:
    return Problem(409, "name_taken", f"there is a channel called {name!r}; choose another name")


def _wire(services: Services, channel: Channel) -> dict[str, Any]:
    last = channel.last
    shown: dict[str, Any] = msgspec.to_builtins(
        {
            "id": channel.id,
            "name": channel.name,
            "kind": channel.kind,
            "settings": _masked(channel.settings),
            "kinds": channel.kinds,
            "paused": channel.paused_at is not None,
            "paused_at": channel.paused_at,
            "created_at": channel.created_at,
            "last_delivery": last
            and {"id": last.id, "status": last.status, "error": last.error, "at": last.at},
            "problem": _NO_MAIL if channel.kind == "email" and not services.settings.smtp_url else None,
        }
    )
    return shown


def _masked(settings: dict[str, Any]) -> dict[str, Any]:
    """Return settings as anybody of the workspace may see them: addresses whole, of secrets the end."""
    shown: dict[str, Any] = {}
    for name, value in settings.items():
        if name == "to":
            shown[name] = value
        elif name == "url":
            parts = urlsplit(value)
            shown[name] = f"{parts.scheme}://{parts.netloc}/…{_end(parts.path + parts.query)}"
        elif name in ("secret", "routing_key"):
            start = "whsec_" if name == "secret" else ""
            shown[name] = f"{start}…{_end(value)}"
    return shown


def _end(secret: str) -> str:
    # Of what is short, the end would be most of it.
    return secret[-_SHOWN:] if len(secret) >= 4 * _SHOWN else ""
