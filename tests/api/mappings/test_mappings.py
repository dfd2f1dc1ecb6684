"""A workspace's own names of models: what calls under them cost, and who else is touched by it (nobody)."""

from typing import Any

import httpx
from ledger import event
from world import World

PATH = "/api/prices/mappings"
DEPLOYED = {"provider": "azure", "name": "our-fast", "model": "gpt-4", "target_provider": "openai"}


async def put(world: World, status: int, **body: Any) -> dict[str, Any]:
    response = await world.client.put(PATH, json=body, headers=world.account.auth)
    assert response.status_code == status, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def delete(world: World, **parameters: Any) -> httpx.Response:
    return await world.client.delete(PATH, params=parameters, headers=world.account.auth)


async def mapped(world: World, **parameters: Any) -> list[dict[str, Any]]:
    response = await world.get(PATH, **parameters)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["mappings"]
    return found


async def costs(world: World, *models: str) -> list[str | None]:
    """Send an event for each model and return what they cost."""
    found = []
    for model in models:
        await world.store(event(provider="Azure", model=model))
        newest = (await world.get("/api/costs", limit=1, model=model)).json()["costs"][0]
        found.append(newest["cost"])
    return found


async def test_calls_under_a_name_cost_what_its_model_costs(world: World) -> None:
    assert await costs(world, "Our-Fast") == [None]
    answer = await put(world, 201, **{**DEPLOYED, "name": "Our-Fast", "provider": "Azure_OpenAI"})
    assert answer == {**DEPLOYED, "priced": True, "price_rule": "mapping:exact"}
    assert await costs(world, "Our-Fast", "our-fast") == ["0.06", "0.06"]
    other = await world.another()
    assert await costs(other, "our-fast") == [None]
    assert await mapped(world) == [DEPLOYED]
    assert await mapped(other) == []


async def test_a_name_is_pointed_elsewhere_and_the_same_again_changes_nothing(world: World) -> None:
    await put(world, 201, **DEPLOYED)
    pool = world.ledger.pool

    async def changes() -> tuple[int, int]:
        return (
            await pool.fetchval("SELECT value FROM epochs WHERE name = 'prices'"),
            await world.ledger.count("audit_log"),
        )

    before = await changes()
    await put(world, 200, **DEPLOYED)
    assert await changes() == before
    answer = await put(world, 200, provider="azure", name="our-fast", model="nothing-known")
    assert (answer["target_provider"], answer["priced"], answer["price_rule"]) == ("azure", False, None)
    assert await changes() == (before[0] + 1, before[1] + 1)
    assert await costs(world, "our-fast") == [None]


async def test_a_name_that_the_list_knows_is_the_lists(world: World) -> None:
    answer = await put(world, 201, provider="openai", name="gpt-4", model="gpt-4o")
    assert (answer["priced"], answer["price_rule"]) == (True, "exact")


async def test_a_mapping_is_removed(world: World) -> None:
    await put(world, 201, **DEPLOYED)
    other = await world.another()
    key = {"provider": "azure", "name": "Our-Fast"}
    assert (await delete(other, **key)).status_code == 404
    assert (await delete(world, **key)).status_code == 204
    gone = await delete(world, **key)
    assert (gone.status_code, gone.json()["code"]) == (404, "mapping_not_found")
    assert await costs(world, "our-fast") == [None]


async def test_mappings_come_in_pages(world: World) -> None:
    for provider, name in (("azure", "b"), ("aws", "z"), ("azure", "a"), ("azure", "B2")):
        await put(world, 201, provider=provider, name=name, model="gpt-4")
    names, cursor = [], {}
    while True:
        page = (await world.get(PATH, limit=1, **cursor)).json()
        names += [(row["provider"], row["name"]) for row in page["mappings"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert names == [("aws", "z"), ("azure", "a"), ("azure", "b"), ("azure", "b2")]


async def test_there_is_a_most_of_them(world: World) -> None:
    await world.ledger.pool.execute(
        "INSERT INTO model_aliases (workspace_id, provider, alias, model, source) "
        "SELECT $1, 'acme', 'm-' || n, 'gpt-4', '' FROM generate_series(1, 10000) n",
        world.account.workspace_id,
    )
    response = await world.client.put(PATH, json=DEPLOYED, headers=world.account.auth)
    assert (response.status_code, response.json()["code"]) == (422, "too_many_mappings")
    await put(world, 200, provider="acme", name="m-1", model="gpt-4o")
    assert (await delete(world, provider="acme", name="m-2")).status_code == 204
    await put(world, 201, **DEPLOYED)


async def test_mappings_that_make_no_sense(world: World) -> None:
    for changed, field, words in (
        ({"name": ""}, "name", "at least 1"),
        ({"name": "x" * 257}, "name", "256"),
        ({"model": "a\x00"}, "model", "control"),
        ({"model": None}, "model", "string"),
        ({"target": "openai"}, "target", "target_provider"),
    ):
        response = await world.client.put(PATH, json={**DEPLOYED, **changed}, headers=world.account.auth)
        assert response.status_code == 422, changed
        assert response.json()["errors"][0]["field"] == field
        assert words in response.json()["detail"]
    assert (await delete(world, provider="azure")).json()["errors"][0]["field"] == "name"
    assert (await world.get(PATH, cursor="WzFd")).json()["code"] == "bad_cursor"
    assert (await world.get(PATH, provider="azure")).json()["code"] == "unknown_filter"
    key = await world.client.post(
        "/api/keys", json={"name": "Reads", "scopes": ["read"]}, headers=world.account.auth
    )
    headers = {"Authorization": f"Bearer {key.json()['api_key']}"}
    assert (await world.client.get(PATH, headers=headers)).status_code == 200
    for refused in (
        await world.client.put(PATH, json=DEPLOYED, headers=headers),
        await world.client.delete(PATH, params={"provider": "azure", "name": "x"}, headers=headers),
    ):
        assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
