"""Invitations: who they let in, once, and for how long."""

import asyncio
from datetime import datetime, timedelta

import asyncpg
import httpx
from api_client import PASSWORD, Account, Api, api_client, signup
from people import invite, is_problem, join, joined

PATH = "/api/invitations"


async def _look(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post(f"{PATH}/look", json={"token": token})


async def _sign_up(client: httpx.AsyncClient, email: str, token: str) -> httpx.Response:
    body = {"email": email, "password": PASSWORD, "invitation": token}
    return await client.post("/api/auth/signup", json=body)


async def test_an_invitation_from_its_making_to_its_use(
    api: Api, account: Account, database_url: str
) -> None:
    body = {"role": "viewer", "email": " Vi@Example.com ", "days": 3}
    made = await api.client.post(PATH, json=body, headers=account.auth)
    assert made.status_code == 201, made.text
    shown = made.json()
    token = shown.pop("link_token")
    assert (shown["role"], shown["email"], shown["created_by"]) == ("viewer", "vi@example.com", account.email)
    life = datetime.fromisoformat(shown["expires_at"]) - datetime.fromisoformat(shown["created_at"])
    assert abs(life - timedelta(days=3)) < timedelta(seconds=5)
    listed = (await api.client.get(PATH, headers=account.auth)).json()
    assert listed == {"invitations": [shown], "next_cursor": None}
    looked = await _look(api.client, token)
    assert looked.json() == {
        "workspace": "Personal",
        "role": "viewer",
        "email": "vi@example.com",
        "invited_by": account.email,
        "expires_at": shown["expires_at"],
        "has_account": False,
    }
    is_problem(await _sign_up(api.client, "eve@example.com", token), 403, "invitation_for_another")
    joined_answer = await _sign_up(api.client, "VI@example.com", token)
    assert joined_answer.status_code == 201, joined_answer.text
    user = joined_answer.json()["user"]
    assert [(each["name"], each["role"]) for each in user["workspaces"]] == [("Personal", "viewer")]
    assert joined_answer.json()["api_key"] is None
    (after,) = (await api.client.get(PATH, headers=account.auth)).json()["invitations"]
    assert after["accepted_at"] is not None
    is_problem(await _look(api.client, token), 404, "invitation_used")
    is_problem(await _sign_up(api.client, "vi@example.com", token), 404, "invitation_used")
    connection = await asyncpg.connect(database_url)
    try:
        rows = str(
            [
                dict(row)
                for table in ("invitations", "audit_log")
                for row in await connection.fetch(f"SELECT * FROM {table}")
            ]
        )
        actions = await connection.fetch("SELECT action FROM audit_log ORDER BY id")
    finally:
        await connection.close()
    assert token not in rows
    assert [row["action"] for row in actions] == ["signed_up", "invited", "invitation_accepted", "signed_up"]


async def test_invitations_open_every_installation(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url, signup="first") as client:
        methods = (await client.get("/api/auth/methods")).json()
        assert (methods["signup"], methods["first_user"]) == ("first", True)
        owner = await signup(client)
        methods = (await client.get("/api/auth/methods")).json()
        assert methods == {
            "signup": "invitation",
            "first_user": False,
            "password_reset": "operator",
            "supabase": None,
        }
        token = await invite(client, owner, "member")
        other = await invite(client, owner, "member")
        assert (await _sign_up(client, "mo@example.com", token)).status_code == 201
        is_problem(await _sign_up(client, "eve@example.com", token), 404, "invitation_used")
    async with api_client(database_url, redis_url, signup="closed") as client:
        assert (await client.get("/api/auth/methods")).json()["signup"] == "invitation"
        assert (await _sign_up(client, "al@example.com", other)).status_code == 201
        is_problem(await _sign_up(client, "eve@example.com", "guess"), 404, "invitation_unknown")


async def test_of_many_at_once_one_gets_in(api: Api, account: Account) -> None:
    token = await invite(api.client, account, "member")
    answers = await asyncio.gather(*(_sign_up(api.client, f"m{n}@example.com", token) for n in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] + [404] * 5
    people = await asyncio.gather(*(signup(api.client) for _ in range(5)))
    token = await invite(api.client, account, "viewer")
    answers = await asyncio.gather(
        *(api.client.post(f"{PATH}/accept", json={"token": token}, headers=each.auth) for each in people)
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [404] * 4
    members = (await api.client.get("/api/members", headers=account.auth)).json()["members"]
    assert [each["role"] for each in members] == ["owner", "member", "viewer"]


async def test_somebody_with_an_account_accepts(api: Api, account: Account) -> None:
    other = await signup(api.client)
    token = await invite(api.client, account, "admin", email=other.email)
    assert (await _look(api.client, token)).json()["has_account"] is True
    third = await signup(api.client)
    wrong = await api.client.post(f"{PATH}/accept", json={"token": token}, headers=third.auth)
    is_problem(wrong, 403, "invitation_for_another")
    accepted = await api.client.post(f"{PATH}/accept", json={"token": token}, headers=other.auth)
    assert accepted.json() == {
        "id": account.workspace_id,
        "name": "Personal",
        "role": "admin",
        "timezone": "UTC",
    }
    there = {**other.auth, "X-LLMLab-Workspace": str(account.workspace_id)}
    assert (await api.client.get("/api/keys", headers=there)).status_code == 200
    # Who belongs already does not use one up.
    token = await invite(api.client, account, "viewer")
    again = await api.client.post(f"{PATH}/accept", json={"token": token}, headers=other.auth)
    is_problem(again, 409, "already_member")
    assert (await _look(api.client, token)).status_code == 200
    by_key = await api.client.post(f"{PATH}/accept", json={"token": token}, headers=third.key_auth)
    is_problem(by_key, 403, "needs_login")


async def test_an_invitation_ends(api: Api, account: Account, database_url: str) -> None:
    made = (await api.client.post(PATH, json={"role": "member"}, headers=account.auth)).json()
    path = f"{PATH}/{made['id']}"
    stranger = await signup(api.client)
    is_problem(await api.client.delete(path, headers=stranger.auth), 404, "not_found")
    assert (await api.client.delete(path, headers=account.auth)).status_code == 204
    is_problem(await _look(api.client, made["link_token"]), 404, "invitation_unknown")
    is_problem(await api.client.delete(path, headers=account.auth), 404, "not_found")
    token = await invite(api.client, account, "member")
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE invitations SET expires_at = now() - interval '1 second'")
    await connection.close()
    is_problem(await _look(api.client, token), 404, "invitation_expired")
    is_problem(await _sign_up(api.client, "late@example.com", token), 404, "invitation_expired")


async def test_who_may_invite_whom(api: Api) -> None:
    people = await joined(api.client)
    for who, role, code in (
        ("admin", "owner", "owner_only"),
        ("member", "viewer", "insufficient_scope"),
        ("viewer", "viewer", "insufficient_scope"),
    ):
        is_problem(await api.client.post(PATH, json={"role": role}, headers=people[who].auth), 403, code)
    for who in ("member", "viewer"):
        is_problem(await api.client.get(PATH, headers=people[who].auth), 403, "insufficient_scope")
    for body in (
        {"role": "king"},
        {"role": "member", "days": 31},
        {"role": "member", "days": 0},
        {"role": "member", "email": "nobody"},
        {"role": "member", "e-mail": "a@b.c"},
        {},
    ):
        wrong = await api.client.post(PATH, json=body, headers=people["owner"].auth)
        assert wrong.status_code == 422, (body, wrong.text)
    await join(api.client, people["owner"], "owner", "second@example.com")


async def test_two_hundred_are_enough(api: Api, account: Account) -> None:
    async with api.app.state.services.engine.begin() as connection:
        await connection.exec_driver_sql(
            "INSERT INTO invitations (workspace_id, role, token_hash, expires_at, accepted_at) "
            f"SELECT {account.workspace_id}, 'viewer', sha256(n::text::bytea), now() + interval '1 day', "
            "CASE WHEN n > 199 THEN now() END FROM generate_series(1, 205) n"
        )
    asked = (api.client.post(PATH, json={"role": "viewer"}, headers=account.auth) for _ in range(4))
    answers = await asyncio.gather(*asked)
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    seen: list[int] = []
    query = "?limit=90"
    while True:
        page = (await api.client.get(f"{PATH}{query}", headers=account.auth)).json()
        seen += [each["id"] for each in page["invitations"]]
        if page["next_cursor"] is None:
            break
        query = f"?limit=90&cursor={page['next_cursor']}"
    assert len(seen) == len(set(seen)) == 206
    assert seen == sorted(seen, reverse=True)
