"""Members and their roles: who may change whom, and that every workspace keeps an owner."""

import asyncio

from api_client import Account, Api, signup
from people import WEB, invite, is_problem, join, joined

PATH = "/api/members"


async def test_members_are_listed_as_they_came(api: Api) -> None:
    people = await joined(api.client)
    answer = await api.client.get(PATH, headers=people["member"].auth)
    found = answer.json()["members"]
    assert [(each["email"], each["role"], each["you"]) for each in found] == [
        (account.email, role, role == "member") for role, account in people.items()
    ]
    assert all(
        set(each) == {"user_id", "email", "role", "joined_at", "last_seen_at", "you"} for each in found
    )
    assert found[2]["last_seen_at"] is not None
    stranger = await signup(api.client)
    assert len((await api.client.get(PATH, headers=stranger.auth)).json()["members"]) == 1
    is_problem(await api.client.get(PATH, headers=people["owner"].key_auth), 403, "needs_login")


async def test_who_may_change_whom(api: Api) -> None:
    people = await joined(api.client)
    ids = {role: account.user["id"] for role, account in people.items()}

    async def change(who: str, whom: str, role: str) -> str:
        path = f"{PATH}/{ids[whom]}"
        response = await api.client.patch(path, json={"role": role}, headers=people[who].auth)
        return str(response.json().get("code", response.json().get("role")))

    for whom, role in (("viewer", "owner"), ("owner", "viewer"), ("owner", "owner")):
        assert await change("admin", whom, role) == "owner_only"
    for who in ("member", "viewer"):
        assert await change(who, "viewer", "member") == "insufficient_scope"
        assert await change(who, who, "admin") == "insufficient_scope"
        removal = await api.client.delete(f"{PATH}/{ids['admin']}", headers=people[who].auth)
        is_problem(removal, 403, "insufficient_scope")
    removal = await api.client.delete(f"{PATH}/{ids['owner']}", headers=people["admin"].auth)
    is_problem(removal, 403, "owner_only")
    assert await change("owner", "owner", "admin") == "last_owner"
    is_problem(
        await api.client.delete(f"{PATH}/{ids['owner']}", headers=people["owner"].auth), 409, "last_owner"
    )
    assert await change("admin", "viewer", "member") == "member"
    assert await change("admin", "member", "viewer") == "viewer"
    assert await change("owner", "admin", "owner") == "owner"
    assert await change("admin", "owner", "member") == "member"
    is_problem(
        await api.client.patch(f"{PATH}/{ids['owner']}", json={"role": "king"}, headers=people["admin"].auth),
        422,
        "validation_failed",
    )
    is_problem(
        await api.client.patch(f"{PATH}/999999", json={"role": "viewer"}, headers=people["admin"].auth),
        404,
        "not_found",
    )


async def test_who_is_removed_is_out_at_once_and_what_they_made_stays(api: Api) -> None:
    people = await joined(api.client)
    owner, admin = people["owner"], people["admin"]
    made = (await api.client.post("/api/keys", json={"name": "CI"}, headers=admin.auth)).json()
    link = await invite(api.client, admin, "admin")
    assert (await api.client.delete(f"{PATH}/{admin.user['id']}", headers=owner.auth)).status_code == 204
    is_problem(await api.client.get("/api/budgets", headers=admin.auth), 403, "not_a_member")
    is_problem(await api.client.get("/api/auth/me", headers=admin.auth), 403, "no_workspace")
    body = {"email": admin.email, "password": admin.password}
    is_problem(await api.client.post("/api/auth/login", json=body), 403, "no_workspace")
    by_key = await api.client.get("/api/budgets", headers={"X-API-Key": made["api_key"]})
    assert by_key.status_code == 200, "the key is the workspace's"
    # An invitation that they left behind is no way back.
    again = await api.client.post("/api/invitations/accept", json={"token": link}, headers=admin.auth)
    is_problem(again, 404, "invitation_unknown")
    # A new one is, for who is still signed in and by a login.
    link = await invite(api.client, owner, "member")
    back = await api.client.post("/api/auth/login", json={**body, "invitation": link}, headers=WEB)
    assert back.status_code == 200, back.text
    api.client.cookies.clear()
    me = await api.client.get("/api/auth/me", headers=admin.auth)
    assert [each["role"] for each in me.json()["workspaces"]] == ["member"]
    assert (await api.client.post("/api/auth/logout", headers=admin.auth)).status_code == 204


