"""What the embedded stack keeps on disk beside the servers' own data, and who may use it.

<data folder>/lock            held by the one running supervisor, names its process
              secrets.json    passwords of the servers and the secret key, 0600
              ports.json      the ports of the last start, used again while they are free
              stack.json      where the running stack is reached, 0600, gone after a clean stop
              first-user.json the user that the first start made, 0600
              postgres/ valkey/ logs/
"""

import fcntl
import json
import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from llmlab_deploy.errors import StackError

SYSTEM_FOLDER = Path("/var/lib/llmlab")


def default_data_folder() -> Path:
    """Return the usual place of the data: the system's for root, else the user's state folder."""
    if os.geteuid() == 0:
        return SYSTEM_FOLDER
    state = os.environ.get("XDG_STATE_HOME")
    # The specification of base directories says to ignore a relative value.
    base = Path(state) if state and os.path.isabs(state) else Path.home() / ".local" / "state"
    return base / "llmlab"


@dataclass(frozen=True, slots=True)
class Secrets:
    """The generated secrets of one data folder; made once, since the servers' data depends on them."""

    postgres_password: str
    valkey_password: str
    secret_key: str


@dataclass(frozen=True, slots=True)
class RunningStack:
    """Where a running stack is reached: the content of stack.json."""

    database_url: str
    redis_url: str
    secret_key: str
    signup: Literal["open", "first", "closed"]
    url: str | None
    pids: dict[str, int]
    supervisor: int

    def as_dict(self) -> dict[str, Any]:
        """Return the content of the file."""
        return asdict(self)


class DataFolder:
    """One data folder; nothing is made before `create`."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.postgres = self.path / "postgres"
        self.valkey = self.path / "valkey"
        self.logs = self.path / "logs"
        self.stack_file = self.path / "stack.json"
        self.first_user_file = self.path / "first-user.json"
        self.lock_file = self.path / "lock"

    def create(self) -> None:
        """Make the folder. Root's is passable, because the servers inside belong to another user."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.path.chmod(0o711 if os.geteuid() == 0 else 0o700)
            self.logs.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StackError(
                f"the data folder {self.path} cannot be used ({error.strerror}): choose another --data-dir"
            ) from error

    def secrets(self) -> Secrets:
        """Return the folder's secrets, made and saved at the first call."""
        file = self.path / "secrets.json"
        restore = "restore it from a copy (the data beside it opens to its passwords alone)"
        if file.exists():
            try:
                content = json.loads(file.read_text())
                return Secrets(**{field.name: content[field.name] for field in fields(Secrets)})
            except (ValueError, KeyError, TypeError) as error:
                raise StackError(f"{file} is damaged: {restore}, or choose another --data-dir") from error
        if self.postgres.exists():
            raise StackError(f"{file} is gone: {restore}, or choose another --data-dir")
        made = Secrets(
            # Hexadecimal: they stand in URLs and in Valkey's configuration without any quoting.
            postgres_password=secrets.token_hex(24),
            valkey_password=secrets.token_hex(24),
            secret_key=secrets.token_hex(32),
        )
        write_private(file, asdict(made))
        return made

    def choose_port(self, server: str) -> int:
        """Return a free loopback port, the one of the last start if it still is, and remember it."""
        file = self.path / "ports.json"
        ports: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
        wished = ports.get(server)
        if wished is None or not is_free("127.0.0.1", wished):
            ports[server] = free_port()
            write_private(file, ports)
        return ports[server]


class FolderLock:
    """The right to run servers on a data folder. The kernel gives it back when its holder dies."""

    def __init__(self, folder: DataFolder) -> None:
        self._descriptor = os.open(folder.lock_file, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._descriptor, 20).decode().strip() or "unknown"
            os.close(self._descriptor)
            raise StackError(
                f"LLMLab already runs on {folder.path} (process {holder}). Stop it with Ctrl-C in its "
                f"terminal or `kill {holder}`, or choose another --data-dir"
            ) from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Give the folder free."""
        os.close(self._descriptor)


def read_running(folder: DataFolder) -> RunningStack | None:
    """Return where the stack on this folder is reached, or None if none is running there."""
    try:
        content = json.loads(folder.stack_file.read_text())
        lock = os.open(folder.lock_file, os.O_RDONLY)
    except PermissionError as error:
        raise StackError(
            f"{error.filename} belongs to another user: run this as the user who started `llmlab up`"
        ) from error
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return RunningStack(**{field.name: content[field.name] for field in fields(RunningStack)})
    finally:
        os.close(lock)
    return None


def write_private(file: Path, content: Mapping[str, Any]) -> None:
    """Replace a JSON file in one step, readable by its owner only."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as stream:
            json.dump(content, stream, indent=2)
            stream.write("\n")
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(file)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def is_free(host: str, port: int) -> bool:
    """Tell whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that nobody listens on at the moment."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
