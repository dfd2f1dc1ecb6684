"""`llmlab watch`: its screen against kept snapshots, and at a pseudo-terminal over a real server."""

import json
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import cli_live_samples
import httpx
import llmlab
import pytest
from cli_live_samples import CALLS, MODELS, frames, standing
from cli_samples import USUAL_BUDGET
from cli_server import AnswersOf, Home
from live import LiveStack
from llmlab_cli.commands.watch import Paced
from llmlab_cli.render.watch import watch
from llmlab_cli.screen import Screen, text_of
from llmlab_cli.watching import Watching
from snapshots import check
from terminals import spawn

NOW = datetime(2026, 11, 23, 12, 10, 7, tzinfo=UTC)


@pytest.fixture
def view() -> Watching:
    """Ten minutes of a busy workspace."""
    made = Watching()
    spent = Decimal(400)
    for minute, cents in enumerate((0, 10, 25, 0, 400, 120, 0, 0, 60, 5, 90)):
        spent += Decimal(cents) / 100
        made.take("spend", standing(month=str(spent), models=MODELS), NOW - timedelta(minutes=10 - minute))
    made.seed(CALLS[1:])
    made.take("event", CALLS[0], NOW)
    return made


@pytest.mark.parametrize(
    ("name", "screen", "height"),
    [
        ("watch_80", Screen(80), 23),
        ("watch_100", Screen(100), 40),
        ("watch_50", Screen(50), 23),
        ("watch_low", Screen(80), 12),
        ("watch_colour", Screen(80, colour=True), 23),
    ],
)
def test_the_screen(view: Watching, name: str, screen: Screen, height: int) -> None:
    text = text_of(watch(view, [USUAL_BUDGET], NOW, screen, height), screen)
    assert len(text.splitlines()) <= height
    check(name, text)


def test_the_screen_of_a_broken_connection(view: Watching) -> None:
    view.take("lost", {"error": "cannot reach LLMLab", "retry_in": 1.0}, NOW - timedelta(seconds=40))
    view.take("lost", {"error": "cannot reach LLMLab", "retry_in": 2.0}, NOW)
    shown = text_of(watch(view, [], NOW, Screen(80), 23), Screen(80))
    assert "▲ reconnecting since 13:09:27: cannot reach LLMLab" in shown
    view.take("spend", standing(omitted=7), NOW)
    shown = text_of(watch(view, [], NOW, Screen(80), 23), Screen(80))
    assert "● live" in shown
    assert "7 calls came too fast to be shown" in shown


def test_the_screen_before_anything_happened() -> None:
    fresh = Watching()
    nothing = {"spend": "0", "events": 0, "tokens": 0}
    empty = standing()
    counts = dict.fromkeys(empty["today"]["counts"], 0)
    for part in ("today", "month"):
        empty[part] |= {**nothing, "counts": counts}
    fresh.take("spend", empty, NOW)
    check("watch_empty", text_of(watch(fresh, [], NOW, Screen(80), 23), Screen(80)))


def test_minutes_are_those_of_the_clock_and_a_month_begins_anew() -> None:
    made = Watching()
    for second, (month, spend) in enumerate((("2026-10", "9"), ("2026-10", "10"), ("2026-11", "0.5"))):
        data = standing(month=spend)
        data["month"]["month"] = month
        made.take("spend", data, NOW + timedelta(seconds=30 * second))
    assert made.minutes(NOW + timedelta(minutes=2)) == [1, Decimal("0.5"), 0]


def test_each_call_is_shown_once_in_its_place() -> None:
    made = Watching()
    made.seed(CALLS[2:])
    for call in CALLS[2::-1]:
        # The first of them was stored before the seed was read, and is told after it.
        made.take("event", call, NOW)
    assert list(made.calls) == CALLS
    # Calls 1 and 3 passed unseen: nothing that is known hides them, and they do not stand at the end.
    gapped = Watching()
    gapped.seed(CALLS[4:])
    gapped.take("event", CALLS[2], NOW)
    gapped.take("event", CALLS[0], NOW)
    gapped.seed(CALLS[:5])
    assert list(gapped.calls) == CALLS
    later = [
        cli_live_samples.call(
            n, "openai/gpt-4", "1", None, timestamp=f"2026-11-24T{n // 60:02}:{n % 60:02}:00Z"
        )
        for n in range(150)
    ]
    gapped.seed(later)
    assert list(gapped.calls) == later[:49:-1]


