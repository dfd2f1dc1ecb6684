"""Valkey (or Redis) as a child process: nothing that it has acknowledged is lost by killing it."""

import os
import signal
import socket
import subprocess

from llmlab_deploy.embedded import process
from llmlab_deploy.embedded.account import Account
from llmlab_deploy.embedded.binaries import Programs, Version, version_of
from llmlab_deploy.embedded.state import DataFolder
from llmlab_deploy.errors import StackError

OLDEST = 7
_CONFIGURATION = """\
# Written at every start; changes here are lost.
bind 127.0.0.1
port {port}
requirepass {password}
dir "{folder}"
appendonly yes
appendfsync always
maxmemory-policy noeviction
save ""
databases {databases}
daemonize no
pidfile "{folder}/valkey.pid"
set-proc-title no
"""


class Valkey:
    """The Valkey of one data folder."""

    stop_rank = 2
    stop_signal = signal.SIGTERM

    def __init__(
        self,
        folder: DataFolder,
        programs: Programs,
        account: Account | None,
        *,
        databases: int = 16,
    ) -> None:
        self.version: Version = version_of(programs.valkey)
        if self.version.major < OLDEST:
            raise StackError(f"{programs.valkey} is {self.version}; LLMLab needs {OLDEST} or newer")
        self.name = self.version.product
        self.port = 0
        self.log = folder.logs / "valkey.log"
        self._folder = folder
        self._data = folder.valkey
        self._program = programs.valkey
        self._account = account
        self._databases = databases

    def url(self, database: int = 0) -> str:
        """Return the URL of a database on this server."""
        return f"redis://:{self._folder.secrets().valkey_password}@127.0.0.1:{self.port}/{database}"

    def prepare(self) -> None:
        """Make the folder if there is none yet, choose a port and write the configuration."""
        self._data.mkdir(mode=0o700, exist_ok=True)
        self.port = self._folder.choose_port("valkey")
        # A file, since a command line with the password in it could be read by everyone.
        self._configuration = self._data / "valkey.conf"
        self._configuration.touch(mode=0o600)
        self._configuration.write_text(
            _CONFIGURATION.format(
                port=self.port,
                password=self._folder.secrets().valkey_password,
                folder=str(self._data).replace("\\", "\\\\").replace('"', '\\"'),
                databases=self._databases,
            )
        )
        if self._account is not None:
            for path in (self._data, self._configuration):
                os.chown(path, self._account.uid, self._account.gid)

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the server; one that a killed supervisor left is ended first, two would ruin the data."""
        pid_file = self._data / "valkey.pid"
        if pid_file.exists():
            written = pid_file.read_text().strip()
            if written.isdigit():
                process.end_left_over(int(written), str(self._configuration), self.stop_signal)
            pid_file.unlink(missing_ok=True)
        return process.spawn(
            [self._program, self._configuration],
            log=self.log,
            death_signal=self.stop_signal,
            account=self._account,
        )

    def is_ready(self, server: subprocess.Popen[bytes]) -> bool:
        """Tell whether the server answers; while it reads its log of commands it says LOADING."""
        password = self._folder.secrets().valkey_password
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {password}\r\nPING\r\nQUIT\r\n".encode())
                said = b""
                while chunk := connection.recv(256):
                    said += chunk
        except OSError:
            return False
        return b"+PONG" in said
