"""LLMLab on one machine: servers, migration, prices, API and workers, brought up in order and kept up."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from llmlab_shared.errors import ConfigurationError

from llmlab_deploy.embedded import process
from llmlab_deploy.embedded.account import server_account
from llmlab_deploy.embedded.binaries import find_programs
from llmlab_deploy.embedded.postgres import Postgres
from llmlab_deploy.embedded.state import (
    DataFolder,
    FolderLock,
    RunningStack,
    free_port,
    is_free,
    write_private,
)
from llmlab_deploy.embedded.supervisor import Child, Supervisor
from llmlab_deploy.embedded.valkey import Valkey
from llmlab_deploy.errors import StackError
from llmlab_deploy.health import answers, has_heartbeat
from llmlab_deploy.settings import settings_of_environment

_LAST_PORT_TRIED = 20  # this many ports above the wished one are tried before any free one


@dataclass(slots=True, kw_only=True)
class StackOptions:
    """What of LLMLab to run, and where.

    `only_embedded` leaves out the databases that the environment names.
    """

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8000
    api: bool = True
    workers: int = 1
    signup: Literal["open", "first", "closed"] | None = None
    system_servers: bool = False
    only_embedded: bool = False
    proxy_headers: bool = False


class Reporter:
    """Where the stack tells what it does; `stage` is called with each finished step and its seconds."""

    def say(self, sentence: str) -> None:
        """Tell something that happened."""
        print(sentence, flush=True)

    def stage(self, what: str, seconds: float) -> None:
        """Tell that a step of the start is done."""
        print(f"{what}  {seconds:.2f} s", flush=True)

    @contextmanager
    def timed(self, what: str) -> Iterator["Stage"]:
        """Time a step and tell when it is done; its name may be changed until then."""
        stage = Stage(what)
        begun = time.perf_counter()
        yield stage
        self.stage(stage.what, time.perf_counter() - begun)


@dataclass(slots=True)
class Stage:
    """A step under way."""

    what: str


@dataclass(slots=True)
class ServerProcess:
    """A Python process of LLMLab as the supervisor keeps it."""

    name: str
    arguments: list[str]
    log: Path
    stop_rank: int
    environment: dict[str, str] = field(repr=False)
    probe: Callable[[subprocess.Popen[bytes]], bool]
    stop_signal: signal.Signals = signal.SIGTERM

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the process."""
        return process.spawn(
            [sys.executable, "-m", "llmlab_deploy", *self.arguments],
            log=self.log,
            death_signal=self.stop_signal,
            env=self.environment,
        )

    def is_ready(self, server: subprocess.Popen[bytes]) -> bool:
        """Tell whether the process does its work."""
        return self.probe(server)


