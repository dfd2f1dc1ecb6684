"""Signing up: what one gets, who may, and two at once."""

import asyncio
from typing import Any

import asyncpg
import httpx
import pytest
from api_client import PASSWORD, api_client, signup
from llmlab_api.app import create_app
from llmlab_shared.config import ServerSettings
from llmlab_shared.errors import ConfigurationError
from llmlab_shared.security import is_api_key


async def _try(client: httpx.AsyncClient, email: str, **body: Any) -> httpx.Response:
    return await client.post("/api/auth/signup", json={"email": email, "password": PASSWORD, **body})


async def test_signup_gives_a_token_and_a_key_that_work(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        response = await _try(client, " Ada@Example.com ", workspace="Engines", timezone="Asia/Kolkata")
        assert response.status_code == 201, response.text
        answer = response.json()
        assert set(answer) == {"token", "api_key", "user"}
        user = answer["user"]
        assert user["email"] == "ada@example.com"
        assert user["monthly_budget"] is None
        assert user["budget_alert_threshold"] == "0.8"
        assert [(w["name"], w["role"], w["timezone"]) for w in user["workspaces"]] == [
            ("Engines", "owner", "Asia/Kolkata")
        ]
        me = await client.get("/api/auth/me", headers={"Authorization": f"Bearer {answer['token']}"})
        assert me.json() == user
        assert is_api_key(answer["api_key"])
        # The key is known, and is not a person.
        by_key = await client.get("/api/auth/me", headers={"X-API-Key": answer["api_key"]})
        assert (by_key.status_code, by_key.json()["code"]) == (403, "needs_login")


async def test_nothing_secret_is_stored(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
    connection = await asyncpg.connect(database_url)
    try:
        rows = [
            str(dict(row))
            for table in ("users", "api_keys", "audit_log", "workspaces")
            for row in await connection.fetch(f"SELECT * FROM {table}")
        ]
    finally:
        await connection.close()
    assert len(rows) == 4
    assert not [row for row in rows if account.api_key in row or PASSWORD in row or account.token in row]


async def test_an_email_is_taken_in_any_spelling(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        await signup(client, "ada@example.com")
        response = await _try(client, "ADA@example.COM")
        assert (response.status_code, response.json()["code"]) == (409, "email_taken")


async def test_two_at_once_with_one_email(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        answers = await asyncio.gather(*(_try(client, "ada@example.com") for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


async def test_first_lets_exactly_one_of_many_in(database_url: str, redis_url: str) -> None:
    async with (
        api_client(database_url, redis_url, signup="first") as one,
        api_client(database_url, redis_url, signup="first") as other,
    ):
        answers = await asyncio.gather(
            *(_try(client, f"u{n}@example.com") for n in range(4) for client in (one, other))
        )
        assert sorted(answer.status_code for answer in answers) == [201] + [403] * 7
        late = await _try(one, "late@example.com")
        assert (late.status_code, late.json()["code"]) == (403, "signup_closed")
        assert "LLMLAB_SIGNUP" in late.json()["detail"]


async def test_closed_lets_nobody_in(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url, signup="closed") as client:
        response = await _try(client, "ada@example.com")
        assert (response.status_code, response.json()["code"]) == (403, "signup_closed")


WRONG: list[tuple[str, object]] = [
    ("email", "no address"),
    ("email", "a@b@c"),
    ("email", "ada@"),
    ("email", "ada @example.com"),
    ("email", "a\0da@example.com"),
    ("email", "x" * 300 + "@example.com"),
    ("email", 5),
    ("email", None),
    ("password", "short"),
    ("password", "x" * 1025),
    ("password", ["list"]),
    ("workspace", ""),
    ("workspace", "a\0b"),
    ("timezone", "Mars/Olympus"),
    ("timezone", "../etc/passwd"),
    ("rank", "general"),
]


async def test_what_is_wrong_is_named(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        for field, value in WRONG:
            body = {"email": "ada@example.com", "password": PASSWORD, field: value}
            response = await client.post("/api/auth/signup", json=body)
            assert response.status_code == 422, (field, value, response.text)
            assert response.headers["content-type"] == "application/problem+json"
            assert field in str(response.json()["errors"]), response.text
            assert PASSWORD not in response.text


async def test_a_refused_signup_leaves_nothing(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        await signup(client, "ada@example.com")
        await _try(client, "ada@example.com")
        await _try(client, "eve@example.com", password="short")
    connection = await asyncpg.connect(database_url)
    try:
        counts = await connection.fetchrow(
            "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM workspaces), "
            "(SELECT count(*) FROM api_keys), (SELECT count(*) FROM audit_log WHERE action = 'signed_up')"
        )
    finally:
        await connection.close()
    assert tuple(counts) == (1, 1, 1, 1)


@pytest.mark.parametrize("secret", [None, "short"])
def test_the_api_does_not_start_without_a_secret(secret: str | None) -> None:
    settings = ServerSettings.model_validate(
        {"database_url": "postgresql://nowhere/x", "redis_url": "redis://nowhere", "secret_key": secret}
    )
    with pytest.raises(ConfigurationError, match="LLMLAB_SECRET_KEY"):
        create_app(settings)
