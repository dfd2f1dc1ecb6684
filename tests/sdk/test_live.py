"""Following the live stream, blocking and awaited: frames however they are cut, and broken connections."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llmlab import AsyncLLMLab, AuthenticationFailed, ConnectionFailed, LLMLab, RateLimited, UnexpectedAnswer
from llmlab._sse import Decoder

SPEND = b'retry: 1\n\nevent: spend\nid: 1-0\ndata: {"gap":false}\n\n'
EVENT = b'event: event\nid: 2-0:%d\ndata: {"n":%d}\n\n'
# A line separator of Unicode, which JSON leaves as it is, and a comment.
STREAM = ": hello\n\n" + SPEND.decode() + 'event: event\nid: 2-0:0\ndata: {"model":"a\u2028b\x85c"}\n\n'


@settings(max_examples=60)
@given(cuts=st.lists(st.integers(0, len(STREAM.encode())), max_size=6), line=st.sampled_from(["\n", "\r\n"]))
def test_frames_are_read_however_the_bytes_are_cut(cuts: list[int], line: str) -> None:
    content = STREAM.replace("\n", line).encode()
    edges = [0, *sorted(cuts), len(content)]
    decoder = Decoder()
    frames = [f for start, end in pairwise(edges) for f in decoder.feed(content[start:end])]
    assert [(f.kind, f.id, f.retry) for f in frames] == [
        ("message", None, 1),
        ("spend", "1-0", None),
        ("event", "2-0:0", None),
    ]
    assert json.loads(frames[2].data) == {"model": "a\u2028b\x85c"}


Answer = tuple[int, str, bytes]


class Script:
    """A server that gives these answers one after the other, the last one for ever; `last_ids` came."""

    def __init__(self, answers: list[Answer], *, hold: bool) -> None:
        self.answers = answers
        self.last_ids: list[str | None] = []
        self.queries: list[str] = []
        self.hold = hold
        self.over = threading.Event()
        # Whoever asks waits for this before anything is answered.
        self.answering = threading.Event()
        self.answering.set()
        self.url = ""


@contextmanager
def serving(*answers: Answer, hold: bool = False) -> Iterator[Script]:
    """Run the script; with `hold` the connection of the last answer stays open."""
    script = Script(list(answers), hold=hold)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            script.last_ids.append(self.headers.get("Last-Event-ID"))
            script.queries.append(self.path)
            script.answering.wait(20)
            last = len(script.answers) == 1
            status, media_type, body = script.answers[0] if last else script.answers.pop(0)
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(body)
                self.wfile.flush()
            if last and script.hold:
                script.over.wait(20)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield script
    finally:
        script.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def stream(body: bytes) -> Answer:
    return 200, "text/event-stream; charset=utf-8", body


def problem(status: int, code: str) -> Answer:
    return status, "application/problem+json", json.dumps({"code": code, "detail": f"{code}!"}).encode()


async def _blocking(url: str, number: int, **query: Any) -> list[Any]:
    def read() -> list[Any]:
        with LLMLab("key", url) as client, client.costs.live(**query) as live:
            return [next(live) for _ in range(number)]

    return await asyncio.to_thread(read)


async def _awaited(url: str, number: int, **query: Any) -> list[Any]:
    async with AsyncLLMLab("key", url) as client, client.costs.live(**query) as live:
        return [await anext(live) for _ in range(number)]


@pytest.fixture(params=[_blocking, _awaited])
def read(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Take so many updates of a live stream at this URL."""
    chosen: Callable[..., Any] = request.param
    return chosen


async def test_it_goes_on_where_it_was(read: Callable[..., Any]) -> None:
    answers = (
        stream(SPEND + EVENT % (0, 0) + b'event: news\nid: 2-0:1\ndata: {}\n\nevent: event\ndata: {"n":'),
        problem(503, "queue_unavailable"),
        problem(429, "too_many_streams"),
        stream(SPEND + EVENT % (2, 2)),
    )
    with serving(*answers, hold=True) as script:
        updates = await read(script.url, 7, feature=["a", "b"], tags={"tier": "free"})
    assert [kind for kind, _ in updates] == ["spend", "event", "lost", "lost", "lost", "spend", "event"]
    assert [data["n"] for kind, data in updates if kind == "event"] == [0, 2]
    assert [d["code"] for k, d in updates if k == "lost"] == [
        "stream_ended", "queue_unavailable", "too_many_streams",
    ]  # fmt: skip
    # What was cut off in its middle never came; a kind that is unknown is passed over.
    assert script.last_ids == [None, *["2-0:1"] * 3]
    assert set(script.queries) == {"/api/costs/live?feature=a&feature=b&tag.tier=free"}


@pytest.mark.parametrize(
    ("answers", "updates", "error"),
    [
        ([problem(401, "key_unknown")], 1, AuthenticationFailed),
        ([problem(429, "too_many_streams")], 1, RateLimited),
        ([(200, "text/html", b"<p>hello")], 1, UnexpectedAnswer),
        ([stream(SPEND), problem(401, "key_unknown")], 3, AuthenticationFailed),
    ],
)
async def test_what_no_waiting_mends_is_raised(
    read: Callable[..., Any], answers: list[Answer], updates: int, error: type[Exception]
) -> None:
    with serving(*answers) as script, pytest.raises(error):
        await read(script.url, updates)


async def test_a_server_that_is_not_there_is_said_at_once(read: Callable[..., Any]) -> None:
    with pytest.raises(ConnectionFailed):
        await read("http://127.0.0.1:1", 1)


def test_closing_wakes_who_waits() -> None:
    with serving(stream(SPEND), hold=True) as script:
        client = LLMLab("key", script.url)
        closed = client.costs.live()
        dropped = client.costs.live()
        for live in (closed, dropped):
            assert next(live)[0] == "spend"
        rest: list[Any] = []
        threads = [threading.Thread(target=lambda s=s: rest.extend(s)) for s in (closed, dropped)]
        for thread in threads:
            thread.start()
        closed.close()
        threads[0].join(5)
        assert not threads[0].is_alive()
        client.close()
        threads[1].join(5)
        assert not threads[1].is_alive()
    assert rest == []
    assert next(closed, None) is None


async def test_closing_wakes_who_awaits() -> None:
    with serving(stream(SPEND), hold=True) as script:
        client = AsyncLLMLab("key", script.url)
        live = client.costs.live()
        assert (await anext(live))[0] == "spend"
        waiting = asyncio.create_task(anext(live, None))
        await asyncio.sleep(0.1)
        await client.close()
        assert await asyncio.wait_for(waiting, 5) is None


async def _asked(script: Script) -> None:
    async with asyncio.timeout(5):
        while not script.queries:
            await asyncio.sleep(0.01)


async def test_closing_while_it_connects_ends_it() -> None:
    with serving(stream(SPEND), hold=True) as script:
        script.answering.clear()
        live = LLMLab("key", script.url).costs.live()
        told: list[Any] = []
        thread = threading.Thread(target=lambda: told.extend(live))
        thread.start()
        await _asked(script)
        live.close()
        script.answering.set()
        await asyncio.to_thread(thread.join, 5)
        assert not thread.is_alive()
        assert told == []


async def test_closing_while_it_connects_ends_it_for_who_awaits() -> None:
    with serving(stream(SPEND), hold=True) as script:
        script.answering.clear()
        async with AsyncLLMLab("key", script.url) as client:
            live = client.costs.live()
            waiting = asyncio.create_task(anext(live, None))
            await _asked(script)
            await live.close()
            script.answering.set()
            assert await asyncio.wait_for(waiting, 5) is None
