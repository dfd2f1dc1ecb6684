"""Child processes: they die with their parent, write to a log of their own, and can be recognised later."""

import ctypes
import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from llmlab_deploy.embedded.account import Account

_PR_SET_PDEATHSIG = 1
_KEPT_LOGS = 3
_FULL_BELOW = 1 << 20  # bytes: databases end before the last one is used


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path,
    death_signal: signal.Signals,
    account: Account | None = None,
    env: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, its output appended to `log`.

    The session keeps a terminal's Ctrl-C from reaching it, so that the supervisor decides in which
    order things stop. On Linux the kernel sends it `death_signal` when this process dies.
    """
    with open(log, "ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=env,
            start_new_session=True,
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
            preexec_fn=_die_with_parent(death_signal),  # noqa: PLW1509 - it makes two system calls only
        )


def _die_with_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    # The kernel watches the thread that forks; any other than the main one may end before the process.
    if sys.platform != "linux" or threading.current_thread() is not threading.main_thread():
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up before the fork; the child only calls it
    parent = os.getpid()

    def in_child() -> None:
        # Runs after the change of user, which would have cleared the request.
        prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return in_child


def rotate(log: Path) -> None:
    """Put the log of the last run aside, and keep a few older ones."""
    for number in range(_KEPT_LOGS, 0, -1):
        source = log if number == 1 else log.with_name(f"{log.name}.{number - 1}")
        if source.exists():
            source.replace(log.with_name(f"{log.name}.{number}"))


def tail(log: Path, lines: int = 12) -> str:
    """Return the last lines of a log, or nothing when there is none."""
    try:
        with open(log, "rb") as stream:
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - 16_384))
            return "\n".join(stream.read().decode(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""


def why(log: Path, lines: int = 12) -> str:
    """Return why a process ended: that the disk is full, which few of them say, else its log's last lines."""
    said = tail(log, lines)
    if os.strerror(errno.ENOSPC) in said or shutil.disk_usage(log.parent).free < _FULL_BELOW:
        return f"The disk that holds {log.parent} is full: free some space"
    return f"The end of {log}:\n{said}"


def command_line(pid: int) -> str:
    """Return the command line of a process, empty when there is no such process."""
    proc = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self").exists():
        try:
            return proc.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    listed = subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)], check=False, capture_output=True, text=True
    )
    return listed.stdout.strip()


def end_left_over(pid: int, mark: str, first: signal.Signals, patience: float = 10.0) -> bool:
    """End a server that an earlier, killed supervisor left, recognised by `mark` in its command line.

    Asks with `first`, insists with SIGKILL after `patience` seconds. Returns whether there was one.
    """
    if mark not in command_line(pid):
        return False
    _send(pid, first)
    deadline = time.monotonic() + patience
    while mark in command_line(pid):
        if time.monotonic() > deadline:
            _send(pid, signal.SIGKILL)
        time.sleep(0.02)
    return True


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
