"""What a live screen knows: the totals, the latest calls, spend by the minute, the connection's state."""

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

Json = Mapping[str, Any]
MINUTES = 30
_MOST_CALLS = 100


class Watching:
    """Takes updates of the stream, in order."""

    def __init__(self) -> None:
        self.standing: Json = {}
        self.calls: deque[Json] = deque(maxlen=_MOST_CALLS)
        self.lost: tuple[datetime, str] | None = None
        self.omitted = 0
        # Calls may be missing in the list: it is to be seeded (again).
        self.gap = True
        self.since: datetime | None = None
        self._minutes: dict[datetime, Decimal] = {}

    def seed(self, calls: Iterable[Json]) -> None:
        """Take the latest calls, as they are read elsewhere: each is shown once, in its place by time."""
        found = {call["id"]: call for call in (*self.calls, *calls)}
        newest_first = sorted(found.values(), key=_place, reverse=True)
        self.calls = deque(newest_first[:_MOST_CALLS], _MOST_CALLS)
        self.gap = False

    def take(self, kind: str, data: Json, now: datetime) -> None:
        """Take one update that came now (aware)."""
        if kind == "lost":
            # Since when, not since the last of several tries.
            self.lost = (self.lost[0] if self.lost else now, str(data["error"]))
            return
        self.lost = None
        if kind == "event":
            if all(call["id"] != data["id"] for call in self.calls):  # else the seed had it already
                self.calls.appendleft(data)
        elif kind == "spend":
            self.since = self.since or now
            self._add_minute(data, now)
            self.standing = data
            self.omitted += int(data["omitted"])
            self.gap = self.gap or bool(data["gap"])

    def minutes(self, now: datetime) -> list[Decimal]:
        """Return what was spent in each minute since the beginning, the last being that of now."""
        if self.since is None:
            return []
        last = now.replace(second=0, microsecond=0)
        first = max(self.since.replace(second=0, microsecond=0), last - timedelta(minutes=MINUTES - 1))
        number = (last - first) // timedelta(minutes=1) + 1
        return [self._minutes.get(first + timedelta(minutes=n), Decimal(0)) for n in range(number)]

    def _add_minute(self, data: Json, now: datetime) -> None:
        before = self.standing.get("month")
        if before is None:
            return
        month = data["month"]
        spent = Decimal(month["spend"])
        if before["month"] == month["month"]:
            spent -= Decimal(before["spend"])
        minute = now.replace(second=0, microsecond=0)
        self._minutes[minute] = self._minutes.get(minute, Decimal(0)) + spent
        for old in [at for at in self._minutes if at < minute - timedelta(minutes=MINUTES)]:
            del self._minutes[old]


def _place(call: Json) -> tuple[datetime, str]:
    return datetime.fromisoformat(call["timestamp"]), call["id"]
