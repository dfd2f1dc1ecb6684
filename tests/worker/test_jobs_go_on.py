"""arq beside the consumer: when it breaks off it is begun again, whatever its jobs were about to do."""

import asyncio
from typing import Any

import pytest
from arq import Worker, func
from arq.connections import RedisSettings, create_pool
from llmlab_shared.config import ServerSettings
from llmlab_worker import main
from worker_process import until

QUEUE = "jobs of a test"


# arq closes its connections by a name that redis-py calls deprecated.
@pytest.mark.filterwarnings("ignore:Call to deprecated close:DeprecationWarning")
async def test_jobs_go_on_though_one_was_just_ending(
    redis_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    ending, release = asyncio.Event(), asyncio.Event()

    async def job(context: Any, *names: Any) -> None:
        ran.extend(names)

    class Breaking(Worker):
        """Loses Redis while it notes the end of its first job; whoever comes after it does not."""

        async def finish_job(self, *given: Any, **more: Any) -> None:
            if ending.is_set():
                await super().finish_job(*given, **more)
            else:
                ending.set()
                await release.wait()

        async def async_run(self) -> None:
            if ending.is_set():
                await super().async_run()
                return
            running = asyncio.create_task(super().async_run())
            await ending.wait()
            running.cancel()
            raise ConnectionError("Redis is away")

    where = RedisSettings.from_dsn(redis_url)
    arguments = {"functions": [func(job, name="job")], "queue_name": QUEUE, "redis_settings": where}
    monkeypatch.setattr(main, "Worker", Breaking)
    monkeypatch.setattr(main, "_FIRST_PAUSE", 0.01)
    monkeypatch.setattr(main, "_arguments", lambda settings: arguments)
    runtime: Any = None
    settings = ServerSettings(database_url=database_url, redis_url=redis_url)
    keeper = asyncio.create_task(main._keep_jobs_running(settings, runtime))
    pool = await create_pool(where, default_queue_name=QUEUE)
    try:
        await pool.enqueue_job("job", "before")
        await asyncio.wait_for(ending.wait(), 20)
        await pool.enqueue_job("job", "after")

        async def both() -> bool:
            return ran == ["before", "after"]

        await until(both, "a job is run after arq broke off", 20)
    finally:
        release.set()
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)
        await pool.aclose(close_connection_pool=True)
