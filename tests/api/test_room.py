"""Large bodies wait for room, in order; small ones never do; and nobody holds it for long."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from api_client import Account, Api
from llmlab_api.errors import Problem
from llmlab_api.ingest import body as bodies
from llmlab_api.room import FREE_BYTES, ROOM_BYTES, Place, Room

EVENT = b'{"provider":"openai","model":"gpt-4"}'
PATH = "/api/events/track"


def large(size: int = FREE_BYTES + 1) -> bytes:
    return b'{"events":[' + EVENT + b" " * (size - len(EVENT) - 13) + b"]}"


async def entered(room: Room, size: int) -> Place:
    place = room.place()
    await place.take(size)
    return place


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_who_asks_first_comes_first_and_nothing_is_lost() -> None:
    room = Room(10)
    first = await entered(room, 7)
    second = asyncio.create_task(entered(room, 6))
    third = asyncio.create_task(entered(room, 2))
    await settle()
    # There is room for the third, but the second would wait for ever if others passed it.
    assert not second.done()
    assert not third.done()
    first.shrink(4)
    await settle()
    assert second.done()
    assert not third.done()
    first.leave()
    first.leave()
    assert (await third).held == 2
    (await second).leave()
    (await third).leave()
    (await entered(room, 10)).leave()


async def test_who_gives_up_stands_in_nobodys_way() -> None:
    room = Room(10)
    first = await entered(room, 5)
    second, third = asyncio.create_task(entered(room, 8)), asyncio.create_task(entered(room, 3))
    await settle()
    second.cancel()
    assert (await third).held == 3
    # Let in and cancelled at once.
    fourth = asyncio.create_task(entered(room, 6))
    await settle()
    first.leave()
    fourth.cancel()
    await asyncio.gather(second, fourth, return_exceptions=True)
    (await third).leave()
    (await entered(room, 10)).leave()


async def test_nobody_waits_for_ever() -> None:
    room = Room(10, patience=0.01)
    holder = await entered(room, 10)
    with pytest.raises(Problem) as caught:
        await entered(room, 1)
    assert (caught.value.status, caught.value.code) == (503, "busy")
    await holder.begin_judging()
    with pytest.raises(Problem):
        await room.place().begin_judging()
    holder.leave()
    again = await entered(room, 10)
    await again.begin_judging()
    again.leave()


async def test_without_room_large_bodies_are_sent_back_and_small_ones_taken(
    api: Api, account: Account
) -> None:
    room = api.app.state.services.room = Room(ROOM_BYTES, patience=0.01)
    holder = await entered(room, ROOM_BYTES)

    async def chunks(content: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(content), 50_000):
            yield content[start : start + 50_000]

    for content in (large(), chunks(large(2 * FREE_BYTES))):
        response = await api.client.post(PATH, content=content, headers=account.key_auth)
        assert (response.status_code, response.json()["code"]) == (503, "busy")
        assert int(response.headers["retry-after"]) > 0
    for content in (large(FREE_BYTES), chunks(large(FREE_BYTES))):
        assert (await api.client.post(PATH, content=content, headers=account.key_auth)).status_code == 202
    holder.leave()
    assert (await api.client.post(PATH, content=large(), headers=account.key_auth)).status_code == 202
    # Whatever became of the requests, nothing is held any more.
    (await entered(room, ROOM_BYTES)).leave()


async def test_a_large_body_that_does_not_come_gives_its_room_back(
    api: Api, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "_LARGE_SECONDS", 0.0)
    monkeypatch.setattr(bodies, "_LARGE_BYTES_A_SECOND", 1 << 40)
    room = api.app.state.services.room = Room(ROOM_BYTES, patience=0.01)

    async def stalls() -> AsyncIterator[bytes]:
        yield large()
        await asyncio.sleep(3600)

    response = await api.client.post(PATH, content=stalls(), headers=account.key_auth)
    assert (response.status_code, response.json()["code"]) == (408, "request_incomplete")
    (await entered(room, ROOM_BYTES)).leave()
