"""`llmlab prices reprice`, `undo` and `jobs`: nothing changes unseen, and nothing is waited for in vain."""

import json
import signal
import threading
from collections.abc import Callable
from typing import Any

import pexpect
import pytest
from cli_price_samples import repricing
from cli_server import LLMLAB, AnswersOf, Home, problem

REPRICE = "/api/prices/reprice"
JOB = "/api/prices/repricings"


@pytest.fixture
def jobs(connected: Home, server: AnswersOf) -> Home:
    """A server whose job 11 is the preview and job 12 the repricing; each is done when asked for again."""

    def start() -> Any:
        preview = server.requests[-1].body["dry_run"]
        number = 11 if preview else 12
        progress = {"seen": 0, "expected": None}
        return 202, repricing(number, dry_run=preview, status="queued", progress=progress)

    server.answers["POST", REPRICE] = start
    server.get(f"{JOB}/11", repricing(11, dry_run=True))
    server.get(f"{JOB}/12", repricing(12))
    return connected


def started(server: AnswersOf) -> list[Any]:
    return [request.body for request in server.requests if request.method == "POST"]


def at_terminal(home: Home, *arguments: str) -> "pexpect.spawn[str]":
    return pexpect.spawn(
        str(LLMLAB),
        ["prices", *arguments],
        env={**home.env(TERM="xterm-256color", NO_COLOR="1")},
        dimensions=(50, 100),
        encoding="utf-8",
        timeout=20,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def ended(child: "pexpect.spawn[str]") -> tuple[str, int | None]:
    output = child.read()
    child.close()
    return output, child.exitstatus


def test_a_dry_run_shows_what_would_change(jobs: Home, server: AnswersOf) -> None:
    arguments = ["--from", "2026-11-01", "--to", "2026-11-08", "--provider", "openai", "--model", "gpt-4o"]
    done = jobs.run("prices", "reprice", *arguments, "--model", "gpt-4", "--status", "unpriced", "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    assert started(server) == [
        {
            "from": "2026-11-01",
            "to": "2026-11-08",
            "provider": "openai",
            "model": ["gpt-4o", "gpt-4"],
            "price_status": ["unpriced"],
            "dry_run": True,
        }
    ]
    assert "preview, nothing is changed" in done.stdout
    assert "1,204 calls would cost something else: $13.40 → $11.15, -$2.25 (-16.8%)" in done.stdout
    done = jobs.run("prices", "reprice", *arguments, "--dry-run", "--json")
    assert json.loads(done.stdout) == repricing(11, dry_run=True)


def test_with_yes_it_is_shown_and_done(jobs: Home, server: AnswersOf) -> None:
    done = jobs.run("prices", "reprice", "--from", "2026-11-01", "--yes", "--reason", "new contract")
    assert done.returncode == 0, done.stderr
    preview, applied = started(server)
    assert (preview["dry_run"], "reason" in preview) == (True, False)
    # The times that the preview was of, not what the words mean a minute later.
    times = repricing()["selection"]
    assert applied == {"from": times["from"], "to": times["to"], "dry_run": False, "reason": "new contract"}
    assert done.stdout.index("preview") < done.stdout.index("✓ 1,204 calls changed, -$2.25 (job 12)")
    assert "llmlab prices undo 12 --reason" in done.stderr
    done = jobs.run("prices", "reprice", "--from", "2026-11-01", "--yes", "--reason", "x", "--json")
    assert json.loads(done.stdout) == repricing(12)


def test_where_nobody_can_be_asked_nothing_changes(jobs: Home, server: AnswersOf) -> None:
    done = jobs.run("prices", "reprice", "--from", "2026-11-01", "--reason", "new contract")
    assert (done.returncode, "--yes" in done.stderr) == (2, True)
    assert "preview" in done.stdout
    assert [body["dry_run"] for body in started(server)] == [True]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "--from"),
        (["--from", "2026-11-01", "--yes"], "--reason"),
        (["--from", "2026-11-01", "--json"], "--dry-run or --yes"),
        (["--from", "then", "--dry-run"], "is no time"),
    ],
)
def test_wrong_usage_is_one_line(jobs: Home, server: AnswersOf, arguments: list[str], told: str) -> None:
    done = jobs.run("prices", "reprice", *arguments)
    assert (done.returncode, done.stderr.count("\n"), started(server)) == (2, 1, [])
    assert told in done.stderr


def test_what_would_change_nothing_asks_nothing(jobs: Home, server: AnswersOf) -> None:
    server.get(f"{JOB}/11", repricing(11, dry_run=True, changed=0, by_model=[], by_day=[], by_status=[]))
    done = jobs.run("prices", "reprice", "--from", "2026-11-01")
    assert (done.returncode, done.stderr) == (0, "")
    assert "No call would change." in done.stdout
    assert len(started(server)) == 1


