"""Keeping child processes alive: start, wait until ready, start again when one dies, stop in order."""

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Protocol, Self

from llmlab_deploy.embedded import process
from llmlab_deploy.errors import StackError

_FIRST_PAUSE = 0.1  # seconds before a child that died is started again, doubled at each death in a row
_LONGEST_PAUSE = 15.0
_FORGIVEN_AFTER = 60.0  # a child that lived this long starts over with the first pause
_TRIES_AT_START = 8
_TOLD_AFTER = 4  # deaths in a row, after which it is said why a child does not come back
_LINES_TOLD = 4
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(Exception):
    """Ctrl-C or SIGTERM came; raised out of every wait of the supervisor."""


class Program(Protocol):
    """What can be kept running."""

    @property
    def name(self) -> str: ...
    @property
    def log(self) -> Path: ...
    @property
    def stop_rank(self) -> int: ...  # lower ranks are stopped first, equal ones together
    @property
    def stop_signal(self) -> signal.Signals: ...
    def spawn(self) -> subprocess.Popen[bytes]: ...
    def is_ready(self, server: subprocess.Popen[bytes]) -> bool: ...


class Child:
    """One kept program: its process, and how its life went so far."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None
        self.ready = False
        self.deaths = 0
        self._was_ready = False
        self._born = 0.0
        self._next_birth = 0.0

    @property
    def pid(self) -> int | None:
        return None if self.process is None else self.process.pid

    def start(self) -> None:
        self.process = self.program.spawn()
        self.ready = False
        self._born = time.monotonic()

    def look(self, say: Callable[[str], None]) -> bool:
        """Bring the child one step on; returns whether something changed."""
        now = time.monotonic()
        if self.process is None:
            if now < self._next_birth:
                return False
            try:
                self.start()
            except OSError as error:  # no room for a log, no more processes: perhaps next time
                self._died(now, say, f"({error.strerror})")
            return True
        code = self.process.poll()
        if code is not None:
            if self.ready:
                say(f"{self.program.name} (process {self.pid}) {_ended(code)}; starting it again")
            self._died(now, say, process.why(self.program.log, _LINES_TOLD))
            return True
        if not self.ready and self.program.is_ready(self.process):
            self.ready = self._was_ready = True
            if self.deaths:
                say(f"{self.program.name} is back (process {self.pid})")
            return True
        return False

    def _died(self, now: float, say: Callable[[str], None], why: str) -> None:
        if now - self._born > _FORGIVEN_AFTER:
            self.deaths = 0
        self._next_birth = now + min(_FIRST_PAUSE * 2**self.deaths, _LONGEST_PAUSE)
        self.deaths += 1
        self.process = None
        self.ready = False
        if self._was_ready and self.deaths == _TOLD_AFTER:
            say(f"{self.program.name} does not come back; it is tried again until it does. {why}")


class Supervisor:
    """Keeps children alive until told to stop. Must live in the main thread: it handles the signals.

    `say` receives sentences about what happens; `changed` is called when a child's process changed.
    """

    def __init__(self, say: Callable[[str], None], changed: Callable[[], None] = lambda: None) -> None:
        self.children: list[Child] = []
        self._say = say
        self._changed = changed
        self._stop = False
        self._wake_reader, self._wake_writer = os.pipe()
        self._former: dict[signal.Signals, signal._HANDLER] = {}

    def __enter__(self) -> Self:
        os.set_blocking(self._wake_reader, False)
        os.set_blocking(self._wake_writer, False)
        signal.set_wakeup_fd(self._wake_writer, warn_on_full_buffer=False)
        for number in _STOP_SIGNALS:
            if signal.getsignal(number) is signal.SIG_IGN:
                continue  # nohup, or a shell's background job: whoever started us wants it so
            self._former[number] = signal.signal(number, self._request_stop)
        # A handler of its own, if empty: without one a child's death would not wake the supervisor.
        self._former[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        for number, handler in self._former.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(-1)
        os.close(self._wake_reader)
        os.close(self._wake_writer)

    def _request_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stop = True

    def pause(self, seconds: float) -> None:
        """Wait, at most this long; less when a child ends. Raises `StopRequested`."""
        if not self._stop:
            select.select([self._wake_reader], [], [], seconds)
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake_reader, 4096)
        if self._stop:
            raise StopRequested

    def start(self, program: Program) -> Child:
        """Start a program and keep it running from now on."""
        process.rotate(program.log)
        child = Child(program)
        self.children.append(child)
        child.start()
        return child

    def wait_until_ready(self, children: Sequence[Child], seconds: float = 60.0) -> None:
        """Return when all are ready. Raises `StackError` with the log's end when one does not get there."""
        deadline = time.monotonic() + seconds
        wait = 0.01
        while not all(child.ready for child in children):
            self._look()
            for child in children:
                late = child.deaths >= _TRIES_AT_START or time.monotonic() > deadline
                if late and not child.ready:
                    raise _failure(f"{child.program.name} does not start", child.program.log)
            self.pause(wait)
            wait = min(wait * 1.5, 0.25)

    def run(self, command: Sequence[str | Path], *, log: Path, env: dict[str, str], what: str) -> None:
        """Run a command to its end. Raises `StackError` with its output when it fails."""
        process.rotate(log)
        step = process.spawn(command, log=log, death_signal=signal.SIGTERM, env=env)
        try:
            while step.poll() is None:
                self._look()
                self.pause(0.25)
        except StopRequested:
            step.terminate()
            step.wait()
            raise
        if step.returncode != 0:
            raise _failure(f"{what} failed", log)

    def attend(self, seconds: float) -> None:
        """Look after the children once and wait; for those who have other work between."""
        self._look()
        self.pause(seconds)

    def watch(self) -> None:
        """Keep all children running until a stop is asked for, which returns."""
        try:
            while True:
                waiting = self._look() or not all(child.ready for child in self.children)
                self.pause(0.1 if waiting else 1.0)
        except StopRequested:
            return

    def _look(self) -> bool:
        changes = [child.look(self._say) for child in self.children]
        if any(changes):
            self._changed()
        return any(changes)

    def stop(self, patience: float = 20.0) -> None:
        """End the children, rank by rank; what has not ended in `patience` seconds is killed."""
        for rank in sorted({child.program.stop_rank for child in self.children}):
            deadline = time.monotonic() + patience
            processes = [
                (child.program, child.process)
                for child in self.children
                if child.program.stop_rank == rank and child.process is not None
            ]
            for program, running in processes:
                running.send_signal(program.stop_signal)
            for program, running in processes:
                try:
                    running.wait(max(0.0, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    self._say(f"{program.name} did not stop in {patience:.0f} s and was killed")
                    running.kill()
                    running.wait()
        self.children.clear()


def _failure(what: str, log: Path) -> StackError:
    why = process.why(log)
    return StackError(what, why) if "\n" in why else StackError(f"{what}. {why}")


def _ended(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with code {code}"
