"""What a workspace wants to be told of, and where its reports go."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal

from sqlalchemy import RowMapping, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_shared.db.models.notification_settings import NotificationSettings as Row
from llmlab_shared.domain.anomalies import DEFAULT_MINIMUM


@dataclass(frozen=True, slots=True)
class NotificationSettings:
    """The settings of a workspace; those of one that has set nothing. Channels are ids.

    `report_channels` None: all that want reports; none at all: reports are shown in the app only.
    """

    forecasts: bool = True
    anomalies: bool = True
    anomaly_minimum: Decimal = DEFAULT_MINIMUM
    weekly_report: bool = True
    monthly_report: bool = True
    team_reports: bool = True
    report_channels: Sequence[int] | None = None
    team_channels: Mapping[str, Sequence[int]] = field(default_factory=dict)


SETTING_NAMES = tuple(one.name for one in fields(NotificationSettings))
# With the workspace's own table as `s`, which may have no row.
SETTING_COLUMNS = ", ".join(f"s.{name}" for name in SETTING_NAMES)

_READ = text(f"SELECT {SETTING_COLUMNS} FROM notification_settings s WHERE s.workspace_id = :workspace")
# There may be no row yet to lock, but there is a workspace.
_LOCK = text("SELECT id FROM workspaces WHERE id = :workspace FOR NO KEY UPDATE")
_THERE = text("SELECT id FROM notification_channels WHERE workspace_id = :workspace AND id = ANY (:channels)")


def settings_of(row: RowMapping) -> NotificationSettings:
    """Return the settings in a row that has their columns; all null, where there is none."""
    if row["forecasts"] is None:
        return NotificationSettings()
    return NotificationSettings(**{name: row[name] for name in SETTING_NAMES})


async def read_settings(connection: AsyncConnection, workspace_id: int) -> NotificationSettings:
    """Return a workspace's settings."""
    row = (await connection.execute(_READ, {"workspace": workspace_id})).mappings().first()
    return NotificationSettings() if row is None else settings_of(row)


async def lock_settings(connection: AsyncConnection, workspace_id: int) -> None:
    """Let nobody else change a workspace's settings before the transaction ends."""
    await connection.execute(_LOCK, {"workspace": workspace_id})


async def put_settings(
    connection: AsyncConnection, workspace_id: int, settings: NotificationSettings
) -> None:
    """Set all of a workspace's settings."""
    values = {
        **asdict(settings),
        "report_channels": None if settings.report_channels is None else [*settings.report_channels],
        "team_channels": {team: [*channels] for team, channels in settings.team_channels.items()},
    }
    statement = insert(Row).values(workspace_id=workspace_id, **values)
    await connection.execute(statement.on_conflict_do_update(index_elements=["workspace_id"], set_=values))


async def find_channels(connection: AsyncConnection, workspace_id: int, channels: Sequence[int]) -> set[int]:
    """Return which of these channels the workspace has."""
    asked = {"workspace": workspace_id, "channels": [*channels]}
    return set((await connection.scalars(_THERE, asked)).all())