def test_a_person_is_asked_and_no_means_no(jobs: Home, server: AnswersOf) -> None:
    child = at_terminal(jobs, "reprice", "--from", "2026-11-01")
    child.expect(r"Change the cost of 1,204 calls so\? \[y/N\]: ")
    child.sendline("n")
    assert ended(child)[1] == 130
    assert [body["dry_run"] for body in started(server)] == [True]

    child = at_terminal(jobs, "reprice", "--from", "2026-11-01")
    child.expect(r"so\? \[y/N\]: ")
    child.sendline("y")
    child.expect(r"Why \(it is kept with them\): ")
    child.sendline("new contract")
    output, code = ended(child)
    assert (code, "✓ 1,204 calls changed" in output) == (0, True), output
    assert started(server)[-1]["reason"] == "new contract"


def test_a_bar_shows_how_far_it_is(jobs: Home, server: AnswersOf) -> None:
    server.answers["GET", f"{JOB}/11"] = _done_after(2, repricing(11, dry_run=True))
    output, code = ended(at_terminal(jobs, "reprice", "--from", "2026-11-01", "--dry-run"))
    assert code == 0
    assert "1,700 of 5,000 calls" in output


def _done_after(times: int, done: dict[str, Any]) -> Callable[[], Any]:
    asked = iter(range(times))
    running = {**done, "status": "running", "progress": {"seen": 1700, "expected": 5000}}
    return lambda: running if next(asked, None) is not None else done


def test_ctrl_c_leaves_it_running_and_says_how_to_come_back(jobs: Home, server: AnswersOf) -> None:
    asked = threading.Event()

    def running() -> Any:
        asked.set()
        return repricing(12, status="running", progress={"seen": 1700, "expected": 5000})

    server.answers["GET", f"{JOB}/12"] = running
    child = at_terminal(jobs, "reprice", "--from", "2026-11-01", "--yes", "--reason", "x")
    assert asked.wait(20)
    child.expect("1,700 of 5,000")
    child.kill(signal.SIGINT)
    output, code = ended(child)
    assert (code, "Traceback" in output) == (130, False)
    assert "keeps running on the server: `llmlab prices jobs 12`" in output


def test_a_job_that_failed_is_told_with_its_reason(jobs: Home, server: AnswersOf) -> None:
    server.get(f"{JOB}/11", repricing(11, dry_run=True, status="failed", error="the database\nwas away"))
    done = jobs.run("prices", "reprice", "--from", "2026-11-01", "--dry-run")
    assert (done.returncode, done.stderr) == (1, "llmlab: Preview 11 failed: the database was away\n")


def test_a_server_that_is_away_for_a_moment_is_waited_for(jobs: Home, server: AnswersOf) -> None:
    answers = iter([problem(503, "database_away", "away"), problem(503, "database_away", "away")])
    server.answers["GET", f"{JOB}/11"] = lambda: next(answers, repricing(11, dry_run=True))
    assert jobs.run("prices", "reprice", "--from", "2026-11-01", "--dry-run").returncode == 0
    server.get(f"{JOB}/11", problem(503, "database_away", "the database is away"))
    done = jobs.run("prices", "reprice", "--from", "2026-11-01", "--dry-run")
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert "llmlab prices jobs 11" in done.stderr


def test_a_repricing_is_undone(jobs: Home, server: AnswersOf) -> None:
    server.answers["POST", f"{JOB}/12/undo"] = (202, repricing(13, kind="undo", undoes=12, status="queued"))
    server.get(f"{JOB}/13", repricing(13, kind="undo", undoes=12))
    done = jobs.run("prices", "undo", "12", "--reason", "the contract was another")
    assert done.returncode == 0, done.stderr
    assert server.requests[0].body == {"reason": "the contract was another"}
    assert "Undoing of 12 · " in done.stdout
    detail = "repricing 12 is undone already, by repricing 13"
    server.answers["POST", f"{JOB}/12/undo"] = problem(409, "already_undone", detail)
    done = jobs.run("prices", "undo", "12", "--reason", "again")
    assert (done.returncode, done.stderr) == (1, f"llmlab: {detail}\n")
    assert jobs.run("prices", "undo", "12").returncode == 2


def test_jobs_are_listed_shown_and_followed(jobs: Home, server: AnswersOf) -> None:
    running = repricing(13, status="running", progress={"seen": 1700, "expected": 5000})
    server.get(JOB, {"repricings": [running, repricing(12)], "next_cursor": None})
    done = jobs.run("prices", "jobs")
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["Id", "13", "12"]
    assert "34%" in done.stdout
    assert json.loads(jobs.run("prices", "jobs", "--json").stdout)["repricings"] == [running, repricing(12)]

    server.answers["GET", f"{JOB}/13"] = _done_after(2, repricing(13))
    assert "34%" in jobs.run("prices", "jobs", "13").stdout
    assert "-$2.25 (-16.8%)" in jobs.run("prices", "jobs", "13", "--follow").stdout
    assert json.loads(jobs.run("prices", "jobs", "13", "--json").stdout) == repricing(13)
    assert jobs.run("prices", "jobs", "--follow").returncode == 2
