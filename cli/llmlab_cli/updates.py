"""The live stream beside a screen that is drawn meanwhile: read in a thread, handed over in order."""

import queue
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from llmlab import LLMLab

Update = tuple[str, Mapping[str, Any]]
# A screen that stands still for long (a suspended process) holds up the reader, and no more is kept.
_MOST_WAITING = 2000


class Updates:
    """What has come and not been taken yet."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Update | BaseException] = queue.Queue(_MOST_WAITING)

    def take(self, patience: float) -> list[Update]:
        """Return what has come, after so many seconds at the latest. Raises what ended the stream."""
        found: list[Update] = []
        try:
            item = self._queue.get(timeout=patience)
            while True:
                if isinstance(item, BaseException):
                    raise item
                found.append(item)
                item = self._queue.get_nowait()
        except queue.Empty:
            return found

    def follow(self, stream: Iterator[Update]) -> None:
        """Hand over all of a stream, and the error that ends it."""
        try:
            for update in stream:
                self._queue.put(update)
        except BaseException as error:
            self._queue.put(error)


@contextmanager
def following(client: LLMLab, filters: Mapping[str, Any]) -> Iterator[Updates]:
    """Yield what happens from now on; the first update is there. Raises what the connection raises."""
    with client.costs.live(**filters) as stream:
        updates = Updates()
        first = next(stream)
        updates.follow(iter([first]))
        thread = threading.Thread(target=updates.follow, args=(stream,), daemon=True)
        thread.start()
        yield updates
