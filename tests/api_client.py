"""The API in the test's own event loop, spoken to over HTTP, on a real PostgreSQL and a real Valkey."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI
from llmlab_api.app import create_app
from llmlab_shared.config import ServerSettings
from pydantic import SecretStr

SECRET_KEY = "a secret of the tests, long enough"
PASSWORD = "correct horse battery"
_users = itertools.count(1)


def api_settings(database_url: str, redis_url: str, **changes: Any) -> ServerSettings:
    """Settings of an API that anybody may sign up at."""
    values: dict[str, Any] = {
        "database_url": database_url,
        "redis_url": redis_url,
        "secret_key": SecretStr(SECRET_KEY),
        "signup": "open",
        **changes,
    }
    return ServerSettings(**values)


@dataclass
class Api:
    """A running application, and a client that has not signed in."""

    app: FastAPI
    client: httpx.AsyncClient


@asynccontextmanager
async def run_api(settings: ServerSettings, *, address: str = "127.0.0.1") -> AsyncIterator[Api]:
    """Run an application with its lifespan and cheap password hashes; `address` is its client's."""
    app = create_app(settings, bcrypt_cost=4)
    async with app.router.lifespan_context(app):
        # Exceptions that the application does not answer become 500s, as they would behind a server.
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
            yield Api(app, client)


@asynccontextmanager
async def api_client(database_url: str, redis_url: str, **changes: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Run an application and yield a client of it; `changes` are settings."""
    async with run_api(api_settings(database_url, redis_url, **changes)) as api:
        yield api.client


@dataclass
class Account:
    """Somebody who signed up. `auth` and `key_auth` are the headers of the token and of the API key."""

    email: str
    password: str
    token: str
    api_key: str
    user: dict[str, Any]

    @property
    def auth(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def key_auth(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.api_key}"}

    @property
    def workspace_id(self) -> int:
        return int(self.user["workspaces"][0]["id"])


async def signup(client: httpx.AsyncClient, email: str | None = None, **body: Any) -> Account:
    """Sign somebody up, under a new e-mail unless one is given."""
    email = email or f"user{next(_users)}@example.com"
    response = await client.post("/api/auth/signup", json={"email": email, "password": PASSWORD, **body})
    assert response.status_code == 201, response.text
    answer = response.json()
    return Account(email, body.get("password", PASSWORD), answer["token"], answer["api_key"], answer["user"])
