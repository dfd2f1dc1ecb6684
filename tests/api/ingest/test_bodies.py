"""Bodies as HTTP brings them: limits, encodings, types; and who may send them."""

import gzip
import json
import zlib
from collections.abc import AsyncIterator

import httpx
import pytest
import zstandard
from api_client import Account, Api
from llmlab_shared.domain.events import MAX_COMPRESSED_BYTES, MAX_PLAIN_BYTES
from llmlab_shared.queue.entry import stream_name

PATH = "/api/events/track"
EVENT = b'{"provider":"openai","model":"gpt-4"}'


async def post(
    api: Api, account: Account, content: bytes | AsyncIterator[bytes], **headers: str
) -> httpx.Response:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return await api.client.post(PATH, content=content, headers={**account.key_auth, **given})


async def in_chunks(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def problem(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == response.status_code
    assert body["title"]
    assert body["detail"]
    return response.status_code, body["code"]


async def waiting(api: Api) -> int:
    length: int = await api.app.state.services.redis.xlen(stream_name(0))
    return length


COMPRESSED = {
    "gzip": ("gzip", gzip.compress(EVENT)),
    "two members of gzip": ("gzip", gzip.compress(EVENT[:9]) + gzip.compress(EVENT[9:])),
    "gzip by its old name": ("x-gzip", gzip.compress(EVENT)),
    "GZIP": ("GZIP", gzip.compress(EVENT)),
    "zstd": ("zstd", zstandard.compress(EVENT)),
    "zstd of unknown size": ("zstd", zstandard.ZstdCompressor(write_content_size=False).compress(EVENT)),
    "gzip of many members": ("gzip", gzip.compress(b"") * 5000 + gzip.compress(EVENT)),
    "a member that ends with a slice": ("gzip", gzip.compress(b"") * 4096 + gzip.compress(EVENT)),
    "zstd of many frames": ("zstd", zstandard.compress(b"") * 5000 + zstandard.compress(EVENT)),
    "two frames of zstd": ("zstd", zstandard.compress(EVENT[:9]) + zstandard.compress(EVENT[9:])),
    "identity": ("identity", EVENT),
}


async def test_compression(api: Api, account: Account) -> None:
    for name, (encoding, content) in COMPRESSED.items():
        response = await post(api, account, content, content_encoding=encoding)
        assert response.json() == {"accepted": 1, "rejected": []}, name


BROKEN = {
    "no gzip": ("gzip", EVENT),
    "half a gzip": ("gzip", gzip.compress(EVENT)[:-9]),
    "a wrong checksum": ("gzip", gzip.compress(EVENT)[:-8] + b"\0" * 8),
    "garbage behind a gzip": ("gzip", gzip.compress(EVENT) + b"garbage"),
    "zlib for gzip": ("gzip", zlib.compress(EVENT)),
    "no zstd": ("zstd", EVENT),
    "half a zstd": ("zstd", zstandard.compress(EVENT * 50)[:-9]),
    "a zstd without its checksum": (
        "zstd",
        zstandard.ZstdCompressor(write_checksum=True).compress(EVENT)[:-4],
    ),
    "garbage behind a zstd": ("zstd", zstandard.compress(EVENT) + b"garbage"),
    "a zstd that wants a huge window": ("zstd", bytes.fromhex("28b52ffd 00 a0 01 00 00")),
}


async def test_broken_compression(api: Api, account: Account) -> None:
    for name, (encoding, content) in BROKEN.items():
        response = await post(api, account, content, content_encoding=encoding)
        assert problem(response) == (400, "bad_compression"), name
    for encoding in ("gzip", "zstd"):
        response = await post(api, account, b"", content_encoding=encoding)
        assert problem(response) == (400, "malformed_json"), encoding
    assert await waiting(api) == 0


async def test_an_unknown_encoding(api: Api, account: Account) -> None:
    for encoding in ("br", "deflate", "gzip, gzip", "é"):
        headers = [*account.key_auth.items(), ("Content-Encoding", encoding.encode("latin-1"))]
        response = await api.client.post(PATH, content=EVENT, headers=headers)
        assert problem(response) == (415, "unsupported_encoding"), encoding
        assert response.headers["accept-encoding"] == "gzip, zstd"


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
async def test_a_bomb_stops_at_the_limit(api: Api, account: Account, encoding: str) -> None:
    spaces = b" " * (1 << 20)
    if encoding == "gzip":
        packer = zlib.compressobj(9, wbits=31)
        bomb = b"".join(packer.compress(spaces) for _ in range(512)) + packer.flush()
    else:
        zpacker = zstandard.ZstdCompressor(level=3).compressobj()
        bomb = b"".join(zpacker.compress(spaces) for _ in range(512)) + zpacker.flush()
    assert len(bomb) < MAX_COMPRESSED_BYTES
    assert problem(await post(api, account, bomb, content_encoding=encoding)) == (413, "body_too_large")


@pytest.mark.parametrize("encoding", ["", "gzip", "zstd"])
async def test_exactly_the_limit_is_taken_and_a_byte_more_is_not(
    api: Api, account: Account, encoding: str
) -> None:
    pack = {"": bytes, "gzip": gzip.compress, "zstd": zstandard.compress}[encoding]
    events = b",".join([EVENT + b" " * 100_000] * 80)
    body = b'{"events":[' + events + b" " * (MAX_PLAIN_BYTES - len(events) - 13) + b"]}"
    assert len(body) == MAX_PLAIN_BYTES
    headers = {"content_encoding": encoding} if encoding else {}
    assert (await post(api, account, pack(body), **headers)).json()["accepted"] == 80
    assert problem(await post(api, account, pack(body + b" "), **headers)) == (413, "body_too_large")


async def test_limits_hold_without_a_content_length(api: Api, account: Account) -> None:
    half = b" " * (MAX_PLAIN_BYTES // 2)
    response = await post(api, account, in_chunks(half, half, b" ", EVENT))
    assert problem(response) == (413, "body_too_large")
    assert response.headers["connection"] == "close"
    response = await post(api, account, in_chunks(b" " * 5, EVENT[:7], b"", EVENT[7:]))
    assert response.json() == {"accepted": 1, "rejected": []}
    half = b"\0" * (MAX_COMPRESSED_BYTES // 2)
    response = await post(api, account, in_chunks(half, half, b"\0"), content_encoding="gzip")
    assert problem(response) == (413, "body_too_large")


async def test_a_declared_length_is_refused_before_the_body_is_read(api: Api, account: Account) -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("the body was asked for")
        yield b""

    response = await post(api, account, never(), content_length=str(MAX_PLAIN_BYTES + 1))
    assert problem(response) == (413, "body_too_large")


async def test_content_types(api: Api, account: Account) -> None:
    assert (await post(api, account, EVENT)).status_code == 202
    for taken in ("application/json", "Application/JSON; charset=utf-8"):
        assert (await post(api, account, EVENT, content_type=taken)).status_code == 202, taken
    for other in ("text/plain", "application/x-www-form-urlencoded", "application/jsonl", "x"):
        response = await post(api, account, EVENT, content_type=other)
        assert problem(response) == (415, "unsupported_media_type"), other


async def test_no_good_event_is_422_with_all_verdicts(api: Api, account: Account) -> None:
    body = json.dumps({"events": [{"provider": "a"}, {"provider": "a", "model": "b", "seq": -1}]}).encode()
    response = await post(api, account, body)
    assert problem(response) == (422, "no_event_accepted")
    assert [(e["index"], e["id"], e["code"]) for e in response.json()["errors"]] == [
        (0, None, "missing_field"),
        (1, None, "out_of_range"),
    ]
    assert await waiting(api) == 0


async def test_a_single_bad_event_gives_its_own_code(api: Api, account: Account) -> None:
    response = await post(api, account, b'{"provider":"a","model":"b","tokens":1}')
    assert problem(response) == (422, "unknown_field")
    assert "`tokens`" in response.json()["detail"]


async def test_bodies_that_hold_no_events(api: Api, account: Account) -> None:
    for body in (b"", b"{", b"[]", b'{"events":[]}', b'{"a":' * 20_000, b"[" * 20_000, b"\xff", b'"'):
        assert problem(await post(api, account, body))[0] in {400, 422}, body[:20]
    assert await waiting(api) == 0


async def test_who_may_send(api: Api, account: Account) -> None:
    def sending(**headers: str) -> httpx.Request:
        return api.client.build_request("POST", PATH, content=EVENT, headers=headers)

    client = api.client
    assert problem(await client.send(sending()))[0] == 401
    assert problem(await client.send(sending(Authorization="Bearer llmlab_x")))[0] == 401
    assert problem(await client.send(sending(Authorization="Basic abc")))[0] == 401
    # A person may try it with the token of the login.
    assert (await client.send(sending(**account.auth))).status_code == 202
    made = await client.post("/api/keys", json={"name": "r", "scopes": ["read"]}, headers=account.auth)
    reader = made.json()["api_key"]
    for _ in range(2):  # the second time the key is known
        response = await client.send(sending(Authorization=f"Bearer {reader}"))
        assert problem(response) == (403, "insufficient_scope")


async def test_a_large_request_is_one_transaction_of_entries(api: Api, account: Account) -> None:
    redis = api.app.state.services.redis
    events = [{"provider": "a", "model": "b", "metadata": {str(k): "x" * 250 for k in range(14)}}] * 300
    before = (await redis.info("commandstats"))["cmdstat_exec"]["calls"]
    response = await post(api, account, json.dumps({"events": events}).encode())
    assert response.json()["accepted"] == 300
    assert await waiting(api) > 3
    assert (await redis.info("commandstats"))["cmdstat_exec"]["calls"] == before + 1


async def test_other_methods_are_405(api: Api, account: Account) -> None:
    response = await api.client.get(PATH, headers=account.key_auth)
    assert problem(response) == (405, "method_not_allowed")
    assert response.headers["allow"] == "POST"
