"""`llmlab deadletters` and `llmlab db` on a real database: what they show, mend, drop and record."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

import in_process
import msgspec
import pexpect
import pytest
from ledger import Ledger, entry_of, event
from llmlab_cli.screen import Screen, text_of
from llmlab_deploy.letter_screen import letter_list
from llmlab_shared.db.dead_letters import Reason
from llmlab_shared.db.engine import open_pool
from llmlab_shared.ids import uuid7
from snapshots import check

T = TypeVar("T")
LLMLAB = os.path.join(os.path.dirname(sys.executable), "llmlab")
NOBODYS = "UPDATE dead_letters SET workspace_id = 0, code = 'x' WHERE index < 0"
LONG_AGO = """
UPDATE dead_letters
SET body = convert_to(
    (convert_from(body, 'UTF8')::jsonb || '{"timestamp": "2026-02-03T04:05:06Z"}')::text, 'UTF8'
)
WHERE (entry, index) = (
    SELECT entry, index FROM dead_letters WHERE code = 'refused' AND replayed_at IS NULL LIMIT 1
)
"""
SECRET = "the words of a customer"


def on(url: str, work: Callable[[Ledger], Awaitable[T]]) -> T:
    async def run() -> T:
        pool = await open_pool(url)
        try:
            return await work(Ledger(pool))
        finally:
            await pool.close()

    return asyncio.run(run())


def environment(url: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": "/nowhere", "LLMLAB_DATABASE_URL": url}


def llmlab(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return in_process.llmlab(*arguments, env=environment(url))


async def _make(ledger: Ledger) -> tuple[int, int]:
    """Make two workspaces with letters: three of a constraint, one malformed, one of a whole entry."""
    first, second = await ledger.workspace(), await ledger.workspace()
    await ledger.price()
    await ledger.pool.execute("ALTER TABLE cost_events ADD CONSTRAINT no_b CHECK (feature <> 'b')")
    refused = event(feature="b", metadata={"note": SECRET}, tags={"tier": SECRET})
    await ledger.process(
        entry_of(event(), refused, refused, event(timestamp="never"), workspace_id=first),
        entry_of(event(), refused, workspace_id=second),
    )
    broken = entry_of(event(), workspace_id=second)
    await ledger.process(msgspec.structs.replace(broken, body=SECRET.encode()))
    return first, second


@pytest.fixture
def letters(database_url: str) -> tuple[str, int, int]:
    """A database with five letters, and its two workspaces."""
    return (database_url, *on(database_url, _make))


def test_ls_counts_the_reasons_and_shows_no_word_of_a_caller(letters: tuple[str, int, int]) -> None:
    url, first, _ = letters
    done = llmlab(url, "deadletters", "ls")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "5 dead letters, in no total until they are replayed"
    assert lines[3].split()[:2] == ["3", "refused"]
    assert "no_b" in lines[3]
    assert done.stdout.count("openai/gpt-4, 1000 input, 500 output, b") == 3
    assert SECRET not in done.stdout
    told = json.loads(llmlab(url, "deadletters", "ls", "--json", "--workspace", str(first)).stdout)
    assert (told["letters"], sum(r["letters"] for r in told["reasons"]), len(told["newest"])) == (3, 3, 3)

    letter = next(row for row in told["newest"] if row["code"] == "refused")
    shown = llmlab(url, "deadletters", "show", letter["id"])
    assert "no_b" in shown.stdout
    assert '"feature": "b"' in shown.stdout
    assert '"metadata": "(not shown: 1 of note)"' in shown.stdout
    assert SECRET not in shown.stdout + llmlab(url, "deadletters", "show", letter["id"], "--json").stdout
    assert json.loads(llmlab(url, "deadletters", "show", letter["id"], "--raw").stdout)["metadata"] == {
        "note": SECRET
    }
    whole = json.loads(llmlab(url, "deadletters", "ls", "--json", "--code", "malformed").stdout)["newest"]
    (unreadable,) = (row for row in whole if row["id"].endswith(":all"))
    assert unreadable["head"] == f"unreadable, {len(SECRET)} bytes"
    assert SECRET not in llmlab(url, "deadletters", "show", unreadable["id"]).stdout


def test_replay_takes_what_it_is_told_to_and_counts_what_became_of_it(letters: tuple[str, int, int]) -> None:
    url, first, _ = letters
    again = llmlab(url, "deadletters", "replay", "--workspace", str(first))
    assert again.returncode == 1
    assert again.stdout == "Replayed 3 dead letters: 0 stored, 0 known already, 3 refused again.\n"
    assert again.stderr == "llmlab: some were refused again: `llmlab deadletters ls` says why\n"

    on(url, lambda ledger: ledger.pool.execute("ALTER TABLE cost_events DROP CONSTRAINT no_b"))
    one = json.loads(llmlab(url, "deadletters", "ls", "--json", "--code", "refused").stdout)["newest"][0][
        "id"
    ]
    done = llmlab(url, "deadletters", "replay", one)
    assert (done.returncode, done.stdout) == (
        0,
        "Replayed 1 dead letter: 1 stored, 0 known already, 0 refused again.\n",
    )
    # One is of a month that has no partition yet: what is logged of that is no part of the result.
    on(url, lambda ledger: ledger.pool.execute(LONG_AGO))
    rest = json.loads(llmlab(url, "deadletters", "replay", "--code", "refused", "--json").stdout)
    assert rest == {"letters": 2, "stored": 2, "duplicates": 0, "dead": 0}
    assert "No dead letter waits" in llmlab(url, "deadletters", "replay", "--code", "refused").stdout
    on(url, lambda ledger: ledger.pool.execute(NOBODYS))
    nobodys = llmlab(url, "deadletters", "replay", "--code", "x").stdout
    assert "1 dead letter of no known workspace can be written for nobody" in nobodys
    replayed = json.loads(llmlab(url, "deadletters", "ls", "--json", "--replayed").stdout)
    assert replayed["letters"] == 6
    assert all(row["replayed_at"] for row in replayed["newest"])
    proven = json.loads(llmlab(url, "db", "reconcile", "--json").stdout)
    assert proven == {"ok": True, "differences": [], "not_compared": []}


def test_drop_asks_drops_and_is_recorded(letters: tuple[str, int, int]) -> None:
    url, first, second = letters
    assert llmlab(url, "deadletters", "drop").returncode == 2
    unasked = llmlab(url, "deadletters", "drop", "--all")
    assert (unasked.returncode, "give --yes" in unasked.stderr) == (2, True)
    for answer, code in (("n", 130), ("y", 0)):
        child = pexpect.spawn(
            LLMLAB,
            ["deadletters", "drop", "--code", "refused", "--reason", "a test client"],
            env=environment(url),
            encoding="utf-8",
            timeout=30,
        )
        child.expect("Drop 3 dead letters, which are in no total, for good")
        child.sendline(answer)
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == code
    assert json.loads(llmlab(url, "deadletters", "ls", "--json").stdout)["letters"] == 2
    audit = on(
        url,
        lambda ledger: ledger.pool.fetch(
            "SELECT workspace_id, actor, action, details FROM audit_log ORDER BY workspace_id"
        ),
    )
    assert [(row["workspace_id"], row["action"]) for row in audit] == [
        (first, "dead_letters.drop"),
        (second, "dead_letters.drop"),
    ]
    assert audit[0]["actor"].startswith("operator:")
    assert json.loads(audit[0]["details"]) == {
        "letters": 2,
        "codes": {"refused": 2},
        "replayed": False,
        "reason": "a test client",
    }


def test_what_is_no_letter_is_one_line(database_url: str) -> None:
    assert "No dead letters" in llmlab(database_url, "deadletters", "ls").stdout
    for name in ("7", "nothing:0", f"{uuid7()}:x", f"{uuid7()}:-2"):
        done = llmlab(database_url, "deadletters", "show", name)
        assert (done.returncode, done.stderr.count("\n"), "is not the id" in done.stderr) == (1, 1, True)
    done = llmlab(database_url, "deadletters", "show", f"{uuid7()}:0")
    assert (done.returncode, "there is no dead letter" in done.stderr) == (1, True)


def test_reconcile_lists_what_differs_and_rebuild_mends_it(database_url: str) -> None:
    async def make(ledger: Ledger) -> int:
        workspace = await ledger.workspace()
        await ledger.price()
        await ledger.process(entry_of(event(), event(feature="a"), workspace_id=workspace))
        await ledger.pool.execute("UPDATE rollup_day SET cost = cost + 0.5, events = 0")
        return workspace

    workspace = str(on(database_url, make))
    told = llmlab(database_url, "db", "reconcile", "--json", "--workspace", workspace)
    (row,) = json.loads(told.stdout)["differences"]
    assert (told.returncode, row["table"], row["key"]["model"]) == (1, "rollup_day", "gpt-4")
    assert {name: row["missing"][name] for name in ("cost", "events")} == {
        "cost": "-0.500000000000",
        "events": 2,
    }
    dry = llmlab(database_url, "db", "rebuild", "--dry-run")
    assert (dry.returncode, "rollup_day" in dry.stdout) == (0, True)
    assert llmlab(database_url, "db", "reconcile").returncode == 1
    unasked = llmlab(database_url, "db", "rebuild")
    assert (unasked.returncode, unasked.stderr.count("\n")) == (2, 1)
    child = pexpect.spawn(
        LLMLAB, ["db", "rebuild"], env=environment(database_url), encoding="utf-8", timeout=30
    )
    child.expect("Compare and mend the totals of all workspaces")
    child.sendline("y")
    child.expect("Mend .* weeks of events")
    child.expect("1 totals mended")
    child.expect(pexpect.EOF)
    child.close()
    assert "every total equals" in llmlab(database_url, "db", "reconcile").stdout
    for command in (("reconcile",), ("rebuild", "--yes")):
        done = llmlab(database_url, "db", *command, "--workspace", "999")
        assert (done.returncode, done.stderr) == (1, "llmlab: there is no workspace 999\n")


def test_an_older_schema_is_one_line(database_url: str) -> None:
    async def age(ledger: Ledger) -> None:
        await ledger.pool.execute("DROP TABLE dead_letters")

    on(database_url, age)
    done = llmlab(database_url, "deadletters", "ls")
    assert (done.returncode, done.stderr.count("\n"), "llmlab db migrate" in done.stderr) == (1, 1, True)


@pytest.mark.parametrize("columns", [80, 120, None])
def test_the_list_is_whole_in_any_width(columns: int | None) -> None:
    at = datetime(2026, 11, 27, 10, 3, tzinfo=UTC)
    reasons = [
        Reason(
            "refused", f"PostgreSQL refuses it (CheckViolationError): {'a long story ' * 9}", 3, 2, at, at
        ),
        Reason("malformed", "Invalid RFC 3339 encoded datetime - at `$.timestamp`", 1, 1, at, at),
    ]
    letter = {
        "entry": UUID("01990f5c-5a6b-7c3d-8e4f-0123456789ab"),
        "index": 0,
        "workspace_id": 7,
        "code": "refused",
        "body": json.dumps(event(feature="search")).encode(),
    }
    rows = [letter, {**letter, "index": -1, "workspace_id": 0, "code": "malformed", "body": b"\xff"}]
    screen = Screen(columns)
    text = text_of(letter_list(7, reasons, rows, replayed=False, screen=screen), screen)
    assert columns is None or max(map(len, text.splitlines())) <= columns
    check(f"deadletters_{columns or 'pipe'}", text)
