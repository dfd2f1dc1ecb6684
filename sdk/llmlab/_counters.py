"""What happened to the events of this process, by reason, and telling people once.

Counting is done on any thread, telling by the sender (`report`): neither logging nor a callback ever runs
inside `track`.
"""

from __future__ import annotations

import logging
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from llmlab.types import OnError


class Counters:
    """Counts by kind and reason. `lock` is shared with the buffer, whose numbers must agree with these."""

    def __init__(self, on_error: OnError | None) -> None:
        self._on_error = on_error
        self.clear()

    def clear(self) -> None:
        """Begin anew, as a forked child does; the old lock may be held by a thread that is not here."""
        # Reentrant, because a signal handler or a finalizer may track while this thread is counting.
        self.lock = threading.RLock()
        self.recorded = 0
        self.accepted = 0
        self.retries = 0
        self.requests = 0
        self.by_reason: dict[str, dict[str, int]] = {
            "rejected": {},
            "dropped": {},
            "mended": {},
            "unrecognised": {},
        }
        self._told: set[str] = set()
        self._untold: dict[tuple[str, str], tuple[int, str]] = {}

    def count(self, kind: str, reason: str, detail: str = "", number: int = 1) -> None:
        """Count `number` events; `detail` says what to mend, and is told with the first of its reason."""
        with self.lock:
            reasons = self.by_reason[kind]
            reasons[reason] = reasons.get(reason, 0) + number
            if kind == "unrecognised":  # its caller says so
                return
            before, said = self._untold.get((kind, reason), (0, ""))
            self._untold[kind, reason] = before + number, said or detail

    def report(self) -> None:
        """Log each new reason once and call `on_error` for every loss since the last report."""
        if not self._untold:
            return
        with self.lock:
            untold, self._untold = self._untold, {}
        for (kind, reason), (number, detail) in untold.items():
            self.warn_once(f"{kind} {reason}", _SENTENCES[kind], reason, f": {detail}" if detail else "")
            if self._on_error is not None and kind in ("rejected", "dropped"):
                try:
                    self._on_error(reason, number, detail)
                except Exception as error:  # it is the host's code, in our thread
                    self.warn_once("on_error", "on_error raised %s", type(error).__name__)

    def warn_once(self, topic: str, message: str, *values: object) -> None:
        """Log a warning, the first time that this topic comes up."""
        if topic not in self._told:
            self._told.add(topic)
            warn(message, *values)


_SENTENCES = {
    "rejected": "the server rejected an event (%s)%s; further ones are counted in stats(), not logged",
    "dropped": "an event was dropped (%s)%s; further ones are counted in stats(), not logged",
    "mended": "part of an event was left out (%s)%s; further ones are counted in stats(), not logged",
}


UNRECOGNISED = "a tracked call was not reported (%s): %s; further ones are counted in stats(), not logged"


def warn(message: str, *values: object) -> None:
    """Log a warning under the name `llmlab`."""
    try:
        logging.getLogger("llmlab").warning(message, *values)
    except Exception:  # a handler of the host's that fails is not ours to report
        return
