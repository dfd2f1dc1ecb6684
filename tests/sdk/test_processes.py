"""The SDK in whole programs: forks, endings of every kind, pools, threads and tasks."""

import subprocess
from collections import Counter, defaultdict
from typing import Any, Protocol

import pytest
from llmlab.testing import Receiver, Reply


class RunScript(Protocol):
    def __call__(self, code: str, **environment: str) -> subprocess.CompletedProcess[str]: ...


def tracked(receiver: Receiver) -> Counter[str]:
    return Counter(event["feature"] for event in receiver.events)


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        ("", 0),
        ("import sys; sys.exit(3)", 3),
        ("raise RuntimeError('the host fails')", 1),
        ("import atexit; atexit.register(lambda: llmlab.track('openai', 'gpt-4', 1, 1, feature='end'))", 0),
        ("import asyncio; asyncio.run(asyncio.sleep(0))", 0),
        (
            "import threading; threading.Thread(target=llmlab.track, args=('openai', 'gpt-4', 1, 1)).start()",
            0,
        ),
    ],
)
def test_what_was_tracked_is_sent_however_a_program_ends(
    receiver: Receiver, run_script: RunScript, ending: str, code: int
) -> None:
    done = run_script(
        f"import llmlab\nfor i in range(20): llmlab.track('openai', 'gpt-4', i, 1, feature='x')\n{ending}"
    )
    assert done.returncode == code, done.stderr
    assert "llmlab" not in done.stderr.replace("import llmlab", ""), done.stderr
    assert tracked(receiver)["x"] == 20 if "Thread" not in ending else len(receiver.events) == 21
    if "atexit" in ending:
        assert tracked(receiver)["end"] == 1


def test_a_program_does_not_wait_for_a_dead_server_beyond_its_budget(
    receiver: Receiver, run_script: RunScript
) -> None:
    done = run_script(
        "import llmlab\nllmlab.init(exit_timeout=0.3)\nllmlab.track('openai', 'gpt-4', 1, 1)",
        LLMLAB_URL="http://127.0.0.1:9",
    )
    assert done.returncode == 0
    assert "an event was dropped (closed)" in done.stderr


def test_a_program_does_not_wait_at_all_when_the_key_is_no_good(
    receiver: Receiver, run_script: RunScript
) -> None:
    receiver.reply_always(lambda _: Reply(401, {"status": 401, "code": "bad_key", "detail": "revoked"}))
    done = run_script(
        "import llmlab\nllmlab.init(exit_timeout=600)\nllmlab.track('openai', 'gpt-4', 1, 1)\nllmlab.flush(9)"
    )
    assert done.returncode == 0
    assert "revoked" in done.stderr
    assert len(receiver.posts) == 1


FORK = """
import os, llmlab
{before}
pid = os.fork()
name = "parent" if pid else "child"
for i in range(10):
    llmlab.track("openai", "gpt-4", i, 1, feature=name)
if pid == 0:
    {child_ends}
os.waitpid(pid, 0)
"""


@pytest.mark.parametrize(
    "before",
    [
        "",
        "llmlab.track('openai', 'gpt-4', 1, 1, feature='before')",
        "llmlab.track('openai', 'gpt-4', 1, 1, feature='before'); llmlab.flush()",
    ],
    ids=["unused", "while the sender loads", "after sending"],
)
@pytest.mark.parametrize("child_ends", ["llmlab.flush(); os._exit(0)", "raise SystemExit"])
def test_a_forked_child_sends_its_own_and_nothing_of_its_parents(
    receiver: Receiver, run_script: RunScript, before: str, child_ends: str
) -> None:
    done = run_script(FORK.format(before=before, child_ends=child_ends))
    assert done.returncode == 0, done.stderr
    expected = {"parent": 10, "child": 10} | ({"before": 1} if before else {})
    assert tracked(receiver) == expected
    _each_process_counts_without_gaps(receiver, 2)


def test_a_pool_of_forked_workers_sends_everything(receiver: Receiver, run_script: RunScript) -> None:
    done = run_script(
        """
import multiprocessing, llmlab

def work(number):
    llmlab.track("openai", "gpt-4", number, 1, feature="worker")

if __name__ == "__main__":
    llmlab.track("openai", "gpt-4", 1, 1, feature="parent")
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=work, args=(n,)) for n in range(4)]
    for process in processes: process.start()
    for process in processes: process.join()
"""
    )
    assert done.returncode == 0, done.stderr
    assert tracked(receiver) == {"parent": 1, "worker": 4}
    _each_process_counts_without_gaps(receiver, 5)


