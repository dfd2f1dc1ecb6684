"""A forgotten password: a link in the operator's log or by mail, and answers that tell of nobody."""

import asyncio
import re
from email import message_from_bytes, policy
from typing import Any

import asyncpg
import httpx
import structlog
from api_client import PASSWORD, Account, Api, api_settings, run_api, signup
from llmlab_api import login_throttle
from llmlab_shared.db.password_resets import SEND_RESET
from llmlab_shared.queue.jobs import QUEUE
from llmlab_worker.main import _arguments
from notified import MAIL_FROM, MailBox, post_of
from people import WEB, cookie_of, is_problem, join, web_login
from pydantic import SecretStr
from redis.asyncio import Redis

FORGOT, RESET = "/api/auth/password/forgot", "/api/auth/password/reset"
NEW = "a new password, long"
PUBLIC = "https://llm.example"


async def _forget(client: httpx.AsyncClient, email: str, **headers: str) -> httpx.Response:
    return await client.post(FORGOT, json={"email": email}, headers=headers)


async def _printed(api: Api, email: str, **headers: str) -> list[dict[str, Any]]:
    """Ask for a new password and return what of it stands in the log."""
    with structlog.testing.capture_logs() as lines:
        response = await _forget(api.client, email, **headers)
        assert response.status_code == 202, response.text
        await asyncio.gather(*api.app.state.services.afterwards)
    return [dict(line) for line in lines if "link" in line]


def _secret_in(link: str) -> str:
    return link.partition("#token=")[2]


async def _reset(
    client: httpx.AsyncClient, token: str, password: str = NEW, **headers: str
) -> httpx.Response:
    body = {"token": token, "new_password": password}
    return await client.post(RESET, json=body, headers=headers)


async def test_the_operator_hands_a_link_over(api: Api, account: Account, database_url: str) -> None:
    web = await web_login(api.client, account)
    for _ in range(login_throttle.PER_EMAIL):
        await api.client.post("/api/auth/login", json={"email": account.email, "password": "wrong, long"})
    # Not under the address that the request names.
    (line,) = await _printed(api, f" {account.email.upper()}", Host="evil.example")
    assert line["email"] == account.email
    assert line["link"].startswith("http://127.0.0.1:8000/reset-password#token=")
    secret = _secret_in(line["link"])
    connection = await asyncpg.connect(database_url)
    rows = str([dict(row) for row in await connection.fetch("SELECT * FROM password_resets")])
    await connection.close()
    assert secret not in rows
    is_problem(await _reset(api.client, secret, "short"), 422, "weak_password")
    done = await _reset(api.client, secret, **WEB)
    assert (done.status_code, done.json()) == (200, {"token": None})
    name, value, _ = cookie_of(done)
    assert (await api.client.get("/api/auth/me", headers={"Cookie": f"{name}={value}"})).status_code == 200
    api.client.cookies.clear()
    for ended in (web, account.auth):
        is_problem(await api.client.get("/api/auth/me", headers=ended), 401, "token_revoked")
    is_problem(await _reset(api.client, secret), 404, "reset_link_dead")
    # Whoever guessed before keeps the owner out no longer.
    login = await api.client.post("/api/auth/login", json={"email": account.email, "password": NEW})
    assert login.status_code == 200


