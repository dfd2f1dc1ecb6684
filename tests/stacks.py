"""Supervised stacks in processes of their own, for tests that kill them, and as another user than root."""

import compileall
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from llmlab_deploy.embedded.account import Account, may_execute
from llmlab_deploy.embedded.process import command_line

REPOSITORY = Path(__file__).parent.parent
PATIENCE = 60

# The embedded servers under their supervisor and nothing else; what happens is printed.
_SERVERS_ONLY = """
import sys
from pathlib import Path
from llmlab_deploy.embedded.account import server_account
from llmlab_deploy.embedded.binaries import find_programs
from llmlab_deploy.embedded.postgres import Postgres
from llmlab_deploy.embedded.state import DataFolder, FolderLock
from llmlab_deploy.embedded.supervisor import StopRequested, Supervisor
from llmlab_deploy.embedded.valkey import Valkey
from llmlab_deploy.errors import StackError

def say(sentence):
    print(sentence, flush=True)

def main():
    folder = DataFolder(Path(sys.argv[1]))
    folder.create()
    lock = FolderLock(folder)
    account = server_account()
    programs = find_programs(account)
    postgres = Postgres(folder, programs, account, durable=False)
    valkey = Valkey(folder, programs, account)
    with Supervisor(say) as supervisor:
        children = []
        for server in (postgres, valkey):
            server.prepare()
            children.append(supervisor.start(server))
        supervisor.wait_until_ready(children)
        say(f"database {postgres.url('postgres')}")
        say(f"redis {valkey.url()}")
        for child in children:
            say(f"process {child.program.name} {child.pid}")
        supervisor.watch()
    say("stopped")

try:
    main()
except StackError as error:
    sys.exit(error.detail)
"""


@dataclass(frozen=True)
class Runner:
    """How to start Python with this project: as ourselves, or as another user."""

    python: str = sys.executable
    account: Account | None = None
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    def start(
        self, *arguments: str, log: Path, home: Path, settings: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start Python with these arguments, output to `log`, and with these settings only."""
        environment = {k: v for k, v in self.environment.items() if not k.startswith("LLMLAB_")}
        for name in ("DATABASE_URL", "REDIS_URL", "PORT", "XDG_STATE_HOME"):
            environment.pop(name, None)
        as_user: dict[str, object] = {}
        if self.account is not None:
            as_user = {"user": self.account.uid, "group": self.account.gid, "extra_groups": []}
        with log.open("wb") as output:
            return subprocess.Popen(
                [self.python, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=environment | {"HOME": str(home)} | dict(settings or {}),
                **as_user,  # type: ignore[call-overload]  # the keywords of one user, or none
            )


@dataclass
class Supervised:
    """A supervisor process, and what it has printed."""

    process: subprocess.Popen[bytes]
    log: Path

    def said(self) -> str:
        """Return everything it has printed."""
        return self.log.read_text()

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Wait until it has printed a match of the pattern, and return that."""
        deadline = time.monotonic() + PATIENCE
        while (found := re.search(pattern, self.said(), re.MULTILINE)) is None:
            if self.process.poll() is not None and not re.search(pattern, self.said(), re.MULTILINE):
                raise AssertionError(f"it ended with {self.process.returncode}: {self.said()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"after {PATIENCE} s no {pattern!r} in: {self.said()}")
            time.sleep(0.02)
        return found

    def pid_of(self, name: str) -> int:
        """Return the process id of one of its servers, the latest that it told."""
        pattern = rf"^(?:process {name} (\d+)|{name} is back \(process (\d+)\))"
        found = re.findall(pattern, self.said(), re.MULTILINE)
        return int(next(filter(None, found[-1])))

    def stop(self) -> int:
        """Ask it to stop as a person would, and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


@contextmanager
def supervised_servers(folder: Path, runner: Runner, log: Path) -> Iterator[Supervised]:
    """PostgreSQL and Valkey under a supervisor of their own, up when this returns."""
    supervised = Supervised(runner.start("-c", _SERVERS_ONLY, str(folder), log=log, home=folder.parent), log)
    try:
        yield supervised
    finally:
        supervised.stop()


def gone(*pids: int) -> Callable[[], bool]:
    """Return a condition: none of these processes runs any more."""
    return lambda: not any(command_line(pid) for pid in pids)


def normal_user(folder: Path) -> Runner:
    """Return how to run this project as a user without privileges; as ourselves if we are one.

    Where the interpreter or the packages lie in root's home, `folder` gets a tree of links to them.
    """
    if os.geteuid() != 0:
        return Runner()
    entry = pwd.getpwnam("nobody")
    account = Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    base = Path(sys.base_prefix)
    python = Path(os.path.realpath(sys.executable))
    environment = dict(os.environ)
    if not may_execute(account, python):
        shutil.copytree(
            base,
            folder / "python",
            symlinks=True,
            copy_function=_link,
            ignore=shutil.ignore_patterns("site-packages", "test", "share", "include", "*.a"),
        )
        python = folder / "python" / python.relative_to(base)
        environment["LD_LIBRARY_PATH"] = str(folder / "python" / "lib")
    packages = []
    for entry_of_path in sys.path:
        path = Path(entry_of_path)
        if path.is_relative_to(base) or not path.is_dir():
            continue
        if path.is_relative_to(REPOSITORY) and not path.is_relative_to(sys.prefix):
            # The other user cannot keep what it compiles, and would do so in each process.
            compileall.compile_dir(path, quiet=2)
        if not may_execute(account, path):
            linked = folder / f"packages-{len(packages)}"
            shutil.copytree(path, linked, symlinks=True, copy_function=_link)
            path = linked
        packages.append(str(path))
    environment["PYTHONPATH"] = os.pathsep.join(packages)
    return Runner(str(python), account, environment)


def _link(source: str, target: str) -> None:
    """Put a file into a tree that others may read: a link where it is readable, else a copy."""
    mode = os.stat(source).st_mode
    if mode & stat.S_IROTH:
        try:
            os.link(source, target)
            return
        except OSError:
            pass  # another file system
    shutil.copy(source, target)
    os.chmod(target, mode | 0o444 | (0o111 if mode & 0o100 else 0))
