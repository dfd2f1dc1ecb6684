"""One workspace never sees another's data, whichever way it asks."""

from typing import Any
from uuid import uuid4

from ledger import event, v7
from llmlab_shared import clock
from world import World

MINE = {"feature": "mine", "model": "gpt-4", "tags": {"k": "mine"}}
THEIRS = {"feature": "theirs", "model": "gpt-4-turbo", "tags": {"k": "theirs"}, "customer": "secret"}


async def test_two_workspaces(world: World) -> None:
    other = await world.another()
    await world.zone("UTC", "k")
    await other.zone("UTC", "k")
    shared = str(uuid4())
    timestamp = clock.now().isoformat()
    # The same ids in both: identity is the workspace's own.
    same = str(v7(clock.now()))
    for one, fields in ((world, MINE), (other, THEIRS)):
        await one.store(
            event(id=shared, timestamp=timestamp, **fields), event(id=same, timestamp=timestamp, **fields)
        )
    await other.store(*(event(timestamp=timestamp, **THEIRS) for _ in range(60)))
    await other.client.post("/api/budgets", json={"budget_amount": "9"}, headers=other.account.auth)

    asked: list[tuple[str, dict[str, Any]]] = [
        ("/api/budgets", {}),
        ("/api/recommendations", {}),
        ("/api/costs", {}),
    ]
    # Tier 1, tier 2, the events themselves, and an edge inside a quarter of an hour.
    for extra in (
        {},
        {"group_by": "model,api_key"},
        {"group_by": "feature,day"},
        {"group_by": "tag.k"},
        {"group_by": "feature,customer"},
        {"group_by": "status,hour"},
        {"feature": ["mine", "theirs"]},
        {"from": "2026-11-01T00:07:01Z"},
        {"tz": "Asia/Kathmandu"},
    ):
        asked.append(("/api/costs/summary", extra))
    for identifier in (shared, same):
        asked.append((f"/api/costs/{identifier}", {}))
    for path, parameters in asked:
        response = await world.get(path, **parameters)
        assert response.status_code == 200, response.text
        for secret in ("theirs", "secret", "gpt-4-turbo"):
            assert secret not in response.text.replace("GPT-4 Turbo", ""), (path, parameters)
        if path.endswith("summary"):
            assert response.json()["counts"]["events"] == 2
    assert (await world.get("/api/budgets")).json()["budgets"] == []
    assert len((await world.get("/api/costs")).json()["costs"]) == 2
    cursor = (await other.get("/api/costs", limit=1)).json()["next_cursor"]
    assert len((await world.get("/api/costs", cursor=cursor)).json()["costs"]) <= 2
    assert "theirs" not in (await world.get("/api/costs", cursor=cursor)).text
