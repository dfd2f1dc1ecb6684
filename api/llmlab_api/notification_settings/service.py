"""Reading a workspace's settings, and changing what was sent of them."""

from dataclasses import replace
from typing import Any, Final

from llmlab_shared.db.repositories import accounts
from llmlab_shared.db.repositories.costs import read_snapshot
from llmlab_shared.db.repositories.notification_settings import (
    NotificationSettings,
    find_channels,
    lock_settings,
    put_settings,
    read_settings,
)
from llmlab_shared.domain.money import to_wire
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_api.auth import Principal
from llmlab_api.errors import invalid
from llmlab_api.notification_settings.schemas import SettingsRequest
from llmlab_api.services import Services

_TIMEOUT_MS: Final = 10_000


async def get_settings(services: Services, workspace_id: int) -> dict[str, Any]:
    """Return a workspace's settings as the wire has them."""
    async with read_snapshot(services.engine, _TIMEOUT_MS) as connection:
        return on_wire(await read_settings(connection, workspace_id))


async def change_settings(services: Services, caller: Principal, asked: SettingsRequest) -> dict[str, Any]:
    """Change what was sent, and return all settings; raise the 422 for channels that there are not."""
    given = {name: getattr(asked, name) for name in asked.model_fields_set}
    async with services.engine.begin() as connection:
        await connection.execute(text(f"SET LOCAL statement_timeout = {_TIMEOUT_MS}"))
        await _check_channels(connection, caller.workspace_id, given)
        # Two people who change different settings at once must not undo each other.
        await lock_settings(connection, caller.workspace_id)
        before = await read_settings(connection, caller.workspace_id)
        after = replace(before, **given)
        if after != before:
            await put_settings(connection, caller.workspace_id, after)
            was, now = on_wire(before), on_wire(after)
            await accounts.write_audit(
                connection,
                workspace_id=caller.workspace_id,
                actor=caller.actor,
                action="notification_settings_changed",
                target="notification_settings",
                details={name: now[name] for name in now if now[name] != was[name]},
            )
    return on_wire(after)


def on_wire(settings: NotificationSettings) -> dict[str, Any]:
    """Return settings as answers have them."""
    channels = settings.report_channels
    return {
        "forecasts": settings.forecasts,
        "anomalies": settings.anomalies,
        "anomaly_minimum": to_wire(settings.anomaly_minimum),
        "weekly_report": settings.weekly_report,
        "monthly_report": settings.monthly_report,
        "team_reports": settings.team_reports,
        "report_channels": None if channels is None else [*channels],
        "team_channels": {team: [*own] for team, own in settings.team_channels.items()},
    }


async def _check_channels(connection: AsyncConnection, workspace_id: int, given: dict[str, Any]) -> None:
    named = {"report_channels": set(given.get("report_channels") or ())}
    named["team_channels"] = {one for own in given.get("team_channels", {}).values() for one in own}
    wanted = set().union(*named.values())
    if not wanted:
        return
    there = await find_channels(connection, workspace_id, sorted(wanted))
    for field, channels in named.items():
        missing = sorted(channels - there)
        if missing:
            raise invalid(
                field,
                "channel_not_found",
                f"this workspace has no notification channel {', '.join(map(str, missing[:5]))}",
            )
