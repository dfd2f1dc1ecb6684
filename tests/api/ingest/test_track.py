"""What the endpoint answers to good requests, and what is then on the stream."""

import json

import httpx
from api_client import Account, Api
from llmlab_shared.queue.entry import Entry, stream_name
from redis.asyncio import Redis
from world import World

PATH = "/api/events/track"


async def entries_on(redis_url: str, shard: int = 0) -> list[Entry]:
    redis = Redis.from_url(redis_url)
    try:
        return [Entry.from_fields(fields) for _, fields in await redis.xrange(stream_name(shard))]
    finally:
        await redis.aclose()


async def post(api: Api, account: Account, content: bytes, **headers: str) -> httpx.Response:
    return await api.client.post(PATH, content=content, headers={**account.key_auth, **headers})


async def test_a_batch_travels_as_it_came(api: Api, account: Account, redis_url: str) -> None:
    body = b'{"events":[{"provider":"openai","model":"gpt-4"},  {"provider":"google","model":"gemini"}]}'
    response = await post(api, account, body)
    assert (response.status_code, response.json()) == (202, {"accepted": 2, "rejected": []})
    (entry,) = await entries_on(redis_url)
    assert (entry.body, entry.events, entry.workspace_id) == (body, 2, account.workspace_id)


async def test_one_event_is_wrapped(api: Api, account: Account, redis_url: str) -> None:
    response = await post(api, account, b' {"model":"gpt-4","provider":"openai"} ')
    assert (response.status_code, response.json()) == (202, {"accepted": 1, "rejected": []})
    (entry,) = await entries_on(redis_url)
    assert json.loads(entry.body) == {"events": [{"model": "gpt-4", "provider": "openai"}]}


async def test_bad_events_are_named_and_the_rest_goes_on(api: Api, account: Account, redis_url: str) -> None:
    good = {"provider": "openai", "model": "gpt-4", "input_tokens": 1}
    bad = {"provider": "openai", "modle": "gpt-4", "id": "0190a1b2-c3d4-7000-8000-000000000000"}
    response = await post(api, account, json.dumps({"events": [good, bad, good]}).encode())
    assert response.status_code == 202
    assert response.json() == {
        "accepted": 2,
        "rejected": [
            {
                "index": 1,
                "id": bad["id"],
                "code": "unknown_field",
                "message": "`modle` is not a field of an event: did you mean `model`?",
            }
        ],
    }
    (entry,) = await entries_on(redis_url)
    assert json.loads(entry.body) == {"events": [good, good]}


async def test_of_a_name_that_comes_twice_the_last_value_counts_as_the_page_says(world: World) -> None:
    event = b'{"provider":"openai","model":"gpt-4","model":"gpt-4o","input_tokens":7,"input_tokens":9}'
    auth = world.account.key_auth
    response = await world.client.post(PATH, content=event, headers=auth)
    assert (response.status_code, response.json()) == (202, {"accepted": 1, "rejected": []})
    await world.store_raw(event)
    (stored,) = (await world.get("/api/costs")).json()["costs"]
    assert (stored["model"], stored["input_tokens"]) == ("gpt-4o", 9)
    page = (await world.client.get("/api/openapi.json")).json()
    described = page["paths"][PATH]["post"]["description"]
    assert "A name that comes twice in one JSON object counts with its last value" in described