class Stack:
    """One running LLMLab. Enter it, `start`, then `watch` until a stop is asked for; leaving stops it."""

    def __init__(self, options: StackOptions, reporter: Reporter) -> None:
        self.options = options
        self.folder = DataFolder(options.data_dir)
        self.database_url = ""
        self.redis_url = ""
        self.secret_key = ""
        self.port = options.port
        self._reporter = reporter
        self._settings = settings_of_environment()
        if options.only_embedded:
            self._settings.database_url = self._settings.redis_url = self._settings.secret_key = None
        self.signup = options.signup or self._settings.signup
        self._exit = ExitStack()
        self._started = False
        self._stack_file_is_right = True
        self.supervisor = Supervisor(reporter.say, self._write_stack_file)

    @property
    def url(self) -> str:
        """The address of the API as seen from this machine."""
        host = self.options.host
        if host in ("0.0.0.0", "::", ""):
            host = "127.0.0.1"
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def owns_database(self) -> bool:
        """Whether the database is the embedded one."""
        return self._settings.database_url is None

    def __enter__(self) -> Self:
        if self._settings.database_url and self._settings.secret_key is None:
            raise ConfigurationError(
                "LLMLAB_DATABASE_URL is set, so LLMLAB_SECRET_KEY must be too: sign-ins would not survive "
                "a restart. Make one with `openssl rand -hex 32` and keep it"
            )
        self.folder.create()
        self._exit.callback(FolderLock(self.folder).release)
        self._exit.callback(self.folder.stack_file.unlink, missing_ok=True)
        self._exit.enter_context(self.supervisor)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()

    def start(self) -> None:
        """Bring everything up. Raises `StackError` with what to mend, `StopRequested` when told to stop."""
        secrets = self.folder.secrets()
        configured = self._settings.secret_key
        self.secret_key = configured.get_secret_value() if configured else secrets.secret_key
        self._start_servers()
        with self._reporter.timed("schema and prices"):
            self._run("db", "migrate", *(["--create"] if self.owns_database else []))
            api = [self._start_api()] if self.options.api else []
            self._run("prices", "sync", "--at-start")
        workers = [self._start_worker(number) for number in range(1, self.options.workers + 1)]
        if api:
            with self._reporter.timed(f"API on {self.url}"):
                self.supervisor.wait_until_ready(api)
        if workers:
            with self._reporter.timed("a worker" if len(workers) == 1 else f"{len(workers)} workers"):
                self.supervisor.wait_until_ready(workers)
        self._started = True
        self._write_stack_file()

    @staticmethod
    def make_passable(folder: Path) -> None:
        """Let the servers' own user reach what lies in a private folder, if there is such a user."""
        if os.geteuid() == 0:
            folder.chmod(0o711)

    def watch(self) -> None:
        """Keep everything running until Ctrl-C or SIGTERM."""
        self.supervisor.watch()

    def _start_servers(self) -> None:
        self.database_url = self._settings.database_url or ""
        self.redis_url = self._settings.redis_url or ""
        if self.database_url and self.redis_url:
            return
        account = server_account()
        programs = find_programs(account, system=self.options.system_servers)
        valkey = postgres = None
        started: list[Child] = []
        with self._reporter.timed("") as stage:
            if not self.redis_url:
                valkey = Valkey(self.folder, programs, account)
                valkey.prepare()
                started.append(self.supervisor.start(valkey))
                self.redis_url = valkey.url()
            if not self.database_url:
                postgres = Postgres(self.folder, programs, account)
                postgres.prepare()
                started.append(self.supervisor.start(postgres))
                self.database_url = postgres.url()
            stage.what = " and ".join(str(server.version) for server in (postgres, valkey) if server)
            self.supervisor.wait_until_ready(started)

    def _start_api(self) -> Child:
        wished = self.options.port
        self.port = _port_near(self.options.host, wished)
        if wished not in (0, self.port):
            self._reporter.say(f"Port {wished} is taken, so the API listens on {self.port}.")
        arguments = ["api", "--host", self.options.host, "--port", str(self.port)]
        arguments += ["--proxy-headers"] if self.options.proxy_headers else []
        return self._start_process("API", "api", arguments, 0, lambda _: answers(self.url))

    def _start_worker(self, number: int) -> Child:
        name = "worker" if self.options.workers == 1 else f"worker {number}"
        return self._start_process(
            name,
            f"worker-{number}",
            ["worker"],
            1,
            lambda worker: has_heartbeat(self.redis_url, worker.pid),
        )

    def _start_process(
        self,
        name: str,
        log: str,
        arguments: list[str],
        rank: int,
        probe: Callable[[subprocess.Popen[bytes]], bool],
    ) -> Child:
        return self.supervisor.start(
            ServerProcess(
                name=name,
                arguments=arguments,
                log=self.folder.logs / f"{log}.log",
                stop_rank=rank,
                environment=self._environment(),
                probe=probe,
            )
        )

    def _run(self, *arguments: str) -> None:
        self.supervisor.run(
            [sys.executable, "-m", "llmlab_deploy", *arguments],
            log=self.folder.logs / f"{arguments[0]}.log",
            env=self._environment(),
            what=f"`llmlab {' '.join(arguments)}`",
        )

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "LLMLAB_DATABASE_URL": self.database_url,
            "LLMLAB_REDIS_URL": self.redis_url,
            "LLMLAB_SECRET_KEY": self.secret_key,
            "LLMLAB_SIGNUP": self.signup,
            "PYTHONUNBUFFERED": "1",
        }

    def _write_stack_file(self) -> None:
        if not self._started:
            return
        running = RunningStack(
            database_url=self.database_url,
            redis_url=self.redis_url,
            secret_key=self.secret_key,
            signup=self.signup,
            url=self.url if self.options.api else None,
            pids={child.program.name: child.pid for child in self.supervisor.children if child.pid},
            supervisor=os.getpid(),
        )
        try:
            write_private(self.folder.stack_file, running.as_dict())
        except OSError as error:  # a full disk must not end what keeps everything running
            if self._stack_file_is_right:
                self._reporter.say(f"{self.folder.stack_file} cannot be written ({error.strerror})")
            self._stack_file_is_right = False
        else:
            self._stack_file_is_right = True


def _port_near(host: str, wished: int) -> int:
    """Return the wished port if it is free, else one a little above it, else any."""
    if wished == 0:
        return _any_port(host)
    for port in range(wished, min(wished + _LAST_PORT_TRIED, 65535) + 1):
        if is_free(host, port):
            return port
    return _any_port(host)


def _any_port(host: str) -> int:
    try:
        return free_port(host)
    except OSError as error:
        raise StackError(
            f"nobody can listen on {host!r} here ({error.strerror}): give --host an address of this machine, "
            "as 127.0.0.1, or 0.0.0.0 for all of them"
        ) from error
