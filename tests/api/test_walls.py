"""Every route there is, against somebody of another workspace and against nobody at all.

The routes are taken from the application: one that is new fails here until it has a case.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from api_client import PASSWORD, Account, api_settings, signup
from fastapi.routing import iter_route_contexts
from llmlab_api.app import create_app
from llmlab_shared import clock
from llmlab_shared.ids import uuid7
from llmlab_shared.queue.entry import Entry, stream_name
from llmlab_shared.security import new_api_key
from notified import message
from redis.asyncio import Redis
from world import World

# In every text of the owner's, and in every number that the owner's rows have.
SECRET = "walled"
_FIRST_ID = 7_000_001
_OWNERS_NUMBER = re.compile(r"(?<![\d.])7000\d{3}(?![\d.])")
EVENT_ID = "7d444840-9dc0-41d1-b245-5ffdce74fad2"
NEVER_EVENT_ID = "7d444840-9dc0-41d1-b245-000000000000"
NEVER_ID = 7_999_999
UUID7 = str(uuid7())

Route = tuple[str, str]


@dataclass(frozen=True)
class Case:
    """What a stranger sends; `aim` fills the path with ids of the owner's things, `missing` with nobody's."""

    body: Any = None
    query: str = ""
    aim: dict[str, Any] = field(default_factory=dict)
    missing: dict[str, Any] = field(default_factory=dict)

    @property
    def sent(self) -> list[Any]:
        """The owner's ids that the stranger names, which an answer may repeat."""
        return [*self.aim.values(), *(self.body or {}).get("ids", [])]


