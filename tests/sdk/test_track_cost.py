"""`@track_cost` on functions of every kind: they do what they did, and each call becomes one event."""

import asyncio
import functools
import inspect
import logging
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import llmlab
import pytest
from llmlab import LLMLab
from llmlab.testing import Receiver

RESPONSE = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "model": "gpt-4o-2024-08-06",
    "choices": [{"message": {"content": "the answer"}}],
    "usage": {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17},
    "service_tier": "default",
}
CHUNKS = [
    {
        "id": "chatcmpl-2",
        "object": "chat.completion.chunk",
        "model": "gpt-4o",
        "choices": [{"delta": {"content": text}}],
        "usage": None,
    }
    for text in ("one ", "two ", "three")
]
LAST = {**CHUNKS[0], "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 3, "total_tokens": 6}}


def response(number: int = 1) -> dict[str, Any]:
    return {**RESPONSE, "id": f"chatcmpl-{number}"}


def reported(client: LLMLab, receiver: Receiver) -> list[dict[str, Any]]:
    assert client.flush()
    return receiver.events


def test_a_response_becomes_an_event(client: LLMLab, receiver: Receiver) -> None:
    given = response()

    @client.track_cost(feature="search", tags={"plan": "pro"})
    def ask(question: str) -> dict[str, Any]:
        """Ask."""
        return given

    assert ask("why?") is given
    (event,) = reported(client, receiver)
    assert {k: event[k] for k in ("provider", "model", "api", "usage", "response_id", "service_tier")} == {
        "provider": "openai",
        "model": "gpt-4o-2024-08-06",
        "api": "chat",
        "usage": RESPONSE["usage"],
        "response_id": "chatcmpl-1",
        "service_tier": "default",
    }
    assert (event["feature"], event["tags"], event["status"]) == ("search", {"plan": "pro"}, "ok")
    assert event["latency_ms"] >= 0
    assert ask.__name__ == "ask"
    assert ask.__doc__ == "Ask."
    assert str(inspect.signature(ask)) == "(question: str) -> dict[str, typing.Any]"


async def test_every_kind_of_function_is_reported_and_stays_what_it_is(
    client: LLMLab, receiver: Receiver
) -> None:
    class Host:
        @client.track_cost
        def method(self) -> Any:
            return self.answer(1)

        @classmethod
        @client.track_cost
        def of_class(cls) -> Any:
            return cls.answer(2)

        @client.track_cost
        @classmethod
        def of_class_outside(cls) -> Any:
            return cls.answer(3)

        @client.track_cost
        @staticmethod
        def static() -> Any:
            return response(4)

        @client.track_cost
        async def coroutine(self) -> Any:
            await asyncio.sleep(0)
            return self.answer(5)

        def __call__(self) -> Any:
            return self.answer(6)

        @staticmethod
        def answer(number: int) -> Any:
            return response(number)

    async def awaited() -> Any:
        return response(7)

    host = Host()
    values = [host.method(), Host.of_class(), host.of_class_outside(), Host.static()]
    assert inspect.iscoroutinefunction(host.coroutine)
    values.append(await host.coroutine())
    values.append(client.track_cost(host)())
    values.append(await client.track_cost(functools.partial(awaited))())
    values.append(await client.track_cost(lambda number: awaited())(1))
    values.append(client.track_cost(feature="x")(functools.partial(response, 9))())
    assert [value["id"] for value in values] == [f"chatcmpl-{n}" for n in (1, 2, 3, 4, 5, 6, 7, 7, 9)]
    events = reported(client, receiver)
    assert [event["response_id"] for event in events] == [value["id"] for value in values]
    assert client.stats()["unrecognised"] == {}


def test_what_is_no_function_is_refused_at_once(client: LLMLab) -> None:
    wrong: list[Any] = [3, "ask", dict]
    for thing in wrong:
        with pytest.raises(TypeError, match="track_cost decorates functions"):
            client.track_cost(thing)


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_an_exception_passes_as_it_is_and_is_an_event(
    client: LLMLab, receiver: Receiver, asynchronous: bool
) -> None:
    error = RuntimeError("429 from the provider")

    @client.track_cost(feature="search")
    def ask(model: str = "gpt-4o") -> Any:
        raise error

    @client.track_cost(provider="openai", feature="search")
    async def ask_later(*, model: str = "gpt-4o") -> Any:
        raise error

    with pytest.raises(RuntimeError) as caught:
        await ask_later() if asynchronous else ask()
    assert caught.value is error
    assert error.__cause__ is None
    assert error.__context__ is None
    (event,) = reported(client, receiver)
    assert (event["status"], event["provider"], event["model"]) == ("error", "openai", "gpt-4o")
    assert "usage" not in event
    assert "429" not in str(event)


def test_an_exception_of_an_unknown_model_is_only_counted(client: LLMLab, receiver: Receiver) -> None:
    @client.track_cost
    def ask() -> Any:
        raise KeyError("x")

    with pytest.raises(KeyError):
        ask()
    assert reported(client, receiver) == []
    assert client.stats()["unrecognised"] == {"call_failed": 1}


async def test_a_cancelled_call_was_aborted(client: LLMLab, receiver: Receiver) -> None:
    @client.track_cost(provider="openai", model="gpt-4o")
    async def ask() -> None:
        await asyncio.sleep(60)

    task = asyncio.create_task(ask())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (event,) = reported(client, receiver)
    assert event["status"] == "aborted"


@pytest.mark.parametrize(
    "value", ["the text", None, 7, [RESPONSE], ("text", RESPONSE), object(), {"usage": 3}]
)
def test_what_is_no_response_is_returned_counted_and_named_once(
    client: LLMLab, receiver: Receiver, caplog: pytest.LogCaptureFixture, value: Any
) -> None:
    @client.track_cost
    def ask() -> Any:
        return value

    assert ask() is value
    assert ask() is value
    assert reported(client, receiver) == []
    assert client.stats()["unrecognised"] == {"not_a_response": 2}
    assert len(caplog.records) == 1
    assert f"ask() returned {type(value).__name__}" in caplog.text


def test_a_response_without_a_model_takes_the_one_that_was_asked_for(
    client: LLMLab, receiver: Receiver
) -> None:
    converse = {"usage": {"inputTokens": 1, "outputTokens": 2}, "ResponseMetadata": {"RequestId": "r-1"}}

    @client.track_cost
    def ask(modelId: str) -> Any:  # noqa: N803  # boto3's spelling
        return converse

    @client.track_cost
    def unknown() -> Any:
        return converse

    ask("us.anthropic.claude-sonnet-5")
    ask(modelId="amazon.nova-lite-v1:0")
    unknown()
    first, second = reported(client, receiver)
    assert (first["provider"], first["model"], first["api"]) == (
        "aws",
        "us.anthropic.claude-sonnet-5",
        "converse",
    )
    assert second["model"] == "amazon.nova-lite-v1:0"
    assert first["response_id"] == "r-1"
    assert client.stats()["unrecognised"] == {"model_unknown": 1}


def test_what_track_cost_is_told_wins_over_guesses_not_over_the_response(
    client: LLMLab, receiver: Receiver
) -> None:
    client.track_cost(provider="azure", model="my-deployment", api="chat", service_tier="flex")(response)()
    (event,) = reported(client, receiver)
    assert (event["provider"], event["model"]) == ("azure", "gpt-4o-2024-08-06")
    assert event["service_tier"] == "default"


def test_labels_reach_the_calls_inside_and_one_response_counts_once(
    client: LLMLab, receiver: Receiver
) -> None:
    @client.track_cost
    def inner(number: int) -> Any:
        return response(number)

    @client.track_cost(feature="agent")
    def outer() -> Any:
        inner(1)
        client.track("openai", "gpt-4o", 1, 1)
        return inner(2)

    with llmlab.context(customer="acme"):
        outer()
    inner(3)
    events = reported(client, receiver)
    assert [event.get("response_id") for event in events] == ["chatcmpl-1", None, "chatcmpl-2", "chatcmpl-3"]
    assert [event.get("feature") for event in events] == ["agent", "agent", "agent", None]
    assert [event.get("customer") for event in events] == ["acme", "acme", "acme", None]


async def test_tasks_keep_their_labels_apart(client: LLMLab, receiver: Receiver) -> None:
    @client.track_cost
    async def ask(number: int) -> Any:
        await asyncio.sleep(0)
        return response(number)

    async def serve(customer: int) -> None:
        with llmlab.context(customer=str(customer)):
            await asyncio.gather(ask(customer * 2), ask(customer * 2 + 1))

    await asyncio.gather(*(serve(number) for number in range(10)))
    for event in reported(client, receiver):
        assert int(event["response_id"].removeprefix("chatcmpl-")) // 2 == int(event["customer"])


def test_a_generator_is_followed_to_its_end(client: LLMLab, receiver: Receiver) -> None:
    @client.track_cost(feature="stream")
    def ask(parts: int) -> Iterator[Any]:
        yield from CHUNKS[:parts]
        yield LAST

    assert inspect.isgeneratorfunction(ask)
    assert list(ask(3)) == [*CHUNKS, LAST]
    (event,) = reported(client, receiver)
    assert (event["status"], event["usage"]) == ("ok", LAST["usage"])
    assert (event["model"], event["feature"]) == ("gpt-4o", "stream")
    assert "output_chunks" not in event


def test_a_generator_that_is_left_early_was_aborted(client: LLMLab, receiver: Receiver) -> None:
    closed = []

    @client.track_cost
    def ask() -> Iterator[Any]:
        try:
            yield from CHUNKS
            yield LAST
        finally:
            closed.append(True)

    for chunk in ask():
        if chunk is CHUNKS[1]:
            break
    assert closed == [True]
    (event,) = reported(client, receiver)
    assert event["status"] == "aborted"
    assert "usage" not in event
    assert (event["output_chunks"], event["output_chars"]) == (2, len("one two "))


def test_a_generator_is_sent_to_thrown_at_and_returns_as_before(client: LLMLab, receiver: Receiver) -> None:
    @client.track_cost(provider="openai", model="gpt-4o")
    def echo() -> Any:
        received: list[Any] = []
        try:
            while len(received) < 2:
                received.append((yield "text"))
        except ValueError as error:
            yield f"caught {error}"
        return response(5)

    generator = echo()
    assert next(generator) == "text"
    assert generator.send("a") == "text"
    assert generator.throw(ValueError("x")) == "caught x"
    with pytest.raises(StopIteration) as stop:
        next(generator)
    assert stop.value.value == response(5)
    (event,) = reported(client, receiver)
    # The response that it returned tells what the texts did not.
    assert event["usage"] == RESPONSE["usage"]


def test_a_generator_that_fails_is_an_error_and_raises_the_same(client: LLMLab, receiver: Receiver) -> None:
    error = ConnectionError("broken")

    @client.track_cost
    def ask() -> Iterator[Any]:
        yield CHUNKS[0]
        raise error

    generator = ask()
    next(generator)
    with pytest.raises(ConnectionError) as caught:
        next(generator)
    assert caught.value is error
    (event,) = reported(client, receiver)
    assert (event["status"], event["output_chunks"]) == ("error", 1)


async def test_async_generators_are_followed_too(client: LLMLab, receiver: Receiver) -> None:
    @client.track_cost
    async def ask(parts: int) -> AsyncIterator[Any]:
        for chunk in CHUNKS[:parts]:
            await asyncio.sleep(0)
            yield chunk
        yield LAST

    assert inspect.isasyncgenfunction(ask)
    assert [chunk async for chunk in ask(3)] == [*CHUNKS, LAST]
    generator: Any = ask(3)
    await anext(generator)
    await generator.aclose()
    whole, part = reported(client, receiver)
    assert (whole["status"], whole["usage"]) == ("ok", LAST["usage"])
    assert (part["status"], part["output_chunks"]) == ("aborted", 1)


def test_the_default_client_is_behind_the_modules_functions(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    @llmlab.track_cost(feature="early")
    def ask() -> Any:
        return response()

    first = llmlab.init(receiver.api_key, receiver.url)
    ask()
    with Receiver() as other:
        # What was recorded before still goes to where it was meant for.
        assert llmlab.init(other.api_key, other.url) is first
        ask()
        llmlab.track("openai", "gpt-4o", 1, 1)
        assert llmlab.flush()
        assert len(other.events) == 2
    receiver.wait_for(1)
    assert llmlab.stats()["accepted"] == 2
    llmlab.shutdown()
    llmlab.init()


def test_a_hostile_value_is_returned_all_the_same(client: LLMLab, caplog: pytest.LogCaptureFixture) -> None:
    class Hostile:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(name)

    values = [Hostile(), SimpleNamespace(usage=Hostile()), {"usage": Hostile(), "object": Hostile()}]
    for value in values:
        assert client.track_cost(lambda value=value: value)() is value
    with caplog.at_level(logging.ERROR):
        assert client.flush()
    assert caplog.records == [] or all(record.levelno < logging.ERROR for record in caplog.records)
