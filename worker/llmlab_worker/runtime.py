"""One worker process' connections and its consumer, opened and closed together."""

import asyncio
import os
import secrets
import socket
from dataclasses import dataclass, field

import asyncpg
from llmlab_shared.config import ServerSettings
from llmlab_shared.db.engine import open_pool
from llmlab_shared.domain.notifications import FAN_OUT
from llmlab_shared.errors import ConfigurationError
from llmlab_shared.log import get_logger
from llmlab_shared.queue.heartbeats import heartbeat_key
from llmlab_shared.queue.jobs import jobs_over
from llmlab_shared.queue.reader import StreamReader
from redis.asyncio import Redis
from redis.exceptions import RedisError

from llmlab_worker.consumer import TASKS, Consumer
from llmlab_worker.live import LivePublisher
from llmlab_worker.meter import Meter, beat
from llmlab_worker.notify.post import Post

# `arq --check` on this host asks for this host's workers.
HEALTH_KEY = f"llmlab:health:{socket.gethostname()}"
# A batch in flight when the process is told to stop gets so long to be committed.
_STOP_WITHIN = 20.0
# Longer than any statement of the write path; a connection that hangs must not hang its task for ever.
_COMMAND_TIMEOUT = 120.0
_REDIS_TIMEOUT = 10.0

log = get_logger(__name__)


def addresses(settings: ServerSettings) -> tuple[str, str]:
    """Return the database's and Redis' URL; raise `ConfigurationError` when one is not set."""
    if not settings.database_url or not settings.redis_url:
        raise ConfigurationError(
            "the worker needs LLMLAB_DATABASE_URL and LLMLAB_REDIS_URL; `llmlab up` brings its own"
        )
    return settings.database_url, settings.redis_url


@dataclass(slots=True)
class Runtime:
    """A running consumer with what it runs on. `pricing` bounds how many jobs price at once.

    `repricing` and `arriving` are held while a process of this worker's does that: one at a time.
    """

    name: str
    database_url: str
    pool: asyncpg.Pool
    redis: Redis
    post: Post
    consumer: Consumer
    live: LivePublisher
    tasks: list[asyncio.Task[None]]
    values_a_day: int
    repricing: asyncio.Lock = field(default_factory=asyncio.Lock)
    arriving: asyncio.Lock = field(default_factory=asyncio.Lock)
    pricing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(TASKS))

    @classmethod
    async def start(cls, settings: ServerSettings) -> "Runtime":
        """Start consuming. Nothing needs to be up yet: the consumer waits for what is away."""
        database_url, redis_url = addresses(settings)
        name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        redis = Redis.from_url(
            redis_url, socket_timeout=_REDIS_TIMEOUT, socket_connect_timeout=_REDIS_TIMEOUT
        )
        # Each task holds one connection; jobs share the rest.
        pool = await open_pool(database_url, min_size=0, max_size=TASKS + 2, command_timeout=_COMMAND_TIMEOUT)
        post = await Post.open(database_url, settings)
        meter, crossed = Meter(), asyncio.Event()
        reader = StreamReader(redis, settings.stream_shards, name)
        live = LivePublisher(redis)
        consumer = Consumer(reader, pool, meter, live, crossed.set)
        tasks = [
            asyncio.create_task(consumer.run()),
            asyncio.create_task(beat(redis, name, meter, consumer.held, HEALTH_KEY)),
            asyncio.create_task(_tell_of_crossings(redis, crossed)),
        ]
        log.info("worker_started", name=name, shards=settings.stream_shards)
        return cls(name, database_url, pool, redis, post, consumer, live, tasks, settings.values_a_day)

    async def stop(self) -> None:
        """Finish what was read, acknowledge it, and close; what cannot be finished is left to others."""
        self.consumer.stop()
        consuming, *others = self.tasks
        _, late = await asyncio.wait([consuming], timeout=_STOP_WITHIN)
        if late:
            log.warning("stopped_late", left_to_others=self.consumer.held())
        for task in self.tasks:
            task.cancel()
        results = await asyncio.gather(consuming, *others, return_exceptions=True)
        try:
            await self.redis.delete(heartbeat_key(self.name))
        except (RedisError, OSError) as error:
            log.info("heartbeat_left_to_expire", reason=str(error))
        await self.redis.aclose()
        await self.post.close()
        try:
            await asyncio.wait_for(self.pool.close(), 5)
        except TimeoutError:
            self.pool.terminate()
        for result in results:
            if isinstance(result, Exception):
                raise result
        log.info("worker_stopped", name=self.name)


async def _tell_of_crossings(redis: Redis, crossed: asyncio.Event) -> None:
    """Ask for the alerts of what was crossed at once, beside the consumer; without Redis a sweep does it."""
    jobs = jobs_over(redis)
    while True:
        await crossed.wait()
        crossed.clear()
        try:
            await jobs.enqueue_job(FAN_OUT)
        except (RedisError, OSError) as error:
            log.info("alerts_wait_for_sweep", reason=str(error))
