"""What the supervisor says of a child that does not come back, and what a full disk may not do to it."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import rich_click as click
from llmlab_deploy.commands.common import explained
from llmlab_deploy.embedded import process, supervisor
from llmlab_deploy.embedded.state import write_private
from llmlab_deploy.embedded.supervisor import Child
from llmlab_deploy.errors import StackError
from stacks import PATIENCE


@dataclass
class Shell:
    """A child whose commands are given one by one, the last of them again and again; None cannot start."""

    log: Path
    commands: list[str | None]
    name: str = "Clock"
    stop_rank: int = 0
    stop_signal: signal.Signals = signal.SIGTERM
    births: int = field(default=0, init=False)

    def spawn(self) -> subprocess.Popen[bytes]:
        command = self.commands[min(self.births, len(self.commands) - 1)]
        self.births += 1
        if command is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return process.spawn(["/bin/sh", "-c", command], log=self.log, death_signal=self.stop_signal)

    def is_ready(self, server: subprocess.Popen[bytes]) -> bool:
        return server.poll() is None and "ready" in self.log.read_text()


def _watch(child: Child, said: list[str], done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline, said
        child.look(said.append)
        time.sleep(0.01)


def _first_life(program: Shell) -> tuple[Child, list[str]]:
    child, said = Child(program), list[str]()
    child.start()
    _watch(child, said, lambda: child.ready)
    assert child.process is not None
    child.process.kill()
    child.process.wait()
    return child, said


@pytest.mark.parametrize(
    ("end", "told"),
    [
        ("echo no such gear; exit 3", "The end of {log}:\nready\nno such gear\nno such gear\nno such gear"),
        ("echo 'cannot write: No space left on device'; exit 1", "The disk that holds {folder} is full"),
        (None, "(No space left on device)"),
    ],
)
def test_a_child_that_does_not_come_back_is_explained_once_and_tried_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str | None, told: str
) -> None:
    monkeypatch.setattr(supervisor, "_FIRST_PAUSE", 0.01)
    log = tmp_path / "clock.log"
    program = Shell(log, ["echo ready; sleep 600", end])
    child, said = _first_life(program)
    _watch(child, said, lambda: program.births >= 6)
    assert said[0].endswith("was ended by SIGKILL; starting it again")
    assert said[1].startswith("Clock does not come back; it is tried again until it does. ")
    assert told.format(log=log, folder=tmp_path) in said[1]
    program.commands = ["echo ready; sleep 600"]
    _watch(child, said, lambda: child.ready)
    assert len(said) == 3
    assert said[2] == f"Clock is back (process {child.pid})"
    assert child.process is not None
    child.process.kill()
    child.process.wait()


def test_what_the_disk_has_no_room_for_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "kept.json"
    write_private(file, {"a": 1})

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_private(file, {"a": 2})
    assert [path.name for path in tmp_path.iterdir()] == ["kept.json"]
    assert '"a": 1' in file.read_text()


def test_a_full_disk_ends_a_command_with_a_sentence() -> None:
    @explained
    def command() -> None:
        with open("/dev/full", "w") as disk:
            disk.write("x")

    with pytest.raises(click.ClickException, match=r"No space left on device .* free some space"):
        command()


def test_what_a_process_said_stands_above_the_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    @explained
    def command() -> None:
        raise StackError("Clock does not start", "The end of its log:\nno such gear")

    with pytest.raises(click.ClickException) as caught:
        command()
    assert caught.value.message == "Clock does not start"
    assert capsys.readouterr().err == "The end of its log:\nno such gear\n"


def test_a_stack_outlives_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """stack.json is for others to read; not being able to write it must stop nobody."""
    code = f"""
from pathlib import Path
from llmlab_deploy.stack import Reporter, Stack, StackOptions
said = []
class Kept(Reporter):
    def say(self, sentence):
        said.append(sentence)
with Stack(StackOptions(data_dir=Path({str(tmp_path / "data")!r}), only_embedded=True), Kept()) as stack:
    stack._started = True
    import shutil
    shutil.rmtree(stack.folder.path)
    stack._write_stack_file()
    stack._write_stack_file()
    assert len(said) == 1 and "stack.json cannot be written" in said[0], said
    stack.folder.create()
    stack._write_stack_file()
    assert stack.folder.stack_file.exists()
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    shutil.rmtree(tmp_path / "data", ignore_errors=True)
