"""From the buffer to the server: batches, retries, verdicts, and what is done when nothing goes."""

import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from llmlab import LLMLab, _sender, context
from llmlab.testing import Received, Receiver, Reply


def problem(status: int, code: str, **more: Any) -> dict[str, Any]:
    return {"type": "about:blank", "title": "", "status": status, "code": code, "detail": code, **more}


def accepted(client: LLMLab, number: int) -> None:
    """Wait until so many events are accepted; a flush would not wait for a held client."""
    deadline = time.monotonic() + 30
    while client.stats()["accepted"] < number:
        assert time.monotonic() < deadline, client.stats()
        time.sleep(0.01)


def ids(request: Received) -> list[str]:
    return [event["id"] for event in request.json["events"]]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry after moments instead of seconds."""
    monkeypatch.setattr(_sender, "_BETWEEN_RETRIES", 0.01)
    monkeypatch.setattr(_sender, "_LONGEST_RETRY", 0.05)
    monkeypatch.setattr(_sender, "_BETWEEN_HELD", 0.05)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_waiting_may_cure_is_sent_again_unchanged(
    client: LLMLab, receiver: Receiver, status: int
) -> None:
    receiver.reply(Reply(status), Reply(status, b"<html>"), Reply(status, problem(status, "busy")))
    for number in range(3):
        client.track("openai", "gpt-4", number, 1)
    assert client.flush(30)
    assert len(receiver.posts) == 4
    assert len({request.body for request in receiver.posts}) == 1
    assert [event["input_tokens"] for event in receiver.events] == [0, 1, 2]
    assert client.stats()["retries"] == 3
    assert client.stats()["accepted"] == 3


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_waited_for(client: LLMLab, receiver: Receiver, status: int) -> None:
    receiver.reply(Reply(status, headers={"Retry-After": "1"}))
    client.track("openai", "gpt-4", 1, 1)
    # Flushing again and again does not hurry a server that has said when.
    while not client.flush(0.1):
        pass
    first, second = receiver.posts
    assert second.at - first.at >= 1


@pytest.mark.usefixtures("quick")
def test_retry_after_may_be_a_date(client: LLMLab, receiver: Receiver) -> None:
    moment = datetime.now(UTC) + timedelta(seconds=3)
    receiver.reply(Reply(503, headers={"Retry-After": format_datetime(moment, usegmt=True)}))
    client.track("openai", "gpt-4", 1, 1)
    assert client.flush(30)
    first, second = receiver.posts
    assert second.at - first.at >= 1.5


@pytest.mark.usefixtures("quick")
def test_a_server_that_dies_and_comes_back_gets_everything_once(client: LLMLab, receiver: Receiver) -> None:
    client.track("openai", "gpt-4", 0, 1)
    receiver.wait_for(1)
    receiver.stop()
    for number in range(1, 50):
        client.track("openai", "gpt-4", number, 1)
    assert not client.flush(0.2)
    assert client.stats()["queued"] == 49
    receiver.start()
    assert client.flush(30)
    assert [event["input_tokens"] for event in receiver.events] == list(range(50))
    assert client.stats()["retries"] > 0


@pytest.mark.usefixtures("quick")
def test_an_answer_that_is_lost_makes_no_second_event(receiver: Receiver) -> None:
    receiver.reply(Reply(202, {"accepted": 1, "rejected": []}, delay=1.5, take=True))
    with LLMLab(receiver.api_key, receiver.url, timeout=0.3) as client:
        client.track("openai", "gpt-4", 1, 1)
        assert client.flush(30)
    first, second = receiver.posts[:2]
    assert ids(first) == ids(second)
    assert len(receiver.events) == 1


def test_large_batches_are_compressed_and_many_events_go_together(client: LLMLab, receiver: Receiver) -> None:
    for _ in range(1200):
        client.track("openai", "gpt-4", 1, 1)
    assert client.flush(30)
    assert len(receiver.events) == 1200
    assert len(receiver.posts) <= 5
    assert max(len(ids(request)) for request in receiver.posts) <= 500
    big = max(receiver.posts, key=lambda request: len(request.body))
    assert big.headers["Content-Encoding"] == "gzip"
    assert int(big.headers["Content-Length"]) < len(big.body) / 3


def test_a_flush_does_not_linger(receiver: Receiver) -> None:
    with LLMLab(receiver.api_key, receiver.url, linger=3600) as client:
        client.track("openai", "gpt-4", 1, 1)
        assert client.flush(30)
        client.track("openai", "gpt-4", 1, 1)
        assert client.close(30)
    assert len(receiver.events) == 2


def test_a_batch_is_bounded_in_bytes(client: LLMLab, receiver: Receiver) -> None:
    metadata = {str(number): "x" * 200 for number in range(16)}
    for _ in range(400):
        client.track("openai", "gpt-4", 1, 1, metadata=metadata)
    assert client.flush(30)
    assert len(receiver.events) == 400
    assert max(len(request.body) for request in receiver.posts) < 600_000


def test_verdicts_on_single_events_leave_the_others_accepted(
    client: LLMLab, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.reply(
        Reply(
            202,
            {
                "accepted": 2,
                "rejected": [
                    {"index": 1, "id": None, "code": "out_of_range", "message": "`input_tokens` is absurd"},
                    {"index": 3, "id": None, "code": "out_of_range", "message": "`input_tokens` is absurd"},
                ],
            },
        )
    )
    for number in range(4):
        client.track("openai", "gpt-4", number, 1)
    assert client.flush(30)
    stats = client.stats()
    assert stats["accepted"] == 2
    assert stats["rejected"] == {"out_of_range": 2}
    assert [r.message for r in caplog.records if "absurd" in r.message] != []
    assert len([r for r in caplog.records if "out_of_range" in r.message]) == 1


def test_422_judges_every_event(client: LLMLab, receiver: Receiver) -> None:
    errors = [{"index": i, "id": None, "code": f"bad_{i}", "message": ""} for i in range(2)]
    receiver.reply(Reply(422, problem(422, "no_event_accepted", errors=errors)))
    client.track("openai", "gpt-4", 1, 1)
    client.track("openai", "gpt-4", 1, 1)
    assert client.flush(30)
    assert client.stats()["rejected"] == {"bad_0": 1, "bad_1": 1}


def test_a_field_that_the_server_does_not_know_is_left_out_and_asked_once(
    client: LLMLab, receiver: Receiver
) -> None:
    def old_server(request: Received) -> Reply | None:
        unknown = [i for i, event in enumerate(request.json["events"]) if "session_id" in event]
        if not unknown:
            return None
        message = "`session_id` is not a field of an event: did you mean `release`?"
        verdicts = [{"index": i, "id": None, "code": "unknown_field", "message": message} for i in unknown]
        return Reply(422, problem(422, "unknown_field", errors=verdicts))

    receiver.reply_always(old_server)
    client.track("openai", "gpt-4", 1, 1, session_id="s", feature="search")
    assert client.flush(30)
    client.track("openai", "gpt-4", 1, 1, session_id="s", feature="search")
    assert client.flush(30)
    first, second, third = receiver.posts
    assert ids(first) == ids(second)
    assert "session_id" not in third.json["events"][0]
    assert [event["feature"] for event in receiver.events] == ["search", "search"]
    assert client.stats()["mended"] == {"unknown_field": 2}
    assert client.stats()["accepted"] == 2


@pytest.mark.parametrize(("status", "code"), [(413, "body_too_large"), (400, "malformed_json"), (422, "odd")])
def test_a_refused_batch_is_halved_until_the_culprit_is_alone(
    client: LLMLab, receiver: Receiver, status: int, code: str
) -> None:
    def refuse(request: Received) -> Reply | None:
        bad = any(event["feature"] == "bad" for event in request.json["events"])
        return Reply(status, problem(status, code)) if bad else None

    receiver.reply_always(refuse)
    for number in range(9):
        client.track("openai", "gpt-4", number, 1, feature="bad" if number == 6 else "good")
    assert client.flush(30)
    assert [event["input_tokens"] for event in receiver.events] == [0, 1, 2, 3, 4, 5, 7, 8]
    assert sum(client.stats()["rejected"].values()) == 1


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("status", "code"), [(401, "bad_key"), (403, "insufficient_scope"), (404, "not_found"), (301, "moved")]
)
def test_what_a_person_must_mend_is_held_and_goes_when_it_is_mended(
    client: LLMLab, receiver: Receiver, caplog: pytest.LogCaptureFixture, status: int, code: str
) -> None:
    mended = threading.Event()
    receiver.reply_always(lambda _: None if mended.is_set() else Reply(status, problem(status, code)))
    for _ in range(10):
        client.track("openai", "gpt-4", 1, 1)
    # It says at once that this leads nowhere, instead of waiting for the whole time.
    assert not client.flush(60)
    assert client.stats()["queued"] == 10
    assert len([r for r in caplog.records if f"({status} {code}" in r.message]) == 1
    mended.set()
    accepted(client, 10)
    assert len(receiver.events) == 10


def test_a_held_client_does_not_hammer(client: LLMLab, receiver: Receiver) -> None:
    receiver.reply_always(lambda _: Reply(401, problem(401, "bad_key")))
    for _ in range(5):
        client.track("openai", "gpt-4", 1, 1)
        assert not client.flush(1)
    time.sleep(0.3)
    assert len(receiver.posts) == 1


@pytest.mark.usefixtures("quick")
def test_another_servers_answers_are_not_taken_for_ours(client: LLMLab, receiver: Receiver) -> None:
    receiver.reply(Reply(200, b"<html>Welcome to the airport</html>"), Reply(202, {"queued": True}))
    client.track("openai", "gpt-4", 1, 1)
    accepted(client, 1)
    assert len(receiver.events) == 1


@pytest.fixture
def stuck(receiver: Receiver) -> Iterator[threading.Event]:
    """A server that answers nothing until the event is set."""
    go = threading.Event()

    def wait(_: Received) -> Reply | None:
        go.wait(30)
        return None

    receiver.reply_always(wait)
    yield go
    go.set()


def _overfill(client: LLMLab, receiver: Receiver, **fields: Any) -> None:
    client.track("openai", "gpt-4", 1, 1)
    while not receiver.requests:
        pass
    for _ in range(100):
        client.track("openai", "gpt-4", 1, 1, **fields)


def test_the_buffer_is_bounded_in_events(receiver: Receiver, stuck: threading.Event) -> None:
    lost: list[tuple[str, int]] = []
    with LLMLab(
        receiver.api_key,
        receiver.url,
        max_events=30,
        on_error=lambda reason, number, _: lost.append((reason, number)),
    ) as client:
        _overfill(client, receiver)
        stuck.set()
        assert client.flush(30)
        assert client.stats()["dropped"] == {"buffer_full": 70}
        client.track("openai", "gpt-4", 1, 1)
        assert client.flush(30)
    # What came first was kept, and the gap shows what is missing.
    assert [event["seq"] for event in receiver.events] == [*range(1, 32), 102]
    assert sum(number for reason, number in lost if reason == "buffer_full") == 70


def test_the_buffer_is_bounded_in_bytes(receiver: Receiver, stuck: threading.Event) -> None:
    with LLMLab(receiver.api_key, receiver.url, max_bytes=100_000) as client:
        _overfill(client, receiver, metadata={str(number): "x" * 250 for number in range(16)})
        stuck.set()
        assert client.flush(30)
        kept = client.stats()["accepted"]
        assert client.stats()["dropped"] == {"buffer_full": 101 - kept}
        assert 10 < kept < 30


def test_labels_count_for_the_bound_once_where_calls_share_them(
    receiver: Receiver, stuck: threading.Event
) -> None:
    metadata = {str(number): "x" * 250 for number in range(15)}
    with LLMLab(receiver.api_key, receiver.url, max_bytes=100_000) as client:
        with context(metadata=metadata):
            _overfill(client, receiver)
        assert client.stats()["queued"] == 101
        for _ in range(100):
            with context(metadata=metadata):
                client.track("openai", "gpt-4", 1, 1)
        assert 101 < client.stats()["queued"] < 110
        stuck.set()
        assert client.flush(30)


def test_a_batch_that_is_full_by_its_bytes_does_not_wait_for_company(receiver: Receiver) -> None:
    metadata = {str(number): "x" * 250 for number in range(14)}
    with LLMLab(receiver.api_key, receiver.url, linger=60) as client:
        for _ in range(400):
            client.track("openai", "gpt-4", 1, 1, metadata=metadata)
        # One flush ends one wait: the batches after the first, full at 130 events, follow at once.
        assert client.flush(30)
        assert len(receiver.posts) > 2


def test_a_fault_of_our_own_costs_one_batch_and_not_the_thread(
    client: LLMLab, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_: object) -> None:
        raise RuntimeError("a mistake of ours")

    with monkeypatch.context() as patch:
        patch.setattr(_sender.Sender, "_settle", fault)
        rejected = [{"index": 0, "code": "bad_id", "message": "no"}]
        receiver.reply(Reply(202, {"accepted": 0, "rejected": rejected}))
        client.track("openai", "gpt-4", 1, 1)
        assert client.flush(10)
    assert client.stats()["dropped"] == {"internal_error": 1}
    client.track("openai", "gpt-4", 1, 1)
    accepted(client, 1)


def test_a_callback_that_fails_or_flushes_harms_nothing(receiver: Receiver) -> None:
    def on_error(*_: object) -> None:
        assert not client.flush(1)
        raise RuntimeError("the host's own mistake")

    with LLMLab(receiver.api_key, receiver.url, on_error=on_error) as client:
        client.track("openai")
        client.track("openai", "gpt-4", 1, 1)
        assert client.flush(30)
        client.track("openai")
        client.track("openai", "gpt-4", 1, 1)
        assert client.flush(30)
    assert len(receiver.events) == 2


@pytest.mark.usefixtures("quick")
def test_every_event_is_somewhere(receiver: Receiver) -> None:
    receiver.reply(
        Reply(503),
        Reply(202, {"accepted": 499, "rejected": [{"index": 7, "id": None, "code": "bad_id"}]}),
        Reply(413, problem(413, "too_many_events")),
    )
    with LLMLab(receiver.api_key, receiver.url, max_events=700) as client:
        for number in range(2000):
            client.track("openai" if number % 3 else None, "gpt-4", 1, 1)
        client.flush(30)
        stats = client.stats()
    assert stats["recorded"] == 2000
    assert stats["queued"] == 0
    assert stats["accepted"] + sum(stats["rejected"].values()) + sum(stats["dropped"].values()) == 2000
    assert stats["sent"] == stats["accepted"] + 1


def test_an_unreachable_server_is_mentioned_once_and_without_secrets(
    caplog: pytest.LogCaptureFixture, quick: None
) -> None:
    key = "llmlab_verysecretindeed0123456789"
    with LLMLab(key, "http://127.0.0.1:9", exit_timeout=0.1) as client, caplog.at_level(logging.DEBUG):
        client.track("openai", "gpt-4", 1, 1)
        assert not client.flush(0.5)
        assert not client.close(0.2)
        assert client.stats()["dropped"] == {"closed": 1}
        assert key not in repr(client)
    mentions = [r.message for r in caplog.records if r.name == "llmlab" and "127.0.0.1:9" in r.message]
    assert len(mentions) == 1
    assert key not in caplog.text


def test_an_idle_sender_thread_ends_and_another_begins(
    client: LLMLab, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_sender, "_IDLE", 0.01)
    for number in range(1, 4):
        client.track("openai", "gpt-4", 1, 1)
        receiver.wait_for(number)
        while any(thread.name == "llmlab-sender" for thread in threading.enumerate()):
            pass
    assert [event["seq"] for event in receiver.events] == [1, 2, 3]
    assert len({event["process_id"] for event in receiver.events}) == 1


def test_the_body_is_what_the_contract_says(client: LLMLab, receiver: Receiver) -> None:
    client.track("openai", "gpt-4", 1, 1)
    assert client.flush()
    (request,) = receiver.posts
    assert (request.method, request.path) == ("POST", "/api/events/track")
    assert request.headers["Authorization"] == f"Bearer {receiver.api_key}"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"].startswith("llmlab-python/")
    assert list(request.json) == ["events"]
