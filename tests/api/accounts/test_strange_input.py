"""Whatever is sent to the account and key routes is answered with a problem, never with a 500."""

import itertools
import json
from typing import Any

import pytest
from api_client import PASSWORD, api_client, signup
from httpx import AsyncClient, Response
from llmlab_api import login_throttle

STRANGE: list[Any] = [
    None,
    True,
    -1,
    10**40,
    1.5,
    "",
    "\0",
    "a\0b@example.com",
    "\ud800",
    "\udfff@example.com",
    "x" * 10**6,
    "é" * 300 + "@example.com",
    "\u202egpj@example.com",
    [],
    ["\0"],
    {},
    {"\0": "\0"},
    {"\ud800": "\ud800"},
    [[[[[[]]]]]],
]

# What each route takes, so that the strange value is all that is wrong.
ROUTES: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/api/auth/signup", {"email": "", "password": PASSWORD, "workspace": "w", "timezone": "UTC"}),
    ("POST", "/api/auth/login", {"email": "nobody@example.com", "password": PASSWORD}),
    ("PATCH", "/api/auth/me", {"monthly_budget": "1", "budget_alert_threshold": "1"}),
    ("POST", "/api/keys", {"name": "x", "scopes": ["read"], "defaults": {}}),
    ("POST", "/api/keys/1/rotate", {"grace_seconds": 0}),
    ("PATCH", "/api/auth/password", {"current_password": PASSWORD, "new_password": PASSWORD}),
]

BODIES: list[bytes] = [
    b"",
    b"null",
    b"[]",
    b"{",
    b"[" * 100_000,
    b"[" * 60_000,
    b"\xff\xfe",
    b"\0",
    b'{"email": NaN}',
    b'{"email": ' + b"9" * 10_000 + b"}",
    b'{"a": 1, "a": 2}',
    b'{"\\ud800": 1}',
    '{"email": "x"}'.encode("utf-16"),
]


def _check(response: Response, asked: object) -> None:
    """Some of what looks strange is allowed, such as a NUL in a password; nothing is a 500."""
    if response.is_success:
        return
    assert 400 <= response.status_code < 500, (asked, response.status_code, response.text[:300])
    assert response.headers["content-type"] == "application/problem+json", asked
    assert {"type", "title", "status", "code", "detail"} <= set(response.json()), asked
    assert len(response.content) < 10_000, asked


@pytest.fixture(autouse=True)
def _no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_throttle, "PER_EMAIL", 10**9)
    monkeypatch.setattr(login_throttle, "PER_ADDRESS", 10**9)


async def _send(client: AsyncClient, method: str, url: str, headers: dict[str, str], body: bytes) -> Response:
    return await client.request(
        method, url, headers={**headers, "Content-Type": "application/json"}, content=body
    )


async def test_strange_fields(database_url: str, redis_url: str) -> None:
    emails = (f"e{n}@example.com" for n in itertools.count())
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
        for (method, url, known), value in itertools.product(ROUTES, STRANGE):
            fields = {**known, "email": next(emails)} if url.endswith("/signup") else known
            bodies = [{**fields, field: value} for field in fields]
            if url == "/api/keys":
                bodies += [
                    {**fields, "defaults": {"team": value}},
                    {**fields, "defaults": {"tags": {"a": value}}},
                ]
            for body in bodies:
                # json escapes, because a lone half of a surrogate pair cannot be sent otherwise.
                response = await _send(client, method, url, account.auth, json.dumps(body).encode())
                _check(response, (url, str(body)[:100]))
                if url.endswith("/password") and response.is_success:
                    account = await signup(client)


async def test_strange_bodies(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
        for (method, url, _), body in itertools.product(ROUTES, BODIES):
            response = await _send(client, method, url, account.auth, body)
            _check(response, (url, body[:40]))


async def test_strange_credentials(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
        for value in (
            b"Bearer \x00",
            b"Bearer \xff\xfe",
            b"Bearer llmlab_\x00" + b"0" * 37,
            b"Bearer llmlab_" + b"\xe9" * 38,
            b"Bearer " + b"." * 10_000,
            b"Bearer " + b"a.b.c" * 1000,
            b"Bearer bnVsbA.bnVsbA.bnVsbA",
            b"Bearer W10.W10.W10",
            b"Bearer e30.e30.e30",
        ):
            _check(await client.get("/api/auth/me", headers=[(b"Authorization", value)]), value[:40])
        assert (await client.get("/api/auth/me", headers=account.auth)).status_code == 200
        login = await client.post("/api/auth/login", json={"email": account.email, "password": PASSWORD})
        assert login.status_code == 200
