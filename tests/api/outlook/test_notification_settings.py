"""`/api/notifications/settings`: defaults, partial changes, and channels of one's own only."""

import asyncio
from typing import Any

import pytest
from world import World

PATH = "/api/notifications/settings"
DEFAULTS = {
    "forecasts": True,
    "anomalies": True,
    "anomaly_minimum": "10",
    "weekly_report": True,
    "monthly_report": True,
    "team_reports": True,
    "report_channels": None,
    "team_channels": {},
}


async def channel(world: World, name: str) -> int:
    return await world.ledger.pool.fetchval(
        "INSERT INTO notification_channels (workspace_id, name, kind, settings, kinds) "
        "VALUES ($1, $2, 'webhook', '{}', '{report}') RETURNING id",
        world.account.workspace_id,
        name,
    )


async def patch(world: World, body: Any) -> Any:
    return await world.client.patch(PATH, json=body, headers=world.account.auth)


async def test_what_is_given_changes_and_the_rest_stays(world: World) -> None:
    assert (await world.get(PATH)).json() == DEFAULTS
    mine, theirs = await channel(world, "mine"), await channel(await world.another(), "theirs")
    changed = {"anomaly_minimum": "25.5", "report_channels": [mine], "team_channels": {"search": [mine]}}
    assert (await patch(world, changed)).json() == DEFAULTS | changed
    assert (await patch(world, {"weekly_report": False})).json() == DEFAULTS | changed | {
        "weekly_report": False
    }
    assert (await patch(world, {})).json() == (await world.get(PATH)).json()
    assert (await patch(world, {"report_channels": None, "anomaly_minimum": 0.1})).json()[
        "anomaly_minimum"
    ] == "0.1"
    for field, value in (("report_channels", [mine, theirs]), ("team_channels", {"chat": [theirs]})):
        refused = await patch(world, {field: value})
        assert (refused.status_code, refused.json()["code"]) == (422, "channel_not_found")
        assert refused.json()["errors"][0]["field"] == field
    assert (await (await world.another()).get(PATH)).json() == DEFAULTS
    audit = await world.ledger.pool.fetch(
        "SELECT details FROM audit_log WHERE action = 'notification_settings_changed' ORDER BY id"
    )
    assert len(audit) == 3
    assert audit[1]["details"] == '{"weekly_report": false}'


async def test_changes_at_once_do_not_undo_each_other(world: World) -> None:
    switches = ["forecasts", "anomalies", "weekly_report", "monthly_report", "team_reports"]
    await asyncio.gather(*(patch(world, {name: False}) for name in switches))
    settings = (await world.get(PATH)).json()
    assert [settings[name] for name in switches] == [False] * 5


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"anomaly_minimum": "0"}, "anomaly_minimum: must be above 0"),
        ({"anomaly_minimum": "-5"}, "anomaly_minimum: must lie from 0 to"),
        ({"anomaly_minimum": "1e3"}, "anomaly_minimum: must be a number or a decimal string"),
        ({"anomaly_minimum": True}, "anomaly_minimum: must be a number or a decimal string"),
        ({"anomaly_minimum": None}, "anomaly_minimum: must be a number or a decimal string"),
        ({"anomaly_minimum": "0.0000000000001"}, "anomaly_minimum: has more than 12 decimals"),
        ({"weekly_report": "yes"}, "weekly_report: must be a valid boolean"),
        ({"weekly_report": None}, "weekly_report: must be a valid boolean"),
        ({"weekly_reports": True}, "did you mean weekly_report?"),
        ({"report_channels": ["a"]}, "report_channels.0: must be a valid integer"),
        ({"report_channels": [2**70]}, "report_channels.0: must be"),
        ({"team_channels": {"": [1]}}, "team_channels"),
        ({"team_channels": {"a\x00": [1]}}, "control character"),
        ([], "must be a JSON object"),
    ],
)
async def test_bad_settings_say_what_to_mend(world: World, body: Any, said: str) -> None:
    response = await patch(world, body)
    assert response.status_code == 422, response.text
    assert said in response.json()["detail"]
    assert (await world.get(PATH)).json() == DEFAULTS
