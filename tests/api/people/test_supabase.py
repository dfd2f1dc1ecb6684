"""Signing in by way of Supabase Auth, at a real local issuer: whose account it is, and who may come in."""

import asyncio
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import asyncpg
import pytest
from api_client import PASSWORD, api_settings, run_api, signup
from llmlab_api.login_throttle import PER_EMAIL
from people import WEB, cookie_of, invite, is_problem
from pydantic import SecretStr, ValidationError
from supabase_api import PATH, enter, linked_api, who_is
from supabase_issuer import Issuer


async def test_an_account_is_linked_by_a_verified_email_alone(
    database_url: str, redis_url: str, issuer: Issuer
) -> None:
    async with linked_api(database_url, redis_url, issuer) as api:
        account = await signup(api.client, "ada@example.com")
        body = {"email": account.email, "password": PASSWORD}
        unproven = issuer.person("Ada@example.com", confirmed=False)
        is_problem(await enter(api, issuer.token(unproven)), 403, "email_not_verified")
        # The token's own word counts for nothing, not even where the server would not be asked.
        claimed = issuer.token(issuer.person("eve@example.com", confirmed=False), email=account.email)
        is_problem(await enter(api, claimed), 403, "email_not_verified")
        issuer.settings["mailer_autoconfirm"] = True
        is_problem(await enter(api, issuer.token(issuer.person(account.email))), 403, "email_not_verified")
        issuer.settings["mailer_autoconfirm"] = False
        assert (await api.client.post("/api/auth/login", json=body)).status_code == 200
        is_problem(await who_is(api, issuer.token(unproven)), 401, "identity_unknown")
        # Whoever typed this e-mail in before did not prove it: their password and tokens end.
        subject = issuer.person("ADA@example.com")
        entered = await enter(api, issuer.token(subject))
        assert (entered.status_code, entered.json()["new_account"]) == (200, False)
        me = (await who_is(api, entered.json()["token"])).json()
        assert (me["id"], me["has_password"]) == (account.user["id"], False)
        is_problem(await api.client.get("/api/auth/me", headers=account.auth), 401, "token_revoked")
        refused = await api.client.post("/api/auth/login", json=body)
        is_problem(refused, 401, "bad_credentials")
        stranger = await api.client.post("/api/auth/login", json={**body, "email": "nobody@example.com"})
        assert refused.json() == stranger.json()
        no_change = await api.client.patch(
            "/api/auth/password",
            json={"current_password": PASSWORD, "new_password": PASSWORD + "!"},
            headers={"Authorization": f"Bearer {entered.json()['token']}"},
        )
        is_problem(no_change, 409, "no_password")
        # Known by its id from now on, whatever becomes of its e-mail over there.
        issuer.users[subject]["email"] = "elsewhere@example.com"
        asked = issuer.asked["/user"]
        again = await enter(api, issuer.token(subject))
        assert (await who_is(api, again.json()["token"])).json()["id"] == account.user["id"]
        assert issuer.asked["/user"] == asked
        # An e-mail that is proven keeps its password when somebody comes by another account with it.
        await api.client.post("/api/auth/login", json=body)
        connection = await asyncpg.connect(database_url)
        proven = await signup(api.client, "pro@example.com")
        await connection.execute("UPDATE users SET email_proven = true WHERE email = 'pro@example.com'")
        entered = await asyncio.gather(
            *(enter(api, issuer.token(issuer.person(proven.email))) for _ in range(3))
        )
        assert {answer.status_code for answer in entered} == {200}
        assert (await api.client.get("/api/auth/me", headers=proven.auth)).json()["has_password"] is True
        assert await connection.fetchval("SELECT count(*) FROM users") == 2
        await connection.close()