async def test_a_lost_admin_takes_the_invitations_along(api: Api) -> None:
    people = await joined(api.client)
    owner, admin = people["owner"], people["admin"]
    links = [await invite(api.client, admin, role) for role in ("admin", "viewer")]
    kept = await invite(api.client, owner, "viewer")
    path = f"{PATH}/{admin.user['id']}"
    assert (await api.client.patch(path, json={"role": "member"}, headers=owner.auth)).status_code == 200
    for link in links:
        is_problem(
            await api.client.post("/api/invitations/look", json={"token": link}), 404, "invitation_unknown"
        )
    assert (await api.client.post("/api/invitations/look", json={"token": kept})).status_code == 200


async def test_of_two_owners_one_stays_however_they_leave(api: Api) -> None:
    for _ in range(4):
        owner = await signup(api.client)
        other = await join(api.client, owner, "owner", f"other-of-{owner.email}")
        ways = [
            api.client.delete(f"{PATH}/{owner.user['id']}", headers=owner.auth),
            api.client.delete(f"{PATH}/{other.user['id']}", headers=other.auth),
            api.client.patch(f"{PATH}/{owner.user['id']}", json={"role": "viewer"}, headers=other.auth),
            api.client.patch(f"{PATH}/{other.user['id']}", json={"role": "viewer"}, headers=owner.auth),
        ]
        answers = await asyncio.gather(*ways)
        assert all(answer.status_code in (200, 204, 403, 404, 409) for answer in answers)
        left = []
        for who in (owner, other):
            response = await api.client.get(PATH, headers=who.auth)
            if response.status_code == 200:
                left = [each["email"] for each in response.json()["members"] if each["role"] == "owner"]
        assert len(left) == 1


async def test_a_workspace_beside_the_first(api: Api, account: Account) -> None:
    body = {"name": " Lab ", "timezone": "Asia/Kolkata"}
    made = await api.client.post("/api/workspaces", json=body, headers=account.auth)
    assert made.status_code == 201
    assert made.json() == {
        "id": made.json()["id"],
        "name": "Lab",
        "role": "owner",
        "timezone": "Asia/Kolkata",
    }
    there = {**account.auth, "X-LLMLab-Workspace": str(made.json()["id"])}
    channels = await api.client.get("/api/channels", headers=there)
    assert len(channels.json()["channels"]) == 1, "its owner is told of what happens there"
    viewer = await join(api.client, account, "viewer", "vi@example.com")
    is_problem(await api.client.post("/api/workspaces", json=body, headers=viewer.auth), 403, "needs_owner")
    wrong = await api.client.post(
        "/api/workspaces", json={**body, "timezone": "Mars/Olympus"}, headers=account.auth
    )
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "timezone")


async def test_fifty_workspaces_are_enough(api: Api, account: Account, database_url: str) -> None:
    async with api.app.state.services.engine.begin() as connection:
        await connection.exec_driver_sql(
            "WITH made AS (INSERT INTO workspaces (name) "
            "SELECT 'w' FROM generate_series(1, 48) RETURNING id) "
            f"INSERT INTO memberships (workspace_id, user_id, role) SELECT id, {account.user['id']}, 'owner' "
            "FROM made"
        )
    asked = (api.client.post("/api/workspaces", json={"name": "w"}, headers=account.auth) for _ in range(4))
    answers = await asyncio.gather(*asked)
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_the_log_names_whom_it_was_done_to(api: Api) -> None:
    people = await joined(api.client)
    owner, viewer = people["owner"], people["viewer"]
    path = f"{PATH}/{viewer.user['id']}"
    await api.client.patch(path, json={"role": "member"}, headers=owner.auth)
    await api.client.delete(path, headers=owner.auth)
    entries = (await api.client.get("/api/audit", headers=owner.auth)).json()["entries"]
    told = [(each["action"], each["actor_email"], each["details"]["email"]) for each in entries[:2]]
    assert told == [
        ("member_removed", owner.email, viewer.email),
        ("role_changed", owner.email, viewer.email),
    ]
