"""API keys over HTTP: making, listing, rotating and ending them, and who may."""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest
from api_client import Account, Api, api_client, api_settings, run_api, signup
from httpx import AsyncClient, Response
from llmlab_api.auth import KeyCache
from llmlab_api.keys.schemas import KeyDefaults
from llmlab_shared.domain.events import DEFAULTABLE
from llmlab_shared.security import is_api_key


async def _create(client: AsyncClient, headers: dict[str, str], **body: Any) -> dict[str, Any]:
    response = await client.post("/api/keys", headers=headers, json={"name": "a key", **body})
    assert response.status_code == 201, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def _works(client: AsyncClient, secret: str) -> bool:
    """Say whether the secret is known: a person's page refuses a good key with 403, a bad one with 401."""
    response = await client.get("/api/auth/me", headers={"Authorization": f"Bearer {secret}"})
    assert response.json()["code"] in ("needs_login", "key_unknown", "insufficient_scope"), response.text
    return response.status_code == 403


async def test_a_key_is_shown_once_and_listed_without_its_secret(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
        defaults = {"team": "search", "tags": {"stage": "beta"}}
        made = await _create(client, account.auth, name=" CI ", scopes=["ingest"], defaults=defaults)
        secret = made.pop("api_key")
        assert is_api_key(secret)
        assert made["name"] == "CI"
        assert made["scopes"] == ["ingest"]
        assert made["defaults"] == defaults
        assert secret.startswith(made["prefix"])
        assert made["last_used_at"] is None
        listed = (await client.get("/api/keys", headers=account.auth)).json()
        assert listed["next_cursor"] is None
        assert listed["keys"][0] == made
        assert [key["name"] for key in listed["keys"]] == ["CI", "First key"]
        assert secret not in str(listed)


async def test_a_new_key_may_ingest_and_read(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
        assert (await _create(client, account.auth))["scopes"] == ["ingest", "read"]


async def test_pages(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
        for n in range(4):
            await _create(client, account.auth, name=f"key {n}")
        names, cursor = [], ""
        while cursor is not None:
            answer = await client.get(f"/api/keys?limit=2{cursor}", headers=account.auth)
            names += [key["name"] for key in answer.json()["keys"]]
            following = answer.json()["next_cursor"]
            cursor = None if following is None else f"&cursor={following}"
        assert names == ["key 3", "key 2", "key 1", "key 0", "First key"]


async def test_the_principal_carries_scopes_and_defaults(database_url: str, redis_url: str) -> None:
    async with run_api(api_settings(database_url, redis_url)) as api:
        account = await signup(api.client)
        defaults = {"feature": "søk", "tags": {"a": "b"}}
        made = await _create(api.client, account.auth, scopes=["ingest"], defaults=defaults)
        keys: KeyCache = api.app.state.services.keys
        principal = await keys.lookup(made["api_key"])
        assert principal is not None
        assert principal is keys.peek(made["api_key"])
        assert principal.workspace_id == account.workspace_id
        assert principal.api_key_id == made["id"]
        assert principal.scopes == {"ingest"}
        assert principal.defaults == '{"tags":{"a":"b"},"feature":"søk"}'.encode()
        plain = await keys.lookup(account.api_key)
        assert plain is not None
        assert plain.defaults == b""


async def test_revocation_is_seen_here_at_once(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
        made = await _create(client, account.auth)
        assert await _works(client, made["api_key"])
        for _ in range(2):
            answer = await client.delete(f"/api/keys/{made['id']}", headers=account.auth)
            assert answer.status_code == 204
        assert not await _works(client, made["api_key"])
        listed = (await client.get("/api/keys", headers=account.auth)).json()["keys"]
        assert [key["name"] for key in listed] == ["First key"]


async def test_rotation_replaces_the_secret_and_keeps_the_key(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
        made = await _create(client, account.auth, defaults={"team": "a"})
        assert await _works(client, made["api_key"])
        rotated = await client.post(f"/api/keys/{made['id']}/rotate", headers=account.auth)
        assert rotated.status_code == 200, rotated.text
        new = rotated.json()
        assert new["id"] == made["id"]
        assert new["defaults"] == {"team": "a"}
        assert new["previous_valid_until"] is None
        assert not await _works(client, made["api_key"])
        assert await _works(client, new["api_key"])


async def test_rotation_with_grace(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
        made = await _create(client, account.auth)
        url = f"/api/keys/{made['id']}"
        second = (
            await client.post(f"{url}/rotate", headers=account.auth, json={"grace_seconds": 3600})
        ).json()
        assert second["previous_valid_until"] is not None
        assert await _works(client, made["api_key"])
        assert await _works(client, second["api_key"])
        # There is one grace at a time: the oldest secret ends with the next rotation.
        third = (
            await client.post(f"{url}/rotate", headers=account.auth, json={"grace_seconds": 3600})
        ).json()
        assert not await _works(client, made["api_key"])
        assert await _works(client, second["api_key"])
        assert await _works(client, third["api_key"])
        # A grace that is over ends the secret without anybody's doing.
        connection = await asyncpg.connect(database_url)
        try:
            await connection.execute("UPDATE api_keys SET previous_valid_until = now() - interval '1 second'")
        finally:
            await connection.close()
    async with api_client(database_url, redis_url) as client:
        assert not await _works(client, second["api_key"])
        assert await _works(client, third["api_key"])
        # A revocation ends both.
        await client.post(f"{url}/rotate", headers=account.auth, json={"grace_seconds": 3600})
        await client.delete(url, headers=account.auth)
        assert not await _works(client, third["api_key"])


async def test_a_revoked_key_cannot_be_rotated(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
        made = await _create(client, account.auth)
        await client.delete(f"/api/keys/{made['id']}", headers=account.auth)
        answer = await client.post(f"/api/keys/{made['id']}/rotate", headers=account.auth)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_keys_of_others_do_not_exist(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        ada, eve = await signup(client), await signup(client)
        made = await _create(client, ada.auth)
        url = f"/api/keys/{made['id']}"
        for answer in (
            await client.delete(url, headers=eve.auth),
            await client.post(f"{url}/rotate", headers=eve.auth),
            await client.delete(f"/api/keys/{2**63 - 1}", headers=eve.auth),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert await _works(client, made["api_key"])
        names = (await client.get("/api/keys", headers=eve.auth)).json()["keys"]
        assert [key["name"] for key in names] == ["First key"]


ACTS: dict[str, Callable[[AsyncClient, dict[str, str], int], Awaitable[Response]]] = {
    "list": lambda client, headers, _: client.get("/api/keys", headers=headers),
    "create": lambda client, headers, _: client.post("/api/keys", headers=headers, json={"name": "x"}),
    "rotate": lambda client, headers, key: client.post(f"/api/keys/{key}/rotate", headers=headers),
    "revoke": lambda client, headers, key: client.delete(f"/api/keys/{key}", headers=headers),
}


@pytest.mark.parametrize("act", ACTS)
async def test_keys_are_managed_with_the_scope_admin_only(
    database_url: str, redis_url: str, act: str
) -> None:
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
        target = await _create(client, account.auth)
        answer = await ACTS[act](client, account.key_auth, target["id"])
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
        assert "`admin`" in answer.json()["detail"]
        assert "insufficient_scope" in answer.headers["www-authenticate"]
        await _become(database_url, account, "member")
        answer = await ACTS[act](client, account.auth, target["id"])
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
        await _become(database_url, account, "admin")
        assert (await ACTS[act](client, account.auth, target["id"])).status_code in (200, 201, 204)
        assert (await ACTS[act](client, {}, target["id"])).status_code == 401


async def _become(database_url: str, account: Account, role: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            "UPDATE memberships SET role = $1 WHERE user_id = $2", role, account.user["id"]
        )
    finally:
        await connection.close()


async def test_a_key_gives_no_scope_that_it_does_not_have(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
        manager = await _create(client, account.auth, scopes=["admin", "read"])
        headers = {"X-API-Key": manager["api_key"]}
        refused = await client.post("/api/keys", headers=headers, json={"name": "x"})
        assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
        assert "ingest" in refused.json()["detail"]
        assert (await _create(client, headers, scopes=["read"]))["scopes"] == ["read"]
        # A rotation shows the secret of a key that may ingest: the same rule.
        target = await _create(client, account.auth)
        rotated = await client.post(f"/api/keys/{target['id']}/rotate", headers=headers)
        assert (rotated.status_code, rotated.json()["code"]) == (403, "insufficient_scope")
        assert await _works(client, target["api_key"])


NO_KEYS: list[object] = [
    {},
    {"name": ""},
    {"name": "  "},
    {"name": "x" * 101},
    {"name": "a\0b"},
    {"name": 5},
    {"name": "x", "scopes": []},
    {"name": "x", "scopes": ["everything"]},
    {"name": "x", "scopes": "read"},
    {"name": "x", "scopes": ["read"] * 1000},
    {"name": "x", "defaults": {"model": "gpt-4"}},
    {"name": "x", "defaults": {"team": ""}},
    {"name": "x", "defaults": {"team": "x" * 257}},
    {"name": "x", "defaults": {"team": "a\0b"}},
    {"name": "x", "defaults": {"team": 5}},
    {"name": "x", "defaults": {"tags": {"a\0": "b"}}},
    {"name": "x", "defaults": {"tags": {"a": 5}}},
    {"name": "x", "defaults": {"tags": {f"t{n}": "v" for n in range(33)}}},
    {"name": "x", "defaults": []},
    {"name": "x", "colour": "red"},
    [],
]


async def test_what_is_wrong_is_refused(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
        key = await _create(client, account.auth)
        answers = [
            *[(b, await client.post("/api/keys", headers=account.auth, json=b)) for b in NO_KEYS],
            *[
                (
                    grace,
                    await client.post(
                        f"/api/keys/{key['id']}/rotate", headers=account.auth, json={"grace_seconds": grace}
                    ),
                )
                for grace in (-1, 86_401, "long", 10**30, 1.5)
            ],
            *[
                (key_id, await client.delete(f"/api/keys/{key_id}", headers=account.auth))
                for key_id in ("0", "-1", "x", str(2**63), "9" * 5000, "%00")
            ],
        ]
        for asked, answer in answers:
            assert answer.status_code == 422, (asked, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"


async def test_names_that_no_default_has_are_told_with_those_that_are_known(
    database_url: str, redis_url: str
) -> None:
    strange = {"custommer": "a", "{0}": "b", "x" * 60_000: "c"}
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
        body = {"name": "x", "defaults": strange}
        answer = await client.post("/api/keys", headers=account.auth, json=body)
        many = {"name": "x", **{f"n{n}": n for n in range(5000)}}
        answer_to_many = await client.post("/api/keys", headers=account.auth, json=many)
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_field")
    errors = {each["field"]: each["message"] for each in answer.json()["errors"]}
    known = ", ".join(KeyDefaults.model_fields)
    assert errors == {
        "defaults.custommer": f"is not a field here; did you mean customer? Known are {known}",
        "defaults.{0}": f"is not a field here; known are {known}",
        f"defaults.{'x' * 64}": f"is not a field here; known are {known}",
    }
    assert answer_to_many.json()["code"] == "unknown_field"
    assert len(answer_to_many.content) < 10_000


def test_defaults_are_those_that_events_know() -> None:
    assert set(KeyDefaults.model_fields) == {*DEFAULTABLE, "tags"}


async def test_the_audit_log_says_who_did_what(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
        made = await _create(client, account.auth, name="CI")
        await client.post(f"/api/keys/{made['id']}/rotate", headers=account.auth)
        await client.delete(f"/api/keys/{made['id']}", headers=account.auth)
        await client.post("/api/auth/logout", headers=account.auth)
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch(
            "SELECT actor, action, target FROM audit_log WHERE workspace_id = $1 ORDER BY id",
            account.workspace_id,
        )
    finally:
        await connection.close()
    who, key = f"user:{account.user['id']}", f"key:{made['id']}"
    assert [tuple(row) for row in rows] == [
        (who, "signed_up", ""),
        (who, "key_created", key),
        (who, "key_rotated", key),
        (who, "key_revoked", key),
        (who, "logged_out", ""),
    ]


async def test_when_a_key_was_last_used_is_noted_at_most_once_a_minute(
    database_url: str, redis_url: str
) -> None:
    async def last_used(api: Api, account: Account) -> str | None:
        keys = (await api.client.get("/api/keys", headers=account.auth)).json()["keys"]
        value: str | None = keys[0]["last_used_at"]
        return value

    settings = api_settings(database_url, redis_url)
    async with run_api(settings) as api:
        account = await signup(api.client)
        assert await _works(api.client, account.api_key)
        assert await last_used(api, account) is None, "not at the request's expense"
    # What was noted is written when the process ends, too.
    async with run_api(settings) as api:
        first = await last_used(api, account)
        assert first is not None
        assert await _works(api.client, account.api_key)
    async with run_api(settings) as api:
        assert await last_used(api, account) == first
        connection = await asyncpg.connect(database_url)
        try:
            await connection.execute("UPDATE api_keys SET last_used_at = now() - interval '61 seconds'")
        finally:
            await connection.close()
        assert await _works(api.client, account.api_key)
    async with run_api(settings) as api:
        assert (await last_used(api, account) or "") > first


async def test_everybody_who_reads_knows_keys_by_name(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
        await _create(client, account.auth, name="Batch jobs")
        ended = await _create(client, account.auth, name="Old")
        await client.delete(f"/api/keys/{ended['id']}", headers=account.auth)
        answer = (await client.get("/api/keys/names", headers=account.key_auth)).json()
        assert [(one["name"], one["revoked"]) for one in answer["names"]] == [
            ("Old", True), ("Batch jobs", False), ("First key", False),
        ]  # fmt: skip
        assert set(answer["names"][0]) == {"id", "name", "revoked"}
