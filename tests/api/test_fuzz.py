"""Requests that nobody thought of, made from the API's own OpenAPI page, and answers held to that page."""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import schemathesis
from api_client import Account, api_settings
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from llmlab_api.app import create_app
from notified import message, post_of
from repriced import carry_out
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from world import World

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Nothing is connected before an application runs, so that any address will do to read the page.
PAGE = create_app(api_settings("postgresql://nowhere/nothing", "redis://nowhere")).openapi()
# Streams do not end by themselves, and are tried with real servers.
STREAMS = {"GET /api/costs/live"}
OPERATIONS = {
    f"{operation.method.upper()} {operation.path}": operation
    for operation in (found.ok() for found in schemathesis.openapi.from_dict(PAGE).get_all_operations())
    if f"{operation.method.upper()} {operation.path}" not in STREAMS
}
EVENT = {
    "id": "7d444840-9dc0-41d1-b245-5ffdce74fad2",
    "timestamp": "2026-11-01T10:00:00Z",
    "provider": "openai",
    "model": "gpt-4",
    "usage": {"prompt_tokens": 1000, "completion_tokens": 500},
    "units": {"web_searches": "1.5"},
    "tags": {"tier": "pro"},
    "metadata": {"attempt": 1},
}


@dataclass
class Caller:
    """Somebody who sends made-up requests, with a token or an admin's key, to a workspace with an event.

    `there` are ids of things by the names of parameters: another key, which requests may rotate or revoke, a
    repricing that is done and may be undone, a channel with a delivery of an alert.
    """

    world: World
    key: str
    there: dict[str, Any]

    async def send(self, case: schemathesis.Case, *, by_key: bool) -> httpx.Response:
        """Send a case with good credentials, and as far as it is well formed to things that are there."""
        well_formed = case.meta.generation.mode is GenerationMode.POSITIVE
        if well_formed:
            case.path_parameters = {name: self.there[name] for name in case.path_parameters or {}}
        request = case.as_transport_kwargs(base_url="http://api")
        unwanted = {"Authorization", "X-API-Key"}
        if well_formed or case.operation.body or case.operation.query:
            # A strange workspace would hide what else is strange.
            unwanted.add("X-LLMLab-Workspace")
        headers = {name: value for name, value in request["headers"].items() if name not in unwanted}
        headers["Authorization"] = f"Bearer {self.key if by_key else self.token()}"
        return await self.world.client.request(
            request["method"],
            request["url"],
            params=request.get("params"),
            headers=[(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()],
            **_body(request),
        )

    @property
    def account(self) -> Account:
        return self.world.account

    def token(self) -> str:
        # A new one each time, because made-up requests log out.
        issue = self.world.app.state.services.tokens.issue
        token: str = issue(
            user_id=self.account.user["id"], workspace_id=self.account.workspace_id, generation=1
        )
        return token


def _body(request: dict[str, Any]) -> dict[str, Any]:
    if "json" in request:
        return {"json": request["json"]}
    data = request.get("data")
    return {} if data is None else {"content": data if isinstance(data, str | bytes) else str(data)}


@pytest.fixture
async def caller(world: World) -> Caller:
    await world.store(EVENT)
    post, auth = world.client.post, world.account.auth
    scopes = ["ingest", "read", "admin"]
    own = (await post("/api/keys", json={"name": "Own", "scopes": scopes}, headers=auth)).json()
    other = (await post("/api/keys", json={"name": "Other"}, headers=auth)).json()
    await post("/api/budgets", json={"budget_amount": "0.05"}, headers=auth)
    price = {"provider": "openai", "model": "gpt-4", "valid_from": "2026-11-01", "tokens": {"input": "1"}}
    await world.client.put("/api/prices", json=price, headers=auth)
    asked = {"from": "2026-10-01", "to": "2026-12-01", "dry_run": False, "reason": "r"}
    repricing = (await post("/api/prices/reprice", json=asked, headers=auth)).json()["id"]
    await carry_out(world.ledger, repricing)
    there = {"key_id": other["id"], "repricing_id": repricing, "id": EVENT["id"], **await _alerted(world)}
    invited = (await post("/api/invitations", json={"role": "viewer"}, headers=auth)).json()
    (session,) = (await world.get("/api/auth/sessions")).json()["sessions"]
    there |= {"invitation_id": invited["id"], "session_id": session["id"]}
    there["user_id"] = world.account.user["id"]
    return Caller(world, own["api_key"], there)


async def _alerted(world: World) -> dict[str, Any]:
    alert_id = await message(world.ledger.pool, world.account.workspace_id)
    post = post_of(world.ledger.pool)
    await post.fan_out()
    await post.close()
    delivery = await world.ledger.pool.fetchrow("SELECT * FROM deliveries WHERE outbox_id = $1", alert_id)
    assert delivery is not None
    return {"alert_id": alert_id, "delivery_id": delivery["id"], "channel_id": delivery["channel_id"]}


def _answered_well(case: schemathesis.Case, response: httpx.Response) -> None:
    case.validate_response(response, checks=CHECKS)
    if response.status_code >= 400:
        assert response.headers["content-type"] == "application/problem+json"
        problem = response.json()
        assert set(problem) - {"errors"} == {"type", "title", "status", "code", "detail"}
        assert problem["status"] == response.status_code
        assert problem["detail"]


@settings(
    max_examples=20,
    derandomize=True,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
@pytest.mark.parametrize("name", OPERATIONS)
async def test_every_answer_is_one_that_the_page_declares(
    caller: Caller, name: str, data: st.DataObject
) -> None:
    operation = OPERATIONS[name]
    fallible = operation.body or operation.query or operation.headers
    modes = st.sampled_from(GenerationMode) if fallible else st.just(GenerationMode.POSITIVE)
    case = data.draw(operation.as_strategy(generation_mode=data.draw(modes)))
    _answered_well(case, await caller.send(case, by_key=data.draw(st.booleans())))
