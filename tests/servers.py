"""A real PostgreSQL and a real Valkey for tests and benchmarks, run by the embedded stack's own code."""

import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from llmlab_deploy.embedded.account import server_account
from llmlab_deploy.embedded.binaries import find_programs
from llmlab_deploy.embedded.postgres import Postgres
from llmlab_deploy.embedded.state import DataFolder, free_port
from llmlab_deploy.embedded.supervisor import Program
from llmlab_deploy.embedded.valkey import Valkey

__all__ = ["Servers", "free_port", "start_servers"]

PATIENCE = 30


@dataclass
class Servers:
    """The two servers and their processes; they can be killed and started again on the same data."""

    database_url: str  # of the maintenance database
    redis_url: str
    postgres: subprocess.Popen[bytes]
    valkey: subprocess.Popen[bytes]
    folder: Path
    _programs: tuple[Postgres, Valkey] = field(repr=False)

    @property
    def versions(self) -> tuple[str, str]:
        """What runs here, such as PostgreSQL 18.6 and Valkey 9.1.2."""
        return str(self._programs[0].version), str(self._programs[1].version)

    def kill_postgres(self) -> None:
        """End PostgreSQL as a crash does."""
        self.postgres.kill()
        self.postgres.wait()

    def kill_valkey(self) -> None:
        """End Valkey as a crash does."""
        self.valkey.kill()
        self.valkey.wait()

    def restart_postgres(self) -> None:
        """Start PostgreSQL again on the same port and data, and wait until it is ready."""
        (self.postgres,) = _bring_up(self._programs[0])

    def restart_valkey(self) -> None:
        """Start Valkey again on the same port and data, and wait until it is ready."""
        (self.valkey,) = _bring_up(self._programs[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End both and remove their data."""
        running = ((self.postgres, self._programs[0]), (self.valkey, self._programs[1]))
        for process, program in running:
            if process.poll() is None:
                process.send_signal(program.stop_signal)
        for process, _ in running:
            process.wait(PATIENCE)
        shutil.rmtree(self.folder)


def start_servers(*, durable: bool = True, system: bool = False) -> Servers:
    """Start both servers on new data; `durable=False` leaves out fsync, `system` the wheels."""
    path = Path(tempfile.mkdtemp(prefix="llmlab-test-"))
    folder = DataFolder(path)
    folder.create()
    account = server_account()
    programs = find_programs(account, system=system)
    postgres = Postgres(folder, programs, account, durable=durable)
    valkey = Valkey(folder, programs, account, databases=64)
    postgres.prepare()
    valkey.prepare()
    postgres_process, valkey_process = _bring_up(postgres, valkey)
    return Servers(
        database_url=postgres.url("postgres"),
        redis_url=valkey.url(),
        postgres=postgres_process,
        valkey=valkey_process,
        folder=path,
        _programs=(postgres, valkey),
    )


def _bring_up(*programs: Program) -> list[subprocess.Popen[bytes]]:
    """Start programs until they are ready: PostgreSQL refuses while backends of a killed one still end."""
    deadline = time.monotonic() + PATIENCE
    processes = [program.spawn() for program in programs]
    while not all(program.is_ready(p) for program, p in zip(programs, processes, strict=True)):
        if time.monotonic() > deadline:
            raise RuntimeError(f"the servers are not ready after {PATIENCE} s: see {programs[0].log.parent}")
        time.sleep(0.02)
        processes = [
            program.spawn() if p.poll() is not None else p
            for program, p in zip(programs, processes, strict=True)
        ]
    return processes
