"""The embedded servers under their supervisor: every kind of end, and the data afterwards."""

import os
import signal
import stat
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import redis
from llmlab_deploy.embedded.process import command_line
from llmlab_deploy.embedded.state import DataFolder, write_private
from servers import start_servers
from stacks import PATIENCE, Runner, Supervised, gone, supervised_servers


def _until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"after {PATIENCE} s still not: {what}"
        time.sleep(0.02)


def _urls(supervised: Supervised) -> tuple[str, str]:
    database, stream = supervised.wait_for(r"^database (.+)\nredis (.+)$").groups()
    supervised.wait_for(r"^process Valkey ")
    return database, stream


async def _write(database: str, stream: str, value: str) -> None:
    connection = await asyncpg.connect(database)
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS kept (value text)")
        await connection.execute("INSERT INTO kept VALUES ($1)", value)
    finally:
        await connection.close()
    with redis.Redis.from_url(stream) as client:
        client.rpush("kept", value)


async def _read(database: str, stream: str) -> tuple[list[str], list[str]]:
    connection = await asyncpg.connect(database)
    try:
        rows = [row["value"] for row in await connection.fetch("SELECT value FROM kept ORDER BY value")]
    finally:
        await connection.close()
    with redis.Redis.from_url(stream, decode_responses=True) as client:
        return rows, sorted(client.lrange("kept", 0, -1))


async def test_a_second_start_finds_the_data_and_the_ports(place: Path, runner: Runner) -> None:
    folder = place / "data"
    with supervised_servers(folder, runner, place / "1.log") as first:
        urls = _urls(first)
        await _write(*urls, "a")
        children = [first.pid_of("PostgreSQL"), first.pid_of("Valkey")]
        assert first.stop() == 0
        assert first.said().endswith("stopped\n")
    assert gone(*children)()
    with supervised_servers(folder, runner, place / "2.log") as second:
        assert _urls(second) == urls
        assert await _read(*urls) == (["a"], ["a"])


async def test_a_killed_supervisor_takes_its_servers_along_and_loses_nothing(
    place: Path, runner: Runner
) -> None:
    folder = place / "data"
    with supervised_servers(folder, runner, place / "1.log") as first:
        urls = _urls(first)
        await _write(*urls, "a")
        children = [first.pid_of("PostgreSQL"), first.pid_of("Valkey")]
        first.process.kill()
        first.process.wait()
    _until(gone(*children), "the servers have ended")
    with supervised_servers(folder, runner, place / "2.log") as second:
        assert await _read(*_urls(second)) == (["a"], ["a"])


async def test_servers_that_are_killed_come_back_with_what_they_acknowledged(place: Path) -> None:
    with supervised_servers(place / "data", Runner(), place / "log") as supervised:
        urls = _urls(supervised)
        for number in range(3):
            await _write(*urls, str(number))
            for server in ("PostgreSQL", "Valkey"):
                before = supervised.pid_of(server)
                os.kill(before, signal.SIGKILL)
                _until(lambda s=server, b=before: supervised.pid_of(s) != b, f"{server} is back")
        assert await _read(*urls) == (["0", "1", "2"], ["0", "1", "2"])
        assert supervised.said().count("was ended by SIGKILL; starting it again") == 6


async def test_postgresql_comes_back_while_its_old_sessions_still_end(place: Path) -> None:
    with supervised_servers(place / "data", Runner(), place / "log") as supervised:
        urls = _urls(supervised)
        await _write(*urls, "a")
        connection = await asyncpg.connect(urls[0])
        backend = await connection.fetchval("SELECT pg_backend_pid()")
        os.kill(backend, signal.SIGSTOP)
        before = supervised.pid_of("PostgreSQL")
        try:
            os.kill(before, signal.SIGKILL)
            log = place / "data" / "logs" / "postgres.log"
            _until(lambda: "pre-existing shared memory block" in log.read_text(), "PostgreSQL refuses")
        finally:
            os.kill(backend, signal.SIGCONT)
            connection.terminate()
        _until(lambda: supervised.pid_of("PostgreSQL") != before, "PostgreSQL is back")
        assert await _read(*urls) == (["a"], ["a"])


