"""Tokens: which ones are refused and with which words; logging out; changing the password."""

import asyncio
import base64
import json
import warnings
from datetime import timedelta
from typing import Any

import asyncpg
import jwt
import pytest
from api_client import PASSWORD, SECRET_KEY, Account, api_client, signup
from httpx import AsyncClient, Response
from hypothesis import given
from hypothesis import strategies as st
from llmlab_api.tokens import HmacTokens, TokenRejected
from llmlab_shared.clock import now

tokens = HmacTokens(SECRET_KEY, life=timedelta(hours=1))


async def _me(client: AsyncClient, token: str, **headers: str) -> Response:
    return await client.get("/api/auth/me", headers={"Authorization": f"Bearer {token}", **headers})


async def _login(client: AsyncClient, account: Account, password: str = PASSWORD) -> str:
    response = await client.post("/api/auth/login", json={"email": account.email, "password": password})
    assert response.status_code == 200, response.text
    return str(response.json()["token"])


def _refused(response: Response, code: str) -> None:
    assert (response.status_code, response.json()["code"]) == (401, code), response.text
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert response.headers["content-type"] == "application/problem+json"


def _token(changes: dict[str, Any], *, secret: HmacTokens = tokens, **encoding: Any) -> str:
    good = secret.issue(user_id=1, workspace_id=1, generation=1)
    header, payload = jwt.get_unverified_header(good), jwt.decode(good, options={"verify_signature": False})
    payload = {name: value for name, value in {**payload, **changes}.items() if value is not ...}
    settings = {"key": secret._keys[header["kid"]], "algorithm": "HS256", "headers": {"kid": header["kid"]}}
    with warnings.catch_warnings(category=jwt.InsecureKeyLengthWarning, action="ignore"):
        return jwt.encode(payload, **{**settings, **encoding})


def test_a_token_says_who_and_where() -> None:
    before = now().replace(microsecond=0)
    claims = tokens.verify(tokens.issue(user_id=5, workspace_id=9, generation=2))
    assert (claims.user_id, claims.workspace_id, claims.generation) == (5, 9, 2)
    assert before <= claims.expires_at - timedelta(hours=1) <= now()


def test_each_token_has_an_id_of_its_own() -> None:
    ids = {tokens.verify(tokens.issue(user_id=1, workspace_id=1, generation=1)).token_id for _ in range(50)}
    assert len(ids) == 50


def _unsigned(algorithm: str) -> str:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    good = _token({})
    kid = jwt.get_unverified_header(good)["kid"]
    payload = jwt.decode(good, options={"verify_signature": False})
    return f"{part({'alg': algorithm, 'typ': 'JWT', 'kid': kid})}.{part(payload)}."


@pytest.mark.parametrize(
    "token",
    [
        "",
        "nonsense",
        "a.b.c",
        "é.é.é",
        "x" * 10_000,
        _token({}) + "x",
        _token({})[:-3],
        _unsigned("none"),
        _unsigned("None"),
        _unsigned("HS256"),
        _token({}, algorithm="HS512"),
        _token({}, headers={}),
        _token({}, headers={"kid": "other"}),
        _token({}, key="another key that is long enough to sign with"),
        _token({}, secret=HmacTokens("another secret of another server", life=timedelta(hours=1))),
        _token({"iss": "elsewhere"}),
        _token({"iss": ...}),
        _token({"sub": ...}),
        _token({"sub": "0"}),
        _token({"sub": "ada"}),
        _token({"sub": str(2**63)}),
        _token({"ws": ...}),
        _token({"ws": "x"}),
        _token({"ws": None}),
        _token({"gen": ...}),
        _token({"jti": ...}),
        _token({"jti": "not a uuid"}),
        _token({"exp": ...}),
        _token({"exp": "soon"}),
        _token({"exp": 10**30}),
        _token({"iat": ...}),
        _token({"iat": now() + timedelta(hours=1)}),
        _token({"nbf": now() + timedelta(hours=1)}),
    ],
)
def test_a_token_that_is_not_ours_is_invalid(token: str) -> None:
    with pytest.raises(TokenRejected) as refusal:
        tokens.verify(token)
    assert refusal.value.code == "token_invalid"


def test_an_old_token_has_expired() -> None:
    with pytest.raises(TokenRejected) as refusal:
        tokens.verify(_token({"exp": now() - timedelta(minutes=1)}))
    assert refusal.value.code == "token_expired"


