"""`GET /api/costs/live` of real processes: what it tells, to whom, nothing missed, nothing twice."""

import asyncio
import itertools
import json
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

import asyncpg
import httpx
import pytest
from api_client import Account, signup
from databases import execute, with_database
from live import LiveStack
from llmlab_api.live.hub import MAX_STREAMS_OF_WORKSPACE
from llmlab_shared import clock
from llmlab_shared.queue.live import MOST_EVENTS
from servers import Servers

CALL = {"provider": "openai", "model": "gpt-4", "input_tokens": 1000, "output_tokens": 500}
LIVE = "/api/costs/live"


class Frame(NamedTuple):
    kind: str
    id: str
    data: dict[str, Any]


@dataclass
class Stream:
    """An open stream of frames."""

    response: httpx.Response
    _frames: AsyncIterator[Frame]

    async def next(self, seconds: float = 10) -> Frame:
        """Return the next frame. Raises StopAsyncIteration at the end."""
        async with asyncio.timeout(seconds):
            return await anext(self._frames)

    async def until(self, kind: str, number: int = 1) -> list[Frame]:
        """Return so many frames of a kind, passing over others."""
        found: list[Frame] = []
        while len(found) < number:
            frame = await self.next()
            found += [frame] if frame.kind == kind else []
        return found

    async def end(self, seconds: float) -> None:
        """Wait until the server ends it."""
        async with asyncio.timeout(seconds):
            async for _ in self._frames:
                pass


async def _frames(response: httpx.Response) -> AsyncIterator[Frame]:
    rest = b""
    async for chunk in response.aiter_bytes():
        *blocks, rest = (rest + chunk).split(b"\n\n")
        for block in blocks:
            fields = dict(line.split(": ", 1) for line in block.decode().split("\n"))
            if "event" in fields:
                yield Frame(fields["event"], fields["id"], json.loads(fields["data"]))


@dataclass
class Site:
    """The processes, and a client of them."""

    stack: LiveStack
    client: httpx.AsyncClient

    @asynccontextmanager
    async def watch(
        self, who: dict[str, str], last: str | None = None, **query: Any
    ) -> AsyncIterator[Stream]:
        """Open a stream; leaving drops the connection."""
        headers = who if last is None else {**who, "Last-Event-ID": last}
        async with self.client.stream("GET", LIVE, params=query, headers=headers) as response:
            assert response.status_code == 200, await response.aread()
            frames = _frames(response)
            yield Stream(response, frames)
            await frames.aclose()

    async def send(self, who: Account, *calls: dict[str, Any]) -> None:
        """Send calls in one request: one worker stores them together."""
        events = {"events": [{**CALL, **call} for call in calls]}
        answer = await self.client.post("/api/events/track", json=events, headers=who.key_auth)
        assert answer.status_code == 202, answer.text


@pytest.fixture(scope="module")
def stack(servers: Servers, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStack]:
    """One API and one worker for all tests here: each has people of its own."""
    execute(servers.database_url, f"CREATE DATABASE live_streams TEMPLATE {template} STRATEGY wal_log")
    redis_url = servers.redis_url.rsplit("/", 1)[0] + "/0"
    running = LiveStack(
        with_database(servers.database_url, "live_streams"), redis_url, tmp_path_factory.mktemp("live")
    )
    try:
        running.start_api()
        running.start_worker()
        yield running
    finally:
        running.stop()
    execute(servers.database_url, "DROP DATABASE live_streams WITH (FORCE)")


@pytest.fixture
async def site(stack: LiveStack) -> AsyncIterator[Site]:
    async with httpx.AsyncClient(base_url=stack.url, timeout=20) as client:
        yield Site(stack, client)


_people = itertools.count(1)


@pytest.fixture
async def kim(site: Site) -> Account:
    return await signup(site.client, f"kim{next(_people)}@example.com")


async def test_a_call_is_told_as_it_is_read_elsewhere(site: Site, kim: Account) -> None:
    async with site.watch(kim.auth) as stream:
        assert stream.response.headers["content-type"].startswith("text/event-stream")
        first = await stream.next()
        assert (first.kind, first.data["today"]["events"], first.data["gap"]) == ("spend", 0, False)
        begun = time.monotonic()
        await site.send(kim, {"feature": "search", "tags": {"tier": "free"}, "user": "u"}, {"model": "new"})
        told = await stream.until("event", 2)
        spend = await stream.until("spend")
        assert time.monotonic() - begun < 5, "far beyond what is promised, whatever the machine"
    assert {frame.data["cost"] for frame in told} == {"0.06", None}
    for frame in told:
        answer = await site.client.get(f"/api/costs/{frame.data['id']}", headers=kim.auth)
        whole = answer.json()
        assert frame.data == {name: whole[name] for name in frame.data}
    document = (await site.client.get("/api/openapi.json")).json()["components"]["schemas"]
    assert told[0].data.keys() == document["LiveEvent"]["properties"].keys()
    assert spend[0].data.keys() == document["LiveSpend"]["properties"].keys()

    totals, today = spend[0].data, clock.now().date()
    for part, start, end in (
        ("today", today, today + timedelta(days=1)),
        ("month", today.replace(day=1), (today.replace(day=1) + timedelta(days=31)).replace(day=1)),
    ):
        summary = (
            await site.client.get(
                "/api/costs/summary", params={"from": str(start), "to": str(end)}, headers=kim.auth
            )
        ).json()
        assert totals[part]["spend"] == summary["total_spend"] == "0.06"
        assert totals[part]["counts"] == summary["counts"]
        assert totals[part]["tokens"] == summary["by_provider"][0]["tokens"]
    assert [(m["model"], m["spend"], m["unpriced"]) for m in totals["today"]["by_model"]] == [
        ("gpt-4", "0.06", 0),
        ("new", "0", 1),
    ]


