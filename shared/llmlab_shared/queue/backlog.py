"""How much waits on the streams, in bytes, known exactly and for nothing.

Beside each stream, on the same cluster slot, lies a counter. The writer adds an entry's size in the
very MULTI that adds the entry, and INCRBY's answer tells it the backlog of all writers; `acknowledge`
takes the size away in the script that removes the entry, and only if it was still there: an entry that
two workers acknowledge is subtracted once. Neither a crash nor a restart parts the two. If someone
else's hand does (a stream deleted, a counter lost), an empty stream has no backlog whatever its counter
says, and the counter starts anew when the stream is next drained.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from redis.asyncio import Redis

from llmlab_shared.queue.entry import GROUP, stream_name

_ACKNOWLEDGE = """
local freed = 0
local removed = 0
for i = 2, #ARGV, 2 do
  redis.call('XACK', KEYS[1], ARGV[1], ARGV[i])
  if redis.call('XDEL', KEYS[1], ARGV[i]) == 1 then
    removed = removed + 1
    freed = freed + tonumber(ARGV[i + 1])
  end
end
if redis.call('XLEN', KEYS[1]) == 0 then
  redis.call('DEL', KEYS[2])
elseif freed > 0 and redis.call('DECRBY', KEYS[2], freed) < 0 then
  redis.call('SET', KEYS[2], 0)
end
return removed
"""

# A script and not XRANGE from here: an entry may be 256 KiB, and only its id is wanted.
_READ = """
local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)
if #first == 0 then
  return {0, 0, ''}
end
return {redis.call('XLEN', KEYS[1]), redis.call('GET', KEYS[2]) or 0, first[1][1]}
"""


def counter_name(shard: int) -> str:
    """Return the key of the bytes that wait on a shard's stream."""
    return f"{stream_name(shard)}:bytes"


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits on a stream, or on all: bytes, entries, and when the oldest was received (µs), if any."""

    bytes: int
    entries: int
    oldest_at_us: int | None


async def acknowledge(redis: Redis, shard: int, done: Sequence[tuple[bytes, int]]) -> int:
    """Acknowledge and delete entries of a shard, atomically; return how many were still there.

    `done` has each entry's stream id and its size (`Entry.size`, or `size_of` its fields). Call it after
    the commit, once for every shard of the batch.
    """
    arguments: list[bytes | int | str] = [GROUP]
    for identifier, size in done:
        arguments += (identifier, size)
    script = redis.register_script(_ACKNOWLEDGE)
    return int(await script(keys=[stream_name(shard), counter_name(shard)], args=arguments))


async def read_shard(redis: Redis, shard: int) -> Backlog:
    """Return what waits on one stream. Raises redis' own errors when it is away."""
    script = redis.register_script(_READ)
    entries, waiting, first = await script(keys=[stream_name(shard), counter_name(shard)])
    if entries == 0:
        return Backlog(0, 0, None)
    # A stream id begins with the server's time of arrival in milliseconds.
    return Backlog(max(int(waiting), 0), entries, int(bytes(first).split(b"-")[0]) * 1000)


async def read_backlog(redis: Redis, shards: int) -> Backlog:
    """Return what waits on all streams together. Raises redis' own errors when it is away."""
    each = [await read_shard(redis, shard) for shard in range(shards)]
    return Backlog(
        sum(backlog.bytes for backlog in each),
        sum(backlog.entries for backlog in each),
        min((backlog.oldest_at_us for backlog in each if backlog.oldest_at_us is not None), default=None),
    )