async def test_a_link_is_good_once_for_an_hour_and_ends_the_others(
    api: Api, account: Account, database_url: str
) -> None:
    links = [(await _printed(api, account.email))[0]["link"] for _ in range(3)]
    first, second, third = map(_secret_in, links)
    answers = await asyncio.gather(*(_reset(api.client, first, f"password number {n}") for n in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404]
    is_problem(await _reset(api.client, second), 404, "reset_link_dead")
    is_problem(await _reset(api.client, third[:-1]), 404, "reset_link_dead")
    (line,) = await _printed(api, account.email)
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE password_resets SET expires_at = now() WHERE used_at IS NULL")
    await connection.close()
    is_problem(await _reset(api.client, _secret_in(line["link"])), 404, "reset_link_dead")
    for strange in ("", "\0", "x" * 300, 5, None):
        response = await api.client.post(RESET, json={"token": strange, "new_password": NEW})
        assert response.status_code in (404, 422), response.text


async def test_of_two_links_at_once_one_is_good(api: Api) -> None:
    for _ in range(4):
        account = await signup(api.client)
        links = [(await _printed(api, account.email))[0]["link"] for _ in range(3)]
        answers = await asyncio.gather(*(_reset(api.client, _secret_in(link)) for link in links))
        assert sorted(answer.status_code for answer in answers) == [200, 404, 404]


async def test_the_answer_does_not_tell_who_has_an_account(database_url: str, redis_url: str) -> None:
    settings = api_settings(
        database_url,
        redis_url,
        public_url=PUBLIC,
        smtp_url=SecretStr("smtp://127.0.0.1:1"),
        mail_from=MAIL_FROM,
    )
    for each in (settings, api_settings(database_url, redis_url)):
        async with run_api(each) as api:
            account = await signup(api.client)
            known = await _forget(api.client, account.email)
            unknown = await _forget(api.client, "nobody@example.com")
            strange = await _forget(api.client, "no\0body")
            assert known.json() == unknown.json() == strange.json()
            assert {known.status_code, unknown.status_code} == {202}
            codes = [(await _forget(api.client, "nobody@example.com")).status_code for _ in range(5)]
            assert codes == [202] * 4 + [429]
            codes = [(await _forget(api.client, account.email)).status_code for _ in range(5)]
            assert codes == [202] * 4 + [429]
            # What was asked for does not keep anybody from logging in.
            body = {"email": account.email, "password": PASSWORD}
            assert (await api.client.post("/api/auth/login", json=body)).status_code == 200
            async with Redis.from_url(redis_url) as redis:
                await redis.delete(*[key async for key in redis.scan_iter("llmlab:{resets}:*")])


async def test_the_link_goes_by_mail(database_url: str, redis_url: str) -> None:
    settings = api_settings(
        database_url,
        redis_url,
        public_url=PUBLIC,
        smtp_url=SecretStr("smtp://127.0.0.1:1"),
        mail_from=MAIL_FROM,
    )
    pool = await asyncpg.create_pool(database_url, min_size=1, max_size=2)
    try:
        with MailBox() as box:
            post = post_of(pool, box.server, public_url=PUBLIC)
            async with run_api(settings) as api:
                account = await signup(api.client)
                assert (await api.client.get("/api/auth/methods")).json()["password_reset"] == "mail"
                assert await _printed(api, account.email, Host="evil.example") == []
                assert await _printed(api, "nobody@example.com") == []
                # The same was done for both before the answer.
                async with Redis.from_url(redis_url) as redis:
                    assert await redis.zcard(QUEUE) == 2
                assert await pool.fetchval("SELECT count(*) FROM password_resets") == 2
                known = {job.name for job in _arguments(settings)["functions"]}
                assert SEND_RESET in known, "what is asked of the workers they can do"
                # The first try fails, the second comes when it is due.
                box.answers = ["451 later"]
                due = await post.resets_due()
                assert len(due) == 1, "nobody gets no mail"
                await asyncio.gather(post.send_reset(due[0]), post.send_reset(due[0]))
                assert box.messages == []
                assert await post.resets_due() == []
                await pool.execute("UPDATE password_resets SET due_at = now()")
                await asyncio.gather(*(post.send_reset(due[0]) for _ in range(3)))
                await post.send_reset(due[0])
                (raw,) = box.messages
                assert box.recipients == [[account.email]]
                mail = message_from_bytes(raw, policy=policy.default)
                assert mail["Subject"] == "Choose a new password for LLMLab"
                text, html = (part.get_content() for part in mail.iter_parts())
                (link,) = set(re.findall(r"https?://[^\s\"<]*token=[\w-]+", text + html))
                assert link.startswith(f"{PUBLIC}/reset-password#token=")
                assert "Choose a new password</a>" in html
                assert "evil.example" not in text + html
                everything = str(await pool.fetch("SELECT * FROM password_resets"))
                assert _secret_in(link) not in everything
                assert (await _reset(api.client, _secret_in(link))).status_code == 200
                assert await pool.fetchval("SELECT email_proven FROM users") is True
                # An installation that is made anew counts from one again, and mailboxes know the old mails.
                await pool.execute("TRUNCATE password_resets RESTART IDENTITY")
                await _forget(api.client, account.email)
                await pool.execute("UPDATE password_resets SET attempts = 1")
                await post.send_reset(due[0])
                _, second = box.messages
                assert message_from_bytes(second, policy=policy.default)["Message-ID"] != mail["Message-ID"]
                # What cannot be delivered is given up, and its link is dead.
                box.refuses = {account.email: "550 no such mailbox"}
                await _forget(api.client, account.email)
                (due_id,) = await post.resets_due()
                await post.send_reset(due_id)
                assert await post.resets_due() == []
                assert (
                    await pool.fetchval("SELECT token_hash FROM password_resets WHERE id = $1", due_id)
                    is None
                )
            await post.close()
    finally:
        await pool.close()


async def test_who_belongs_to_no_workspace_has_a_new_password_all_the_same(
    api: Api, account: Account
) -> None:
    gone = await join(api.client, account, "member", "gone@example.com")
    path = f"/api/members/{gone.user['id']}"
    assert (await api.client.delete(path, headers=gone.auth)).status_code == 204
    (line,) = await _printed(api, gone.email)
    is_problem(await _reset(api.client, _secret_in(line["link"])), 403, "no_workspace")
    login = await api.client.post("/api/auth/login", json={"email": gone.email, "password": NEW})
    is_problem(login, 403, "no_workspace")
