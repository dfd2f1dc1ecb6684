"""Taking entries off their streams: a consumer group, read by bytes, acknowledged after the commit.

An entry belongs to the consumer that read it until it is acknowledged. A consumer that dies stops
renewing what it holds, and after `RECLAIM_AFTER_MS` another one takes it over. A consumer that only
slept may find its entries taken: it can still write and acknowledge them, since the inbox knows what
was written and acknowledging twice does nothing.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from llmlab_shared.log import get_logger
from llmlab_shared.queue.backlog import acknowledge
from llmlab_shared.queue.entry import GROUP, MAX_ENTRY_BYTES, size_of, stream_name

# Idle longer than this, an entry's owner is taken for dead; owners renew three times as often.
RECLAIM_AFTER_MS = 10_000
RENEW_EVERY = RECLAIM_AFTER_MS / 1000 / 3
# One command brings at most this many entries of up to 256 KiB.
_MOST_AT_ONCE = 64
_FORGET_CONSUMER_AFTER_MS = 3_600_000

# XCLAIM alone would also take back what another consumer has taken over meanwhile.
_RENEW = """
local mine = {}
for i = 3, #ARGV do
  if #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1, ARGV[2]) == 1 then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'JUSTID')
    mine[#mine + 1] = ARGV[i]
  end
end
return mine
"""

# Deleting a consumer deletes what it holds: those entries would never be delivered again.
_REMOVE = """
local removed = 0
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local info = {}
  for i = 1, #consumer, 2 do info[consumer[i]] = consumer[i + 1] end
  local wanted = ARGV[2] == '' or info['name'] == ARGV[2]
  if wanted and info['pending'] == 0 and info['idle'] >= tonumber(ARGV[3]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], info['name'])
    removed = removed + 1
  end
end
return removed
"""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    """One entry as it was delivered; `fields` may be anything that somebody put on the stream."""

    shard: int
    id: bytes
    fields: Mapping[bytes, bytes]

    @property
    def size(self) -> int:
        """What the entry counts for in the backlog, in bytes."""
        return size_of(self.fields)


class StreamReader:
    """One consumer of all shards. Its methods raise redis' own errors when Redis is away."""

    def __init__(self, redis: Redis, shards: int, consumer: str) -> None:
        self._redis = redis
        self._shards = range(shards)
        self._streams = [stream_name(shard) for shard in self._shards]
        self._by_stream = {stream_name(shard).encode(): shard for shard in self._shards}
        self._consumer = consumer
        self._count = 8

    async def read(
        self, budget: int, *, linger: float, wait: float, stopping: Callable[[], bool] = lambda: False
    ) -> list[Message]:
        """Return entries of about `budget` bytes, or what came within `linger` seconds after the first.

        Waits up to `wait` seconds for the first, and takes what is there already however long that takes.
        More than the budget comes only by what one command brought too much.
        """
        loop = asyncio.get_running_loop()
        messages, more = await self._read_once(budget, wait)
        if not messages:
            return messages
        until = loop.time() + linger
        size = sum(message.size for message in messages)
        while size < budget and not stopping():
            left = until - loop.time()
            if left <= 0 and not more:
                break
            next_ones, more = await self._read_once(budget - size, max(left, 0))
            size += sum(message.size for message in next_ones)
            messages += next_ones
        return messages

    async def _read_once(self, budget: int, wait: float) -> tuple[list[Message], bool]:
        """Return the entries of one command, and whether there may be more already."""
        # A command waits at least a millisecond: 0 would mean for ever.
        block = max(1, int(wait * 1000))
        count = max(1, min(self._count, _MOST_AT_ONCE // len(self._shards)))
        try:
            reply = await self._redis.xreadgroup(
                GROUP,
                self._consumer,
                dict.fromkeys(self._streams, ">"),
                count=count,
                block=block,
            )
        except ResponseError as error:
            if not str(error).startswith("NOGROUP"):
                raise
            await self.create_groups()
            return [], False
        messages = [
            Message(self._by_stream[stream], identifier, fields)
            for stream, entries in reply
            for identifier, fields in entries
        ]
        if messages:
            mean = sum(message.size for message in messages) // len(messages)
            self._count = max(1, min(_MOST_AT_ONCE, budget // max(mean, 1)))
        return messages, any(len(entries) == count for _, entries in reply)

    async def create_groups(self) -> None:
        """Create the streams' groups where they are missing, from the first entry on: never from now."""
        for stream in self._streams:
            try:
                await self._redis.xgroup_create(stream, GROUP, id="0", mkstream=True)
            except ResponseError as error:
                if not str(error).startswith("BUSYGROUP"):
                    raise

    async def reclaim(self, budget: int, *, idle_ms: int = RECLAIM_AFTER_MS) -> list[Message]:
        """Take over entries whose owner has not renewed them for `idle_ms`; at most about `budget` bytes."""
        messages: list[Message] = []
        size = 0
        for shard, stream in zip(self._shards, self._streams, strict=True):
            cursor: bytes | str = "0-0"
            while size < budget:
                count = max(1, min(_MOST_AT_ONCE, (budget - size) // MAX_ENTRY_BYTES))
                try:
                    reply = await self._redis.xautoclaim(
                        stream, GROUP, self._consumer, idle_ms, start_id=cursor, count=count
                    )
                except ResponseError as error:
                    if not str(error).startswith("NOGROUP"):
                        raise
                    break
                cursor, entries = reply[0], reply[1]
                taken = [Message(shard, identifier, fields) for identifier, fields in entries if fields]
                size += sum(message.size for message in taken)
                messages += taken
                if cursor in (b"0-0", "0-0"):
                    break
        return messages

    async def renew(self, messages: Iterable[Message]) -> int:
        """Say that these entries are still being worked on; return how many are still this consumer's."""
        script = self._redis.register_script(_RENEW)
        mine = 0
        for shard, group in _by_shard(messages).items():
            ids = [message.id for message in group]
            mine += len(await script(keys=[self._streams[shard]], args=[GROUP, self._consumer, *ids]))
        return mine

    async def acknowledge(self, messages: Iterable[Message]) -> int:
        """Acknowledge and delete entries that were committed; return how many were still there."""
        removed = 0
        for shard, group in _by_shard(messages).items():
            removed += await acknowledge(self._redis, shard, [(m.id, m.size) for m in group])
        return removed

    async def pending(self) -> int:
        """Return how many entries are delivered to any consumer and not acknowledged."""
        total = 0
        for stream in self._streams:
            try:
                total += (await self._redis.xpending(stream, GROUP))["pending"]
            except ResponseError as error:
                if not str(error).startswith("NOGROUP"):
                    raise
        return total

    async def leave(self) -> int:
        """Remove this consumer from the groups, but not where it holds entries; return from how many."""
        return await self._remove(self._consumer, 0)

    async def remove_gone(self, idle_ms: int = _FORGET_CONSUMER_AFTER_MS) -> int:
        """Remove consumers that have been silent for `idle_ms` and hold nothing; return how many."""
        return await self._remove("", idle_ms)

    async def _remove(self, consumer: str, idle_ms: int) -> int:
        script = self._redis.register_script(_REMOVE)
        removed = 0
        for stream in self._streams:
            try:
                removed += int(await script(keys=[stream], args=[GROUP, consumer, idle_ms]))
            except ResponseError as error:
                if "NOGROUP" not in str(error):
                    raise
        return removed


def _by_shard(messages: Iterable[Message]) -> dict[int, Sequence[Message]]:
    shards: dict[int, Any] = {}
    for message in messages:
        shards.setdefault(message.shard, []).append(message)
    return shards
