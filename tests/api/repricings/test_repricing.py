"""Corrections over HTTP: asked for here, carried out by the worker's own steps, and shown."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest
from ledger import event
from llmlab_api.repricings import service
from llmlab_shared.db.repositories import repricings
from redis.asyncio import Redis
from repriced import carry_out
from world import World

REPRICE, LIST = "/api/prices/reprice", "/api/prices/repricings"
NOVEMBER = {"from": "2026-11-01", "to": "2026-12-01"}
AT = "2026-11-20T12:00:00Z"
# A call of the reference costs 0.06 by the list, 0.02 by these rates.
CHEAPER = {
    "provider": "openai",
    "model": "gpt-4",
    "valid_from": "2026-11-01",
    "tokens": {"input": "10", "output": "20"},
}


async def post(world: World, path: str, status: int = 202, **body: Any) -> dict[str, Any]:
    response = await world.client.post(path, json=body, headers=world.account.auth)
    assert response.status_code == status, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def cheaper(world: World) -> None:
    response = await world.client.put("/api/prices", json=CHEAPER, headers=world.account.auth)
    assert response.status_code == 201, response.text


async def done(world: World, queued: dict[str, Any]) -> dict[str, Any]:
    """Carry a repricing out as the worker does, and return how it is shown then."""
    await carry_out(world.ledger, queued["id"])
    return await shown(world, queued["id"])


async def shown(world: World, repricing: int) -> dict[str, Any]:
    response = await world.get(f"{LIST}/{repricing}")
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def costs(world: World) -> list[str | None]:
    page = (await world.get("/api/costs", **NOVEMBER)).json()["costs"]
    return sorted((found["cost"] for found in page), key=str)


async def test_a_preview_then_the_same_for_good_then_undone(world: World) -> None:
    await world.store(
        event(timestamp=AT),
        event(timestamp="2026-11-21T12:00:00Z", billing="subscription"),
        event(timestamp=AT, model="gpt-4o", input_tokens=1000, output_tokens=0),
    )
    before = await costs(world)
    await cheaper(world)
    queued = await post(world, REPRICE, **NOVEMBER)
    assert queued == {
        "id": queued["id"],
        "kind": "reprice",
        "dry_run": True,
        "status": "queued",
        "reason": "",
        "actor": f"user:{world.account.user['id']}",
        "selection": {
            "from": "2026-11-01T00:00:00Z",
            "to": "2026-12-01T00:00:00Z",
            "provider": None,
            "model": [],
            "price_status": [],
            "ids": [],
            "counts": None,
        },
        "undoes": None,
        "progress": {"seen": 0, "expected": None},
        "changed": 0,
        "skipped": 0,
        "error": None,
        "created_at": queued["created_at"],
        "started_at": None,
        "finished_at": None,
        "difference": "0",
    }
    preview = await done(world, queued)
    assert (preview["status"], preview["progress"], preview["changed"]) == (
        "done",
        {"seen": 3, "expected": 3},
        2,
    )
    # Only what is metered is spend.
    amounts = {"events": 2, "cost_before": "0.06", "cost": "0.02", "difference": "-0.04"}
    assert preview["difference"] == "-0.04"
    assert preview["by_model"] == [{"provider": "openai", "model": "gpt-4", **amounts}]
    assert preview["by_status"] == [{"before": "priced", "after": "priced", **amounts}]
    assert preview["by_day"] == [
        {"day": "2026-11-20", **amounts, "events": 1},
        {"day": "2026-11-21", "events": 1, "cost_before": "0", "cost": "0", "difference": "0"},
    ]
    assert await costs(world) == before == ["0.0025", "0.06", "0.06"]

    applied = await done(
        world, await post(world, REPRICE, **NOVEMBER, dry_run=False, reason=" Contract 4711 ")
    )
    assert (applied["dry_run"], applied["reason"]) == (False, "Contract 4711")
    for name in ("changed", "difference", "by_model", "by_day", "by_status", "progress"):
        assert applied[name] == preview[name]
    assert await costs(world) == ["0.0025", "0.02", "0.02"]
    assert (await world.summary(**NOVEMBER))["total_spend"] == "0.0225"

    undone = await done(world, await post(world, f"{LIST}/{applied['id']}/undo", reason="Wrong contract"))
    assert (undone["kind"], undone["undoes"], undone["difference"]) == ("undo", applied["id"], "0.04")
    assert await costs(world) == before
    page = (await world.get(LIST)).json()
    assert [found["id"] for found in page["repricings"]] == [undone["id"], applied["id"], preview["id"]]
    assert page["repricings"][2] == {n: v for n, v in preview.items() if not n.startswith("by_")}


async def test_what_can_be_undone(world: World) -> None:
    await world.store(event(timestamp=AT))
    await cheaper(world)

    async def undo(repricing: int, code: str) -> None:
        answer = await post(world, f"{LIST}/{repricing}/undo", 409, reason="r")
        assert answer["code"] == code
        assert f"repricing {repricing} " in answer["detail"]

    preview = await done(world, await post(world, REPRICE, **NOVEMBER))
    await undo(preview["id"], "was_dry_run")
    applied = await post(world, REPRICE, **NOVEMBER, dry_run=False, reason="r")
    await undo(applied["id"], "not_finished")
    await carry_out(world.ledger, applied["id"])
    # Of two who ask at once, one is let in.
    path = f"{LIST}/{applied['id']}/undo"
    answers = await asyncio.gather(
        *(world.client.post(path, json={"reason": "r"}, headers=world.account.auth) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409]
    await undo(applied["id"], "already_undone")
    # What failed half-way may have changed something.
    await world.ledger.pool.execute(
        "UPDATE repricings SET status = 'failed', error = 'why' WHERE undoes = $1", applied["id"]
    )
    undone = await done(world, await post(world, path, reason="r"))
    assert undone["changed"] == 1
    assert (await post(world, f"{LIST}/{undone['id']}/undo", reason="r"))["undoes"] == undone["id"]


async def test_a_selection_is_of_the_workspaces_days_and_of_names_as_events_have_them(world: World) -> None:
    await world.zone("Asia/Kolkata")
    await world.store(
        event(timestamp="2026-10-31T18:29:59Z"),
        event(timestamp="2026-10-31T18:30:00Z"),
        event(timestamp="2026-11-02T00:00:00Z", model="gpt-4-0613"),
        event(timestamp="2026-11-02T00:00:00Z", provider="azure", model="unheard-of"),
    )
    await world.client.put(
        "/api/prices", json={**CHEAPER, "valid_from": "2026-10-01"}, headers=world.account.auth
    )

    async def changed(**body: Any) -> int:
        found = await done(world, await post(world, REPRICE, **{**NOVEMBER, **body}))
        count: int = found["changed"]
        return count

    queued = await post(world, REPRICE, **NOVEMBER, provider="OpenAI", model="gpt-4", price_status=["priced"])
    assert queued["selection"] == {
        "from": "2026-10-31T18:30:00Z",
        "to": "2026-11-30T18:30:00Z",
        "provider": "openai",
        "model": ["gpt-4"],
        "price_status": ["priced"],
        "ids": [],
        "counts": None,
    }
    assert await changed() == 2
    assert await changed(**{"from": "2026-10-31T00:00:00+05:30"}) == 3
    assert await changed(model=["gpt-4"]) == 1
    assert await changed(model=["gpt-4", "gpt-4-0613"]) == 2
    assert await changed(model="GPT-4") == 0
    assert await changed(provider="azure") == 0
    assert await changed(price_status=["unpriced", "missing"]) == 0


async def test_quarantined_events_are_released_and_corrected(world: World) -> None:
    contradicting = {"usage": {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 99}}
    nothing = {"input_tokens": None, "output_tokens": None}
    ids = [str(uuid4()) for _ in range(2)]
    await world.store(*(event(**nothing, **contradicting, id=identifier, timestamp=AT) for identifier in ids))
    found = (await world.get(f"/api/costs/{ids[0]}")).json()
    assert (found["price_status"], found["original"]) == ("quarantined", None)

    # Nothing was mended: still unreadable.
    released = await post(world, "/api/costs/release", reason="mended", ids=[ids[0], ids[0]])
    assert released["selection"]["ids"] == [ids[0]]
    assert released["selection"]["price_status"] == ["quarantined"]
    assert (await done(world, released))["changed"] == 0
    everything = await post(world, "/api/costs/release", reason="mended", dry_run=True, provider="openai")
    assert (everything["kind"], everything["dry_run"]) == ("release", True)
    assert everything["selection"]["from"] is None

    queued = await post(
        world, f"/api/costs/{ids[0]}/correct", reason="By the invoice", input_tokens=1000, output_tokens=500
    )
    assert queued["kind"] == "correct"
    assert queued["selection"]["ids"] == [ids[0]]
    assert queued["selection"]["counts"] == {"input_tokens": 1000, "output_tokens": 500}
    corrected = await done(world, queued)
    assert (corrected["changed"], corrected["difference"]) == (1, "0.06")
    event_now = (await world.get(f"/api/costs/{ids[0]}")).json()
    assert (event_now["cost"], event_now["price_status"]) == ("0.06", "priced")
    assert event_now["original"]["price_status"] == "quarantined"
    assert event_now["adjustments"][0]["reason"] == "By the invoice"
    assert (await world.get(f"/api/costs/{ids[1]}")).json()["price_status"] == "quarantined"


async def test_who_asked_is_in_the_audit_log_and_the_worker_is_told(world: World, redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        queued = await post(world, REPRICE, **NOVEMBER, dry_run=False, reason="r")
        (job,) = await redis.zrange("llmlab:jobs", 0, -1)
        told = json.loads(await redis.get(b"arq:job:" + job))
        assert told["f"] == "reprice"
        assert told["a"] == [queued["id"]]
    row = await world.ledger.pool.fetchrow(
        "SELECT actor, action, target, details::text FROM audit_log WHERE workspace_id = $1 "
        "ORDER BY id DESC LIMIT 1",
        world.account.workspace_id,
    )
    assert row is not None
    assert tuple(row)[:3] == (queued["actor"], "repricing_asked", f"repricing:{queued['id']}")
    assert json.loads(row["details"])["selection"] == {
        "from": "2026-11-01T00:00:00Z",
        "to": "2026-12-01T00:00:00Z",
    }


async def test_it_is_queued_when_redis_is_away(world: World) -> None:
    world.app.state.services.settings.redis_url = "redis://127.0.0.1:1/0"
    queued = await post(world, REPRICE, **NOVEMBER)
    assert (await done(world, queued))["status"] == "done"


async def test_pages_and_walls(world: World) -> None:
    made = [(await post(world, REPRICE, **NOVEMBER))["id"] for _ in range(3)]
    found: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await world.get(LIST, limit=2, **cursor)).json()
        found += [repricing["id"] for repricing in page["repricings"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert found == made[::-1]
    other = await world.another()
    assert (await other.get(LIST)).json()["repricings"] == []
    problem = (await other.get(f"{LIST}/{made[0]}")).json()
    assert (problem["status"], problem["code"]) == (404, "repricing_not_found")
    assert (await post(other, f"{LIST}/{made[0]}/undo", 404, reason="r"))["code"] == "repricing_not_found"
    key = await world.client.post(
        "/api/keys", json={"name": "Reads", "scopes": ["read"]}, headers=world.account.auth
    )
    headers = {"Authorization": f"Bearer {key.json()['api_key']}"}
    assert (await world.client.get(LIST, headers=headers)).status_code == 200
    for path, body in (
        (REPRICE, NOVEMBER),
        (f"{LIST}/{made[0]}/undo", {"reason": "r"}),
        ("/api/costs/release", {"reason": "r"}),
        (f"/api/costs/{uuid4()}/correct", {"input_tokens": 1, "reason": "r"}),
    ):
        refused = await world.client.post(path, json=body, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope"), path


ID = "7d444840-9dc0-41d1-b245-5ffdce74fad2"
STRANGE: list[tuple[str, dict[str, Any], str, str]] = [
    (REPRICE, {"from": "2026-11-01"}, "to", "missing"),
    (REPRICE, {"from": "yesterday", "to": "2026-12-01"}, "from", "not a time"),
    (REPRICE, {"from": "2026-12-01", "to": "2026-12-01"}, "from", "before `to`"),
    (REPRICE, {**NOVEMBER, "dry_run": False}, "reason", "say why"),
    (REPRICE, {**NOVEMBER, "dry_run": False, "reason": "  "}, "reason", "say why"),
    (REPRICE, {**NOVEMBER, "dry_run": "no"}, "dry_run", "boolean"),
    (REPRICE, {**NOVEMBER, "reason": "x" * 501}, "reason", "500"),
    (REPRICE, {**NOVEMBER, "model": ["m"] * 201}, "model", "200"),
    (REPRICE, {**NOVEMBER, "model": [""]}, "model.0", "at least 1"),
    (REPRICE, {**NOVEMBER, "model": {}}, "model", "list"),
    (REPRICE, {**NOVEMBER, "price_status": ["fine"]}, "price_status.0", "quarantined"),
    (REPRICE, {**NOVEMBER, "models": ["m"]}, "models", "did you mean model?"),
    (REPRICE, {**NOVEMBER, "form": "2026-11-01"}, "form", "did you mean from?"),
    ("/api/costs/release", {}, "reason", "missing"),
    ("/api/costs/release", {"reason": "r", "ids": ["x"]}, "ids.0", "UUID"),
    ("/api/costs/release", {"reason": "r", "ids": [ID] * 1001}, "ids", "1000"),
    ("/api/costs/release", {"reason": "r", "ids": [ID], "provider": "openai"}, "provider", "beside `ids`"),
    (f"/api/costs/{ID}/correct", {"reason": "r"}, "input_tokens", "at least"),
    (f"/api/costs/{ID}/correct", {"input_tokens": 5}, "reason", "missing"),
    (f"/api/costs/{ID}/correct", {"input_tokens": 5.5, "reason": "r"}, "input_tokens", "integer"),
    (f"/api/costs/{ID}/correct", {"input_tokens": "5", "reason": "r"}, "input_tokens", "integer"),
    (f"/api/costs/{ID}/correct", {"input_tokens": -5, "reason": "r"}, "input_tokens", "greater"),
    (
        f"/api/costs/{ID}/correct",
        {"input_tokens": 5, "cache_read_tokens": 6, "reason": "r"},
        "input_tokens",
        "include every part",
    ),
    (
        f"/api/costs/{ID}/correct",
        {"input_token": 5, "reason": "r"},
        "input_token",
        "did you mean input_tokens?",
    ),
    ("/api/costs/mine/correct", {"input_tokens": 5, "reason": "r"}, "id", "UUID"),
    (f"{LIST}/0/undo", {"reason": "r"}, "repricing_id", "greater"),
    (f"{LIST}/1/undo", {"reason": ""}, "reason", "at least 1"),
]


async def test_what_makes_no_sense_is_said_and_not_queued(world: World) -> None:
    for path, body, field, words in STRANGE:
        response = await world.client.post(path, json=body, headers=world.account.auth)
        assert response.status_code == 422, (path, body, response.text)
        problem = response.json()
        assert problem["errors"][0]["field"] == field, (body, problem)
        assert words in problem["detail"], (body, problem)
    unknown = await post(world, f"/api/costs/{ID}/correct", 404, input_tokens=5, reason="r")
    assert unknown["code"] == "event_not_found"
    theirs: httpx.Response = await world.get(LIST)
    assert theirs.json()["repricings"] == []


@pytest.mark.parametrize(
    "counts", [{"output_tokens": 500}, {"input_tokens": 1000, "cache_read_tokens": 1000}]
)
async def test_stated_counts_are_priced_by_class(world: World, counts: dict[str, int]) -> None:
    identifier = str(uuid4())
    await world.store({"provider": "openai", "model": "gpt-4o", "id": identifier, "timestamp": AT})
    assert (await world.get(f"/api/costs/{identifier}")).json()["price_status"] == "missing"
    await done(world, await post(world, f"/api/costs/{identifier}/correct", reason="r", **counts))
    # 10 USD a million out, 1.25 for what was cached.
    found = (await world.get(f"/api/costs/{identifier}")).json()
    assert found["cost"] == ("0.005" if "output_tokens" in counts else "0.00125")


async def test_of_many_models_those_that_change_most_are_told_apart(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repricings, "MAX_CHANGES", 2)
    models = ("gpt-4", "gpt-4-0613", "gpt-4o", "gpt-4o-mini")
    await world.store(*(event(timestamp=AT, model=model) for model in models))
    free = {"provider": "openai", "model": "*", "valid_from": "2026-11-01", "discount_percent": "100"}
    answer = await world.client.put("/api/prices", json=free, headers=world.account.auth)
    assert answer.status_code == 201, answer.text
    preview = await done(world, await post(world, REPRICE, **NOVEMBER))
    told = [(row["model"], row["events"], row["cost_before"]) for row in preview["by_model"]]
    # 0.0025 + 0.005 of gpt-4o, 0.00015 + 0.0003 of gpt-4o-mini
    assert told == [("(other)", 2, "0.00795"), ("gpt-4", 1, "0.06"), ("gpt-4-0613", 1, "0.06")]
    assert preview["by_model"][0]["provider"] == "(other)"
    assert preview["difference"] == "-0.12795"


async def test_so_many_may_wait_and_no_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MAX_OPEN", 2)
    first = await post(world, REPRICE, **NOVEMBER)
    await post(world, REPRICE, **NOVEMBER)
    refused = await post(world, REPRICE, 409, **NOVEMBER)
    assert refused["code"] == "too_many_repricings"
    await done(world, first)
    await post(world, REPRICE, **NOVEMBER)
