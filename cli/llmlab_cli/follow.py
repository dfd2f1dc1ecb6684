"""Waiting for a job of the server: a bar while it runs, and leaving it running when the person leaves."""

import time
from collections.abc import Mapping
from typing import Any

from llmlab import ConnectionFailed, LLMLab, RateLimited, ServerUnavailable

from llmlab_cli import screen
from llmlab_cli.errors import PROBLEM, UNREACHABLE, CLIError, fact_of, one_line
from llmlab_cli.progress import Show, progress

Job = Mapping[str, Any]
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
# After so long in the queue, somebody should look whether there is a worker at all.
_LONG_QUEUED = 10.0
# How often in a row the server may be away before we stop asking.
_MOST_FAILURES = 5


def finished(client: LLMLab, job: Job, what: str) -> Job:
    """Return the job when it is done, showing how far it is. Raises CLIError when it failed.

    Ctrl-C leaves it running, and says how to come back to it.
    """
    try:
        with progress(what, "queued") as show:
            job = _ended(client, job, show)
    except KeyboardInterrupt:
        screen.say(f"\nIt keeps running on the server: {_again(job)}")
        raise
    if job["status"] == "failed":
        raise CLIError(f"{what} {job['id']} failed: {one_line(str(job['error']))}", PROBLEM)
    return job


def _again(job: Job) -> str:
    return f"`llmlab prices jobs {job['id']}` shows how far it is."


def _ended(client: LLMLab, job: Job, show: Show) -> Job:
    pause, failures, begun, warned = _FIRST_PAUSE, 0, time.monotonic(), False
    while job["status"] in ("queued", "running"):
        show(int(job["progress"]["seen"]), job["progress"]["expected"])
        if job["status"] == "queued" and not warned and time.monotonic() - begun > _LONG_QUEUED:
            screen.say("Still queued: does a worker run? `llmlab doctor` finds out.")
            warned = True
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)
        try:
            job = client.prices.repricing(job["id"])
            failures = 0
        except RateLimited as error:
            time.sleep(error.retry_after or _LONGEST_PAUSE)
        except (ConnectionFailed, ServerUnavailable) as error:
            failures += 1
            if failures >= _MOST_FAILURES:
                raise CLIError(
                    f"{fact_of(error)}; the job stays there: {_again(job)}", UNREACHABLE
                ) from error
    return job
