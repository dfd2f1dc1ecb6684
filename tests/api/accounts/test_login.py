"""Logging in: the right password, equal work for the wrong one, and an end to guessing."""

import asyncio

import bcrypt
import httpx
import pytest
import redis
from api_client import PASSWORD, api_client, api_settings, run_api, signup
from llmlab_api import login_throttle
from llmlab_shared import security


async def _login(client: httpx.AsyncClient, email: str, password: str = PASSWORD) -> httpx.Response:
    return await client.post("/api/auth/login", json={"email": email, "password": password})


async def test_login_gives_a_token_in_any_spelling_of_the_email(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        account = await signup(client, "ada@example.com")
        response = await _login(client, " Ada@EXAMPLE.com")
        assert response.status_code == 200, response.text
        assert set(response.json()) == {"token"}
        headers = {"Authorization": f"Bearer {response.json()['token']}"}
        assert (await client.get("/api/auth/me", headers=headers)).json() == account.user


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The hashes that bcrypt was asked to check, by algorithm and cost."""
    asked: list[bytes] = []
    check = bcrypt.checkpw

    def counting(password: bytes, hashed: bytes) -> bool:
        asked.append(hashed[:7])
        return check(password, hashed)

    monkeypatch.setattr(security.bcrypt, "checkpw", counting)
    return asked


async def test_an_unknown_user_and_a_wrong_password_are_alike(
    database_url: str, redis_url: str, checks: list[bytes]
) -> None:
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
        wrong = await _login(client, account.email, "wrong password")
        unknown = await _login(client, "nobody@example.com")
        strange = await _login(client, "no\0body")
        assert wrong.status_code == unknown.status_code == strange.status_code == 401
        assert wrong.json() == unknown.json() == strange.json()
        assert wrong.json()["code"] == "bad_credentials"
        assert checks == [b"$2b$04$"] * 3


async def test_the_sixth_wrong_password_for_an_email_has_to_wait(
    database_url: str, redis_url: str, checks: list[bytes]
) -> None:
    async with api_client(database_url, redis_url) as one, api_client(database_url, redis_url) as other:
        account = await signup(one)
        # Two processes count together.
        codes = [
            (await _login(client, account.email, "wrong password")).status_code
            for client in (one, other, one, other, one, other)
        ]
        assert codes == [401] * 5 + [429]
        right = await _login(one, account.email)
        assert (right.status_code, right.json()["code"]) == (429, "too_many_attempts")
        assert 0 < int(right.headers["retry-after"]) <= login_throttle.WINDOW
        assert len(checks) == 5, "no password is looked at any more"
        # Somebody else at the same address is let in, and who is signed in stays so.
        assert (await _login(one, (await signup(one)).email)).status_code == 200
        assert (await one.get("/api/auth/me", headers=account.auth)).status_code == 200


async def test_a_hundred_guesses_at_once_are_five(
    database_url: str, redis_url: str, checks: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A busy machine is no Redis that is away, whose counts are others.
    monkeypatch.setattr(login_throttle, "_REDIS_TIMEOUT", 60)
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
        answers = await asyncio.gather(*(_login(client, account.email, f"guess {n}!!!") for n in range(100)))
        assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 95
        assert len(checks) == 5


async def test_a_success_clears_the_count_of_its_email(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
        for _ in range(3):
            for _ in range(4):
                assert (await _login(client, account.email, "wrong password")).status_code == 401
            assert (await _login(client, account.email)).status_code == 200


async def test_an_address_is_stopped_after_thirty_failures_and_successes_do_not_count(
    database_url: str, redis_url: str
) -> None:
    settings = api_settings(database_url, redis_url)
    async with (
        run_api(settings, address="2001:db8::1") as one,
        run_api(settings, address="2001:db8::2") as neighbour,
        run_api(settings, address="2001:db8:0:1::1") as elsewhere,
    ):
        account = await signup(one.client)
        for _ in range(35):
            assert (await _login(one.client, account.email)).status_code == 200
        codes = [(await _login(one.client, f"nobody{n}@example.com")).status_code for n in range(31)]
        assert codes == [401] * 30 + [429]
        assert (await _login(neighbour.client, account.email)).status_code == 429
        assert (await _login(elsewhere.client, account.email)).status_code == 200


async def test_emails_are_not_written_into_redis(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        await _login(client, "secret.person@example.com")
    with redis.Redis.from_url(redis_url) as cache:
        keys = cache.keys("llmlab:{logins}:*")
        assert len(keys) == 2
        assert not [key for key in keys if b"person" in key]
        assert all(0 < cache.ttl(key) <= login_throttle.WINDOW for key in keys)


async def test_the_password_of_a_change_is_guarded_like_a_login(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
        codes = [
            (
                await client.patch(
                    "/api/auth/password",
                    headers=account.auth,
                    json={"current_password": f"guess {n}!!!", "new_password": "another password"},
                )
            ).status_code
            for n in range(6)
        ]
        assert codes == [403] * 5 + [429]