def test_spawned_processes_send_everything(receiver: Receiver, run_script: RunScript, tmp_path: Any) -> None:
    script = tmp_path / "program.py"
    script.write_text(
        """
import multiprocessing, llmlab

def work(number):
    llmlab.track("openai", "gpt-4", number, 1, feature="worker")

if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=work, args=(1,))
    process.start(); process.join()
"""
    )
    done = run_script(f"import runpy; runpy.run_path({str(script)!r}, run_name='__main__')")
    assert done.returncode == 0, done.stderr
    assert tracked(receiver) == {"worker": 1}


def test_a_fork_that_happens_while_threads_track_hurts_nobody(
    receiver: Receiver, run_script: RunScript
) -> None:
    done = run_script(
        """
import os, threading, llmlab

def hammer():
    for i in range(2000):
        llmlab.track("openai", "gpt-4", i, 1, feature="parent")

threads = [threading.Thread(target=hammer) for _ in range(3)]
for thread in threads: thread.start()
children = []
for _ in range(5):
    pid = os.fork()
    if pid == 0:
        llmlab.track("openai", "gpt-4", 1, 1, feature="child")
        os._exit(0 if llmlab.flush(20) else 1)
    children.append(pid)
for thread in threads: thread.join()
codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
assert codes == [0] * 5, codes
assert llmlab.flush(20)
"""
    )
    assert done.returncode == 0, done.stderr
    assert tracked(receiver) == {"parent": 6000, "child": 5}
    _each_process_counts_without_gaps(receiver, 6)


def test_threads_and_tasks_together_number_without_gaps(receiver: Receiver, run_script: RunScript) -> None:
    done = run_script(
        """
import asyncio, threading, llmlab

async def main():
    async def task(number):
        for i in range(50):
            llmlab.track("openai", "gpt-4", i, number, feature="task")
            await asyncio.sleep(0)
    await asyncio.gather(*(task(number) for number in range(20)))

def thread(number):
    for i in range(1000):
        llmlab.track("openai", "gpt-4", i, number, feature="thread")

threads = [threading.Thread(target=thread, args=(n,)) for n in range(4)]
threads.append(threading.Thread(target=asyncio.run, args=(main(),)))
for t in threads: t.start()
for t in threads: t.join()
"""
    )
    assert done.returncode == 0, done.stderr
    assert tracked(receiver) == {"task": 1000, "thread": 4000}
    _each_process_counts_without_gaps(receiver, 1)


def test_a_finalizer_or_a_signal_that_tracks_cannot_deadlock(
    receiver: Receiver, run_script: RunScript
) -> None:
    done = run_script(
        """
import gc, signal, llmlab
gc.set_threshold(5)

class Node:
    def __del__(self):
        llmlab.track("openai", "gpt-4", 1, 1, feature="finalizer")

signal.signal(signal.SIGALRM, lambda *_: llmlab.track("openai", "gpt-4", 1, 1, feature="signal"))
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
for i in range(3000):
    node = Node(); node.self = node
    llmlab.track("openai", "gpt-4", i, 1, feature="main", tags={"a": "b"})
signal.setitimer(signal.ITIMER_REAL, 0)
del node; gc.collect()
assert llmlab.flush(30)
stats = llmlab.stats()
assert stats["recorded"] == stats["accepted"], stats
"""
    )
    assert done.returncode == 0, done.stderr
    assert tracked(receiver)["main"] == tracked(receiver)["finalizer"] == 3000
    assert tracked(receiver)["signal"] > 0


def test_importing_is_cheap_and_starts_nothing(run_script: RunScript) -> None:
    done = run_script(
        """
import sys, threading
import llmlab
heavy = {"httpx", "json", "asyncio", "inspect", "dataclasses", "typing", "ssl", "http.client",
         "datetime", "urllib.parse", "uuid", "decimal"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
assert threading.active_count() == 1
""",
        HOME="/nonexistent",
    )
    assert done.returncode == 0, done.stderr


def _each_process_counts_without_gaps(receiver: Receiver, processes: int) -> None:
    numbers = defaultdict(list)
    for event in receiver.events:
        numbers[event["process_id"]].append(event["seq"])
    assert len(numbers) == processes
    for of_one in numbers.values():
        assert sorted(of_one) == list(range(1, len(of_one) + 1))
