"""How much memory an API process takes at its worst: bodies made to become many objects, several at once."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import zstandard
from api_client import Account, api_settings, run_api, signup
from live import LiveStack
from llmlab_shared.domain.events import MAX_PLAIN_BYTES

MAX_MEGABYTES = 200
AT_ONCE = 8


def filled(head: bytes, item: bytes, tail: bytes) -> bytes:
    """JSON of nearly the largest size, of one item again and again."""
    return head + item * ((MAX_PLAIN_BYTES - len(head) - len(tail)) // len(item)) + tail


EVENT = {"provider": "openai", "model": "gpt-4", "metadata": {str(n): "x" * 250 for n in range(15)}}
HOSTILE = {
    "numbers": (filled(b'{"events":[', b"1,", b"1]}"), 413),
    "objects": (filled(b'{"events":[', b"{},", b"{}]}"), 413),
    "texts": (filled(b'{"events":[', b'"",', b'""]}'), 413),
    "small events": (filled(b'{"events":[', b'{"provider":"a","model":"b"},', b"1]}"), 413),
    "an id of arrays": (filled(b'{"events":[{"id":[', b"[],", b"1]}]}"), 422),
    "an event that is an id of arrays": (filled(b'{"id":[', b"[],", b"1]}"), 422),
    "a usage of arrays": (filled(b'{"events":[{"usage":[', b"[],", b"1]}]}"), 422),
    "brackets": (b'{"events":' + b"[" * (4 << 20), 400),
    "escapes": (filled(b'{"events":[{"team":"', b"\\n", b'\\ud800"}]}'), 422),
    "escaped backslashes": (filled(b'{"events":[{"team":"', b"\\\\", b'\\ud800"}]}'), 422),
    "halves of surrogate pairs": (filled(b'{"events":[{"team":"', b"\\ud800", b'"}]}'), 422),
    "a wide character": (filled(b'{"events":[{"team":"', b"x", '😀"}]}'.encode()), 422),
    "the name of a field": (filled(b'{"events":[1],"', b"x", b'":1}'), 422),
    "good events": (json.dumps({"events": [EVENT] * 1000}).encode(), 202),
}
# Of less than a hundredth of their size.
PACKED_TOO = ("numbers", "halves of surrogate pairs", "good events")


@pytest.fixture
async def account(database_url: str, redis_url: str) -> AsyncIterator[Account]:
    async with run_api(api_settings(database_url, redis_url)) as api:
        yield await signup(api.client)


@pytest.fixture
def stack(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[LiveStack]:
    running = LiveStack(database_url, redis_url, tmp_path)
    try:
        running.start_api()
        yield running
    finally:
        running.stop()


def peak_megabytes(pid: int) -> int:
    """The most memory that a process has had at any moment so far."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) >> 10


async def test_hostile_bodies_do_not_fill_the_memory(stack: LiveStack, account: Account) -> None:
    assert stack.api is not None
    async with httpx.AsyncClient(base_url=stack.url, timeout=120, headers=account.key_auth) as client:
        for name, (plain, status) in HOSTILE.items():
            bodies = {"": plain}
            if name in PACKED_TOO:
                bodies |= {"gzip": gzip.compress(plain, 1), "zstd": zstandard.compress(plain)}
            for encoding, body in bodies.items():
                headers = {"Content-Encoding": encoding} if encoding else {}
                answers = await asyncio.gather(
                    *(client.post("/api/events/track", content=body, headers=headers) for _ in range(AT_ONCE))
                )
                assert {answer.status_code for answer in answers} == {status}, (name, answers[0].text[:300])
                assert peak_megabytes(stack.api.pid) < MAX_MEGABYTES, f"{name} {encoding}"