async def test_whose_email_was_vouched_for_keeps_the_password(
    database_url: str, redis_url: str, issuer: Issuer
) -> None:
    async with linked_api(database_url, redis_url, issuer, signup="first") as api:
        owner = await signup(api.client, "ada@example.com")
        for email, named in (("by-name@example.com", "by-name@example.com"), ("by-link@example.com", None)):
            link = await invite(api.client, owner, "member", email=named)
            body = {"email": email, "password": PASSWORD, "invitation": link}
            assert (await api.client.post("/api/auth/signup", json=body)).status_code == 201
        kept = {}
        for email in ("ada@example.com", "by-name@example.com", "by-link@example.com"):
            assert (await enter(api, issuer.token(issuer.person(email)))).status_code == 200
            body = {"email": email, "password": PASSWORD}
            kept[email] = (await api.client.post("/api/auth/login", json=body)).status_code == 200
        # Of a link that names nobody, nobody knows whose hands it went through.
        assert kept == {
            "ada@example.com": True,
            "by-name@example.com": True,
            "by-link@example.com": False,
        }


async def test_who_may_come_in_anew(database_url: str, redis_url: str, issuer: Issuer) -> None:
    async with linked_api(database_url, redis_url, issuer, signup="first") as api:
        methods = (await api.client.get("/api/auth/methods")).json()
        assert methods["supabase"] == {"providers": ["github", "google"], "password": True}
        people = [issuer.person(f"p{number}@example.com") for number in range(5)]
        answers = await asyncio.gather(*(enter(api, issuer.token(each)) for each in people))
        assert sorted(answer.status_code for answer in answers) == [200] + [403] * 4
        (first,) = (answer.json()["token"] for answer in answers if answer.status_code == 200)
        me = (await who_is(api, first)).json()
        assert [(each["name"], each["role"]) for each in me["workspaces"]] == [("Personal", "owner")]
        owner = {"Authorization": f"Bearer {first}"}
        assert (await api.client.get("/api/keys", headers=owner)).json()["keys"] == []
        made = await api.client.post(
            "/api/invitations", json={"role": "viewer", "email": "vi@example.com"}, headers=owner
        )
        link = made.json()["link_token"]
        eve, vi = issuer.person("eve@example.com"), issuer.person("vi@example.com")
        is_problem(await enter(api, issuer.token(eve)), 403, "signup_closed")
        is_problem(await enter(api, issuer.token(eve), invitation=link), 403, "invitation_for_another")
        entered = await enter(api, issuer.token(vi), invitation=link)
        assert (entered.status_code, entered.json()["new_account"]) == (200, True)
        joined = (await who_is(api, entered.json()["token"])).json()
        assert [each["role"] for each in joined["workspaces"]] == ["viewer"]
        # One token of the same person twice at once makes one account.
        one = issuer.token(issuer.person("twice@example.com"))
        link = await api.client.post("/api/invitations", json={"role": "member"}, headers=owner)
        token = link.json()["link_token"]
        answers = await asyncio.gather(*(enter(api, one, invitation=token) for _ in range(3)))
        assert 200 in {answer.status_code for answer in answers}
        members = (await api.client.get("/api/members", headers=owner)).json()["members"]
        assert [each["email"] for each in members].count("twice@example.com") == 1
        # Who has an account may accept on the way in, too.
        again = await api.client.post("/api/invitations", json={"role": "admin"}, headers=owner)
        known = await enter(api, issuer.token(vi), invitation=again.json()["link_token"])
        is_problem(known, 409, "already_member")