PUBLIC: set[Route] = {
    ("GET", "/"),
    ("GET", "/{path:path}"),
    ("GET", "/assets/{name}"),
    ("GET", "/theme.js"),
    ("GET", "/icon.svg"),
    ("GET", "/health"),
    ("GET", "/health/ready"),
    ("GET", "/api/docs"),
    ("GET", "/api/docs/assets/swagger-ui-bundle.js"),
    ("GET", "/api/docs/assets/swagger-ui.css"),
    ("GET", "/api/docs/assets/favicon.png"),
    ("GET", "/api/openapi.json"),
    ("POST", "/api/auth/signup"),
    ("POST", "/api/auth/login"),
    ("GET", "/api/auth/methods"),
    ("POST", "/api/auth/password/forgot"),
    ("POST", "/api/auth/password/reset"),
    ("POST", "/api/auth/supabase"),
    ("GET", "/api/auth/supabase/start"),
    ("POST", "/api/invitations/look"),
}
_A_KEY = {"aim": {"key_id": _FIRST_ID}, "missing": {"key_id": NEVER_ID}}
_A_BUDGET = {"aim": {"id": _FIRST_ID}, "missing": {"id": NEVER_ID}}
_A_REPRICING = {"aim": {"repricing_id": _FIRST_ID}, "missing": {"repricing_id": NEVER_ID}}
_A_CHANNEL = {"aim": {"channel_id": _FIRST_ID}, "missing": {"channel_id": NEVER_ID}}
RECOMMENDATION_ID = "switch_model-0123456789ab"
_A_RECOMMENDATION = {"aim": {"id": RECOMMENDATION_ID}, "missing": {"id": "switch_model-000000000000"}}
_A_MEMBER = {"aim": {"user_id": _FIRST_ID}, "missing": {"user_id": NEVER_ID}}
_AN_INVITATION = {"aim": {"invitation_id": _FIRST_ID}, "missing": {"invitation_id": NEVER_ID}}
SESSION_ID = "5d9f6a0e-0a4e-4c8e-8f51-5ffdce74fad2"
_A_SESSION = {"aim": {"session_id": SESSION_ID}, "missing": {"session_id": str(UUID(int=7))}}
_ALWAYS = "?from=2026-01-01&to=2030-01-01"
# A model that the owner has a price, and a name, for.
_OWNS = "model-in-question"
WALLED: dict[Route, list[Case]] = {
    ("POST", "/api/events/track"): [Case({"provider": "openai", "model": "gpt-4", "id": UUID7})],
    ("POST", "/api/auth/logout"): [Case()],
    ("GET", "/api/auth/me"): [Case()],
    ("PATCH", "/api/auth/me"): [Case({"monthly_budget": "5", "budget_alert_threshold": "0.5"})],
    ("PATCH", "/api/auth/password"): [Case({"current_password": PASSWORD, "new_password": "another one"})],
    ("GET", "/api/auth/sessions"): [Case()],
    ("DELETE", "/api/auth/sessions"): [Case()],
    ("DELETE", "/api/auth/sessions/{session_id}"): [Case(**_A_SESSION)],
    ("GET", "/api/members"): [Case()],
    ("PATCH", "/api/members/{user_id}"): [Case({"role": "viewer"}, **_A_MEMBER)],
    ("DELETE", "/api/members/{user_id}"): [Case(**_A_MEMBER)],
    ("POST", "/api/workspaces"): [Case({"name": "Mine too"})],
    ("GET", "/api/invitations"): [Case(), Case(query=f"?cursor={NEVER_ID}")],
    ("POST", "/api/invitations"): [Case({"role": "viewer"})],
    ("DELETE", "/api/invitations/{invitation_id}"): [Case(**_AN_INVITATION)],
    ("POST", "/api/invitations/accept"): [
        Case({"token": "no link's"}, aim={"secret": "their link's"}, missing={"secret": "nobody's link's"})
    ],
    ("GET", "/api/budgets"): [Case()],
    ("POST", "/api/budgets"): [
        Case({"budget_amount": "5"}),
        Case({"budget_amount": "5", "month": "2026-11"}),
        Case({"budget_amount": "5", "each": "customer"}),
    ],
    ("POST", "/api/budgets/backtest"): [
        Case({"budget_amount": "5"}),
        Case({"budget_amount": "0.000001", "each": "user", "thresholds": ["0.0001"]}),
    ],
    ("GET", "/api/budgets/{id}"): [Case(**_A_BUDGET)],
    ("GET", "/api/budgets/{id}/values"): [Case(**_A_BUDGET)],
    ("PATCH", "/api/budgets/{id}"): [Case({"name": "Mine"}, **_A_BUDGET)],
    ("DELETE", "/api/budgets/{id}"): [Case(**_A_BUDGET)],
    ("GET", "/api/costs/summary"): [
        Case(query=_ALWAYS),
        Case(query=f"{_ALWAYS}&group_by=feature,model"),
        Case(query=f"{_ALWAYS}&group_by=customer"),
        Case(query=f"{_ALWAYS}&group_by=api_key"),
        Case(query=f"{_ALWAYS}&api_key={_FIRST_ID}"),
    ],
    ("GET", "/api/costs"): [
        Case(query=_ALWAYS),
        Case(query=f"{_ALWAYS}&api_key={_FIRST_ID}"),
        Case(query=f"{_ALWAYS}&cursor=CURSOR"),
        Case(query=f"{_ALWAYS}&session_id={SECRET}-session_id"),
    ],
    ("GET", "/api/costs/what-if"): [Case(query=f"{_ALWAYS}&model=openai/gpt-4o&api_key={_FIRST_ID}")],
    ("GET", "/api/costs/export"): [
        Case(query=_ALWAYS),
        Case(query=f"{_ALWAYS}&format=csv"),
        Case(query=f"{_ALWAYS}&format=focus&api_key={_FIRST_ID}"),
    ],
    ("GET", "/api/workspace"): [Case()],
    ("PATCH", "/api/workspace"): [Case({"name": "Theirs", "timezone": "Asia/Tokyo", "tags": ["t"]})],
    ("GET", "/api/deadletters"): [Case(), Case(query="?state=replayed"), Case(query="?code=refused")],
    ("POST", "/api/deadletters/replay"): [Case({}), Case({"code": "refused"})],
    ("POST", "/api/deadletters/drop"): [Case({"code": "refused", "reason": "none of theirs"})],
    ("GET", "/api/audit"): [Case()],
    ("GET", "/api/costs/values"): [
        Case(query=f"{_ALWAYS}&dimension={name}") for name in ("customer", "model", "api_key", "tag.t")
    ],
    ("GET", "/api/costs/sessions"): [
        Case(query=_ALWAYS),
        Case(query=f"{_ALWAYS}&by=trace&api_key={_FIRST_ID}"),
    ],
    ("GET", "/api/costs/forecast"): [
        Case(),
        Case(query="?period=year&feature=walled-feature"),
        Case(query=f"?api_key={_FIRST_ID}"),
    ],
    ("GET", "/api/costs/{id}"): [Case(aim={"id": EVENT_ID}, missing={"id": NEVER_EVENT_ID})],
    ("GET", "/api/notifications/settings"): [Case()],
    ("PATCH", "/api/notifications/settings"): [Case({"anomaly_minimum": "5"})],
    ("GET", "/api/keys"): [Case(), Case(query=f"?cursor={NEVER_ID}")],
    ("GET", "/api/keys/names"): [Case()],
    ("POST", "/api/keys"): [Case({"name": "Mine"})],
    ("POST", "/api/keys/{key_id}/rotate"): [Case({"grace_seconds": 60}, **_A_KEY)],
    ("DELETE", "/api/keys/{key_id}"): [Case(**_A_KEY)],
    ("GET", "/api/prices"): [Case(), Case(query="?provider=acme"), Case(query="?layer=custom")],
    ("GET", "/api/prices/own"): [Case()],
    ("GET", "/api/prices/history"): [Case(query=f"?provider=acme&model={_OWNS}")],
    ("PUT", "/api/prices"): [Case({"provider": "acme", "model": _OWNS, "tokens": {"input": "1"}})],
    ("DELETE", "/api/prices"): [
        Case(query="?id={id}", aim={"id": _FIRST_ID}, missing={"id": NEVER_ID}),
        Case(query="?provider=acme&model={model}", aim={"model": _OWNS}, missing={"model": "never"}),
    ],
    ("GET", "/api/prices/mappings"): [Case()],
    ("PUT", "/api/prices/mappings"): [Case({"provider": "acme", "name": _OWNS, "model": "gpt-4"})],
    ("DELETE", "/api/prices/mappings"): [
        Case(query="?provider=acme&name={name}", aim={"name": _OWNS}, missing={"name": "never"})
    ],
    ("GET", "/api/prices/estimate"): [Case(query=f"?model=acme/{_OWNS}&input_tokens=1000000")],
    ("POST", "/api/prices/reprice"): [Case({"from": "2026-01-01", "to": "2030-01-01"})],
    ("GET", "/api/prices/repricings"): [Case(), Case(query=f"?cursor={NEVER_ID}")],
    ("GET", "/api/prices/repricings/{repricing_id}"): [Case(**_A_REPRICING)],
    ("POST", "/api/prices/repricings/{repricing_id}/undo"): [Case({"reason": "Mine"}, **_A_REPRICING)],
    ("POST", "/api/costs/release"): [
        Case({"reason": "Mine"}),
        Case({"reason": "Mine", "ids": [NEVER_EVENT_ID]}),
    ],
    ("POST", "/api/costs/{id}/correct"): [
        Case({"reason": "Mine", "input_tokens": 1}, aim={"id": EVENT_ID}, missing={"id": NEVER_EVENT_ID})
    ],
    ("GET", "/api/channels"): [Case()],
    ("POST", "/api/channels"): [Case({"kind": "email", "settings": {"to": ["mine@example.com"]}})],
    ("PATCH", "/api/channels/{channel_id}"): [Case({"paused": True}, **_A_CHANNEL)],
    ("DELETE", "/api/channels/{channel_id}"): [Case(**_A_CHANNEL)],
    ("POST", "/api/channels/{channel_id}/test"): [Case(**_A_CHANNEL)],
    ("POST", "/api/channels/{channel_id}/rotate"): [Case(**_A_CHANNEL)],
    ("GET", "/api/alerts"): [Case(), Case(query=f"?cursor={NEVER_ID}")],
    ("POST", "/api/alerts/{alert_id}/acknowledge"): [
        Case(aim={"alert_id": _FIRST_ID}, missing={"alert_id": NEVER_ID})
    ],
    ("POST", "/api/alerts/acknowledge"): [Case({"ids": [_FIRST_ID]})],
    ("GET", "/api/deliveries"): [
        Case(query=f"?cursor={NEVER_ID}"),
        Case(query=f"?channel={_FIRST_ID}"),
        Case(query=f"?alert={_FIRST_ID}"),
    ],
    ("POST", "/api/deliveries/{delivery_id}/retry"): [
        Case(aim={"delivery_id": _FIRST_ID}, missing={"delivery_id": NEVER_ID})
    ],
    ("GET", "/api/recommendations"): [Case(), Case(query="?state=accepted")],
    ("POST", "/api/recommendations/{id}/accept"): [Case({"note": "Mine"}, **_A_RECOMMENDATION)],
    ("POST", "/api/recommendations/{id}/dismiss"): [Case({"note": "Mine"}, **_A_RECOMMENDATION)],
    ("POST", "/api/recommendations/{id}/snooze"): [Case({"days": 3}, **_A_RECOMMENDATION)],
    ("POST", "/api/recommendations/{id}/reopen"): [Case(**_A_RECOMMENDATION)],
}
# They do not end by themselves: `live/test_streams.py` holds them to the same, on a real server.
STREAMS: set[Route] = {("GET", "/api/costs/live")}
ASKED = [(route, case) for route, cases in WALLED.items() if route[0] == "GET" for case in cases]
CHANGING = [
    pytest.param(route, case, id=f"{route[0]} {route[1]} {number}")
    for route, cases in WALLED.items()
    if route[0] != "GET"
    for number, case in enumerate(cases)
]


