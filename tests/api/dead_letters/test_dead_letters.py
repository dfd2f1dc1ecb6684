"""`/api/deadletters`: what an admin sees of them, has replayed and drops, and nobody else's."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx
import pytest
from ledger import entry_of, event
from llmlab_api.dead_letters import service
from llmlab_shared.db import dead_letters
from llmlab_worker.jobs.context import RUNTIME
from llmlab_worker.jobs.replay import replay_dead_letters
from redis.asyncio import Redis
from world import World

SECRET = "the words of a customer"
LETTERS = "/api/deadletters"


async def letters(world: World, **asked: Any) -> dict[str, Any]:
    response = await world.get(LETTERS, **asked)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def post(world: World, what: str, body: Mapping[str, Any]) -> httpx.Response:
    return await world.client.post(f"{LETTERS}/{what}", json=body, headers=world.account.auth)


async def bury(world: World, *, refused: int = 2, malformed: int = 1) -> None:
    """Leave letters that the database refused until `mend`, and such as nothing mends."""
    pool = world.ledger.pool
    await pool.execute("ALTER TABLE cost_events DROP CONSTRAINT IF EXISTS no_b")
    await pool.execute("ALTER TABLE cost_events ADD CONSTRAINT no_b CHECK (feature <> 'b')")
    words = {"metadata": {"note": SECRET}, "tags": {"tier": SECRET}, "usage": {"prompt_tokens": 7}}
    events = [event(feature="b", **words)] * refused + [event(timestamp="never")] * malformed
    outcome = await world.ledger.process(entry_of(*events, workspace_id=world.account.workspace_id))
    assert outcome.dead == refused + malformed


async def mend(world: World) -> None:
    await world.ledger.pool.execute("ALTER TABLE cost_events DROP CONSTRAINT no_b")


async def work(world: World, redis_url: str) -> dict[str, int]:
    """Do the one job that waits, as a worker does."""
    async with Redis.from_url(redis_url) as redis:
        (job,) = await redis.zrange("llmlab:jobs", 0, -1)
        told = json.loads(await redis.getdel(b"arq:job:" + job))
        await redis.delete("llmlab:jobs")
    assert told["f"] == "replay_dead_letters"

    class Worker:
        pool = world.ledger.pool

    return await replay_dead_letters({RUNTIME: Worker()}, *told["a"])


async def test_they_are_listed_without_a_word_of_a_caller(world: World) -> None:
    assert await letters(world) == {"deadletters": [], "reasons": [], "total": 0, "next_cursor": None}
    await bury(world, refused=3)
    found = await letters(world)
    assert SECRET not in str(found)
    assert (found["total"], found["next_cursor"]) == (4, None)
    assert [(each["code"], each["letters"]) for each in found["reasons"]] == [
        ("refused", 3),
        ("out_of_range", 1),
    ]
    (one, *_) = (each for each in found["deadletters"] if each["code"] == "refused")
    assert one["event"]["feature"] == "b"
    assert one["event"]["input_tokens"] == 1000
    assert one["event"]["usage"] == "(not shown: 1 of prompt_tokens)"
    assert (one["api_key"], one["replayed_at"]) == (7, None)
    assert "no_b" in one["reason"]
    chosen = await letters(world, code="refused")
    assert (chosen["total"], len(chosen["deadletters"]), len(chosen["reasons"])) == (3, 3, 2)
    pages: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(4):
        page = await letters(world, limit=1, **cursor)
        pages += [each["id"] for each in page["deadletters"]]
        cursor = {"cursor": page["next_cursor"]}
    assert pages == [each["id"] for each in found["deadletters"]]
    assert cursor["cursor"] is None


async def test_a_replay_is_followed_by_its_counts(world: World, redis_url: str) -> None:
    await bury(world)
    await mend(world)
    answer = await post(world, "replay", {"code": "refused"})
    assert (answer.status_code, answer.json()) == (202, {"letters": 2})
    assert await work(world, redis_url) == {"letters": 2, "stored": 2, "duplicates": 0, "dead": 0}
    assert (await letters(world))["total"] == 1
    done = await letters(world, state="replayed")
    assert [each["replayed_at"] is not None for each in done["deadletters"]] == [True, True]
    assert (await world.summary())["counts"]["events"] == 2
    (left,) = (await letters(world))["deadletters"]
    assert (await post(world, "replay", {"ids": [left["id"]]})).json() == {"letters": 1}
    # What nothing mends leaves a letter anew.
    assert (await work(world, redis_url))["dead"] == 1
    assert (await letters(world))["total"] == 1
    assert (await post(world, "replay", {})).json() == {"letters": 1}
    audit = (await world.get("/api/audit")).json()["entries"]
    assert [(each["action"], each["details"]) for each in audit][:3] == [
        ("dead_letters.replay", {"letters": 1}),
        ("dead_letters.replay", {"letters": 1}),
        ("dead_letters.replay", {"letters": 2, "code": "refused"}),
    ]


async def test_what_is_dropped_is_gone_and_recorded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await bury(world, refused=5)
    first = (await letters(world, code="refused", limit=1))["deadletters"][0]["id"]
    answer = await post(world, "drop", {"ids": [first, first], "reason": "a test client"})
    assert (answer.status_code, answer.json()) == (200, {"dropped": 1, "left": 0})
    assert (await post(world, "drop", {"ids": [first], "reason": "r"})).status_code == 404
    monkeypatch.setattr(dead_letters, "_DROPPED_AT_ONCE", 1)
    monkeypatch.setattr(service, "MOST_STEPS", 3)
    asked = {"code": "refused", "reason": "r"}
    assert (await post(world, "drop", asked)).json() == {"dropped": 3, "left": 1}
    assert (await post(world, "drop", asked)).json() == {"dropped": 1, "left": 0}
    assert (await post(world, "drop", asked)).json() == {"dropped": 0, "left": 0}
    assert [each["code"] for each in (await letters(world))["reasons"]] == ["out_of_range"]
    (last,) = (await world.get("/api/audit", limit=1)).json()["entries"]
    assert last["action"] == "dead_letters.drop"
    assert last["details"] == {"letters": 1, "codes": {"refused": 1}, "replayed": False, "reason": "r"}


async def test_nobody_touches_those_of_others_or_of_nobody(world: World, redis_url: str) -> None:
    other = await world.another()
    await bury(other)
    await bury(world, refused=1, malformed=0)
    await mend(world)
    await world.ledger.pool.execute("UPDATE dead_letters SET workspace_id = 0 WHERE code = 'out_of_range'")
    theirs = [each["id"] for each in (await letters(other))["deadletters"]]
    assert len(theirs) == 2
    assert (await letters(world))["total"] == 1
    for body in ({"ids": theirs}, {"ids": [*theirs, f"{uuid4()}:0"]}):
        refused = await post(world, "replay", body)
        assert (refused.status_code, refused.json()["code"]) == (404, "letter_not_found")
        assert (await post(world, "drop", {**body, "reason": "r"})).status_code == 404
    await post(world, "drop", {"code": "out_of_range", "reason": "r"})
    await post(world, "replay", {})
    assert (await work(world, redis_url))["stored"] == 1
    assert (await letters(other))["total"] == 2
    assert await world.ledger.count("dead_letters") == 4
    assert theirs[0] not in (await world.get("/api/audit")).text


async def test_members_and_readers_are_not_asked(world: World) -> None:
    made = await world.client.post("/api/keys", json={"name": "k"}, headers=world.account.auth)
    key = {"Authorization": f"Bearer {made.json()['api_key']}"}
    for method, path in (("GET", LETTERS), ("POST", f"{LETTERS}/replay"), ("GET", "/api/audit")):
        response = await world.client.request(
            method, path, headers=key, json={} if method == "POST" else None
        )
        assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")


async def test_without_redis_a_replay_says_that_it_did_not_begin(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bury(world)
    monkeypatch.setattr(world.app.state.services.settings, "redis_url", "redis://127.0.0.1:1/0")
    refused = await post(world, "replay", {})
    assert (refused.status_code, refused.json()["code"]) == (503, "queue_unavailable")
    assert "dead_letters.replay" not in (await world.get("/api/audit")).text


@pytest.mark.parametrize(
    ("what", "body", "field"),
    [
        ("replay", {"ids": ["x"]}, "ids"),
        ("replay", {"ids": [f"{uuid4()}:-7"]}, "ids"),
        ("replay", {"ids": []}, "ids"),
        ("replay", {"ids": [f"{uuid4()}:0"], "code": "refused"}, "code"),
        ("replay", {"workspace": 1}, "workspace"),
        ("drop", {"code": "refused"}, "reason"),
        ("drop", {"code": "refused", "reason": "  "}, "reason"),
        ("drop", {"reason": "r"}, "ids"),
        ("drop", {"code": "a\0", "reason": "r"}, "code"),
    ],
)
async def test_what_makes_no_sense_is_named(
    world: World, what: str, body: dict[str, Any], field: str
) -> None:
    response = await post(world, what, body)
    assert response.status_code == 422, response.text
    assert response.json()["errors"][0]["field"].split(".")[0] == field


@pytest.mark.parametrize(
    "asked", [{"state": "dead"}, {"code": "a\0b"}, {"cursor": "zzz"}, {"limit": "0"}, {"tenant": "7"}]
)
async def test_strange_questions_are_refused(world: World, asked: dict[str, str]) -> None:
    assert (await world.get(LETTERS, **asked)).status_code == 422