async def test_passwords_are_tried_over_there(database_url: str, redis_url: str, issuer: Issuer) -> None:
    issuer.person("ada@example.com", password="over there, long")
    async with linked_api(database_url, redis_url, issuer) as api:
        right = {"email": " Ada@example.com", "password": "over there, long"}
        entered = await api.client.post(PATH, json=right, headers=WEB)
        assert (entered.status_code, entered.json()) == (200, {"token": None, "new_account": True})
        name, value, attributes = cookie_of(entered)
        assert (name, "httponly" in attributes) == ("llmlab_session", True)
        me = await api.client.get("/api/auth/me", headers={"Cookie": f"{name}={value}"})
        assert me.json()["email"] == "ada@example.com"
        api.client.cookies.clear()
        for _ in range(PER_EMAIL):
            wrong = await api.client.post(PATH, json={**right, "password": "wrong"})
            is_problem(wrong, 401, "bad_credentials")
        asked = issuer.asked["/token"]
        is_problem(await api.client.post(PATH, json=right), 429, "too_many_attempts")
        assert issuer.asked["/token"] == asked
        issuer.away = True
        other = {"email": "eve@example.com", "password": "over there, too"}
        away = await api.client.post(PATH, json=other)
        is_problem(away, 503, "issuer_unavailable")
        assert away.headers["retry-after"]
        # Nor is it a failed attempt that they take no more over there, whoever made so many.
        issuer.away, issuer.busy = False, True
        for _ in range(PER_EMAIL + 1):
            busy = await api.client.post(PATH, json=other)
            is_problem(busy, 429, "too_many_attempts")
            assert busy.json()["detail"].startswith("Supabase"), busy.text
        issuer.busy = False
        issuer.person("eve@example.com", password="over there, too")
        assert (await api.client.post(PATH, json=other)).status_code == 200
        for body in (
            {},
            {"email": "a@b.c"},
            {"password": "x"},
            {**right, "code": "x"},
            {"access_token": "x", "code": "y"},
            {"access_token": ""},
            {"acces_token": "x"},
        ):
            assert (await api.client.post(PATH, json=body)).status_code == 422, body


async def test_a_wrong_key_of_ours_is_nobodys_wrong_password(
    database_url: str, redis_url: str, issuer: Issuer
) -> None:
    issuer.person("eve@example.com", password="over there, too")
    right = {"email": "eve@example.com", "password": "over there, too"}
    async with linked_api(
        database_url, redis_url, issuer, supabase_anon_key=SecretStr("of another project")
    ) as api:
        refused = await api.client.post(PATH, json=right)
        is_problem(refused, 503, "issuer_unavailable")
        assert "LLMLAB_SUPABASE_ANON_KEY" in refused.json()["detail"]


async def test_a_providers_sign_in_comes_back_to_the_browser_that_began(
    database_url: str, redis_url: str, issuer: Issuer
) -> None:
    subject = issuer.person("ada@example.com")
    async with linked_api(database_url, redis_url, issuer) as api:
        started = await api.client.get(f"https://api{PATH}/start?provider=github")
        assert started.status_code == 302
        target = urlsplit(started.headers["location"])
        assert f"{target.scheme}://{target.netloc}{target.path}" == f"{issuer.url}/auth/v1/authorize"
        query = {name: values[0] for name, values in parse_qs(target.query).items()}
        challenge = query.pop("code_challenge")
        assert query == {
            "provider": "github",
            "redirect_to": "https://api/auth/callback",
            "code_challenge_method": "s256",
        }
        name, verifier, attributes = cookie_of(started)
        assert name == "__Host-llmlab_verifier"
        assert {"httponly", "secure", "samesite=lax", "path=/", "max-age=600"} == attributes
        api.client.cookies.clear()
        url = f"https://api{PATH}"
        code = issuer.code(subject, challenge)
        # A code of somebody else's sign-in is no use in this browser, nor this one in another.
        is_problem(await api.client.post(url, json={"code": code}, headers=WEB), 403, "sign_in_expired")
        foreign = {**WEB, "Cookie": f"{name}={'x' * 64}"}
        is_problem(await api.client.post(url, json={"code": code}, headers=foreign), 401, "code_refused")
        own = {**WEB, "Cookie": f"{name}={verifier}"}
        issuer.busy = True
        is_problem(await api.client.post(url, json={"code": code}, headers=own), 429, "too_many_attempts")
        issuer.busy = False
        entered = await api.client.post(url, json={"code": code}, headers=own)
        assert entered.json() == {"token": None, "new_account": True}
        cookies = entered.headers.get_list("set-cookie")
        assert [each.partition("=")[0] for each in cookies] == ["__Host-llmlab_session", name]
        assert "Max-Age=0" in cookies[1]
        api.client.cookies.clear()
        is_problem(await api.client.post(url, json={"code": code}, headers=own), 401, "code_refused")
        unknown = await api.client.get(f"{PATH}/start?provider=facebook")
        is_problem(unknown, 422, "unknown_provider")
    async with run_api(api_settings(database_url, redis_url)) as api:
        for response in (
            await api.client.get(f"{PATH}/start?provider=github"),
            await enter(api, issuer.token(subject)),
        ):
            is_problem(response, 404, "supabase_not_set")
        is_problem(await who_is(api, issuer.token(subject)), 401, "token_invalid")


