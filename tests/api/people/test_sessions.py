"""Where a person is signed in: seeing it, ending one, ending the others."""

import asyncio
from uuid import UUID, uuid4

import asyncpg
from api_client import Account, Api, api_client, signup
from people import cookie_of, is_problem, web_login

PATH = "/api/auth/sessions"


async def test_sessions_are_seen_and_ended(api: Api, account: Account) -> None:
    agent = "Mozilla/5.0 \x7f(" + "x" * 300
    body = {"email": account.email, "password": account.password}
    login = await api.client.post("/api/auth/login", json=body, headers={"User-Agent": agent})
    second = {"Authorization": f"Bearer {login.json()['token']}"}
    web = await web_login(api.client, account)
    found = (await api.client.get(PATH, headers=second)).json()["sessions"]
    assert [(each["kind"], each["current"]) for each in found] == [
        ("web", False),
        ("token", True),
        ("token", False),
    ]
    assert found[1]["agent"] == agent.replace("\x7f", " ")[:256]
    assert found[1]["created_at"] <= found[1]["last_seen_at"] < found[1]["expires_at"]
    assert all(str(token) not in str(found) for token in (account.token, login.json()["token"]))
    ended = await api.client.delete(f"{PATH}/{found[0]['id']}", headers=second)
    assert ended.status_code == 204
    is_problem(await api.client.get(PATH, headers=web), 401, "token_revoked")
    is_problem(await api.client.delete(f"{PATH}/{found[0]['id']}", headers=second), 404, "not_found")
    assert len((await api.client.get(PATH, headers=second)).json()["sessions"]) == 2


async def test_ending_the_own_session_clears_the_cookie(api: Api, account: Account) -> None:
    web = await web_login(api.client, account)
    sessions = (await api.client.get(PATH, headers=web)).json()["sessions"]
    (own,) = [each["id"] for each in sessions if each["current"]]
    ended = await api.client.delete(f"{PATH}/{own}", headers=web)
    assert (ended.status_code, cookie_of(ended)[1]) == (204, "")
    is_problem(await api.client.get(PATH, headers=web), 401, "token_revoked")


async def test_nobody_sees_or_ends_anothers(api: Api, account: Account) -> None:
    other = await signup(api.client)
    (theirs,) = (await api.client.get(PATH, headers=other.auth)).json()["sessions"]
    mine = (await api.client.get(PATH, headers=account.auth)).json()["sessions"]
    assert theirs["id"] not in str(mine)
    strange = await api.client.delete(f"{PATH}/{theirs['id']}", headers=account.auth)
    is_problem(strange, 404, "not_found")
    is_problem(await api.client.delete(f"{PATH}/{uuid4()}", headers=account.auth), 404, "not_found")
    is_problem(await api.client.delete(f"{PATH}/7", headers=account.auth), 422, "validation_failed")
    is_problem(await api.client.get(PATH, headers=account.key_auth), 403, "needs_login")
    assert (await api.client.get(PATH, headers=other.auth)).status_code == 200


async def test_all_others_end_at_once_in_every_process_also_those_on_no_list(
    database_url: str, redis_url: str
) -> None:
    async with (
        api_client(database_url, redis_url) as client,
        api_client(database_url, redis_url) as other_process,
    ):
        account = await signup(client)
        web = await web_login(client, account)
        # As they were issued before there was a list.
        services = client._transport.app.state.services  # type: ignore[attr-defined]
        unlisted, never_used = (
            services.tokens.issue(user_id=account.user["id"], workspace_id=account.workspace_id, generation=1)
            for _ in range(2)
        )
        old = {"Authorization": f"Bearer {unlisted}"}
        listed = (await client.get(PATH, headers=old)).json()["sessions"]
        assert len(listed) == 3
        assert listed[0]["current"], "whoever uses an old token sees it"
        assert (await client.delete(PATH, headers=web)).status_code == 204
        for ended in (account.auth, old, {"Authorization": f"Bearer {never_used}"}):
            is_problem(await other_process.get("/api/auth/me", headers=ended), 401, "token_revoked")
        for each in (client, other_process):
            assert [s["kind"] for s in (await each.get(PATH, headers=web)).json()["sessions"]] == ["web"]
        # It stays as mortal as it was.
        assert (await client.delete(PATH, headers=web)).status_code == 204
        body = {"current_password": account.password, "new_password": "another one, long"}
        changed = await client.patch("/api/auth/password", json=body, headers=web)
        assert changed.status_code == 200
        is_problem(await client.get(PATH, headers=web), 401, "token_revoked")


async def test_two_that_end_each_other_leave_one(api: Api, account: Account) -> None:
    for _ in range(3):
        one, two = await web_login(api.client, account), await web_login(api.client, account)
        answers = await asyncio.gather(*(api.client.delete(PATH, headers=each) for each in (one, two)))
        after = [(await api.client.get(PATH, headers=each)).status_code for each in (one, two)]
        # Who was ended while asking ends nobody, and does not come back by it.
        told = [answer.status_code for answer in answers]
        assert sorted(told) == [204, 401]
        assert [status == 200 for status in after] == [status == 204 for status in told]


async def test_last_seen_is_written_once_a_minute(api: Api, account: Account, database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("UPDATE sessions SET last_seen_at = now() - interval '59 seconds'")
        before = await connection.fetchval("SELECT last_seen_at FROM sessions")
        await api.client.get("/api/auth/me", headers=account.auth)
        assert await connection.fetchval("SELECT last_seen_at FROM sessions") == before
        await connection.execute("UPDATE sessions SET last_seen_at = now() - interval '61 seconds'")
        await asyncio.gather(*(api.client.get("/api/auth/me", headers=account.auth) for _ in range(5)))
        seen = await connection.fetchrow(
            "SELECT now() - last_seen_at < interval '30 seconds', count(*) OVER () FROM sessions"
        )
        assert tuple(seen) == (True, 1)
        # What has expired is forgotten at the next login.
        await connection.execute("UPDATE sessions SET expires_at = now() - interval '1 second'")
        assert (await api.client.get(PATH, headers=account.auth)).json()["sessions"] == []
        await web_login(api.client, account)
        assert await connection.fetchval("SELECT count(*) FROM sessions") == 1
        assert isinstance(await connection.fetchval("SELECT jti FROM sessions"), UUID)
    finally:
        await connection.close()
