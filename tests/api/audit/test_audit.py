"""`GET /api/audit`: who did what, page by page, in one's own workspace."""

from world import World


async def test_acts_are_told_with_who_did_them(world: World) -> None:
    other = await world.another()
    auth = world.account.auth
    scopes = ["read", "admin"]
    made = await world.client.post("/api/keys", json={"name": "Robot", "scopes": scopes}, headers=auth)
    robot = {"Authorization": f"Bearer {made.json()['api_key']}"}
    await world.client.post("/api/budgets", json={"budget_amount": "5"}, headers=robot)
    found: list[tuple[str, str, str | None]] = []
    cursor: dict[str, str] = {}
    while True:
        response = await world.get("/api/audit", limit=1, **cursor)
        assert response.status_code == 200, response.text
        page = response.json()
        found += [(each["action"], each["actor"], each["actor_email"]) for each in page["entries"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    user, email = world.account.user["id"], world.account.user["email"]
    assert found == [
        ("budget_created", f"key:{made.json()['id']}", None),
        ("key_created", f"user:{user}", email),
        ("signed_up", f"user:{user}", email),
    ]
    theirs = (await other.get("/api/audit")).json()["entries"]
    assert [each["actor"] for each in theirs] == [f"user:{other.account.user['id']}"]
    assert email not in str(theirs)


async def test_an_actor_of_any_form_is_shown(world: World) -> None:
    for actor in ("operator:root", "user:999999999999999999", "user:", "user:1x", "price arrivals"):
        await world.ledger.pool.execute(
            "INSERT INTO audit_log (workspace_id, actor, action, details) "
            "VALUES ($1, $2, 'x', '{\"a\": [1]}')",
            world.account.workspace_id,
            actor,
        )
    entries = (await world.get("/api/audit", limit=5)).json()["entries"]
    assert [each["actor_email"] for each in entries] == [None] * 5
    assert entries[0]["details"] == {"a": [1]}


async def test_no_cursor_is_made_up(world: World) -> None:
    for cursor in ("zzz", "WyIyMDI2LTAxLTAxVDAwOjAwOjAwIiwxXQ", "WzEsMl0"):
        response = await world.get("/api/audit", cursor=cursor)
        assert (response.status_code, response.json()["code"]) == (422, "bad_cursor")