async def test_a_token_of_theirs_is_logged_out_here(
    database_url: str, redis_url: str, issuer: Issuer
) -> None:
    async with linked_api(database_url, redis_url, issuer) as api:
        owner = await signup(api.client)
        subject = issuer.person("ada@example.com")
        session = str(uuid4())
        token = issuer.token(subject, session_id=session)
        await enter(api, token, invitation=await invite(api.client, owner, "viewer"))
        auth = {"Authorization": f"Bearer {token}"}
        me = (await api.client.get("/api/auth/me", headers=auth)).json()
        assert (await api.client.get("/api/budgets", headers=auth)).status_code == 200
        refused = await api.client.post("/api/budgets", json={"budget_amount": "1"}, headers=auth)
        is_problem(refused, 403, "insufficient_scope")
        assert (await api.client.post("/api/auth/logout", headers=auth)).status_code == 204
        for ended in (token, issuer.token(subject, session_id=session)):
            is_problem(await who_is(api, ended), 401, "token_revoked")
            is_problem(await enter(api, ended), 401, "token_revoked")
        another = issuer.token(subject)
        assert (await who_is(api, another)).status_code == 200
        # Out of every workspace, they are somebody still, and see nothing.
        await api.client.delete(f"/api/members/{me['id']}", headers=owner.auth)
        is_problem(await who_is(api, another), 403, "no_workspace")
        auth = {"Authorization": f"Bearer {another}"}
        is_problem(await api.client.get("/api/budgets", headers=auth), 403, "no_workspace")
        is_problem(await enter(api, another), 403, "no_workspace")


async def test_who_belongs_nowhere_changes_no_password(
    database_url: str, redis_url: str, issuer: Issuer
) -> None:
    async with linked_api(database_url, redis_url, issuer) as api:
        owner = await signup(api.client)
        email = "ada@example.com"
        link = await invite(api.client, owner, "viewer", email=email)
        ada = {"email": email, "password": PASSWORD, "invitation": link}
        ours = (await api.client.post("/api/auth/signup", json=ada)).json()
        theirs = issuer.token(issuer.person(email))
        assert (await enter(api, theirs)).status_code == 200
        await api.client.delete(f"/api/members/{ours['user']['id']}", headers=owner.auth)
        body = {"current_password": PASSWORD, "new_password": f"{PASSWORD}!"}
        for token in (theirs, ours["token"]):
            auth = {"Authorization": f"Bearer {token}"}
            refused = await api.client.patch("/api/auth/password", json=body, headers=auth)
            is_problem(refused, 403, "no_workspace")
        # The log of a workspace is of those who belong to it.
        entries = (await api.client.get("/api/audit", headers=owner.auth)).json()["entries"]
        assert "password_changed" not in {entry["action"] for entry in entries}


def test_settings_that_make_no_sense_are_named(database_url: str, redis_url: str) -> None:
    for wrong, named in (
        ({"supabase_anon_key": "k"}, "LLMLAB_SUPABASE_URL"),
        ({"supabase_url": "abc.supabase.co"}, "https://"),
        ({"supabase_url": "https://a.b", "supabase_providers": "git hub"}, "git hub"),
        ({"supabase_url": "https://a.b", "supabase_jwt_secret": "short"}, "LLMLAB_SUPABASE_JWT_SECRET"),
    ):
        with pytest.raises(ValidationError, match=named):
            api_settings(database_url, redis_url, **wrong)
    settings = api_settings(
        database_url, redis_url, supabase_url="https://a.b/auth/v1/", supabase_providers="x, y"
    )
    assert (settings.supabase_url, settings.supabase_providers) == ("https://a.b", ["x", "y"])
