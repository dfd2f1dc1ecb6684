"""What works while the database or Redis is away: real servers, killed and started again."""

import asyncio
import socket
import time
from collections.abc import Iterator

import pytest
from api_client import PASSWORD, Account, api_client, signup
from httpx import AsyncClient, Response
from llmlab_api import auth
from llmlab_shared.migrations.run import migrate
from llmlab_shared.security import new_api_key
from servers import Servers, start_servers


@pytest.fixture
def own_servers() -> Iterator[Servers]:
    started = start_servers(durable=False)
    migrate(started.database_url)
    yield started
    started.stop()


async def _track(client: AsyncClient, headers: dict[str, str]) -> Response:
    event = {"provider": "openai", "model": "gpt-4", "input_tokens": 1, "output_tokens": 1}
    return await client.post("/api/events/track", headers=headers, json=event)


async def _login(client: AsyncClient, account: Account, password: str = PASSWORD) -> Response:
    return await client.post("/api/auth/login", json={"email": account.email, "password": password})


def _unavailable(response: Response) -> None:
    assert (response.status_code, response.json()["code"]) == (503, "database_unavailable"), response.text
    assert int(response.headers["retry-after"]) > 0
    assert response.headers["content-type"] == "application/problem+json"


async def test_without_the_database_known_keys_work_and_nobody_is_called_wrong(
    own_servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Every request asks for itself, so that nothing below rests on the five seconds.
    monkeypatch.setattr(auth, "FRESH", 0.0)
    urls = own_servers.database_url, own_servers.redis_url
    async with api_client(*urls) as client, api_client(*urls) as other:
        account, unseen = await signup(client), await signup(client)
        assert (await _track(client, account.key_auth)).status_code == 202

        own_servers.kill_postgres()
        for _ in range(3):
            assert (await _track(client, account.key_auth)).status_code == 202
        for secret in (unseen.api_key, new_api_key().secret):
            _unavailable(await _track(client, {"X-API-Key": secret}))
        typo = await _track(client, {"X-API-Key": account.api_key[:-1]})
        assert (typo.status_code, typo.json()["code"]) == (401, "key_malformed")
        # Not remembered by this one, which never saw it.
        _unavailable(await _track(other, account.key_auth))
        _unavailable(await _track(client, account.auth))
        _unavailable(await client.get("/api/auth/me", headers=account.auth))
        _unavailable(await client.post("/api/auth/logout", headers=account.auth))
        _unavailable(
            await client.post("/api/auth/signup", json={"email": "x@example.com", "password": PASSWORD})
        )
        _unavailable(await client.get("/api/keys", headers=account.auth))
        # Attempts that got no verdict do not count as failures.
        for _ in range(7):
            _unavailable(await _login(client, account))

        own_servers.restart_postgres()
        assert (await _login(client, account)).status_code == 200
        assert (await client.get("/api/auth/me", headers=account.auth)).json() == account.user
        keys = (await other.get("/api/keys", headers=account.auth)).json()["keys"]
        await other.delete(f"/api/keys/{keys[0]['id']}", headers=account.auth)
        # The first process learns of a revocation by the other within its next second.
        deadline = time.monotonic() + 30
        while (answer := await _track(client, account.key_auth)).status_code == 202:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)
        assert (answer.status_code, answer.json()["code"]) == (401, "key_unknown")


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word, as a host does whose disk hangs."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


async def test_a_database_that_hangs_hangs_nobody(silent_port: int, redis_url: str) -> None:
    url = f"postgresql://llmlab:x@127.0.0.1:{silent_port}/llmlab"
    async with api_client(url, redis_url) as client:
        answers = await asyncio.wait_for(
            asyncio.gather(
                client.post("/api/auth/login", json={"email": "a@example.com", "password": PASSWORD}),
                _track(client, {"X-API-Key": new_api_key().secret}),
            ),
            timeout=60,
        )
        for answer in answers:
            _unavailable(answer)


async def test_without_redis_people_log_in_and_out_and_guessing_ends_sooner(own_servers: Servers) -> None:
    urls = own_servers.database_url, own_servers.redis_url
    async with api_client(*urls) as client, api_client(*urls) as other:
        account, victim = await signup(client), await signup(client)
        own_servers.kill_valkey()
        assert (await _login(client, account)).status_code == 200
        assert (await client.post("/api/auth/logout", headers=account.auth)).status_code == 204
        assert (await other.get("/api/auth/me", headers=account.auth)).status_code == 401
        assert (await client.get("/api/keys", headers=account.key_auth)).status_code == 403
        codes = [(await _login(client, victim, "wrong password")).status_code for _ in range(4)]
        assert codes == [401] * 3 + [429]
        # Each process counts for itself, and a success clears the count.
        for _ in range(2):
            assert (await _login(other, victim, "wrong password")).status_code == 401
        assert (await _login(other, victim)).status_code == 200
        for _ in range(3):
            assert (await _login(other, victim, "wrong password")).status_code == 401

        own_servers.restart_valkey()
        codes = [(await _login(client, victim, "wrong password")).status_code for _ in range(6)]
        assert codes == [401] * 5 + [429]
