"""An API, a worker's pipeline and a workspace over one database: what is read was really written."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from api_client import Account, api_settings, run_api, signup
from fastapi import FastAPI
from ledger import Ledger, entry_of
from llmlab_shared.db.engine import open_pool


@dataclass
class World:
    """One person with a workspace, signed in."""

    app: FastAPI
    client: httpx.AsyncClient
    ledger: Ledger
    account: Account

    async def zone(self, name: str, *tags: str) -> None:
        await self.ledger.pool.execute(
            "UPDATE workspaces SET timezone = $1, tag_dimensions = $2 WHERE id = $3",
            name,
            list(tags),
            self.account.workspace_id,
        )

    async def store(self, *events: dict[str, Any], api_key_id: int = 7) -> None:
        for start in range(0, len(events), 200):
            entry = entry_of(
                *events[start : start + 200],
                workspace_id=self.account.workspace_id,
                api_key_id=api_key_id,
            )
            outcome = await self.ledger.process(entry)
            assert outcome.dead == outcome.duplicates == 0

    async def store_raw(self, *events: bytes) -> None:
        entry = entry_of(*events, workspace_id=self.account.workspace_id)
        assert (await self.ledger.process(entry)).stored == len(events)

    async def get(self, path: str, **parameters: Any) -> httpx.Response:
        return await self.client.get(path, params=parameters, headers=self.account.auth)

    async def summary(self, **parameters: Any) -> dict[str, Any]:
        response = await self.get("/api/costs/summary", **parameters)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def another(self) -> "World":
        return World(self.app, self.client, self.ledger, await signup(self.client))


@asynccontextmanager
async def open_world(database_url: str, redis_url: str, **settings: Any) -> AsyncIterator[World]:
    """Run an API and yield somebody who just signed up; `settings` are the API's."""
    pool = await open_pool(database_url)
    async with run_api(api_settings(database_url, redis_url, **settings)) as api:
        yield World(api.app, api.client, Ledger(pool), await signup(api.client))
    await pool.close()