async def test_two_workspaces_do_not_see_each_other(site: Site, kim: Account) -> None:
    other = await signup(site.client, f"other{next(_people)}@example.com")
    async with site.watch(kim.auth) as mine, site.watch(other.key_auth) as theirs:
        position = (await mine.next()).id
        await theirs.next()
        await site.send(other, {"feature": "theirs"})
        assert [f.data["feature"] for f in await theirs.until("event")] == ["theirs"]
        await site.send(kim, {"feature": "mine"})
        assert [f.data["feature"] for f in await mine.until("event")] == ["mine"]
        assert (await mine.until("spend"))[0].data["today"]["events"] == 1
    # Whoever brings a position of another workspace goes on in their own.
    async with site.watch(other.auth, last=position) as stream:
        await site.send(other, {"feature": "later"})
        told = {f.data["feature"] for f in await stream.until("event", 1)}
        assert told <= {"theirs", "later"}
    elsewhere = {**other.auth, "X-LLMLab-Workspace": str(kim.workspace_id)}
    answer = await site.client.get(LIVE, headers=elsewhere)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_a_member")


async def test_only_what_fits_is_told(site: Site, kim: Account) -> None:
    filters = {"feature": ["", "chat"], "tag.tier": "free", "provider": "OpenAI"}
    async with site.watch(kim.auth, **filters) as stream:
        await stream.next()
        await site.send(
            kim,
            {"feature": "search", "tags": {"tier": "free"}},
            {"tags": {"tier": "free"}, "customer": "fits"},
            {"feature": "chat", "tags": {"tier": "paid"}},
            {"feature": "chat", "tags": {"tier": "free"}, "customer": "fits"},
            {"provider": "anthropic", "model": "claude-3-haiku-20240307", "tags": {"tier": "free"}},
        )
        assert [f.data["customer"] for f in await stream.until("event", 2)] == ["fits", "fits"]
        (spend,) = await stream.until("spend")
        assert (spend.data["today"]["events"], spend.data["omitted"]) == (5, 0)
        await site.send(kim, {"tags": {"tier": "free"}, "customer": "last"})
        assert [f.data["customer"] for f in await stream.until("event")] == ["last"]


async def test_a_dropped_connection_goes_on_where_it_was(site: Site, kim: Account) -> None:
    """Whatever frame was the last to arrive: none of the calls is missing afterwards, none comes twice."""

    def calls(name: str, number: int) -> list[dict[str, Any]]:
        return [{"feature": f"{name}{n}"} for n in range(number)]

    async with site.watch(kim.auth) as stream:
        await stream.next()
        await site.send(kim, *calls("a", 3))
        seen: list[Frame] = []
        while sum(f.kind == "event" for f in seen) < 3 or seen[-1].kind != "spend":
            seen.append(await stream.next())
    await site.send(kim, *calls("b", 2))
    await site.send(kim, *calls("c", 1))
    expected = {f"{name}{n}" for name, number in (("a", 3), ("b", 2), ("c", 1)) for n in range(number)}
    for last in range(len(seen)):
        before = [f.data["feature"] for f in seen[: last + 1] if f.kind == "event"]
        async with site.watch(kim.auth, last=seen[last].id) as stream:
            assert (await stream.next()).data["gap"] is False
            rest = [f.data["feature"] for f in await stream.until("event", len(expected) - len(before))]
        assert sorted(before + rest) == sorted(expected)


async def test_a_position_that_is_no_longer_kept_is_said(site: Site, kim: Account) -> None:
    async with site.watch(kim.auth, last="1-0") as stream:
        assert (await stream.next()).data["gap"] is True
        await site.send(kim, {"feature": "after"})
        assert (await stream.until("event"))[0].data["feature"] == "after"
        assert (await stream.until("spend"))[0].data["gap"] is False
    answer = await site.client.get(LIVE, headers={**kim.auth, "Last-Event-ID": "yesterday"})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_last_event_id")


async def test_a_position_that_never_was_is_a_gap_and_no_end(site: Site, kim: Account) -> None:
    async with site.watch(kim.auth) as stream:
        began = (await stream.next()).id
        await site.send(kim, {"feature": "before"})
        await stream.until("event")
    nowhere = f"{began.partition('-')[0]}-7"
    async with site.watch(kim.auth, last=nowhere) as stream:
        assert (await stream.next()).data["gap"] is False
        assert (await stream.next()).data["gap"] is True
        await site.send(kim, {"feature": "after"})
        assert (await stream.until("event"))[0].data["feature"] == "after"


