"""The session cookie: what it looks like, where it counts, and that no other site can use it."""

from datetime import timedelta

import httpx
import pytest
from api_client import PASSWORD, Account, Api, api_client, api_settings, run_api, signup
from people import WEB, cookie_of, is_problem, web_login


def _credentials(account: Account) -> dict[str, str]:
    return {"email": account.email, "password": account.password}


async def test_the_cookie_is_for_this_page_alone_and_the_token_for_no_script(
    database_url: str, redis_url: str
) -> None:
    async with run_api(api_settings(database_url, redis_url, token_hours=5)) as api:
        body = {"email": "ada@example.com", "password": PASSWORD}
        signed_up = await api.client.post("/api/auth/signup", json=body, headers=WEB)
        assert signed_up.json()["token"] is None
        assert signed_up.json()["api_key"].startswith("llmlab_")
        plain = cookie_of(await api.client.post("/api/auth/login", json=body, headers=WEB))
        assert plain[0] == "llmlab_session"
        assert plain[2] == {"path=/", "max-age=18000", "httponly", "samesite=lax"}
        assert plain[1] not in signed_up.text
        secure = cookie_of(await api.client.post("https://api/api/auth/login", json=body, headers=WEB))
        assert secure[0] == "__Host-llmlab_session"
        assert secure[2] == {"path=/", "max-age=18000", "httponly", "samesite=lax", "secure"}
        # A neighbour of the host can plant the plain name; over https it does not count.
        planted = {"Cookie": f"llmlab_session={plain[1]}"}
        assert (await api.client.get("http://api/api/auth/me", headers=planted)).status_code == 200
        is_problem(await api.client.get("https://api/api/auth/me", headers=planted), 401, "not_authenticated")
        without = await api.client.post("/api/auth/login", json=body)
        assert without.json()["token"]
        assert "set-cookie" not in without.headers


async def test_a_page_reads_and_writes_and_logs_out(api: Api, account: Account) -> None:
    web = await web_login(api.client, account)
    me = await api.client.get("/api/auth/me", headers={"Cookie": web["Cookie"]})
    assert me.json()["email"] == account.email
    made = await api.client.post("/api/budgets", json={"budget_amount": "5"}, headers=web)
    assert made.status_code == 201, made.text
    out = await api.client.post("/api/auth/logout", headers=web)
    assert out.status_code == 204
    name, value, attributes = cookie_of(out)
    assert (name, value) == ("llmlab_session", "")
    assert "max-age=0" in attributes
    dead = await api.client.get("/api/auth/me", headers=web)
    is_problem(dead, 401, "token_revoked")
    assert cookie_of(dead)[1] == ""
    assert dead.headers["www-authenticate"].startswith("Bearer")


async def test_a_new_password_comes_with_a_new_cookie(api: Api, account: Account) -> None:
    web, elsewhere = await web_login(api.client, account), await web_login(api.client, account)
    body = {"current_password": account.password, "new_password": "another one, long"}
    changed = await api.client.patch("/api/auth/password", json=body, headers=web)
    assert changed.json() == {"token": None}
    name, value, _ = cookie_of(changed)
    renewed = {"Cookie": f"{name}={value}"}
    assert (await api.client.get("/api/auth/me", headers=renewed)).status_code == 200
    for ended in (web, elsewhere, account.auth):
        is_problem(await api.client.get("/api/auth/me", headers=ended), 401, "token_revoked")