def routes() -> set[Route]:
    app = create_app(api_settings("postgresql://nowhere/nothing", "redis://nowhere"))
    found = {
        (method, context.path)
        for context in iter_route_contexts(app.routes)
        for method in context.methods or ()
    }
    return found - {("HEAD", path) for _, path in found}


def test_every_route_has_a_case() -> None:
    assert routes() == PUBLIC | WALLED.keys() | STREAMS
    assert not PUBLIC & WALLED.keys()


@dataclass
class Walls:
    """The owner, whose things nobody else may see, and a stranger with a workspace of their own."""

    world: World
    owner: Account
    stranger: Account
    admin_key: str
    cursor: str

    def token(self) -> dict[str, str]:
        """Return the stranger's credentials, new each time, because requests end them."""
        token = self.world.app.state.services.tokens.issue(
            user_id=self.stranger.user["id"], workspace_id=self.stranger.workspace_id, generation=1
        )
        return {"Authorization": f"Bearer {token}"}

    async def knock(
        self, route: Route, case: Case, headers: dict[str, str], aim: dict[str, Any]
    ) -> httpx.Response:
        """Send a case."""
        method, path = route
        url = (path + case.query.replace("CURSOR", self.cursor)).format(**aim)
        return await self.world.client.request(method, url, json=case.body, headers=headers)

    async def seen_by_owner(self) -> dict[str, Any]:
        """Return all that the owner sees, without what moves by itself."""
        seen: dict[str, Any] = {}
        for path in (
            "/api/auth/me",
            "/api/budgets",
            "/api/keys",
            "/api/members",
            "/api/invitations",
            "/api/auth/sessions",
            f"/api/costs{_ALWAYS}",
            f"/api/costs/summary{_ALWAYS}&group_by=feature",
            "/api/prices?layer=custom&at=2030-01-01",
            "/api/prices/own",
            f"/api/prices/history?provider=acme&model={_OWNS}",
            "/api/prices/mappings",
            "/api/prices/repricings",
            "/api/channels",
            "/api/alerts",
            "/api/deliveries",
            "/api/recommendations?state=dismissed",
            "/api/notifications/settings",
            "/api/workspace",
            "/api/deadletters",
            "/api/audit",
            f"/api/prices/estimate?model=acme/{_OWNS}&input_tokens=1000000&at=2030-01-01",
        ):
            response = await self.world.client.get(path, headers=self.owner.auth)
            assert response.status_code == 200, response.text
            seen[path] = response.json()
            seen[path].pop("freshness", None)
            for each in (*seen[path].get("members", ()), *seen[path].get("sessions", ())):
                each.pop("last_seen_at")
        return seen


