"""`llmlab up` as a person has it: started, used, stopped, killed, started again."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from databases import execute, with_database
from llmlab_deploy.commands import up
from llmlab_deploy.screen import activation
from servers import Servers
from stacks import PATIENCE, Runner, Supervised, gone

RUNNING = r"^Ctrl-C stops it\.$"


@contextmanager
def _up(
    place: Path, *arguments: str, runner: Runner | None = None, settings: dict[str, str] | None = None
) -> Iterator[Supervised]:
    log = place / f"up-{len(list(place.glob('up-*')))}.log"
    data = () if "--data-dir" in arguments else ("--data-dir", str(place / "data"))
    process = (runner or Runner()).start(
        "-m", "llmlab_deploy", "up", *data, *arguments, log=log, home=place, settings=settings
    )
    supervised = Supervised(process, log)
    try:
        yield supervised
    finally:
        supervised.stop()


def _json(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file.read_text())
    return content


def _until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"after {PATIENCE} s still not: {what}"
        time.sleep(0.05)


def _total(url: str, key: str) -> Decimal | None:
    """Return what was spent in the last 30 days, None while the API does not answer."""
    try:
        answer = httpx.get(f"{url}/api/costs/summary", headers={"Authorization": f"Bearer {key}"})
    except httpx.TransportError:
        return None
    return Decimal(answer.json()["total_spend"]) if answer.is_success else None


def _report_call(url: str, key: str) -> None:
    event = {"provider": "openai", "model": "gpt-4", "input_tokens": 1000, "output_tokens": 500}
    answer = httpx.post(
        f"{url}/api/events/track", json=event, headers={"Authorization": f"Bearer {key}"}, timeout=30
    )
    assert answer.status_code == 202, answer.text


def test_a_call_is_priced_and_still_there_after_a_restart(place: Path, runner: Runner) -> None:
    data = place / "data"
    with _up(place, "--port", "0", "--workers", "2", runner=runner) as first:
        first.wait_for(RUNNING)
        stack, user = _json(data / "stack.json"), _json(data / "first-user.json")
        url, key = stack["url"], user["api_key"]
        for shown in (url, key, user["password"], f"llmlab init --url {url} --api-key {key}"):
            assert shown in first.said()
        for private in ("stack.json", "first-user.json", "secrets.json"):
            assert stat.S_IMODE((data / private).stat().st_mode) == 0o600, private
        assert set(stack["pids"]) == {"PostgreSQL", "Valkey", "API", "worker 1", "worker 2"}
        _report_call(url, key)
        _until(lambda: _total(url, key) == Decimal("0.06"), "the call is priced")
        begun = time.monotonic()
        assert first.stop() == 0
        assert time.monotonic() - begun < PATIENCE / 2
        assert not (data / "stack.json").exists()
        assert gone(*stack["pids"].values())()
    with _up(place, "--port", "0", runner=runner) as second:
        second.wait_for(RUNNING)
        assert key in second.said()
        url = _json(data / "stack.json")["url"]
        assert _total(url, key) == Decimal("0.06")


def test_whatever_dies_comes_back_and_nothing_acknowledged_is_lost(place: Path) -> None:
    data = place / "data"
    with _up(place, "--port", "0") as supervised:
        supervised.wait_for(RUNNING)
        stack, key = _json(data / "stack.json"), _json(data / "first-user.json")["api_key"]
        for name in ("API", "worker"):
            os.kill(stack["pids"][name], signal.SIGKILL)
            supervised.wait_for(rf"^{name} is back ")
            _until(lambda n=name: _json(data / "stack.json")["pids"].get(n), "stack.json names it")
            assert _json(data / "stack.json")["pids"][name] != stack["pids"][name]
        _report_call(stack["url"], key)
        _until(lambda: _total(stack["url"], key) == Decimal("0.06"), "the call is priced")
        _report_call(stack["url"], key)
        children = _json(data / "stack.json")["pids"].values()
        supervised.process.kill()
        supervised.process.wait()
        _until(gone(*children), "all children have ended with their supervisor")
    with _up(place, "--port", "0") as again:
        again.wait_for(RUNNING)
        url = _json(data / "stack.json")["url"]
        _until(lambda: _total(url, key) == Decimal("0.12"), "both calls are priced")


def test_a_taken_port_is_said_and_another_used(place: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with _up(place, "--port", str(taken), "--no-worker") as supervised:
            said = supervised.wait_for(rf"^Port {taken} is taken, so the API listens on (\d+)\.$")
            supervised.wait_for(RUNNING)
            stack = _json(place / "data" / "stack.json")
            assert stack["url"] == f"http://127.0.0.1:{said[1]}" != f"http://127.0.0.1:{taken}"
            assert set(stack["pids"]) == {"PostgreSQL", "Valkey", "API"}


def test_commands_in_another_terminal_find_the_running_stack(place: Path) -> None:
    def llmlab(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "llmlab_deploy", *arguments, "--data-dir", str(place / "data")],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
            env={"PATH": os.environ["PATH"], "HOME": str(place)},
        )

    with _up(place, "--no-api", "--no-worker") as supervised:
        supervised.wait_for(RUNNING)
        assert llmlab("db", "check").returncode == 0
        stack = _json(place / "data" / "stack.json")
        assert stack["url"] is None
        refused = llmlab("up")
        assert refused.returncode == 1
        assert f"(process {supervised.process.pid})" in " ".join(refused.stderr.split())
    away = llmlab("db", "check")
    assert away.returncode == 1
    assert "LLMLAB_DATABASE_URL and LLMLAB_REDIS_URL not set" in away.stderr
    assert "Traceback" not in away.stderr


@pytest.fixture
def outside(servers: Servers, redis_url: str) -> Iterator[dict[str, str]]:
    """An empty database and an empty Valkey that the environment names."""
    execute(servers.database_url, "CREATE DATABASE outside")
    yield {
        "LLMLAB_DATABASE_URL": with_database(servers.database_url, "outside"),
        "LLMLAB_REDIS_URL": redis_url,
        "LLMLAB_SECRET_KEY": "kept by whoever runs this, and long enough to be one",
    }
    execute(servers.database_url, "DROP DATABASE outside WITH (FORCE)")


def test_servers_of_the_environment_are_used(place: Path, outside: dict[str, str]) -> None:
    with _up(place, "--port", "0", settings=outside) as supervised:
        supervised.wait_for(RUNNING)
        stack = _json(place / "data" / "stack.json")
        assert set(stack["pids"]) == {"API", "worker"}
        assert stack["database_url"] == outside["LLMLAB_DATABASE_URL"]
        # Who owns an installation on a shared database is for a person to say.
        assert not (place / "data" / "first-user.json").exists()
        answer = httpx.post(
            f"{stack['url']}/api/auth/signup",
            json={"email": "kim@example.com", "password": "correct horse battery"},
            timeout=30,
        )
        assert answer.status_code == 201, answer.text
        key = answer.json()["api_key"]
        _report_call(stack["url"], key)
        _until(lambda: _total(stack["url"], key) == Decimal("0.06"), "the call is priced")


def test_an_outside_database_needs_a_secret_key(place: Path, outside: dict[str, str]) -> None:
    del outside["LLMLAB_SECRET_KEY"]
    with _up(place, settings=outside) as supervised:
        assert supervised.process.wait(PATIENCE) == 1
        assert "LLMLAB_SECRET_KEY must be too" in supervised.said()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"LLMLAB_PORT": "eighty"}, "LLMLAB_PORT"),
        (
            {
                "LLMLAB_DATABASE_URL": "postgresql://nobody:secret@127.0.0.1:1/none",
                "LLMLAB_REDIS_URL": "redis://127.0.0.1:1",
                "LLMLAB_SECRET_KEY": "long enough to be a secret key, for this test",
            },
            "127.0.0.1:1/none cannot be reached",
        ),
    ],
)
def test_bad_settings_are_named_without_a_traceback(place: Path, settings: dict[str, str], said: str) -> None:
    with _up(place, settings=settings) as supervised:
        assert supervised.process.wait(PATIENCE) == 1
    words = " ".join(supervised.said().replace("│", " ").split())
    assert said in words
    assert "Traceback" not in words
    assert "secret@" not in words


def test_who_lacks_the_command_is_told_how_to_get_it(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = place / "bin"
    commands.mkdir()
    monkeypatch.setattr(sys, "prefix", str(place))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert activation() is None  # not in a virtual environment: nothing to activate
    script = commands / "activate"
    script.touch()
    assert activation() == script
    (commands / "llmlab").touch(mode=0o755)
    monkeypatch.setenv("PATH", f"{commands}:/usr/bin")
    assert activation() is None


def test_an_address_of_no_machine_is_named(place: Path) -> None:
    for number, host in enumerate(("no.such.host.invalid", "192.0.2.1")):
        arguments = ("--data-dir", str(place / str(number)), "--host", host, "--no-worker")
        with _up(place, *arguments) as supervised:
            assert supervised.process.wait(PATIENCE) == 1
        words = " ".join(supervised.said().replace("│", " ").split())
        assert f"nobody can listen on '{host}' here" in words
        assert "Traceback" not in words


def test_lost_and_damaged_secrets_are_named_and_never_made_anew(place: Path) -> None:
    data = place / "data"
    (data / "postgres").mkdir(parents=True)
    for content, state in ((None, "gone"), ("{", "damaged"), ('{"secret_key": "x"}', "damaged")):
        if content is not None:
            (data / "secrets.json").write_text(content)
        with _up(place) as supervised:
            assert supervised.process.wait(PATIENCE) == 1
        assert f"secrets.json is {state}: restore it" in " ".join(supervised.said().replace("│", " ").split())
        assert content is None or (data / "secrets.json").read_text() == content


def test_a_stop_while_starting_leaves_nothing_behind(place: Path) -> None:
    with _up(place) as supervised:
        supervised.wait_for("PostgreSQL")
        assert supervised.stop() == 0
    pids = (place / "data" / "postgres" / "postmaster.pid", place / "data" / "valkey" / "valkey.pid")
    assert not any(pid.exists() for pid in pids)


def test_windows_is_told_of_wsl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    result = CliRunner().invoke(up.command, [])
    assert result.exit_code == 1
    assert "WSL" in result.output
