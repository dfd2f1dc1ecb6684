"""PostgreSQL as a child process: making the cluster, and starting it whatever ended it."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from llmlab_deploy.embedded import process
from llmlab_deploy.embedded.account import Account, may_pass
from llmlab_deploy.embedded.binaries import Programs, Version, version_of
from llmlab_deploy.embedded.state import DataFolder
from llmlab_deploy.errors import StackError

USER = "llmlab"
DATABASE = "llmlab"
FIRST_WITH_BUILTIN_LOCALE = 17


class Postgres:
    """The PostgreSQL of one data folder.

    `durable=False` is for throw-away data: without fsync it survives its own crash, not the machine's.
    """

    name = "PostgreSQL"
    stop_rank = 2
    stop_signal = signal.SIGINT  # PostgreSQL's fast shutdown: ends sessions, writes a checkpoint

    def __init__(
        self, folder: DataFolder, programs: Programs, account: Account | None, *, durable: bool = True
    ) -> None:
        self.version: Version = version_of(programs.postgres)
        self.port = 0
        self.log = folder.logs / "postgres.log"
        self._folder = folder
        self._data = folder.postgres
        self._programs = programs
        self._account = account
        self._durable = durable

    def url(self, database: str = DATABASE) -> str:
        """Return the URL of a database on this server."""
        password = self._folder.secrets().postgres_password
        return f"postgresql://{USER}:{password}@127.0.0.1:{self.port}/{database}"

    def prepare(self) -> None:
        """Make the cluster if there is none yet, and choose a port."""
        if self._account is not None and not may_pass(self._account, self._data):
            raise StackError(
                f"{self._data} cannot be reached by the user {self._account.name}, which root's PostgreSQL "
                "runs as: choose another --data-dir, or let others pass its parent folders (chmod o+x)"
            )
        made_by = self._data / "PG_VERSION"
        if not made_by.exists():
            self._initialise()
        elif (major := int(made_by.read_text())) != self.version.major:
            raise StackError(
                f"{self._data} was made by PostgreSQL {major} and these programs are {self.version}: install "
                f"the PostgreSQL {major} it was made with, or choose another --data-dir"
            )
        self.port = self._folder.choose_port("postgres")

    def _initialise(self) -> None:
        """Run initdb in a folder of its own, so that an interrupted one is never taken for a cluster."""
        for left in self._data.parent.glob(f".{self._data.name}.*"):
            shutil.rmtree(left)
        draft = Path(tempfile.mkdtemp(prefix=f".{self._data.name}.", dir=self._data.parent))
        cluster = draft / "cluster"
        password = draft / "password"
        password.write_text(self._folder.secrets().postgres_password)
        password.chmod(0o600)
        if self._account is not None:
            for path in (draft, password):
                os.chown(path, self._account.uid, self._account.gid)
        command: list[str | Path] = [self._programs.initdb, "-D", cluster, "-U", USER, "-E", "UTF8"]
        command += ["-A", "scram-sha-256", "--pwfile", password, "--data-checksums"]
        if self.version.major >= FIRST_WITH_BUILTIN_LOCALE:
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        else:
            command += ["--no-locale"]
        if not self._durable:
            command += ["--no-sync"]
        try:
            made = process.spawn(
                command, log=self.log, death_signal=signal.SIGKILL, account=self._account
            ).wait(120)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise StackError(f"initdb did not run: {error}") from error
        if made != 0:
            raise StackError(f"initdb ended with code {made}", process.why(self.log))
        cluster.rename(self._data)
        shutil.rmtree(draft)

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the server, whatever the last one left behind."""
        self._clear_stale_pid_file()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if not self._durable:
            settings["fsync"] = "off"
        command: list[str | Path] = [self._programs.postgres, "-D", self._data]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        return process.spawn(command, log=self.log, death_signal=self.stop_signal, account=self._account)

    def is_ready(self, server: subprocess.Popen[bytes]) -> bool:
        """Tell whether this very process accepts connections: its pid file says so, as pg_ctl reads it."""
        lines = self._pid_file()
        return len(lines) >= 8 and lines[0] == str(server.pid) and lines[7] == "ready"

    def _pid_file(self) -> list[str]:
        try:
            return [line.strip() for line in (self._data / "postmaster.pid").read_text().splitlines()]
        except FileNotFoundError:
            return []

    def _clear_stale_pid_file(self) -> None:
        """Remove the pid file of a server that was killed.

        PostgreSQL would refuse to start if the number in it has meanwhile gone to any other process.
        A server that really is left over is ended first; nobody else may use this folder, the lock says.
        """
        lines = self._pid_file()
        if not lines:
            return
        if lines[0].isdigit():
            process.end_left_over(int(lines[0]), str(self._data), self.stop_signal)
        (self._data / "postmaster.pid").unlink(missing_ok=True)
