"""Stream objects of provider libraries: read as before, seen to the end, reported once."""

import gc
import json
import types
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from llmlab import LLMLab
from llmlab.testing import Receiver

CHUNK = {
    "object": "chat.completion.chunk",
    "id": "c-1",
    "model": "gpt-4o",
    "choices": [{"delta": {"content": "ab"}}],
}
LAST = {**CHUNK, "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}


class Stream:
    """As OpenAI's: iterable, a context manager, with attributes of its own."""

    def __init__(self, chunks: list[Any], error: Exception | None = None) -> None:
        self._iterator = iter(chunks)
        self._error = error
        self.response = "the HTTP response"
        self.closed = False

    def __next__(self) -> Any:
        try:
            return next(self._iterator)
        except StopIteration:
            if self._error is not None:
                raise self._error from None
            raise

    def __iter__(self) -> Iterator[Any]:
        yield from self._iterator

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.closed = True


class AsyncStream:
    """As OpenAI's asynchronous one."""

    def __init__(self, chunks: list[Any]) -> None:
        self._chunks = chunks
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[Any]:
        for chunk in self._chunks:
            yield chunk

    async def __anext__(self) -> Any:
        raise NotImplementedError

    async def __aenter__(self) -> "AsyncStream":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        self.closed = True


def event(client: LLMLab, receiver: Receiver) -> dict[str, Any]:
    assert client.flush()
    (only,) = receiver.events
    return only


def test_a_stream_that_is_read_to_its_end(client: LLMLab, receiver: Receiver) -> None:
    made = Stream([CHUNK, LAST])
    stream = client.track_cost(lambda: made)()
    assert isinstance(stream, Stream)
    assert stream.response == "the HTTP response"
    with stream as entered:
        assert list(entered) == [CHUNK, LAST]
    assert made.closed
    reported = event(client, receiver)
    assert (reported["status"], reported["usage"]) == ("ok", LAST["usage"])


def test_attributes_of_a_stream_can_be_set(client: LLMLab) -> None:
    made = Stream([])
    client.track_cost(lambda: made)().response = "another"
    assert made.response == "another"


@pytest.mark.parametrize("way", ["close", "leave", "drop"])
def test_a_stream_that_is_left_early(client: LLMLab, receiver: Receiver, way: str) -> None:
    made = Stream([CHUNK, CHUNK, LAST])
    stream = client.track_cost(lambda: made)()
    if way == "leave":
        with stream:
            next(stream)
    else:
        next(stream)
        if way == "close":
            stream.close()
    assert made.closed == (way != "drop")
    if way == "drop":
        del stream
        gc.collect()
    reported = event(client, receiver)
    assert (reported["status"], reported["model"]) == ("aborted", "gpt-4o")
    assert (reported["output_chunks"], reported["output_chars"]) == (1, 2)


def test_a_stream_left_after_its_usage_was_complete(client: LLMLab, receiver: Receiver) -> None:
    stream = client.track_cost(lambda: Stream([CHUNK, LAST]))()
    next(stream), next(stream)
    stream.close()
    assert event(client, receiver)["status"] == "ok"


def test_a_stream_that_breaks(client: LLMLab, receiver: Receiver) -> None:
    error = ConnectionError("reset")
    stream = client.track_cost(lambda: Stream([CHUNK], error))()
    next(stream)
    with pytest.raises(ConnectionError) as caught:
        next(stream)
    assert caught.value is error
    del stream
    assert event(client, receiver)["status"] == "error"


async def test_asynchronous_streams(client: LLMLab, receiver: Receiver) -> None:
    @client.track_cost
    async def ask(made: AsyncStream) -> AsyncStream:
        return made

    stream = await ask(AsyncStream([CHUNK, LAST]))
    assert isinstance(stream, AsyncStream)
    assert [chunk async for chunk in stream] == [CHUNK, LAST]
    made = AsyncStream([CHUNK, LAST])
    async with await ask(made) as entered:
        async for _ in entered:
            break
    assert made.closed
    closed = AsyncStream([CHUNK, LAST])
    await (await ask(closed)).close()
    assert closed.closed
    assert client.flush()
    assert [reported["status"] for reported in receiver.events] == ["ok", "aborted"]
    assert client.stats()["unrecognised"] == {"not_a_response": 1}  # nothing was read of the third


def test_a_stream_manager_whose_stream_is_read_by_other_means(client: LLMLab, receiver: Receiver) -> None:
    """As `with anthropic.messages.stream(...) as stream: for text in stream.text_stream`."""

    class MessageStream:
        text_stream = ("Hello", "!")
        current_message_snapshot = types.SimpleNamespace(
            type="message",
            id="msg_1",
            model="claude-sonnet-5",
            usage=types.SimpleNamespace(input_tokens=3, output_tokens=2),
        )

    class MessageStreamManager:
        def __enter__(self) -> MessageStream:
            return MessageStream()

        def __exit__(self, *_: object) -> None:
            return None

    with client.track_cost(lambda made=MessageStreamManager: made())() as stream:
        assert "".join(stream.text_stream) == "Hello!"
    reported = event(client, receiver)
    assert (reported["provider"], reported["model"]) == ("anthropic", "claude-sonnet-5")
    assert reported["usage"] == {"input_tokens": 3, "output_tokens": 2}


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_a_stream_that_fails_when_it_is_entered_is_an_error(
    client: LLMLab, receiver: Receiver, asynchronous: bool
) -> None:
    class MessageStreamManager:
        def __enter__(self) -> None:
            raise ConnectionError("overloaded")

        def __exit__(self, *_: object) -> None:
            return None

    class AsyncMessageStreamManager:
        async def __aenter__(self) -> None:
            raise ConnectionError("overloaded")

        async def __aexit__(self, *_: object) -> None:
            return None

    kind = AsyncMessageStreamManager if asynchronous else MessageStreamManager
    opened: Any = client.track_cost(provider="anthropic", model="claude-sonnet-5")(lambda made=kind: made())()

    async def enter() -> None:
        if asynchronous:
            await opened.__aenter__()
        else:
            opened.__enter__()

    with pytest.raises(ConnectionError):
        await enter()
    reported = event(client, receiver)
    assert (reported["status"], reported["model"]) == ("error", "claude-sonnet-5")


def test_bedrocks_stream_inside_a_dict(client: LLMLab, receiver: Receiver) -> None:
    class EventStream:
        def __iter__(self) -> Iterator[Any]:
            yield {"contentBlockDelta": {"delta": {"text": "abc"}}}
            usage = {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3}
            yield {"metadata": {"usage": usage, "serviceTier": {"type": "flex"}}}

        def close(self) -> None:
            return None

    answer: dict[str, Any] = {"ResponseMetadata": {"RequestId": "r"}, "stream": EventStream()}
    given = client.track_cost(model="us.amazon.nova-pro-v1:0")(lambda: answer)()
    assert given is answer
    assert len(list(given["stream"])) == 2
    reported = event(client, receiver)
    assert (reported["provider"], reported["model"]) == ("aws", "us.amazon.nova-pro-v1:0")
    assert (reported["usage"]["outputTokens"], reported["service_tier"]) == (2, "flex")


def test_a_generator_that_a_plain_function_returns(client: LLMLab, receiver: Receiver) -> None:
    def chunks(last: Any) -> Iterator[Any]:
        yield CHUNK
        yield last

    given = client.track_cost(lambda: chunks(LAST))()
    assert isinstance(given, types.GeneratorType)
    assert list(given) == [CHUNK, LAST]
    assert event(client, receiver)["status"] == "ok"


@pytest.mark.parametrize("made", [iter([1]), map(str, [1]), {"a": 1}.items(), open, range(3)])
def test_what_is_no_stream_of_a_provider_comes_back_itself(client: LLMLab, made: Any) -> None:
    assert client.track_cost(lambda: made)() is made


def test_a_stream_is_reported_once_through_nested_functions(client: LLMLab, receiver: Receiver) -> None:
    @client.track_cost
    def inner() -> Any:
        return Stream([CHUNK, LAST])

    @client.track_cost(feature="outer")
    def outer() -> Any:
        return inner()

    assert len(list(outer())) == 2
    assert event(client, receiver)["feature"] == "outer"


def test_openais_stream_helper_wraps_its_chunks(client: LLMLab, receiver: Receiver) -> None:
    """As `with openai.chat.completions.stream(...) as stream`."""
    events = [{"type": "chunk", "chunk": chunk, "snapshot": {}} for chunk in (CHUNK, LAST)]
    events.insert(1, {"type": "content.delta", "delta": "ab", "snapshot": "ab"})
    with client.track_cost(lambda: Stream(events))() as stream:
        assert list(stream) == events
    reported = event(client, receiver)
    assert (reported["provider"], reported["usage"]) == ("openai", LAST["usage"])


@pytest.mark.parametrize("listed", [True, False])
def test_searches_of_a_stream_are_counted_once(client: LLMLab, receiver: Receiver, listed: bool) -> None:
    """OpenAI's last event repeats the items, but not where responses are not stored."""
    items = [
        {"type": "web_search_call", "action": {"type": "search", "query": "who am I"}},
        {"type": "file_search_call", "queries": ["who am I"]},
        {"type": "file_search_call", "queries": ["who am I"]},
        {"type": "message"},
    ]
    response = {"object": "response", "id": "resp_1", "model": "gpt-5", "output": [], "usage": None}
    last = {"output": items if listed else [], "usage": {"input_tokens": 1, "output_tokens": 2}}
    events = [
        {"type": "response.created", "response": response},
        *({"type": "response.output_item.added", "item": item} for item in items),
        *({"type": "response.output_item.done", "item": item} for item in items),
        {"type": "response.completed", "response": response | last},
    ]
    assert list(client.track_cost(lambda: Stream(events))()) == events
    reported = event(client, receiver)
    assert reported["units"] == {"web_searches": 1, "file_searches": 2}
    assert reported["usage"] == last["usage"]
    assert "who am I" not in receiver.posts[0].body.decode()


def test_bedrocks_other_stream_ends_with_its_counts(client: LLMLab, receiver: Receiver) -> None:
    """As `for event in invoke_model_with_response_stream(...)["body"]`."""
    metrics = {"inputTokenCount": 15, "outputTokenCount": 26, "invocationLatency": 900}
    chunks = [
        b'{"type":"content_block_delta","delta":{"type":"text_delta","text":"who am I"}}',
        json.dumps({"type": "message_stop", "amazon-bedrock-invocationMetrics": metrics}).encode(),
    ]
    events = [{"chunk": {"bytes": chunk}} for chunk in chunks]
    stream = client.track_cost(model="us.anthropic.claude-haiku-4-5-20251001-v1:0")(lambda: Stream(events))()
    assert list(stream) == events
    reported = event(client, receiver)
    assert (reported["provider"], reported["api"], reported["status"]) == ("aws", "invoke_model", "ok")
    assert reported["usage"] == metrics
    assert "who am I" not in receiver.posts[0].body.decode()
