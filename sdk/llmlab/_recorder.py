"""The way of an event inside the process: a bounded buffer and its sender thread.

`record` runs on the caller's thread: it copies, numbers and appends, and does nothing else. What is
dropped leaves a gap in `seq`, so that the server can see that something is missing.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from contextlib import suppress
from queue import Empty, SimpleQueue

from llmlab import _lifecycle
from llmlab._context import merged
from llmlab._counters import UNRECOGNISED, Counters
from llmlab._snapshot import MAX_TEXT, OVERLONG, snapshot, snapshot_of_labels

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from llmlab._config import Config
    from llmlab._sender import Sender
    from llmlab._snapshot import LabelSet
    from llmlab.types import OnError, Stats

    Item = tuple[int, int, int, dict[str, Any], LabelSet | None]

_EVENT_BYTES = 600  # what an event of a few short fields keeps alive
_RETIRED_FOR = 60.0


class Recorder:
    """Buffers the events of one client in one process and has them sent.

    `process_id` names this recorder in this process and is renewed in a forked child, which begins with an
    empty buffer: what the parent recorded, the parent sends.
    """

    def __init__(
        self,
        resolve: Callable[[], Config],
        *,
        timeout: float,
        defaults: Mapping[str, Any] | None,
        max_events: int,
        max_bytes: int,
        linger: float,
        exit_timeout: float,
        on_error: OnError | None,
    ) -> None:
        self.resolve = resolve
        self.timeout = timeout
        self.linger = linger
        self.exit_timeout = exit_timeout
        self.counters = Counters(on_error)
        self._defaults = snapshot_of_labels(defaults)
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._begin()
        _lifecycle.watch(self)

    def _begin(self) -> None:
        self.process_id = ""
        self.off: tuple[str, str] | None = None
        self._lock = self.counters.lock
        self._changed = threading.Condition(self._lock)
        self._waiting: deque[Item] = deque()
        self._bytes = 0
        self._labels_before: LabelSet | None = None
        self._seq = 0
        self._put = self._finished = 0
        # The thread that will take what waits, and how many there are, with those about to end.
        self._thread: threading.Thread | None = None
        self._running = 0
        # A SimpleQueue, because its put is safe in signal handlers and finalizers; it carries no data.
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._idle = False
        self._hurry = False
        self._held: str | None = None
        self._stop_by: float | None = None

    def after_fork(self) -> None:
        """Begin anew in a forked child, where neither the sender thread nor the holder of a lock exists."""
        self.counters.clear()
        self._begin()

    # ------------------------------------------------------------------ the caller's side

    def record(
        self,
        event: dict[str, Any],
        labels: LabelSet | None,
        at_us: int,
        misplaced: tuple[object, ...] = (),
    ) -> None:
        """Put an event into the buffer, or count why not. Never raises, never waits."""
        try:
            size = _EVENT_BYTES
            for name, value in event.items():
                kind = type(value)
                if kind is str:
                    if len(value) > MAX_TEXT:
                        event[name] = OVERLONG
                    else:
                        size += len(value)
                elif kind is not int and value is not None and kind is not float:
                    event[name], extra = snapshot(value)
                    size += extra
            if misplaced:
                self.counters.count("mended", "misplaced_argument", "track() takes 4 positional arguments")
            with self._lock:
                self.counters.recorded += 1
                self._seq = seq = self._seq + 1
                if self.off is not None:
                    self.counters.count("dropped", *self.off)
                    return
                if self._stop_by is not None:
                    self.counters.count("dropped", "closed", "the client was closed before")
                    return
                # Calls inside one block share their labels: the first of them answers for all.
                size += labels.size if labels is not None and labels is not self._labels_before else 0
                if len(self._waiting) >= self._max_events or self._bytes + size > self._max_bytes:
                    self.counters.count("dropped", "buffer_full", "the server takes events too slowly")
                    return
                self._waiting.append((seq, at_us, size, event, labels))
                self._bytes += size
                self._labels_before = labels
                self._put += 1
                new_thread = self._claim_thread() if self._thread is None else None
            if new_thread is not None:
                self._start(new_thread)
            if self._idle:
                self._idle = False
                self._wake.put(None)
        except Exception as error:  # whatever it is, it is not the host's trouble
            self.counters.count("dropped", "internal_error", type(error).__name__)

    def unrecognised(self, reason: str, detail: str) -> None:
        """Count a call that cannot become an event, and say so once. Never raises."""
        try:
            self.counters.count("unrecognised", reason)
            self.counters.warn_once(f"unrecognised {reason}", UNRECOGNISED, reason, detail)
        except Exception:  # not the host's trouble either
            return

    def _claim_thread(self) -> threading.Thread:
        """Return a new sender thread, which the caller starts once it has let go of the lock."""
        if not self.process_id:
            self.process_id = os.urandom(16).hex()
            _lifecycle.finish_with_this_process()
        self._thread = threading.Thread(target=self._run, name="llmlab-sender", daemon=True)
        self._running += 1
        return self._thread

    def _start(self, thread: threading.Thread) -> None:
        # Not under the lock: a finalizer that runs in the new thread before it reports in may track, too.
        try:
            thread.start()
        except (
            RuntimeError
        ):  # no more threads, or the interpreter is ending: the next event, or the exit, tries
            self.thread_ended(thread)

    def _run(self) -> None:
        try:
            self._sender().run()
        finally:
            self.thread_ended(threading.current_thread())

    def _sender(self) -> Sender:
        with _lifecycle.loading():
            from llmlab._sender import Sender

            sender = Sender(self)
            sender.prepare()
        return sender

    def flush(self, timeout: float) -> bool:
        """Wait until what is recorded now has been answered. False when it takes longer, or cannot happen."""
        with self._lock:
            target = self._put
            if self._finished >= target:
                return True
            if self._thread is threading.current_thread():  # a callback of ours
                return False
            new_thread = self._claim_thread() if self._thread is None else None
            self._hurry = True
        if new_thread is not None:
            self._start(new_thread)
        self._wake.put(None)
        with self._changed:
            self._changed.wait_for(lambda: self._finished >= target or self._held is not None, timeout)
            return self._finished >= target

    def stop(self, seconds: float) -> None:
        """Take no more events and give the sender this long to finish."""
        with self._lock:
            by = time.monotonic() + seconds
            self._stop_by = by if self._stop_by is None else min(by, self._stop_by)
            self._wake.put(None)

    def join(self) -> bool:
        """Wait until a stopped sender is done or its time is over; say whether all was delivered."""
        with self._lock:
            if self._thread is threading.current_thread():
                return False
            unsent = self._thread is None and bool(self._waiting)
        if unsent:  # no thread could be started
            self._sender().send_now()
        with self._changed:
            self._changed.wait_for(lambda: self._running == 0, self.time_left())
            left = self._put - self._finished
            if left:
                # The thread may be in the middle of a request: whether that arrived, nobody knows here.
                self._waiting.clear()
                self.counters.count("dropped", "closed", _NOT_IN_TIME, left)
                self._finished = self._put
        self.counters.report()
        return left == 0

    def close(self, timeout: float) -> bool:
        """Stop and wait; say whether everything that was recorded was answered."""
        before = self._lost()
        self.stop(timeout)
        return self.join() and self._lost() == before

    def retire(self) -> None:
        """Stop without waiting: another recorder takes over."""
        self.stop(_RETIRED_FOR)

    def _lost(self) -> int:
        return self.counters.by_reason["dropped"].get("closed", 0)

    def stats(self) -> Stats:
        """Return the counters at this moment."""
        counters = self.counters
        with self._lock:
            reasons = {kind: dict(numbers) for kind, numbers in counters.by_reason.items()}
            answered = counters.accepted + sum(reasons["rejected"].values())
            return {
                "recorded": counters.recorded,
                "queued": max(0, counters.recorded - answered - sum(reasons["dropped"].values())),
                "sent": answered,
                "accepted": counters.accepted,
                "rejected": reasons["rejected"],
                "dropped": reasons["dropped"],
                "mended": reasons["mended"],
                "unrecognised": reasons["unrecognised"],
                "retries": counters.retries,
                "requests": counters.requests,
            }

    # ------------------------------------------------------------------ the sender's side

    @property
    def stopping(self) -> bool:
        """Whether the sender should finish and end."""
        return self._stop_by is not None

    def time_left(self) -> float | None:
        """Return how long the sender may still work, None when for as long as it likes."""
        return None if self._stop_by is None else max(0.0, self._stop_by - time.monotonic())

    def labels(self, context: dict[str, Any] | None) -> dict[str, Any]:
        """Return the labels that an event has unless it says otherwise."""
        return merged(self._defaults, context) if context else self._defaults

    def wait_for_work(self, seconds: float) -> bool:
        """Wait until events wait. False when the thread should end: stopped, or nothing came for so long."""
        until = time.monotonic() + seconds
        while True:
            with self._lock:
                if self._waiting:
                    return True
                left = until - time.monotonic()
                if self.stopping or left <= 0:
                    self._thread = None
                    return False
                self._idle = True
            with suppress(Empty):
                self._wake.get(timeout=left)
            self._idle = False

    def pause(self, until: float, *, patient: bool = False) -> bool:
        """Wait until then, or a flush unless `patient`. True when it was cut short because we must stop."""
        was_stopping = self.stopping
        while True:
            if self.stopping and not was_stopping:
                return True
            if self._hurry and not patient:
                self._hurry = False
                return False
            left = until - time.monotonic()
            if left <= 0:
                return False
            try:
                self._wake.get(timeout=left)
            except Empty:
                return False

    def take(self) -> Item | None:
        """Return the oldest event that waits, if any."""
        with self._lock:
            if not self._waiting:
                return None
            item = self._waiting.popleft()
            self._bytes -= item[2]
            return item

    def settled(self, number: int) -> None:
        """Note that so many events, the oldest ones, need no more work."""
        with self._changed:
            self._finished = min(self._put, self._finished + number)
            self._changed.notify_all()

    def hold(self, code: str | None) -> None:
        """Note that a person has to mend something before events can go, or (None) that it is mended."""
        if self._held != code:
            with self._changed:
                self._held = code
                self._changed.notify_all()

    def give_up(self, number: int) -> None:
        """Count what was taken and cannot be delivered in the time that is left, and all that waits."""
        with self._lock:
            waiting = len(self._waiting)
            self._waiting.clear()
            self.counters.count("dropped", "closed", _NOT_IN_TIME, number + waiting)
            self.settled(waiting)

    def thread_ended(self, thread: threading.Thread) -> None:
        """Note that a sender thread has ended, or could not begin."""
        with self._changed:
            self._running -= 1
            if self._thread is thread:
                self._thread = None
            self._changed.notify_all()


_NOT_IN_TIME = "the process or the client ended before the server had taken it"
