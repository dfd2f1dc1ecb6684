"""Which workers are alive: one expiring key of Redis for each, written by it, read by everyone."""

import msgspec
from redis.asyncio import Redis

EVERY = 5.0
EXPIRES = 15
_PREFIX = "llmlab:worker:"


class Heartbeat(msgspec.Struct, kw_only=True):
    """What a worker says of itself; times in microseconds since 1970, rates over the last minute."""

    name: str
    pid: int
    host: str
    started_us: int
    at_us: int
    events_per_second: float
    batches: int
    last_commit_us: int | None
    pending: int
    rss_bytes: int
    stalled: bool = False


def heartbeat_key(name: str) -> str:
    """Return the key of a worker's heartbeat."""
    return _PREFIX + name


async def read_heartbeats(redis: Redis) -> list[Heartbeat]:
    """Return the living workers, oldest first. Raises redis' own errors when it is away."""
    keys = [key async for key in redis.scan_iter(match=_PREFIX + "*", count=1000)]
    beats = (
        [msgspec.json.decode(raw, type=Heartbeat) for raw in await redis.mget(keys) if raw] if keys else []
    )
    return sorted(beats, key=lambda beat: (beat.started_us, beat.name))
