"""`llmlab users`: who has an account, and a link that really sets a password."""

import asyncio
import json
import os
import subprocess
from datetime import UTC, datetime

import in_process
from api_client import PASSWORD, Api, api_settings, run_api, signup
from llmlab_cli.screen import Screen, text_of
from llmlab_deploy.user_screen import user_list
from llmlab_shared.db.users import ListedUser, Place
from people import is_problem, join
from snapshots import check

NEW = "a new password, long"


async def _users(database_url: str, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": "/nowhere", "LLMLAB_DATABASE_URL": database_url, **env}
    # It has an event loop of its own.
    return await asyncio.to_thread(in_process.llmlab, "users", *words, env=environment)


async def test_the_operator_lists_people_and_lets_one_in(database_url: str, redis_url: str) -> None:
    nobody = await _users(database_url, "ls")
    assert nobody.stdout.startswith("Nobody has an account yet.")
    async with run_api(api_settings(database_url, redis_url)) as api:
        owner = await signup(api.client, "ada@example.com", workspace="[red]Engines")
        await join(api.client, owner, "viewer", "vi@example.com")
        listed = json.loads((await _users(database_url, "ls", "--json")).stdout)["users"]
        assert [(each["email"], each["has_password"], each["supabase"]) for each in listed] == [
            ("vi@example.com", True, False),
            ("ada@example.com", True, False),
        ]
        assert listed[0]["workspaces"] == [
            {"id": owner.workspace_id, "name": "[red]Engines", "role": "viewer"}
        ]
        assert "[red]Engines (owner)" in (await _users(database_url, "list")).stdout
        for base in ({"LLMLAB_PUBLIC_URL": "https://llm.example/"}, {}):
            made = await _users(database_url, "reset-password", " ADA@example.com", **base)
            assert made.returncode == 0, made.stderr
            (link,) = made.stdout.splitlines()
            start, _, secret = link.partition("/reset-password#token=")
            assert start == ("https://llm.example" if base else "http://127.0.0.1:8000")
            assert "ada@example.com" in made.stderr
            await _sets_the_password(api, secret)
        told = await _users(
            database_url, "reset-password", "ada@example.com", "--json", "--url", "https://x.y/"
        )
        assert json.loads(told.stdout)["link"].startswith("https://x.y/reset-password#token=")
        for email in ("eve@example.com", "a\x07b", "a\nb@c"):
            wrong = await _users(database_url, "reset-password", email)
            assert (wrong.returncode, wrong.stdout) == (1, "")
            assert len(wrong.stderr.splitlines()) == 1
            assert "nobody has the e-mail" in wrong.stderr


async def _sets_the_password(api: Api, secret: str) -> None:
    body = {"token": secret, "new_password": NEW}
    assert (await api.client.post("/api/auth/password/reset", json=body)).status_code == 200
    is_problem(await api.client.post("/api/auth/password/reset", json=body), 404, "reset_link_dead")
    old = await api.client.post("/api/auth/login", json={"email": "ada@example.com", "password": PASSWORD})
    is_problem(old, 401, "bad_credentials")


def test_the_screen() -> None:
    then = datetime(2026, 11, 1, 12, 30, tzinfo=UTC)
    long = "the-longest-name-of-a-person@department.division.example.com"
    users = [
        ListedUser(3, "vi@example.com", then, False, True, then, [Place(1, "Engines", "viewer")]),
        ListedUser(2, long, then, True, True, None, [Place(1, "Engines", "owner"), Place(2, "Lab", "admin")]),
        ListedUser(1, "gone@example.com", then, True, False, then, []),
    ]
    for width in (None, 80, 48):
        check(f"users_{width or 'pipe'}", text_of(user_list(users), Screen(width)))
