"""The sender thread's work: take what waits, write it down, send it, act on the verdicts.

One batch at a time, in order. A batch keeps its bytes through all retries, so that ids and timestamps are
the same each time and the server can tell a repetition from a new event.
"""

from __future__ import annotations

import json
import random
import time

from llmlab._config import masked
from llmlab._event import Unsendable, encode, write
from llmlab._verdicts import Rejected, Verdict, judge
from llmlab.errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from llmlab._recorder import Recorder
    from llmlab._transport import Transport

BATCH_EVENTS = 500
BATCH_BYTES = 500_000
_BETWEEN_RETRIES = 0.5  # doubled with each failure, up to:
_LONGEST_RETRY = 30.0
_BETWEEN_HELD = 30.0  # when a person has to mend something first
_LONGEST_HELD = 300.0
_SHORTEST_TRY = 0.05  # with less time than this left, a request is not worth beginning
_IDLE = 60.0  # without events this long the thread ends; the next event starts another
_OPEN, _BETWEEN, _CLOSE = b'{"events":[', b",", b"]}"

Batch = list[bytes]


class GivenUp(Exception):
    """The process ends, or the client was closed, before the batch could be delivered."""


class Sender:
    """Sends what a recorder holds: made and used by one thread."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._counters = recorder.counters
        self._transport: Transport | None = None
        self._off: tuple[str, str] | None = None
        # Fields that this server's version does not know: asking once is enough.
        self._refused: set[str] = set()

    def run(self) -> None:
        """Send until the recorder stops, or nothing has come for a minute."""
        recorder = self._recorder
        try:
            while recorder.wait_for_work(_IDLE):
                if not recorder.stopping:
                    recorder.pause(time.monotonic() + recorder.linger)
                self._send_waiting()
                self._counters.report()
        finally:
            self._counters.report()
            if self._transport is not None:
                self._transport.close()

    def send_now(self) -> None:
        """Send what waits from the calling thread: for the end of a process that can start no thread."""
        self._send_waiting()
        self._counters.report()

    def prepare(self) -> None:
        """Read the configuration and load all that sending needs; what is wrong turns the recorder off."""
        recorder = self._recorder
        try:
            config = recorder.resolve()
            if config.api_key or config.token:
                from llmlab._transport import Transport

                self._transport = Transport(config, recorder.timeout)
                "localhost".encode("idna")  # so does the first look-up of a host
            else:
                self._off = "no_api_key", "run `llmlab init`, or set LLMLAB_API_KEY"
        except ConfigurationError as error:
            self._off = error.code, error.detail
        except (
            Exception
        ) as error:  # a broken installation of httpx or its certificates, a shutting interpreter
            self._off = "internal_error", f"the sender could not start ({type(error).__name__})"
        recorder.off = self._off

    def _send_waiting(self) -> None:
        """Send everything that waits, batch by batch, without lingering between full ones."""
        while True:
            taken, batch = self._next_batch()
            if not taken:
                return
            full = len(batch) >= BATCH_EVENTS or sum(map(len, batch)) >= BATCH_BYTES
            self._deliver(batch)
            # Told before it counts as done: who has flushed has heard what was lost.
            self._counters.report()
            self._recorder.settled(taken)
            if not full and not self._recorder.stopping:
                return

    def _next_batch(self) -> tuple[int, Batch]:
        """Return how many recorded events were taken, and those of them that can be sent."""
        recorder, size, taken = self._recorder, 0, 0
        batch: Batch = []
        while len(batch) < BATCH_EVENTS and size < BATCH_BYTES:
            item = recorder.take()
            if item is None:
                break
            taken += 1
            if self._off is not None:
                self._counters.count("dropped", *self._off)
                continue
            seq, at_us, _, event, context = item
            try:
                fields = write(
                    event,
                    recorder.labels(context),
                    at_us,
                    process_id=recorder.process_id,
                    seq=seq,
                    note=self._note,
                )
                for name in self._refused & fields.keys():
                    del fields[name]
                    self._note("unknown_field", f"the server does not know `{name}`")
                text = encode(fields)
            except Unsendable as error:
                self._counters.count("dropped", error.code, str(error))
                continue
            except Exception as error:  # whatever was handed to track()
                self._counters.count("dropped", "unwritable", type(error).__name__)
                continue
            batch.append(text)
            size += len(text)
        return taken, batch

    def _note(self, reason: str, detail: str) -> None:
        self._counters.count("mended", reason, detail)

    def _deliver(self, batch: Batch) -> None:
        """Send a batch until every event of it is accepted, refused or given up."""
        pending = [batch] if batch else []
        while pending:
            batch = pending.pop()
            try:
                rejected = self._answered(batch)
                if rejected is None:  # too large, or nobody said which event was bad
                    middle = len(batch) // 2
                    pending += [batch[middle:], batch[:middle]]
                    continue
                with self._counters.lock:
                    self._counters.accepted += len(batch) - len(rejected)
                again = [text for one in rejected if (text := self._settle(batch[one.index], one))]
                if again:
                    pending.append(again)
            except GivenUp:
                self._recorder.give_up(len(batch) + sum(map(len, pending)))
                return
            except Exception as error:  # never let one batch end the thread
                self._counters.count("dropped", "internal_error", type(error).__name__, len(batch))

    def _answered(self, batch: Batch) -> list[Rejected] | None:
        """Send until the batch is judged; return the rejected of it, or None when it must be split."""
        body = _OPEN + _BETWEEN.join(batch) + _CLOSE
        failures = held = 0
        while True:
            status, verdict, retry_after = self._post(body, len(batch))
            if verdict.outcome == "settled":
                self._recorder.hold(None)
                return verdict.rejected
            if verdict.outcome == "split":
                self._recorder.hold(None)
                if len(batch) > 1:
                    return None
                return [Rejected(0, verdict.code, verdict.detail, None)]
            with self._counters.lock:
                self._counters.retries += 1
            if verdict.outcome == "hold":
                held += 1
                self._advise(status, verdict)
                self._recorder.hold(verdict.code)
                longest = min(_LONGEST_HELD, _BETWEEN_HELD * 2 ** min(held - 1, 8))
                self._wait_to_retry(longest * random.uniform(0.5, 1.0), patient=True, hopeless=True)
                continue
            failures += 1
            self._counters.warn_once(
                verdict.code,
                "LLMLab at %s does not take events now (%s); they wait and are sent again",
                self._recorder.resolve().base_url,
                verdict.detail or verdict.code,
            )
            longest = min(_LONGEST_RETRY, _BETWEEN_RETRIES * 2 ** min(failures - 1, 8))
            pause = random.uniform(0, longest)
            if retry_after is not None:
                # Everybody was told the same moment: come a little after it, not all at once.
                pause = retry_after + min(pause, 1.0)
            self._wait_to_retry(pause, patient=retry_after is not None)

    def _advise(self, status: int, verdict: Verdict) -> None:
        config = self._recorder.resolve()
        if status in (401, 403):
            key = masked(config.api_key or config.token)
            advice = f"mend the API key ({key}) with `llmlab init` or LLMLAB_API_KEY"
        else:
            advice = "is the URL that of an LLMLab server? See LLMLAB_URL"
        self._counters.warn_once(
            f"http_{status}",
            "LLMLab at %s refuses events (%d %s%s): %s. They wait, and are dropped when the buffer is full",
            config.base_url,
            status,
            verdict.code,
            f", {verdict.detail}" if verdict.detail else "",
            advice,
        )

    def _post(self, body: bytes, size: int) -> tuple[int, Verdict, float | None]:
        from llmlab._transport import Unreachable

        assert self._transport is not None  # a batch is only made when there is one
        with self._counters.lock:
            self._counters.requests += 1
        try:
            answer = self._transport.post(body, self._recorder.time_left())
        except Unreachable as error:
            return 0, Verdict("retry", "unreachable", str(error)), None
        return answer.status, judge(answer.status, answer.body, size), answer.retry_after

    def _settle(self, text: bytes, verdict: Rejected) -> bytes | None:
        """Count a rejected event, or return it without the field that the server does not know."""
        if verdict.code == "unknown_field":
            fields = json.loads(text)
            name = verdict.field
            if name not in fields:
                name = next((known for known in fields if verdict.message.startswith(f"`{known}`")), None)
            if name is not None and name not in ("id", "timestamp", "provider", "model"):
                self._refused.add(name)
                del fields[name]
                self._note("unknown_field", f"the server does not know `{name}`")
                return encode(fields)
        self._counters.count("rejected", verdict.code, verdict.message)
        return None

    def _wait_to_retry(self, seconds: float, *, patient: bool, hopeless: bool = False) -> None:
        """Wait; a flush shortens it unless `patient`. Raises GivenUp when there is no time for that.

        What is `hopeless` until a person acts is not waited for by a process that ends.
        """
        self._counters.report()
        recorder = self._recorder
        until = time.monotonic() + seconds
        interrupted = True
        while interrupted:
            left = recorder.time_left()
            if left is not None:
                # The process waits for us: try often while there is time, and not when it cannot help.
                now = time.monotonic()
                if hopeless or left <= _SHORTEST_TRY or (patient and until - now > left):
                    raise GivenUp
                until = until if patient else min(until, now + left / 4)
            interrupted = recorder.pause(until, patient=patient)
