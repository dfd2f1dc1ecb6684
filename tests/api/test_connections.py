"""Clients that are slow, endless or speak no HTTP, on a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from llmlab_api.connections import MAX_HEAD_BYTES, Connection
from uvicorn.server import ServerState


class Impatient(Connection):
    patience = 0.2
    check_every = 0.05


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the length of the body; under `/early` before it has come, under `/busy` after a while."""
    size, more = 0, True
    if scope["path"] == "/busy":
        await asyncio.sleep(1)
    while more and scope["path"] != "/early":
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size += len(message["body"])
        more = message["more_body"]
    body = str(size).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def connected(protocol: type[Connection]) -> AsyncIterator[Pair]:
    config = uvicorn.Config(echo, http=protocol, lifespan="off", log_config=None)
    config.load()
    state, loop = ServerState(), asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: protocol(config=config, server_state=state, app_state={}, _loop=loop), "127.0.0.1", 0
    )
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    try:
        yield reader, writer
    finally:
        writer.close()
        server.close()


def refusal(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    problem = json.loads(body)
    assert set(problem) == {"type", "title", "status", "code", "detail"}
    assert b"content-type: application/problem+json" in head
    assert b"connection: close" in head
    assert head.startswith(b"HTTP/1.1 %d " % problem["status"])
    return problem["status"], problem["code"]


POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"


@pytest.mark.parametrize(
    "sent",
    [b"GET / HTTP/1.1\r\n", POST, POST + b"{", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + POST],
    ids=["half a head", "no body", "a byte of a body", "the second request"],
)
@pytest.mark.parametrize("drip", [b"", b"x"], ids=["silence", "a drip"])
async def test_a_request_that_does_not_come_is_given_up(sent: bytes, drip: bytes) -> None:
    async with connected(Impatient) as (reader, writer):
        writer.write(sent)
        answer = asyncio.create_task(reader.read())
        while not answer.done():
            if drip and not writer.is_closing():
                writer.write(drip)
            await asyncio.sleep(0.05)
        *_, last = (await answer).split(b"HTTP/1.1 200 ")
        if b"\r\n\r\n0" in last:
            last = last.partition(b"\r\n\r\n0")[2]
        assert refusal(last) == (408, "request_incomplete")


async def test_silence_is_hung_up_on_without_a_word() -> None:
    async with connected(Impatient) as (reader, _):
        assert await reader.read() == b""


async def test_a_steady_client_may_take_long() -> None:
    async with connected(Impatient) as (reader, writer):
        writer.write(POST)
        for _ in range(10):
            writer.write(b" " * 10_000)
            await asyncio.sleep(0.05)
        assert (await reader.readuntil(b"100000")).startswith(b"HTTP/1.1 200 ")


async def test_a_slow_application_is_not_the_clients_fault() -> None:
    async with connected(Impatient) as (reader, writer):
        writer.write(POST.replace(b"/ ", b"/busy ", 1).replace(b"100000", b"9000000") + b" " * 9_000_000)
        assert (await reader.readuntil(b"9000000")).startswith(b"HTTP/1.1 200 ")


async def test_an_answer_that_is_out_is_not_followed_by_another() -> None:
    async with connected(Impatient) as (reader, writer):
        writer.write(POST.replace(b"/ ", b"/early ", 1))
        answer = await reader.read()
        assert answer.endswith(b"\r\n\r\n0")
        assert answer.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("line", [b"X-Long: ", b"X: y\r\n"], ids=["one endless header", "endless headers"])
async def test_a_head_that_does_not_end_is_refused(line: bytes) -> None:
    async with connected(Connection) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n" + line)
        answer = asyncio.create_task(reader.read())
        sent = 0
        while not answer.done():
            writer.write((b"y" * 10_000) if line.endswith(b" ") else line * 1000)
            sent += 6_000
            assert sent < 50 * MAX_HEAD_BYTES
            await asyncio.sleep(0.001)
        assert refusal(await answer) == (431, "headers_too_large")


async def test_large_headers_and_bodies_pass() -> None:
    async with connected(Connection) as (reader, writer):
        writer.write(POST.replace(b"Host", b"X-Long: " + b"y" * 50_000 + b"\r\nHost"))
        writer.write(b" " * 100_000)
        assert (await reader.readuntil(b"100000")).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("sent", [b"\x16\x03\x01\x02\x00\x01", b"HELLO\r\n\r\n", POST[:-2] + b"A:\0\r\n\r\n"])
async def test_what_is_no_http_is_told_so(sent: bytes) -> None:
    async with connected(Connection) as (reader, writer):
        writer.write(sent)
        assert refusal(await reader.read()) == (400, "malformed_request")
