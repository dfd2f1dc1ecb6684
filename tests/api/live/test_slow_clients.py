"""A client that reads slowly, or not at all, holds up nobody and costs little."""

import asyncio
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from llmlab_api.connections import ABORT
from llmlab_api.live import stream
from llmlab_api.live.frames import Told, frame
from llmlab_api.live.standing import Standing
from llmlab_api.live.stream import EventStream
from llmlab_api.live.subscriber import MAX_WAITING_BYTES, Subscriber
from llmlab_shared.queue.live import Position, StoredBatch

BEGIN = Position(1, 0)


def standing(spend: Decimal) -> Standing:
    return Standing({"spend": str(spend)}, {"as_of": "now"})


def told(number: int, size: int) -> tuple[StoredBatch, list[Told]]:
    """Return an entry of one event whose frame has about so many bytes."""
    position = Position(2, number)
    event = {"n": number, "pad": "x" * size, "tags": None}
    placed = position._replace(event=0)
    return StoredBatch(position, [], 1), [Told(placed, event, frame("event", placed, event))]


def read(frames: list[bytes]) -> list[tuple[str, dict[str, Any]]]:
    lines = [one.decode().split("\n") for one in frames]
    return [(line[0].removeprefix("event: "), msgspec.json.decode(line[2][6:])) for line in lines]


async def test_what_waits_is_bounded_and_what_is_left_out_is_counted() -> None:
    subscriber = Subscriber({}, BEGIN, gap=False)
    for number in range(200):
        subscriber.tell_standing(standing(Decimal(number)))
        subscriber.tell(*told(number, 10_000))
    frames = await subscriber.take(0)
    assert sum(map(len, frames)) < MAX_WAITING_BYTES + 1000
    *events, (kind, last) = read(frames)
    shown = [data["n"] for _, data in events]
    assert shown == list(range(200 - len(shown), 200)), "the newest, in order"
    # Of the totals only the last waited. Each entry had one more event that was not named.
    assert (kind, last["spend"], last["omitted"]) == ("spend", "199", 200 + 200 - len(shown))
    assert await subscriber.take(0) == []


async def test_what_was_taken_before_is_passed_over() -> None:
    subscriber = Subscriber({}, Position(2, 3), gap=False)
    for number in range(6):
        subscriber.tell(*told(number, 1))
    assert [data["n"] for _, data in read(await subscriber.take(0))] == [4, 5]
    assert subscriber.position == Position(2, 5)


async def test_a_client_that_takes_nothing_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "PATIENCE_SECONDS", 0.05)
    aborted: list[bool] = []

    async def never(_: Any) -> None:
        await asyncio.Event().wait()

    response = EventStream(None, 1, {}, None, never)  # type: ignore[arg-type]  # nothing of it is asked
    with pytest.raises(stream._HungUp):
        await response._send({ABORT: lambda: aborted.append(True)}, never, [b"x"])
    assert aborted == [True]