async def _number_from(connection: asyncpg.Connection, first: int) -> None:
    for table in (
        "users",
        "invitations",
        "workspaces",
        "api_keys",
        "budgets",
        "price_versions",
        "repricings",
        "notification_channels",
        "outbox",
        "deliveries",
    ):
        await connection.execute(f"ALTER TABLE {table} ALTER COLUMN id RESTART WITH {first}")


@pytest.fixture
async def walls(world: World) -> Walls:
    post, stranger = world.client.post, world.account
    admin = {"name": "Admin", "scopes": ["ingest", "read", "admin"]}
    admin_key = (await post("/api/keys", json=admin, headers=stranger.auth)).json()["api_key"]
    async with world.ledger.pool.acquire() as connection:
        await _number_from(connection, _FIRST_ID)
        owner = await signup(world.client, f"{SECRET}@example.com", workspace=f"{SECRET} workspace")
        admin["name"] = f"{SECRET} key"
        assert (await post("/api/keys", json=admin, headers=owner.auth)).status_code == 201
        budget = {"budget_amount": "1", "name": f"{SECRET} budget", "each": "user"}
        assert (await post("/api/budgets", json=budget, headers=owner.auth)).status_code == 201
        price = {"provider": "acme", "model": _OWNS, "note": SECRET, "tokens": {"input": "7"}}
        mapping = {"provider": "acme", "name": _OWNS, "model": f"{SECRET}-model"}
        for path, body in (("/api/prices", price), ("/api/prices/mappings", mapping)):
            response = await world.client.put(path, json=body, headers=owner.auth)
            assert response.status_code == 201, response.text
        invited = {"role": "admin", "email": f"{SECRET}-too@example.com"}
        assert (await post("/api/invitations", json=invited, headers=owner.auth)).status_code == 201
        await connection.execute(
            "INSERT INTO sessions (jti, user_id, generation, kind, agent, expires_at) "
            "VALUES ($1, $2, 1, 'web', $3, now() + interval '1 day')",
            SESSION_ID,
            owner.user["id"],
            f"{SECRET} browser",
        )
        told = {"team_channels": {f"{SECRET} team": []}}
        response = await world.client.patch("/api/notifications/settings", json=told, headers=owner.auth)
        assert response.status_code == 200, response.text
        asked = {"from": "2026-01-01", "to": "2030-01-01", "reason": SECRET}
        assert (await post("/api/prices/reprice", json=asked, headers=owner.auth)).status_code == 202
        channel_id = (await world.client.get("/api/channels", headers=owner.auth)).json()["channels"][0]["id"]
        crossing = await message(world.ledger.pool, owner.workspace_id, name=f"{SECRET} budget")
        await world.ledger.pool.execute(
            "INSERT INTO deliveries (outbox_id, channel_id, workspace_id) VALUES ($1, $2, $3)",
            crossing,
            channel_id,
            owner.workspace_id,
        )
        await _number_from(connection, 1_000_000)
        await connection.execute(
            "INSERT INTO dead_letters (entry, index, workspace_id, api_key_id, received_at, body, code, "
            "reason) VALUES ($1, 0, $2, $3, now(), $4, 'refused', $5)",
            EVENT_ID,
            owner.workspace_id,
            _FIRST_ID,
            json.dumps({"feature": f"{SECRET} feature"}).encode(),
            f"{SECRET} reason",
        )
        await connection.execute(
            "INSERT INTO recommendation_states (workspace_id, recommendation_id, state, actor, note, advice) "
            "VALUES ($1, $2, 'dismissed', 'key:7', $3, $4)",
            owner.workspace_id,
            RECOMMENDATION_ID,
            f"{SECRET} note",
            json.dumps({"id": RECOMMENDATION_ID, "title": f"{SECRET} title"}),
        )
    names = ("provider", "model", "feature", "customer", "user", "team", "project", "session_id", "trace_id")
    call = {name: f"{SECRET}-{name}" for name in names} | {"input_tokens": 10, "tags": {"t": SECRET}}
    hour_ago = (clock.now() - timedelta(hours=1)).isoformat()
    await World(world.app, world.client, world.ledger, owner).store(
        *({**call, "timestamp": hour_ago, "id": EVENT_ID[:-1] + digit} for digit in "0123"),
        api_key_id=_FIRST_ID,
    )
    page = await world.client.get(f"/api/costs{_ALWAYS}&limit=1", headers=owner.auth)
    return Walls(world, owner, stranger, admin_key, page.json()["next_cursor"])