async def test_the_head_alone_ends(site: Site, kim: Account) -> None:
    async with asyncio.timeout(5):
        for _ in range(2):
            answer = await site.client.head(LIVE, headers=kim.auth)
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")


async def test_too_many_at_once_are_counted(site: Site, kim: Account) -> None:
    async with site.watch(kim.auth) as stream:
        await stream.next()
        await site.send(kim, *({"feature": "f"} for _ in range(MOST_EVENTS + 70)))
        told = await stream.until("event", MOST_EVENTS)
        (spend,) = await stream.until("spend")
        assert spend.data["omitted"] == 70
        assert spend.data["today"]["events"] == MOST_EVENTS + 70
        assert len({f.data["id"] for f in told}) == MOST_EVENTS


async def test_a_correction_is_told_without_a_call(site: Site, kim: Account) -> None:
    await site.send(kim, {})
    async with site.watch(kim.auth) as stream:
        while (await stream.until("spend"))[0].data["today"]["spend"] != "0.06":
            pass
        connection = await asyncpg.connect(site.stack.database_url)
        await connection.execute(
            "UPDATE rollup_day SET cost = cost + 1 WHERE workspace_id = $1", kim.workspace_id
        )
        await connection.close()
        assert (await stream.until("spend"))[0].data["month"]["spend"] == "1.06"


async def test_who_may_not_read_is_refused_and_who_may_no_longer_is_cut_off(site: Site, kim: Account) -> None:
    for headers, status, code in (
        ({}, 401, "not_authenticated"),
        ({"Cookie": f"token={kim.token}"}, 401, "not_authenticated"),
        ({"X-API-Key": f"{kim.api_key[:-1]}0"}, 401, "key_malformed"),
    ):
        answer = await site.client.get(LIVE, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    keys = {}
    for scopes in (["ingest"], ["read"]):
        body = {"name": scopes[0], "scopes": scopes}
        keys[scopes[0]] = (await site.client.post("/api/keys", json=body, headers=kim.auth)).json()
    answer = await site.client.get(LIVE, headers={"X-API-Key": keys["ingest"]["api_key"]})
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
    answer = await site.client.get(LIVE, params={"custommer": "x"}, headers=kim.auth)
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_filter")

    by_key = {"X-API-Key": keys["read"]["api_key"]}
    login = {"email": kim.email, "password": kim.password}
    token = (await site.client.post("/api/auth/login", json=login)).json()["token"]
    by_token = {"Authorization": f"Bearer {token}"}
    web = {"X-LLMLab-Web": "1"}
    cookie = (await site.client.post("/api/auth/login", json=login, headers=web)).headers["set-cookie"]
    site.client.cookies.clear()
    # As a browser's EventSource asks: with no header of its own.
    by_cookie = {"Cookie": cookie.partition(";")[0]}
    async with (
        site.watch(by_key) as keyed,
        site.watch(by_token) as signed_in,
        site.watch(by_cookie) as page,
        site.watch(kim.auth) as stays,
    ):
        await page.until("spend")
        await site.client.delete(f"/api/keys/{keys['read']['id']}", headers=kim.auth)
        await site.client.post("/api/auth/logout", headers=by_token)
        assert (await site.client.post("/api/auth/logout", headers={**by_cookie, **web})).status_code == 204
        await asyncio.gather(keyed.end(12), signed_in.end(12), page.end(12))
        await site.send(kim, {})
        await stays.until("event")


async def test_a_workspace_has_so_many_streams_and_no_more(site: Site, kim: Account) -> None:
    async with AsyncExitStack() as streams:
        for _ in range(MAX_STREAMS_OF_WORKSPACE):
            stream = await streams.enter_async_context(site.watch(kim.auth))
            await stream.next()
        answer = await site.client.get(LIVE, headers=kim.auth)
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_streams")
        assert "retry-after" in answer.headers
    # Their places are free again as soon as they are gone.
    for _ in range(50):
        async with site.client.stream("GET", LIVE, headers=kim.auth) as response:
            if response.status_code == 200:
                break
        await asyncio.sleep(0.1)
    else:
        raise AssertionError("no stream may be opened again")


async def test_streams_end_when_the_server_stops(site: Site, kim: Account) -> None:
    api = site.stack.api
    assert api is not None
    async with AsyncExitStack() as streams:
        opened = [await streams.enter_async_context(site.watch(kim.auth)) for _ in range(3)]
        for stream in opened:
            await stream.next()
        api.send_signal(signal.SIGTERM)
        begun = time.monotonic()
        await asyncio.gather(*(stream.end(5) for stream in opened))
        assert await asyncio.to_thread(api.wait, 10) in {0, -signal.SIGTERM}
        assert time.monotonic() - begun < 5, "less than the grace that other requests get"
    site.stack.start_api()


def test_nothing_failed_unseen(stack: LiveStack) -> None:
    """The processes wrote nothing that an operator would have to look into."""
    for name in ("api", "worker0"):
        assert "[error" not in stack.log(name)
        assert "Traceback" not in stack.log(name)