# What a browser says beside the cookie, and whether that lets a change through.
SAID: list[tuple[dict[str, str], bool]] = [
    ({}, False),
    ({"X-LLMLab-Web": "0"}, False),
    ({"X-LLMLab-Web": ""}, False),
    (WEB, True),
    ({"Sec-Fetch-Site": "same-origin"}, False),
    ({**WEB, "Sec-Fetch-Site": "same-origin"}, True),
    ({**WEB, "Sec-Fetch-Site": "same-site"}, False),
    ({**WEB, "Sec-Fetch-Site": "cross-site"}, False),
    ({**WEB, "Sec-Fetch-Site": "none"}, False),
    ({**WEB, "Origin": "http://api"}, True),
    ({**WEB, "Origin": "HTTP://API"}, True),
    ({**WEB, "Origin": "https://api"}, False),
    ({**WEB, "Origin": "http://api.example"}, False),
    ({**WEB, "Origin": "http://api:81"}, False),
    ({**WEB, "Origin": "null"}, False),
    ({**WEB, "Origin": "https://llm.example"}, True),
    ({**WEB, "Origin": "https://llm.example/llmlab"}, False),
    ({**WEB, "Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}, False),
    # A proxy that renames hosts: the browser knows better than the names.
    ({**WEB, "Origin": "https://app.example", "Sec-Fetch-Site": "same-origin"}, True),
]


async def test_other_sites_cannot_use_the_cookie(database_url: str, redis_url: str) -> None:
    async with run_api(api_settings(database_url, redis_url, public_url="https://llm.example/llmlab")) as api:
        account = await signup(api.client)
        cookie = {"Cookie": (await web_login(api.client, account))["Cookie"]}
        key = {"name": "k"}
        for said, let_through in SAID:
            changes = [
                await api.client.post("/api/keys", json=key, headers={**cookie, **said}),
                await api.client.delete("/api/budgets/1", headers={**cookie, **said}),
            ]
            # A form's and a beacon's bodies.
            for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
                headers = {**cookie, **said, "Content-Type": kind}
                content = b'{"monthly_budget":"5"}'
                changes.append(await api.client.patch("/api/auth/me", content=content, headers=headers))
            for response in changes:
                assert ('"csrf"' not in response.text) is let_through, (said, response.text)
                assert response.status_code != 500
                if not let_through:
                    is_problem(response, 403, "csrf")
            # To look is harmless: what comes back, no other site can read.
            assert (await api.client.get("/api/budgets", headers={**cookie, **said})).status_code == 200
        is_problem(await api.client.post("/api/keys", json=key, headers={**cookie}), 403, "csrf")
        # Nobody else's page signs a browser in either.
        for said, let_through in SAID:
            response = await api.client.post("/api/auth/login", json=_credentials(account), headers=said)
            assert not ("set-cookie" in response.headers and not let_through), said


async def test_a_preflight_never_allows_what_the_cookie_needs(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url, cors_origins=["https://dash.example"]) as client:
        for origin in ("https://dash.example", "https://evil.example"):
            response = await client.options(
                "/api/keys",
                headers={
                    "Origin": origin,
                    "Access-Control-Request-Method": "POST",
                    "Access-Control-Request-Headers": "x-llmlab-web, content-type",
                },
            )
            assert response.status_code == 400
            assert "x-llmlab-web" not in response.headers.get("access-control-allow-headers", "").lower()
            assert "access-control-allow-credentials" not in response.headers


async def test_headers_go_before_the_cookie(api: Api, account: Account) -> None:
    other = await signup(api.client)
    web = await web_login(api.client, account)
    me = await api.client.get("/api/auth/me", headers={**web, **other.auth})
    assert me.json()["email"] == other.email
    # What a header signs needs no word of a page, and its 401 clears no cookie.
    no_page = {"Cookie": web["Cookie"], **account.auth}
    assert (await api.client.post("/api/auth/logout", headers=no_page)).status_code == 204
    wrong = await api.client.get("/api/auth/me", headers={**web, "Authorization": "Bearer nonsense"})
    is_problem(wrong, 401, "token_invalid")
    assert "set-cookie" not in wrong.headers
    assert (await api.client.get("/api/auth/me", headers=web)).status_code == 200
    by_key = await api.client.post("/api/keys", json={"name": "k"}, headers={**web, **account.key_auth})
    is_problem(by_key, 403, "insufficient_scope")


async def test_events_are_not_taken_by_cookie(api: Api, account: Account) -> None:
    web = await web_login(api.client, account)
    event = {"provider": "openai", "model": "gpt-4", "input_tokens": 1}
    response = await api.client.post("/api/events/track", json=event, headers=web)
    is_problem(response, 401, "not_authenticated")
    assert (await api.client.post("/api/events/track", json=event, headers=account.auth)).status_code == 202


@pytest.mark.parametrize("value", ["", "nonsense", "a.b.c", "x" * 5000, "ä", '"', "llmlab_" + "0" * 38])
async def test_a_cookie_that_is_none_is_cleared(api: Api, value: str) -> None:
    headers = [(b"cookie", f"a=b; llmlab_session={value}".encode()), (b"cookie", b"c=d")]
    response = await api.client.get("/api/auth/me", headers=headers)
    assert response.status_code == 401, response.text
    assert ("set-cookie" in response.headers) is bool(value)


async def test_a_cookie_expires_as_its_token_does(api: Api, account: Account) -> None:
    services = api.app.state.services
    life = services.tokens._life
    services.tokens._life = timedelta(hours=-1)
    token = services.tokens.issue(user_id=account.user["id"], workspace_id=account.workspace_id, generation=1)
    services.tokens._life = life
    response = await api.client.get("/api/auth/me", headers={"Cookie": f"llmlab_session={token}"})
    is_problem(response, 401, "token_expired")
    assert cookie_of(response)[1] == ""


async def test_a_page_chooses_the_workspace_too(api: Api, account: Account) -> None:
    web = await web_login(api.client, account)
    made = await api.client.post("/api/workspaces", json={"name": "Lab"}, headers=web)
    assert made.status_code == 201, made.text
    there = {**web, "X-LLMLab-Workspace": str(made.json()["id"])}
    me = await api.client.get("/api/auth/me", headers=there)
    assert [each["name"] for each in me.json()["workspaces"]] == ["Personal", "Lab"]
    assert (await api.client.get("/api/keys", headers=there)).json()["keys"] == []
    stranger: httpx.Response = await api.client.get(
        "/api/keys", headers={**web, "X-LLMLab-Workspace": "999999"}
    )
    is_problem(stranger, 403, "not_a_member")
