"""An API that is linked with a local Supabase Auth server, and what is asked of it with a token."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from api_client import Api, api_settings, run_api
from pydantic import SecretStr
from supabase_issuer import ANON_KEY, Issuer

PATH = "/api/auth/supabase"


@asynccontextmanager
async def linked_api(database_url: str, redis_url: str, issuer: Issuer, **changes: Any) -> AsyncIterator[Api]:
    """Yield an API that takes the tokens of an issuer."""
    settings: dict[str, Any] = {
        "supabase_url": f"{issuer.url}/",
        "supabase_anon_key": SecretStr(ANON_KEY),
        "supabase_providers": ["github", "google"],
        **changes,
    }
    async with run_api(api_settings(database_url, redis_url, **settings)) as api:
        yield api


async def enter(api: Api, token: str, **body: Any) -> httpx.Response:
    """Sign in by a token of Supabase."""
    return await api.client.post(PATH, json={"access_token": token, **body})


async def who_is(api: Api, token: str) -> httpx.Response:
    """Ask who somebody is, by a token as the bearer."""
    return await api.client.get("/api/auth/me", headers={"Authorization": f"Bearer {token}"})
