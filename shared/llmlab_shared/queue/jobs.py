"""Background jobs on arq: the queue's name, its serializer and how to put a job on it.

Jobs travel as JSON, not as pickles: what can write to Redis must not be able to run code here.
"""

from typing import Any

import msgspec
from arq import ArqRedis, create_pool
from arq.connections import RedisSettings
from redis.asyncio import Redis

QUEUE = "llmlab:jobs"


def serialize(job: dict[str, Any]) -> bytes:
    """Return a job or its result as JSON; an exception becomes its text."""
    return msgspec.json.encode(job, enc_hook=_plain)


def deserialize(raw: bytes) -> dict[str, Any]:
    """Return what `serialize` was given."""
    return msgspec.json.decode(raw, type=dict[str, Any])


async def open_jobs(redis_url: str) -> ArqRedis:
    """Return a connection that enqueues jobs for the workers (`await jobs.enqueue_job(name, …)`)."""
    return await create_pool(
        RedisSettings.from_dsn(redis_url),
        job_serializer=serialize,
        job_deserializer=deserialize,
        default_queue_name=QUEUE,
    )


def jobs_over(redis: Redis) -> ArqRedis:
    """Return what enqueues jobs over the connections of a client that is open already."""
    return ArqRedis(
        redis.connection_pool,
        job_serializer=serialize,
        job_deserializer=deserialize,
        default_queue_name=QUEUE,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, BaseException):
        return repr(value)
    raise NotImplementedError(f"{type(value).__name__} is no JSON")