@given(st.text(), st.dictionaries(st.text(max_size=5), st.text(max_size=5)))
def test_any_text_is_only_refused(text: str, header: dict[str, str]) -> None:
    shaped = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    for token in (text, f"{shaped}.{shaped}.{shaped}"):
        with pytest.raises(TokenRejected):
            tokens.verify(token)


def test_after_a_change_of_the_secret_older_tokens_live_while_the_previous_one_is_given() -> None:
    new = "the secret that came after it"
    old_token = tokens.issue(user_id=1, workspace_id=1, generation=1)
    both = HmacTokens(new, previous=SECRET_KEY, life=timedelta(hours=1))
    assert both.verify(old_token).user_id == 1
    only_new = HmacTokens(new, life=timedelta(hours=1))
    assert only_new.verify(both.issue(user_id=2, workspace_id=1, generation=1)).user_id == 2
    with pytest.raises(TokenRejected):
        only_new.verify(old_token)


async def test_refusals_over_http(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        await signup(client)
        _refused(await client.get("/api/auth/me"), "not_authenticated")
        _refused(
            await client.get("/api/auth/me", headers={"Authorization": "Basic YTpi"}), "not_authenticated"
        )
        _refused(await _me(client, "nonsense"), "token_invalid")
        _refused(await _me(client, _token({"exp": now() - timedelta(hours=1)})), "token_expired")
        _refused(await _me(client, _token({"sub": "999"})), "token_revoked")


async def test_logout_ends_this_token_in_every_process_and_no_other(
    database_url: str, redis_url: str
) -> None:
    async with api_client(database_url, redis_url) as one, api_client(database_url, redis_url) as other:
        account = await signup(one)
        second = await _login(other, account)
        assert (await _me(other, account.token)).status_code == 200
        assert (await one.post("/api/auth/logout", headers=account.auth)).status_code == 204
        for client in (one, other):
            _refused(await _me(client, account.token), "token_revoked")
            assert (await _me(client, second)).status_code == 200
        _refused(await one.post("/api/auth/logout", headers=account.auth), "token_revoked")


async def test_logout_forgets_tokens_that_expired_by_themselves(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
        connection = await asyncpg.connect(database_url)
        try:
            await connection.execute(
                "INSERT INTO revoked_tokens (jti, user_id, expires_at) VALUES "
                "(gen_random_uuid(), $1, now() - interval '2 days'), "
                "(gen_random_uuid(), $1, now() + interval '1 hour')",
                account.user["id"],
            )
            await client.post("/api/auth/logout", headers=account.auth)
            assert await connection.fetchval("SELECT count(*) FROM revoked_tokens") == 2
        finally:
            await connection.close()


async def test_a_change_of_password_ends_every_older_token(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as one, api_client(database_url, redis_url) as other:
        account = await signup(one)
        second = await _login(one, account)
        response = await one.patch(
            "/api/auth/password",
            headers=account.auth,
            json={"current_password": PASSWORD, "new_password": "another password"},
        )
        assert response.status_code == 200, response.text
        for client in (one, other):
            _refused(await _me(client, account.token), "token_revoked")
            _refused(await _me(client, second), "token_revoked")
            assert (await _me(client, response.json()["token"])).status_code == 200
        old = await one.post("/api/auth/login", json={"email": account.email, "password": PASSWORD})
        assert (old.status_code, old.json()["code"]) == (401, "bad_credentials")
        assert (await _me(one, await _login(one, account, "another password"))).status_code == 200
        # API keys are no tokens: what runs in production goes on.
        assert (await one.get("/api/auth/me", headers=account.key_auth)).status_code == 403


async def test_a_change_of_password_needs_the_current_one(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
        wrong = await client.patch(
            "/api/auth/password",
            headers=account.auth,
            json={"current_password": "wrong password", "new_password": "another password"},
        )
        assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_password")
        weak = await client.patch(
            "/api/auth/password",
            headers=account.auth,
            json={"current_password": PASSWORD, "new_password": "short"},
        )
        assert (weak.status_code, weak.json()["code"]) == (422, "weak_password")
        assert (await _me(client, account.token)).status_code == 200


async def test_two_changes_of_password_at_once(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
        answers = await asyncio.gather(
            *(
                client.patch(
                    "/api/auth/password",
                    headers=account.auth,
                    json={"current_password": PASSWORD, "new_password": f"new password {n}"},
                )
                for n in range(4)
            )
        )
        won = [answer for answer in answers if answer.status_code == 200]
        assert len(won) == 1
        # Which of the three refusals a loser gets depends on how far the winner was.
        assert {answer.status_code for answer in answers} <= {200, 401, 403, 409}
        assert (await _me(client, won[0].json()["token"])).status_code == 200