def test_what_is_read_beside_the_stream_waits_after_a_failure() -> None:
    asked: list[float] = []
    errors: list[llmlab.LLMLabError] = [
        llmlab.RateLimited("slow down", code="rate_limited", retry_after=0.3),
        llmlab.ServerUnavailable("away", code="away"),
    ]

    def read() -> None:
        asked.append(time.monotonic())
        if errors:
            raise errors.pop(0)

    paced = Paced(read, 0.1)
    until = time.monotonic() + 0.65
    while time.monotonic() < until:
        paced()
        time.sleep(0.005)
    assert 3 <= len(asked) <= 5
    assert asked[1] - asked[0] >= 0.3
    assert asked[2] - asked[1] >= 0.1


def test_a_pipe_gets_lines(connected: Home, server: AnswersOf) -> None:
    told = [("spend", standing()), *(("event", call) for call in CALLS[:2])]
    answers = [(200, frames(*told))]
    server.answers["GET", "/api/costs/live"] = lambda: (
        answers.pop() if answers else (403, {"code": "not_a_member", "detail": "gone"})
    )
    done = connected.run("watch", "-w", "feature=search")
    assert [line.split()[-1] for line in done.stdout.splitlines()] == [c["id"] for c in CALLS[:2]]
    assert server.seen("/api/costs/live")[0].query == [("feature", "search")]
    answers.append((200, frames(*told)))
    done = connected.run("watch", "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["kind"] for line in lines] == ["spend", "event", "event", "lost"]
    assert lines[1]["data"] == CALLS[0]
    assert done.returncode == 4


def test_it_needs_a_server(home: Home) -> None:
    home.write_config({"profiles": {"default": {"url": "http://127.0.0.1:1", "api_key": "k"}}})
    done = home.run("watch")
    assert (done.returncode, "cannot reach LLMLab" in done.stderr) == (3, True)


@pytest.fixture
def stack(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[LiveStack]:
    folder = tmp_path / "server"
    folder.mkdir()
    running = LiveStack(database_url, redis_url, folder)
    try:
        running.start_api()
        running.start_worker()
        yield running
    finally:
        running.stop()


def test_a_terminal_sees_calls_come_and_a_server_go(stack: LiveStack, home: Home) -> None:
    body = {"email": "kim@example.com", "password": "correct horse battery"}
    key = httpx.post(f"{stack.url}/api/auth/signup", json=body).json()["api_key"]
    home.write_config({"profiles": {"default": {"url": stack.url, "api_key": key}}})
    child = spawn(home, "watch", LANG="C.UTF-8", NO_COLOR="1")
    child.expect("No calls yet")
    child.expect("● live")
    with llmlab.LLMLab(key, stack.url) as client:
        client.track("openai", "gpt-4", 1000, 500, feature="search")
        assert client.flush()
        child.expect(r"Today +\$0.06 +1 call .*openai/gpt-4 .*\$0.0600 +1,000 / 500 +openai/gpt-4 +search")
        assert stack.api is not None
        stack.api.terminate()
        child.expect("reconnecting since")
        stack.api.wait(10)
        stack.start_api()
        child.expect("● live")
    began = time.monotonic()
    child.sendintr()
    rest = child.read()
    child.close()
    assert (child.exitstatus, child.signalstatus) == (0, None)
    assert time.monotonic() - began < 5
    assert "Traceback" not in rest
    assert rest.endswith("\x1b[?1049l"), "what was on the terminal before is there again"
    child = spawn(home, "watch", LANG="C.UTF-8", NO_COLOR="1")
    child.expect("● live")
    child.kill(signal.SIGTERM)
    assert child.read().endswith("\x1b[?1049l")
    child.close()
