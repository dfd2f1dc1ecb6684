"""What was just stored, told to those who watch: a bounded stream for each workspace that somebody watches.

The API says who is watched, for a while at a time; workers ask after every commit and, for those
workspaces alone, add an entry that names the stored events. Readers fetch the events themselves from
PostgreSQL, so nothing that a customer sent lies here. All of it may be lost without harm to the ledger.

A stream begins with an entry of its own each time watching begins anew: whoever was at a place behind
that entry, and behind the oldest that is kept, has missed nothing since.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import NamedTuple

from redis.asyncio import Redis

# So long a workspace counts as watched after somebody said so: a watcher who is cut off has this time to
# come back and go on where they were.
WATCHED_SECONDS = 120
# How many entries are kept of a workspace, and for how long after the last.
KEPT_ENTRIES = 1000
KEPT_SECONDS = 600
# Of one batch of a worker; the rest of it is only counted.
MOST_EVENTS = 50

_WATCHED = "llmlab:{live}:watched"
_WHOLE_ENTRY = 1 << 31
_POSITION = re.compile(r"(\d{1,15})-(\d{1,15})(?::(\d{1,9}))?", re.ASCII)
_PLACE = Struct(">q16s")

# One clock for all, that of Redis: the hosts' may differ by more than a watch lasts.
_WATCH = """
local now = tonumber(redis.call('TIME')[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. now)
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) or redis.call('EXISTS', KEYS[2], KEYS[3]) < 2 then
  local id = redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], '*', 'began', now)
  redis.call('SET', KEYS[3], id)
end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('EXPIRE', KEYS[2], ARGV[3])
redis.call('EXPIRE', KEYS[3], ARGV[3])
local oldest = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1][1]
local newest = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1][1]
return {redis.call('GET', KEYS[3]), oldest, newest}
"""
_WHO = "return redis.call('ZRANGEBYSCORE', KEYS[1], redis.call('TIME')[1], '+inf')"


class Position(NamedTuple):
    """A place in a workspace's stream: behind a whole entry, or behind one of its events."""

    milliseconds: int
    sequence: int
    event: int = _WHOLE_ENTRY

    @property
    def entry(self) -> str:
        """The id of the entry."""
        return f"{self.milliseconds}-{self.sequence}"

    def __str__(self) -> str:
        return self.entry if self.event == _WHOLE_ENTRY else f"{self.entry}:{self.event}"

    @classmethod
    def read(cls, text: str) -> "Position":
        """Return the position of a text that `str` made; raise `ValueError` for any other."""
        found = _POSITION.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is no position")
        milliseconds, sequence, event = found.groups()
        return cls(int(milliseconds), int(sequence), _WHOLE_ENTRY if event is None else int(event))


class StoredEvent(NamedTuple):
    """Where a stored event lies: the time in its id in microseconds since 1970, and the id's bytes."""

    id_time_us: int
    id: bytes


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """An entry: events that a worker stored together, and how many more that are not named."""

    position: Position
    events: Sequence[StoredEvent]
    omitted: int


@dataclass(frozen=True, slots=True)
class Watch:
    """What is kept of a workspace: without a gap since `since`, the newest entry being `newest`."""

    since: Position
    newest: Position


async def watch(redis: Redis, workspace_id: int) -> Watch:
    """Have a workspace's stored events told from now on, for `WATCHED_SECONDS`. Raises redis' own errors."""
    script = redis.register_script(_WATCH)
    began, oldest, newest = await script(
        keys=[_WATCHED, _stream(workspace_id), f"{_stream(workspace_id)}:since"],
        args=[workspace_id, WATCHED_SECONDS, KEPT_SECONDS, KEPT_ENTRIES],
    )
    since = max(Position.read(began.decode()), Position.read(oldest.decode()))
    return Watch(since, Position.read(newest.decode()))


async def watched(redis: Redis) -> set[int]:
    """Return the workspaces that somebody watches. Raises redis' own errors."""
    found = await redis.register_script(_WHO)(keys=[_WATCHED])
    return {int(member) for member in found}


async def tell(redis: Redis, stored: Mapping[int, tuple[Sequence[StoredEvent], int]]) -> None:
    """Add an entry for each of these workspaces: the events to name, and how many more there were.

    Raises redis' own errors.
    """
    async with redis.pipeline(transaction=False) as pipeline:
        for workspace_id, (events, omitted) in stored.items():
            named = b"".join(_PLACE.pack(*event) for event in events)
            stream = _stream(workspace_id)
            pipeline.xadd(stream, {"e": named, "o": omitted}, maxlen=KEPT_ENTRIES, approximate=True)
            pipeline.expire(stream, KEPT_SECONDS)
        await pipeline.execute()


async def read_new(redis: Redis, after: Mapping[int, Position], most: int) -> dict[int, list[StoredBatch]]:
    """Return up to `most` entries of each workspace that follow the entry of a position.

    Raises redis' own errors.
    """
    workspaces = {_stream(workspace_id).encode(): workspace_id for workspace_id in after}
    found = await redis.xread({_stream(w): position.entry for w, position in after.items()}, count=most)
    return {workspaces[stream]: [_batch(*entry) for entry in entries] for stream, entries in found}


async def read_from(redis: Redis, workspace_id: int, position: Position, most: int) -> list[StoredBatch]:
    """Return up to `most` entries of a workspace, beginning with that of the position.

    Raises redis' own errors.
    """
    found = await redis.xrange(_stream(workspace_id), min=position.entry, count=most)
    return [_batch(*entry) for entry in found]


def _stream(workspace_id: int) -> str:
    return f"llmlab:{{live}}:{workspace_id}"


def _batch(identifier: bytes, fields: Mapping[bytes, bytes]) -> StoredBatch:
    events = [StoredEvent(*place) for place in _PLACE.iter_unpack(fields.get(b"e", b""))]
    return StoredBatch(Position.read(identifier.decode()), events, int(fields.get(b"o", 0)))
