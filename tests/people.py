"""What the tests about people share: web pages that are signed in by a cookie, and members of a workspace."""

from typing import Any

import httpx
from api_client import PASSWORD, Account, signup

WEB = {"X-LLMLab-Web": "1"}


def is_problem(response: httpx.Response, status: int, code: str) -> None:
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["detail"]


def cookie_of(response: httpx.Response) -> tuple[str, str, set[str]]:
    """Return the name, the value and the attributes, in lower case, of the only cookie that was set."""
    (line,) = response.headers.get_list("set-cookie")
    pair, *attributes = [part.strip() for part in line.split(";")]
    name, _, value = pair.partition("=")
    return name, value.strip('"'), {each.lower() for each in attributes}


async def web_login(client: httpx.AsyncClient, account: Account) -> dict[str, str]:
    """Sign a web page in, and return the headers that it sends with what it changes."""
    body = {"email": account.email, "password": account.password}
    response = await client.post("/api/auth/login", json=body, headers=WEB)
    assert response.status_code == 200, response.text
    assert response.json() == {"token": None}
    name, value, _ = cookie_of(response)
    # What a browser would keep is the test's to send.
    client.cookies.clear()
    return {**WEB, "Cookie": f"{name}={value}"}


async def invite(client: httpx.AsyncClient, owner: Account, role: str, **body: Any) -> str:
    """Make an invitation and return the secret of its link."""
    response = await client.post("/api/invitations", json={"role": role, **body}, headers=owner.auth)
    assert response.status_code == 201, response.text
    token: str = response.json()["link_token"]
    return token


async def join(client: httpx.AsyncClient, owner: Account, role: str, email: str) -> Account:
    """Let somebody new into the owner's workspace."""
    invitation = await invite(client, owner, role)
    body = {"email": email, "password": PASSWORD, "invitation": invitation}
    response = await client.post("/api/auth/signup", json=body)
    assert response.status_code == 201, response.text
    answer = response.json()
    assert answer["api_key"] is None
    return Account(email, PASSWORD, answer["token"], "", answer["user"])


async def joined(client: httpx.AsyncClient) -> dict[str, Account]:
    """Return an owner and one of each other role in the owner's workspace, by their roles."""
    owner = await signup(client)
    others = {role: await join(client, owner, role, f"{role}@example.com") for role in _OTHERS}
    return {"owner": owner, **others}


_OTHERS = ("admin", "member", "viewer")