async def test_a_pid_file_that_names_somebody_else_does_not_keep_postgresql_down(
    place: Path, unprivileged: Runner
) -> None:
    """After a reboot the number in it belongs to any process, perhaps one of the same user."""
    folder = place / "data"
    with supervised_servers(folder, unprivileged, place / "1.log") as first:
        _urls(first)
        lines = (folder / "postgres" / "postmaster.pid").read_text().splitlines()
    bystander = unprivileged.start("-c", "import time; time.sleep(600)", log=place / "b.log", home=place)
    try:
        (folder / "postgres" / "postmaster.pid").write_text(
            "\n".join([str(bystander.pid), *lines[1:]]) + "\n"
        )
        with supervised_servers(folder, unprivileged, place / "2.log") as second:
            _urls(second)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_second_supervisor_on_the_same_data_is_refused(place: Path) -> None:
    with supervised_servers(place / "data", Runner(), place / "1.log") as first:
        _urls(first)
        with supervised_servers(place / "data", Runner(), place / "2.log") as second:
            assert second.process.wait(PATIENCE) == 1
        assert f"already runs on {place / 'data'} (process {first.process.pid})" in second.said()
        assert first.process.poll() is None


def test_secrets_are_for_their_owner_only(place: Path, runner: Runner) -> None:
    folder = place / "data"
    with supervised_servers(folder, runner, place / "log") as supervised:
        database, stream = _urls(supervised)
        for private in ("secrets.json", "ports.json", "valkey/valkey.conf"):
            assert stat.S_IMODE((folder / private).stat().st_mode) == 0o600, private
        for private in ("logs", "postgres", "valkey"):
            assert stat.S_IMODE((folder / private).stat().st_mode) == 0o700, private
        listing = [command_line(supervised.pid_of(server)) for server in ("PostgreSQL", "Valkey")]
        assert all(listing)
        for url in (database, stream):
            password = url.split("@")[0].rsplit(":", 1)[1]
            assert len(password) == 48
            assert not any(password in shown for shown in listing)


async def test_the_servers_want_a_password(place: Path) -> None:
    with supervised_servers(place / "data", Runner(), place / "log") as supervised:
        database, stream = _urls(supervised)
        try:
            await asyncpg.connect(database.replace("llmlab:", "llmlab:x", 1))
        except asyncpg.InvalidPasswordError:
            pass
        else:
            raise AssertionError("PostgreSQL let a wrong password in")
        with redis.Redis.from_url(f"redis://{stream.split('@')[1]}") as client:
            try:
                client.ping()
            except redis.AuthenticationError:
                pass
            else:
                raise AssertionError("Valkey let somebody in without a password")


def test_a_taken_port_is_not_chosen_again(place: Path) -> None:
    import socket

    folder = DataFolder(place / "data")
    folder.create()
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        write_private(folder.path / "ports.json", {"postgres": port})
        with supervised_servers(folder.path, Runner(), place / "log") as supervised:
            assert f":{port}/" not in _urls(supervised)[0]


def test_data_of_another_postgresql_is_named(place: Path) -> None:
    (place / "data" / "postgres").mkdir(parents=True)
    (place / "data" / "postgres" / "PG_VERSION").write_text("13\n")
    with supervised_servers(place / "data", Runner(), place / "log") as supervised:
        assert supervised.process.wait(PATIENCE) == 1
    assert "was made by PostgreSQL 13 and these programs are PostgreSQL 18" in supervised.said()


def test_an_interrupted_initdb_is_not_taken_for_a_cluster(place: Path) -> None:
    left = place / "data" / ".postgres.half" / "cluster"
    left.mkdir(parents=True)
    (left / "PG_VERSION").write_text("18\n")
    with supervised_servers(place / "data", Runner(), place / "log") as supervised:
        _urls(supervised)
        assert not left.parent.exists()


def test_valkey_syncs_every_write_and_evicts_nothing(place: Path) -> None:
    with supervised_servers(place / "data", Runner(), place / "log") as supervised:
        _, stream = _urls(supervised)
        wanted = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}
        with redis.Redis.from_url(stream, decode_responses=True) as client:
            assert client.config_get(*wanted) == wanted


async def test_servers_that_a_supervisor_left_are_ended_before_new_ones_start() -> None:
    """Where the kernel does not end them with their supervisor: two on the same data would ruin it."""
    servers = start_servers(durable=False)
    before = servers.postgres, servers.valkey
    try:
        await _write(servers.database_url, servers.redis_url, "a")
        servers.restart_postgres()
        servers.restart_valkey()
        assert [old.wait(PATIENCE) for old in before] == [0, 0]
        assert await _read(servers.database_url, servers.redis_url) == (["a"], ["a"])
    finally:
        servers.stop()


def test_children_are_out_of_reach_of_the_terminals_ctrl_c(place: Path) -> None:
    """Who gets it is the supervisor, which then stops them in order."""
    with supervised_servers(place / "data", Runner(), place / "log") as supervised:
        _urls(supervised)
        for server in ("PostgreSQL", "Valkey"):
            pid = supervised.pid_of(server)
            assert os.getsid(pid) == pid != os.getsid(supervised.process.pid)
