"""How a caller is recognised: where credentials may stand, which workspace is meant, how refusals read."""

import asyncpg
import pytest
from api_client import Account, api_client, signup
from httpx import AsyncClient, Response
from llmlab_shared.security import new_api_key


def _is(response: Response, status: int, code: str) -> None:
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    assert response.headers["content-type"] == "application/problem+json"


async def _keys(client: AsyncClient, headers: dict[str, str]) -> Response:
    return await client.get("/api/keys", headers=headers)


async def test_nobody(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        for headers in ({}, {"Authorization": ""}, {"Authorization": "Bearer "}, {"X-API-Key": " "}):
            response = await _keys(client, headers)
            _is(response, 401, "not_authenticated")
            assert "Authorization: Bearer" in response.json()["detail"]
            assert response.headers["www-authenticate"] == "Bearer"


async def test_where_a_key_may_stand(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
        body = {"name": "admin", "scopes": ["admin"]}
        made = (await client.post("/api/keys", headers=account.auth, json=body)).json()
        secret = made["api_key"]
        for headers in (
            {"Authorization": f"Bearer {secret}"},
            {"authorization": f"bearer   {secret} "},
            {"X-API-Key": secret},
            {"X-API-Key": secret, "Authorization": "Basic YTpi"},
        ):
            assert (await _keys(client, headers)).status_code == 200, headers


@pytest.mark.parametrize("header", ["Authorization", "X-API-Key"])
async def test_keys_that_are_none(database_url: str, redis_url: str, header: str) -> None:
    start = "Bearer " if header == "Authorization" else ""
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
        for wrong in (account.api_key[:-1], account.api_key + "x", "llmlab_", "llmlab_é" + "é" * 37):
            response = await client.get("/api/keys", headers={header: (start + wrong).encode()})
            _is(response, 401, "key_malformed")
        _is(await _keys(client, {header: start + new_api_key().secret}), 401, "key_unknown")


async def test_a_token_is_no_api_key(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
        for wrong in (account.token, "x"):
            response = await _keys(client, {"X-API-Key": wrong})
            _is(response, 401, "key_malformed")
            assert "begins with `llmlab_`" in response.json()["detail"]


@pytest.mark.parametrize("name", ["Authorization", "X-API-Key", "X-LLMLab-Workspace"])
async def test_two_of_a_header_are_refused_alike_everywhere(
    database_url: str, redis_url: str, name: str
) -> None:
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
        good = {
            "Authorization": f"Bearer {account.api_key}",
            "X-API-Key": account.api_key,
            "X-LLMLab-Workspace": str(account.workspace_id),
        }
        event = {"provider": "openai", "model": "gpt-4"}
        # The key is remembered from here on, so that ingest takes its short way.
        assert (
            await client.post("/api/events/track", json=event, headers=account.key_auth)
        ).status_code == 202
        own = [] if name == "Authorization" else [*account.key_auth.items()]
        for others in ("", "Bearer nonsense", good[name]):
            for pair in ([good[name], others], [others, good[name]]):
                headers = [*own, *((name, value) for value in pair)]
                for response in (
                    await client.post("/api/events/track", json=event, headers=headers),
                    await client.get("/api/costs", headers=headers),
                ):
                    _is(response, 400, "ambiguous_credentials")
                    assert f"more than one {name} header" in response.json()["detail"]


async def _second_workspace(database_url: str, account: Account, role: str) -> int:
    connection = await asyncpg.connect(database_url)
    try:
        workspace_id: int = await connection.fetchval(
            "INSERT INTO workspaces (name, timezone) VALUES ('Second', 'UTC') RETURNING id"
        )
        await connection.execute(
            "INSERT INTO memberships (workspace_id, user_id, role) VALUES ($1, $2, $3)",
            workspace_id,
            account.user["id"],
            role,
        )
        return workspace_id
    finally:
        await connection.close()


async def test_a_token_chooses_among_its_users_workspaces(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        ada, eve = await signup(client), await signup(client)
        second = await _second_workspace(database_url, ada, "owner")
        there = {**ada.auth, "X-LLMLab-Workspace": str(second)}
        assert (await _keys(client, there)).json()["keys"] == []
        assert (await _keys(client, {**ada.auth, "X-LLMLab-Workspace": str(ada.workspace_id)})).json() == (
            await _keys(client, ada.auth)
        ).json()
        # The login goes to the personal one.
        login = await client.post("/api/auth/login", json={"email": ada.email, "password": ada.password})
        at_home = await _keys(client, {"Authorization": f"Bearer {login.json()['token']}"})
        assert len(at_home.json()["keys"]) == 1
        _is(await _keys(client, {**eve.auth, "X-LLMLab-Workspace": str(second)}), 403, "not_a_member")
        _is(await _keys(client, {**eve.auth, "X-LLMLab-Workspace": "999999"}), 403, "not_a_member")


async def test_the_role_is_that_of_the_chosen_workspace(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        ada = await signup(client)
        second = await _second_workspace(database_url, ada, "member")
        there = {**ada.auth, "X-LLMLab-Workspace": str(second)}
        _is(await _keys(client, there), 403, "insufficient_scope")
        me = await client.get("/api/auth/me", headers=there)
        assert [w["role"] for w in me.json()["workspaces"]] == ["owner", "member"]
        _is(
            await client.patch("/api/auth/me", headers=there, json={"monthly_budget": "5"}),
            403,
            "insufficient_scope",
        )


async def test_who_left_a_workspace_is_out_at_once(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        ada = await signup(client)
        connection = await asyncpg.connect(database_url)
        try:
            await connection.execute("DELETE FROM memberships WHERE user_id = $1", ada.user["id"])
        finally:
            await connection.close()
        _is(await _keys(client, ada.auth), 403, "not_a_member")


async def test_an_api_key_has_one_workspace(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        ada, eve = await signup(client), await signup(client)
        own = {**ada.key_auth, "X-LLMLab-Workspace": str(ada.workspace_id)}
        _is(await client.get("/api/auth/me", headers=own), 403, "needs_login")
        foreign = {**ada.key_auth, "X-LLMLab-Workspace": str(eve.workspace_id)}
        _is(await client.get("/api/auth/me", headers=foreign), 403, "not_a_member")


async def test_workspaces_that_are_no_numbers(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        ada = await signup(client)
        for wrong in ("", "x", "0", "-1", "1.5", "+1", "1_0", "\u0661", str(2**63), "9" * 6000):
            headers = [("X-LLMLab-Workspace", wrong.encode()), ("Authorization", ada.auth["Authorization"])]
            _is(await client.get("/api/auth/me", headers=headers), 400, "bad_workspace")
