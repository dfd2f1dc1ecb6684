"""What was worked out lately and is still good: at most so many, the one that was used longest ago goes."""

import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Kept = TypeVar("Kept")


class Recent(Generic[Kept]):
    """Keeps one value a key for so many seconds of `clock`, a monotonic one."""

    def __init__(self, seconds: float, size: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._size = size
        self._clock = clock
        self._kept: dict[Hashable, tuple[float, Kept]] = {}

    def get(self, key: Hashable) -> Kept | None:
        """Return what is kept, or None when there is nothing or it is too old."""
        found = self._kept.pop(key, None)
        if found is None or self._clock() >= found[0]:
            return None
        self._kept[key] = found
        return found[1]

    def put(self, key: Hashable, value: Kept) -> None:
        """Keep a value from now on."""
        self._kept.pop(key, None)
        self._kept[key] = (self._clock() + self._seconds, value)
        if len(self._kept) > self._size:
            del self._kept[next(iter(self._kept))]

    def forget(self, key: Hashable) -> None:
        """Drop what is kept, if anything."""
        self._kept.pop(key, None)