def leaks(answer: str, sent: Iterable[Any]) -> list[str]:
    """Return what of the owner's stands in an answer, beside what the stranger sent."""
    for one in sent:
        answer = answer.replace(str(one), "")
    found = _OWNERS_NUMBER.findall(answer)
    return found + [secret for secret in (SECRET, EVENT_ID[:-1]) if secret in answer]


async def test_a_stranger_who_asks_sees_nothing(walls: Walls) -> None:
    before = await walls.seen_by_owner()
    assert len(leaks(str(before), [])) > 10, "a leak would be seen"
    for route, case in ASKED:
        try:
            await try_as_a_stranger(walls, route, case)
        except AssertionError as error:
            error.add_note(f"{' '.join(route)} with {case}")
            raise
    assert await walls.seen_by_owner() == before


@pytest.mark.parametrize(("route", "case"), CHANGING)
async def test_a_stranger_sees_and_changes_nothing(walls: Walls, route: Route, case: Case) -> None:
    before = await walls.seen_by_owner()
    await try_as_a_stranger(walls, route, case)
    assert await walls.seen_by_owner() == before


async def try_as_a_stranger(walls: Walls, route: Route, case: Case) -> None:
    by_key = {"Authorization": f"Bearer {walls.admin_key}"}
    elsewhere = {"X-LLMLab-Workspace": str(walls.owner.workspace_id)}
    for headers in ({**by_key, **elsewhere}, {**walls.token(), **elsewhere}):
        response = await walls.knock(route, case, headers, case.aim)
        assert (response.status_code, response.json()["code"]) == (403, "not_a_member")
        assert leaks(response.text, elsewhere.values()) == []
    for headers in (by_key, {"X-API-Key": walls.admin_key}, walls.token()):
        response = await walls.knock(route, case, headers, case.aim)
        assert leaks(response.text, case.sent) == []
        if case.aim and response.json()["code"] == "needs_login":
            assert response.status_code == 403
            assert "llmlab_" in str(headers), "no key is a person"
        elif case.aim:
            assert response.status_code == 404
            # Whether somebody else has such a thing is nothing that the answer tells.
            nobodys = await walls.knock(route, case, headers, case.missing)
            (there,), (missing,) = case.aim.values(), case.missing.values()
            assert response.text == nobodys.text.replace(str(missing), str(there))
        elif "Authorization" in headers and headers is not by_key:
            assert response.is_success, response.text
        else:
            assert response.is_success or response.json()["code"] == "needs_login"


