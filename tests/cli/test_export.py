"""`llmlab export` against the real API, over connections that break, with processes that are killed."""

import asyncio
import csv
import json
import signal
import socket
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pexpect
import pyarrow.parquet as pq
import pytest
from cli_server import LLMLAB, Home
from databases import execute, with_database
from ledger import Ledger, entry_of, event, v7
from live import LiveStack
from llmlab_cli.errors import CLIError
from llmlab_cli.exporting.download import Reached
from llmlab_cli.exporting.part import Part, taken_up
from llmlab_cli.render.export import Exported, told
from llmlab_shared.db.engine import open_pool
from servers import Servers

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
EVENTS = 1500
RANGE = ("--from", "2026-11-01", "--to", "2026-12-01")


@pytest.fixture(scope="module")
async def stack(
    servers: Servers, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LiveStack]:
    """An API, and a workspace with a month of calls, which no test here changes."""
    execute(servers.database_url, f"CREATE DATABASE exported TEMPLATE {template} STRATEGY wal_log")
    database_url = with_database(servers.database_url, "exported")
    # Number 0 is nobody else's.
    redis_url = servers.redis_url.rsplit("/", 1)[0] + "/0"
    running = LiveStack(database_url, redis_url, tmp_path_factory.mktemp("server"))
    pool = await open_pool(database_url)
    try:
        running.start_api()
        account = {"email": "kim@example.com", "password": "correct horse battery"}
        made = httpx.post(f"{running.url}/api/auth/signup", json=account).json()
        workspace = int(made["user"]["workspaces"][0]["id"])
        ledger = Ledger(pool)
        for start in range(0, EVENTS, 250):
            entry = entry_of(*(_call(n) for n in range(start, start + 250)), workspace_id=workspace)
            assert (await ledger.process(entry)).stored == 250
        running.environment = {"KEY": made["api_key"]}
        yield running
    finally:
        await pool.close()
        running.stop()
        execute(servers.database_url, "DROP DATABASE exported WITH (FORCE)")


def _call(n: int) -> dict[str, Any]:
    at = NOON - timedelta(minutes=n * 7)
    fields: dict[str, Any] = {"feature": f'a "quoted"\nname, {n}', "tags": {"n": str(n)}}
    if n % 100 == 0:
        fields |= {"model": "unheard-of", "metadata": {"n": 0.1, "deep": [1, {"x": "ü"}]}}
    return event(id=str(v7(at)), timestamp=at.isoformat(), latency_ms=n, **fields)


@pytest.fixture
def here(home: Home, stack: LiveStack) -> Home:
    _connect(home, stack, stack.url)
    return home


def _connect(home: Home, stack: LiveStack, url: str) -> None:
    home.write_config({"profiles": {"default": {"url": url, "api_key": stack.environment["KEY"]}}})


