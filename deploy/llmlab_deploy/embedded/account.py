"""As whom the embedded servers run: PostgreSQL refuses root, so root's servers get a user of their own."""

import os
import pwd
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from llmlab_deploy.embedded.state import SYSTEM_FOLDER
from llmlab_deploy.errors import StackError

USER = "llmlab"


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the system that the servers are started as."""

    name: str
    uid: int
    gid: int


def server_account() -> Account | None:
    """Return the user that root's servers run as, made if need be; None for a normal user."""
    if os.geteuid() != 0:
        return None
    entry = _entry(USER) or _create() or _entry("nobody")
    if entry is None:
        raise StackError(
            "PostgreSQL does not run as root and this system has neither useradd nor a user `nobody`: "
            "start LLMLab as a normal user"
        )
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def may_pass(account: Account, path: Path) -> bool:
    """Tell whether the user can reach a path, as far as the permission bits of its parents say."""
    return all(_allows(account, parent, stat.S_IXOTH) for parent in path.resolve().parents)


def may_execute(account: Account, path: Path) -> bool:
    """Tell whether the user can reach and run a file."""
    return may_pass(account, path) and _allows(account, path, stat.S_IXOTH)


def _allows(account: Account, path: Path, right: int) -> bool:
    status = path.stat()
    if status.st_uid == account.uid:
        right <<= 6
    elif status.st_gid == account.gid:
        right <<= 3
    return bool(status.st_mode & right)


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _create() -> pwd.struct_passwd | None:
    command = ["useradd", "--system", "--user-group", "--no-create-home"]
    command += ["--home-dir", str(SYSTEM_FOLDER), "--shell", "/usr/sbin/nologin", USER]
    try:
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except OSError:
        return None  # a system without useradd
    return _entry(USER)
