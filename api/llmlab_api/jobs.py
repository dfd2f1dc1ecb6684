"""Telling the workers what to begin at once. They look for it by themselves too, within a minute."""

import asyncio
from typing import Any, Final

from llmlab_shared.log import get_logger
from redis.exceptions import RedisError

from llmlab_api.services import Services

# The job that prices what had no price.
ARRIVALS: Final = "price_arrivals"
# Of a change that is committed: its caller waits for this, and needs none of it.
PATIENCE_SECONDS = 1.0

log = get_logger(__name__)


async def enqueue(services: Services, job: str, *arguments: Any) -> bool:
    """Put a job on the workers' queue and say whether it is there; when Redis is away, log that and go on."""
    # Here, because most processes never need it, and it loads all of the queue's client.
    from llmlab_shared.queue.jobs import open_jobs

    try:
        async with (
            asyncio.timeout(PATIENCE_SECONDS),
            await open_jobs(services.settings.redis_url or "") as jobs,
        ):
            await jobs.enqueue_job(job, *arguments)
    except (TimeoutError, OSError, RedisError) as error:
        log.warning("job_not_enqueued", job=job, error=f"{type(error).__name__}: {error}")
        return False
    return True