@contextmanager
def breaking(port: int, after: list[int]) -> Iterator[str]:
    """A way to the server that breaks each of its first connections after so many bytes of the answer."""
    listening = socket.create_server(("127.0.0.1", 0))

    def carry(client: socket.socket, left: int | None) -> None:
        with client, socket.create_connection(("127.0.0.1", port)) as server:
            threading.Thread(target=_pour, args=(client, server, None), daemon=True).start()
            _pour(server, client, left)

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                left = after.pop(0) if after else None
                threading.Thread(target=carry, args=(client, left), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()


def _pour(source: socket.socket, target: socket.socket, left: int | None) -> None:
    with suppress(OSError):
        while (data := source.recv(4096)) and (left is None or left > 0):
            target.sendall(data if left is None else data[:left])
            left = None if left is None else left - len(data)
        target.shutdown(socket.SHUT_RDWR)


def export(home: Home, *arguments: str) -> subprocess.CompletedProcess[str]:
    return home.run("export", *arguments, *RANGE)


def whole(home: Home, *arguments: str) -> str:
    done = export(home, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stderr


async def test_every_form_holds_every_call(here: Home, tmp_path: Path) -> None:
    files = {form: tmp_path / f"calls.{form}" for form in ("csv", "jsonl", "parquet")}
    focus = tmp_path / "focus.csv"
    for file in files.values():
        said = whole(here, str(file))
        assert f"✓ 1,500 calls in {file}" in said
        assert "1 Nov 2026 – 30 Nov 2026" in said
        assert "▲ 15 of them without a known cost" in said
    assert "▲ 15 calls without a known cost left out" in whole(here, str(focus), "-f", "focus")
    lines = [json.loads(line, parse_float=Decimal) for line in files["jsonl"].read_text().splitlines()]
    with files["csv"].open(newline="") as file:
        flat = list(csv.DictReader(file))
    with focus.open(newline="") as file:
        charges = list(csv.DictReader(file))
    table = pq.read_table(files["parquet"])
    rows = table.to_pylist(maps_as_pydicts="strict")
    assert len(lines) == len(flat) == len(rows) == EVENTS
    spent = sum(Decimal(line["cost"] or 0) for line in lines)
    assert spent == Decimal("0.06") * 1485 == sum(Decimal(charge["BilledCost"]) for charge in charges)
    assert str(table.schema.field("cost").type) == "decimal128(38, 12)"
    assert str(table.schema.field("timestamp").type) == "timestamp[us, tz=UTC]"
    for line, cells, row in zip(lines, flat, rows, strict=True):
        assert line["id"] == cells["id"] == row["id"]
        assert line["feature"] == cells["feature"] == row["feature"]
        assert line["tags"] == json.loads(cells["tags"]) == row["tags"]
        assert line["tokens"] == row["tokens"]
        assert row["cost"] == (None if line["cost"] is None else Decimal(line["cost"]))
        assert row["timestamp"] == datetime.fromisoformat(line["timestamp"])
        assert (row["original"], row["units"], row["latency_ms"]) == (None, None, line["latency_ms"])
        metadata = None if row["metadata"] is None else json.loads(row["metadata"], parse_float=Decimal)
        assert metadata == line["metadata"]
    assert not list(tmp_path.glob("*.part*"))
    # The same to standard output, where nothing else is said.
    for form, file in files.items():
        to_pipe = subprocess.run(
            [LLMLAB, "export", "-f", form, *RANGE], env=here.env(), capture_output=True, check=True
        )
        assert to_pipe.stdout == file.read_bytes()
        assert b"1,500 calls (" in to_pipe.stderr


async def test_a_connection_that_breaks_is_gone_on_with(here: Home, stack: LiveStack, tmp_path: Path) -> None:
    for form in ("focus", "jsonl"):
        straight, mended = tmp_path / f"straight.{form}", tmp_path / f"mended.{form}"
        _connect(here, stack, stack.url)
        whole(here, str(straight), "-f", form)
        size = straight.stat().st_size
        with breaking(stack.port, [size // 3, 30_000]) as url:
            _connect(here, stack, url)
            said = whole(here, str(mended), "-f", form)
        assert said.count("; going on") == 2, said
        assert mended.read_bytes() == straight.read_bytes()
    with breaking(stack.port, [200_000]) as url:
        _connect(here, stack, url)
        assert "; going on" in whole(here, str(tmp_path / "mended.parquet"))
        assert pq.read_table(tmp_path / "mended.parquet").num_rows == EVENTS
        # At the very first there is nothing to wait for.
    _connect(here, stack, url)
    refused = export(here, str(tmp_path / "never.csv"))
    assert (refused.returncode, "Is it running?" in refused.stderr) == (3, True)
    assert not list(tmp_path.glob("never*"))


async def test_a_killed_export_is_resumed(here: Home, stack: LiveStack, tmp_path: Path) -> None:
    straight, file = tmp_path / "straight.csv", tmp_path / "calls.csv"
    part, notes = tmp_path / "calls.csv.part", tmp_path / "calls.csv.part.json"
    whole(here, str(straight), "--where", "model=gpt-4")
    # Killed while the server is asked again: what came lies in the part, and further bytes behind it.
    with breaking(stack.port, [150_000, *[0] * 50]) as url:
        _connect(here, stack, url)
        with subprocess.Popen(
            [LLMLAB, "export", str(file), *RANGE, "-w", "model=gpt-4"],
            env=here.env(),
            stderr=subprocess.PIPE,
            text=True,
            # Whoever runs the tests in the background has them, and all they start, ignore it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        ) as process:
            assert process.stderr is not None
            assert "; going on" in process.stderr.readline()
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 130
            assert f"`llmlab export {file} --resume` goes on" in process.stderr.read()
    kept = json.loads(notes.read_text())
    assert part.stat().st_size == kept["size"] < straight.stat().st_size
    with part.open("ab") as more:
        more.write(b'half a "row')
    _connect(here, stack, stack.url)
    for arguments, told_so in (
        ((str(file), *RANGE), "--resume goes on with it, --force starts anew"),
        ((str(file), "--resume", "--where", "model=gpt-5"), "begun with other options"),
        ((str(file), "--resume", "--format", "jsonl"), "begun with other options"),
    ):
        refused = here.run("export", *arguments)
        assert refused.returncode in (2, 5)
        assert told_so in refused.stderr
    # Without a word about the range or the filter: the part knows both.
    done = here.run("export", str(file), "--resume")
    assert done.returncode == 0, done.stderr
    assert file.read_bytes() == straight.read_bytes()
    assert "1,485 calls" in done.stderr
    assert not part.exists()
    assert not notes.exists()
    again = here.run("export", str(file), "--resume")
    assert (again.returncode, "nothing to go on with" in again.stderr) == (0, True)
    part.write_bytes(b"id\n")
    lost = here.run("export", str(file), "--resume", "--force")
    assert (lost.returncode, "--force starts anew" in lost.stderr) == (5, True)


def test_notes_of_an_earlier_part_are_not_those_of_a_new_one(tmp_path: Path) -> None:
    earlier = Part(tmp_path / "calls.csv", {"where": ["model=a"]})
    earlier.range = ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")
    earlier.open()
    earlier.write(b"id\n1\n", Reached(1, "1", b"id\n"))
    earlier.abandon()
    assert taken_up(earlier.target).asked == {"where": ["model=a"]}
    # As with --force; killed before anything is saved, with more in the part than the notes were of.
    anew = Part(earlier.target, {"where": ["model=b"]})
    anew.open()
    anew.write(b"id\n2\n3\n", Reached(2, "3", b"id\n"))
    anew._file.flush()
    with pytest.raises(CLIError, match="--force starts anew"):
        taken_up(earlier.target)
    anew._file.close()


async def test_what_it_says_of_no_calls_and_of_mistakes(here: Home, tmp_path: Path) -> None:
    file = tmp_path / "calls.csv"
    assert "No calls to write" in whole(here, str(file), "-w", "model=none")
    assert len(file.read_text().splitlines()) == 1
    (tmp_path / "a folder").mkdir()
    for arguments, code, said in (
        ((str(file),), 5, "--force replaces it"),
        ((str(tmp_path / "nowhere" / "x.csv"),), 5, "No such file or directory"),
        ((str(tmp_path / "a folder"),), 2, "is a directory"),
        ((str(tmp_path / "p.parquet"), "--resume"), 2, "cannot be gone on with"),
        (("--resume",), 2, "go with a FILE"),
        ((str(tmp_path / "y.csv"), "--period", "month"), 2, "exclude each other"),
        ((str(tmp_path / "y.csv"), "--where", "colour=red"), 2, "'colour' is no filter"),
        ((str(tmp_path / "y.csv"), "--tz", "Berlin"), 1, "Europe/Berlin"),
    ):
        refused = export(here, *arguments)
        assert (refused.returncode, refused.stdout) == (code, ""), refused.stderr
        assert said in refused.stderr
        assert refused.stderr.count("\n") == 1
    written = json.loads(export(here, str(file), "--force", "--json", "-w", "model=unheard-of").stdout)
    assert written["rows"] == written["without_cost"] == 15
    assert written["end"] == "2026-12-01T00:00:00Z"
    assert sorted(path.name for path in tmp_path.glob("[!.]*.*")) == ["calls.csv"]


async def test_who_looks_at_it(here: Home, stack: LiveStack, tmp_path: Path) -> None:
    # A reader that leaves is no error.
    done = subprocess.run(
        ["/bin/sh", "-c", f"'{LLMLAB}' export {' '.join(RANGE)} | head -c 100"],
        env=here.env(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert (len(done.stdout), done.stderr) == (100, "")
    # A terminal shows how far it is.
    file = tmp_path / "calls.csv"
    with breaking(stack.port, [200_000]) as url:
        _connect(here, stack, url)
        shown = pexpect.spawn(
            str(LLMLAB),
            ["export", str(file), *RANGE],
            env=here.env(TERM="xterm-256color"),  # type: ignore[arg-type]  # a mapping is one
            encoding="utf-8",
            dimensions=(24, 80),
            timeout=30,
        )
        shown.expect("; going on")
        shown.expect(r"of 1,500 rows · \d")
        shown.expect("✓ 1,500 calls in ")
        await asyncio.to_thread(shown.expect, pexpect.EOF)
        shown.close()
    assert shown.exitstatus == 0


def test_without_pyarrow_one_line_says_what_to_install(connected: Home, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(
        "import importlib.util as u\nfind = u.find_spec\n"
        "u.find_spec = lambda name, *more: None if name == 'pyarrow' else find(name, *more)\n"
    )
    done = connected.run("export", "x.parquet", env={"PYTHONPATH": str(tmp_path / "site")})
    assert done.returncode == 1
    assert done.stderr == (
        "llmlab: Parquet needs pyarrow: pip install 'llmlab-cli[parquet]' (or take --format csv)\n"
    )


def test_the_closing_lines() -> None:
    def lines(**changes: Any) -> list[str]:
        usual: dict[str, Any] = {
            "form": "csv", "file": "a.csv", "rows": 2, "size": 1234, "start": "2026-11-20T00:00:00+01:00",
            "end": "2026-11-21T00:00:00+01:00", "without_cost": 0, "announced": 2,
        }  # fmt: skip
        return list(told(Exported(**{**usual, **changes})))

    why = "`llmlab status` names their models."
    assert lines() == ["✓ 2 calls in a.csv (1.23 kB): 20 Nov 2026."]
    assert lines(
        file=None, start="2026-11-20T10:30:00Z", end="2026-11-20T11:00:00Z", rows=1, announced=None
    ) == ["✓ 1 call (1.23 kB): 20 Nov 2026 10:30 – 20 Nov 2026 11:00."]
    assert lines(without_cost=2)[1:] == [f"▲ None of them has a known cost: {why}"]
    assert lines(without_cost=1)[1:] == [f"▲ 1 of them without a known cost: {why}"]
    assert lines(form="focus", rows=0, without_cost=1, announced=0) == [
        "No calls to write, 20 Nov 2026: a.csv has no rows.",
        f"▲ 1 call without a known cost left out, as FOCUS has no row for them: {why}",
    ]
    assert lines(announced=3)[1:] == ["▲ The server announced 3 rows, and asked again had no more."]