async def test_an_event_goes_to_the_workspace_of_its_sender(walls: Walls, redis_url: str) -> None:
    event = {"provider": "openai", "model": "gpt-4", "id": EVENT_ID, "timestamp": clock.now().isoformat()}
    headers = {"Authorization": f"Bearer {walls.admin_key}"}
    response = await walls.world.client.post("/api/events/track", json=event, headers=headers)
    assert response.status_code == 202
    async with Redis.from_url(redis_url) as redis:
        entries = [Entry.from_fields(fields) for _, fields in await redis.xrange(stream_name(0))]
    assert [entry.workspace_id for entry in entries] == [walls.stranger.workspace_id]
    assert (await walls.world.ledger.process(entries[0])).stored == 1
    path = f"/api/costs/{EVENT_ID}"
    assert (await walls.world.client.get(path, headers=headers)).json()["model"] == "gpt-4"
    theirs = (await walls.world.client.get(path, headers=walls.owner.auth)).json()
    assert theirs["model"] == f"{SECRET}-model"


async def test_nobody_gets_in_without_credentials(walls: Walls) -> None:
    cases = [(route, case) for route, every in WALLED.items() for case in every]
    for headers in (
        {},
        {"Authorization": "Bearer "},
        {"Authorization": f"Basic {walls.admin_key}"},
        {"Authorization": f"Bearer {walls.admin_key[:-1]}"},
        {"Authorization": f"Bearer {walls.stranger.token[:-2]}"},
        {"X-API-Key": new_api_key().secret},
        {"Cookie": f"token={walls.stranger.token}"},
    ):
        for route, case in cases:
            response = await walls.knock(route, case, headers, case.aim)
            assert response.status_code == 401, (route, headers)
            assert "www-authenticate" in response.headers, route
            assert leaks(response.text, case.sent) == [], route


async def test_what_is_open_shows_nothing_of_anybody(walls: Walls) -> None:
    for route in sorted(PUBLIC):
        response = await walls.world.client.request(*route)
        asks = route[0] == "POST" or route[1].endswith("/start")
        # Of a file only the name could be wrong, which a template's is.
        expected = 422 if asks else 404 if "{" in route[1] else 200
        assert response.status_code == expected, route
        assert leaks(response.text, []) == [], route
