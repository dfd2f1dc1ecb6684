"""Where the server programs come from: the wheels, copies of them, the operating system."""

import subprocess
import sys
from pathlib import Path

import pytest
from llmlab_deploy.embedded import account, binaries
from llmlab_deploy.embedded.account import Account, may_execute
from llmlab_deploy.errors import StackError

# Neither root nor whoever runs the tests.
SOMEBODY = Account("somebody", 65531, 65531)


def test_wheels_out_of_reach_are_copied_and_run_from_there(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the virtual environment lies in root's home."""
    for module in (account, binaries):
        monkeypatch.setattr(module, "SYSTEM_FOLDER", place / "state")
    wheels = binaries.find_programs(None)
    # Nothing in the environment can be run by this user, the copies can.
    monkeypatch.setattr(
        binaries, "may_execute", lambda _, path: not path.is_relative_to(Path(sys.prefix).resolve())
    )
    copies = binaries.find_programs(SOMEBODY)
    for copy, wheel in zip(copies, wheels, strict=True):
        assert copy.is_relative_to(place / "state" / "programs")
        assert wheel.is_relative_to(Path(sys.prefix))
        assert may_execute(SOMEBODY, copy)
        assert str(binaries.version_of(copy)) == str(binaries.version_of(wheel))
    assert binaries.find_programs(SOMEBODY) == copies
    # initdb looks for its libraries beside the package: it must find the copies.
    cluster = place / "cluster"
    subprocess.run(
        [copies.initdb, "-D", cluster, "--no-sync", "-U", "x"], check=True, **_as_another_user(place)
    )
    assert (cluster / "PG_VERSION").exists()
    linked = subprocess.run(["ldd", copies.initdb], check=True, capture_output=True, text=True).stdout
    assert "not found" not in linked
    assert sys.prefix not in linked


def _as_another_user(place: Path) -> dict[str, object]:
    import os
    import pwd

    if os.geteuid() != 0:
        return {}
    place.chmod(0o777)
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [], "cwd": "/"}


def test_a_folder_that_the_servers_user_cannot_pass_is_seen(place: Path) -> None:
    program = place / "closed" / "program"
    program.parent.mkdir()
    program.touch(0o755)
    program.chmod(0o755)
    place.chmod(0o711)
    assert may_execute(SOMEBODY, program)
    program.parent.chmod(0o700)
    assert not may_execute(SOMEBODY, program)
    program.parent.chmod(0o711)
    program.chmod(0o744)
    assert not may_execute(SOMEBODY, program)
    link = place / "link"
    program.chmod(0o755)
    link.symlink_to(program.parent)
    assert may_execute(SOMEBODY, link / "program")
    program.parent.chmod(0o700)
    assert not may_execute(SOMEBODY, link / "program")


def test_what_is_no_server_is_refused(place: Path) -> None:
    with pytest.raises(StackError, match="neither PostgreSQL nor Valkey"):
        binaries.version_of(Path("/bin/echo"))
    with pytest.raises(StackError, match="does not run on this machine"):
        binaries.version_of(place / "none")
