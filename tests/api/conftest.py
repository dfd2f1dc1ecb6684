"""An API with an account on it, and a workspace whose events come through the worker's pipeline."""

from collections.abc import AsyncIterator

import pytest
from api_client import Account, Api, api_settings, run_api, signup
from world import World, open_world


@pytest.fixture
async def world(database_url: str, redis_url: str) -> AsyncIterator[World]:
    async with open_world(database_url, redis_url) as opened:
        yield opened


@pytest.fixture
async def api(database_url: str, redis_url: str) -> AsyncIterator[Api]:
    async with run_api(api_settings(database_url, redis_url)) as running:
        yield running


@pytest.fixture
async def account(api: Api) -> Account:
    return await signup(api.client)
