"""The dashboard's page and files, as the API sends them."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from api_client import Api, api_settings, run_api
from llmlab_api.web import files

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
VERCEL = json.loads((Path(__file__).parents[3] / "web" / "vercel.json").read_text())


@pytest.fixture
async def api(database_url: str, redis_url: str) -> AsyncIterator[Api]:
    assert files.is_built(), "the dashboard is not built: `make web`"
    async with run_api(api_settings(database_url, redis_url)) as running:
        yield running


async def test_every_screen_begins_with_the_page(api: Api) -> None:
    for path in ("/", "/signin", "/w/1/explore?range=7d", "/w/1/prices/openai/gpt-4", "/no-such-screen"):
        response = await api.client.get(path, headers=PAGE)
        assert response.status_code == 200, path
        assert '<div id="root">' in response.text
        assert response.headers["cache-control"] == "no-cache"
        policy = response.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "http" not in policy
    # Nothing in it would be refused by its own policy.
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", response.text)
    assert all(not name.startswith("http") for name in re.findall(r'(?:src|href)="([^"]+)"', response.text))


async def test_who_wants_no_page_gets_what_an_api_answers(api: Api) -> None:
    welcome = await api.client.get("/")
    assert welcome.json()["docs"] == "/api/docs"
    assert "accept" in welcome.headers["vary"].lower()
    for method, path, status in (
        ("GET", "/signin", 404),
        ("GET", "/api/nothing", 404),
        ("POST", "/signin", 404),
        ("GET", "/api/auth/login", 405),
        ("GET", "/healthy", 404),
    ):
        headers = PAGE if path.startswith("/api") else {"Accept": "*/*"}
        response = await api.client.request(method, path, headers=headers)
        assert response.status_code == status, path
        assert response.headers["content-type"] == "application/problem+json"


async def test_files_are_sent_packed_and_kept_for_ever(api: Api) -> None:
    page = await api.client.get("/", headers=PAGE)
    (script,) = re.findall(r'src="(/assets/[^"]+\.js)"', page.text)
    plain = await api.client.get(script, headers={"Accept-Encoding": "identity"})
    assert plain.headers["content-type"].startswith("text/javascript")
    assert plain.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "content-encoding" not in plain.headers
    # httpx unpacks gzip; what it got says so in its headers.
    zipped = await api.client.get(script, headers={"Accept-Encoding": "gzip"})
    assert (zipped.headers["content-encoding"], zipped.content) == ("gzip", plain.content)
    assert int(zipped.headers["content-length"]) < len(plain.content) / 2
    small = await api.client.head(script, headers={"Accept-Encoding": "gzip, br"})
    assert small.headers["content-encoding"] == "br"
    assert int(small.headers["content-length"]) < int(zipped.headers["content-length"])
    again = await api.client.get(
        script, headers={"Accept-Encoding": "gzip", "If-None-Match": zipped.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


async def test_nothing_else_can_be_asked_for(api: Api) -> None:
    for name in ("no-such.js", "..%2ffiles.py", "%2e%2e%2ffiles.py", "..%2f.vite%2fmanifest.json", "index.html"):
        response = await api.client.get(f"/assets/{name}", headers={"Accept": "*/*"})
        assert response.status_code == 404, name
    assert (await api.client.get("/.vite/manifest.json")).status_code == 404


async def test_what_is_not_built_says_how_to(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_built", dict)
    response = await api.client.get("/", headers=PAGE)
    assert (response.status_code, response.json()["code"]) == (404, "web_not_built")
    assert "make web" in response.json()["detail"]


def test_vercel_sends_the_same_policy() -> None:
    (everywhere,) = (each["headers"] for each in VERCEL["headers"] if each["source"] == "/(.*)")
    sent = {header["key"]: header["value"] for header in everywhere}
    assert sent.items() >= files.PAGE_HEADERS.items()
