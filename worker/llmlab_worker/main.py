"""The worker process: the stream consumer first, arq's jobs and crons beside it.

`run` is what `llmlab worker` calls. It owns the event loop, because arq ends with the first error that
Redis gives it; here arq is a child that is started again. `WorkerSettings` is for stock arq
(`arq llmlab_worker.main.WorkerSettings`, `arq --check …`), which then owns the loop and starts the
consumer in it. It is made when it is asked for, from the environment of that moment.
"""

import asyncio
import gc
import signal
from contextlib import suppress
from typing import Any

import uvloop
from arq import Worker, func
from arq.connections import RedisSettings
from arq.cron import cron
from llmlab_shared.config import ServerSettings
from llmlab_shared.log import configure, get_logger
from llmlab_shared.queue.jobs import QUEUE, deserialize, serialize

from llmlab_worker.jobs.context import RUNTIME
from llmlab_worker.jobs.deliveries import deliver, fan_out, sweep_deliveries
from llmlab_worker.jobs.folds import fold_busy_days, fold_older_days, fold_recent_days
from llmlab_worker.jobs.outlook import TIMEOUT_SECONDS as OUTLOOK_SECONDS
from llmlab_worker.jobs.outlook import find_anomalies, forecast_budgets, send_reports
from llmlab_worker.jobs.password_resets import SWEEP_SECONDS as SWEEP_RESETS_SECONDS
from llmlab_worker.jobs.password_resets import send_password_reset, sweep_password_resets
from llmlab_worker.jobs.price_events import price_events
from llmlab_worker.jobs.rebuild_days import SWEEP_SECONDS as SWEEP_REBUILDS_SECONDS
from llmlab_worker.jobs.rebuild_days import TIMEOUT_SECONDS as REBUILD_SECONDS
from llmlab_worker.jobs.rebuild_days import rebuild_days
from llmlab_worker.jobs.reconcile import reconcile
from llmlab_worker.jobs.replay import replay_dead_letters
from llmlab_worker.jobs.repricing import (
    SWEEP_SECONDS,
    TIMEOUT_SECONDS,
    price_arrivals,
    reprice,
    sweep_repricings,
)
from llmlab_worker.jobs.upkeep import ensure_partitions, prune_inbox
from llmlab_worker.notify.deliveries import JOB_SECONDS
from llmlab_worker.notify.deliveries import SWEEP_SECONDS as SWEEP_DELIVERIES_SECONDS
from llmlab_worker.runtime import HEALTH_KEY, Runtime, addresses

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0
# arq writes its own health key once and then not again; the consumer's heartbeat keeps it, or lets it
# expire.
_NEVER = 365 * 86_400
_RECEIVERS_AT_ONCE = 32
# How long stock arq lets jobs come to their end: one that is cancelled while arq notes its end would end the
# process with an error, and before the consumer has stopped.
_COMPLETION_SECONDS = 2

log = get_logger(__name__)


def run(settings: ServerSettings) -> None:
    """Run one worker process until SIGTERM or SIGINT. Raises `ConfigurationError` before it starts."""
    addresses(settings)
    configure(settings.log_level, settings.log_format)
    # What is imported lives for ever; a batch makes hundreds of thousands of objects and no cycles.
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_main(settings))


async def _main(settings: ServerSettings) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    runtime = await Runtime.start(settings)
    jobs = asyncio.create_task(_keep_jobs_running(settings, runtime))
    told = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait([told, *runtime.tasks], return_when=asyncio.FIRST_COMPLETED)
    finally:
        told.cancel()
        jobs.cancel()
        await asyncio.gather(told, jobs, return_exceptions=True)
        await runtime.stop()


async def _keep_jobs_running(settings: ServerSettings, runtime: Runtime) -> None:
    """Run arq's worker, and run it again when it ends; the consumer does not mind."""
    pause = _FIRST_PAUSE
    loop = asyncio.get_running_loop()
    while True:
        worker = Worker(**_arguments(settings), handle_signals=False, ctx={RUNTIME: runtime})
        started = loop.time()
        try:
            await worker.async_run()
        except Exception as error:
            # Also when it ran well for long: then the first pause is short again.
            pause = _FIRST_PAUSE if loop.time() - started > _LONGEST_PAUSE else pause
            log.warning("jobs_paused", seconds=pause, reason=f"{type(error).__name__}: {error}")
        finally:
            await _close(worker)
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


async def _close(worker: Worker) -> None:
    running = [task for task in (worker.main_task, *worker.tasks.values()) if task is not None]
    for task in running:
        task.cancel()
    # Here, as arq's own `close` ends with the cancellation of a job whose end it was noting: then nobody
    # would run jobs again.
    await asyncio.gather(*running, return_exceptions=True)
    worker.tasks.clear()
    with suppress(Exception):
        await worker.close()


def _arguments(settings: ServerSettings) -> dict[str, Any]:
    _, redis_url = addresses(settings)
    return {
        "functions": [
            func(price_events, max_tries=1000),
            func(replay_dead_letters, timeout=600),
            func(reconcile, timeout=3600),
            func(reprice, timeout=TIMEOUT_SECONDS, max_tries=1000, keep_result=0),
            func(price_arrivals, timeout=600, keep_result=0),
            func(rebuild_days, timeout=REBUILD_SECONDS, keep_result=0),
            func(fan_out, timeout=JOB_SECONDS, keep_result=0),
            func(deliver, timeout=JOB_SECONDS, keep_result=0, max_tries=1),
            func(sweep_deliveries, timeout=JOB_SECONDS, keep_result=0),
            func(send_password_reset, timeout=JOB_SECONDS, keep_result=0, max_tries=1),
        ],
        "cron_jobs": [
            cron(ensure_partitions, hour=None, minute=17, run_at_startup=True, unique=True),
            cron(prune_inbox, hour=None, minute=37, unique=True),
            cron(fold_busy_days, minute=set(range(4, 60, 5)), timeout=3600, unique=True),
            cron(fold_recent_days, hour=None, minute=27, timeout=3600, unique=True),
            cron(fold_older_days, hour=4, minute=47, timeout=3600, unique=True),
            cron(sweep_repricings, second=set(range(0, 60, SWEEP_SECONDS)), unique=True, keep_result=0),
            cron(
                rebuild_days,
                second=set(range(2, 60, SWEEP_REBUILDS_SECONDS)),
                timeout=REBUILD_SECONDS,
                unique=True,
                keep_result=0,
            ),
            cron(price_arrivals, second=set(range(5, 60, 10)), timeout=600, unique=True, keep_result=0),
            cron(
                sweep_deliveries,
                second=set(range(10, 60, SWEEP_DELIVERIES_SECONDS)),
                timeout=JOB_SECONDS,
                run_at_startup=True,
                unique=True,
                keep_result=0,
            ),
            cron(
                sweep_password_resets,
                second=set(range(3, 60, SWEEP_RESETS_SECONDS)),
                timeout=600,
                unique=True,
                keep_result=0,
            ),
            cron(forecast_budgets, minute=11, timeout=OUTLOOK_SECONDS, unique=True, keep_result=0),
            cron(find_anomalies, minute=41, timeout=OUTLOOK_SECONDS, unique=True, keep_result=0),
            cron(send_reports, minute={1, 16, 31, 46}, timeout=OUTLOOK_SECONDS, unique=True, keep_result=0),
            cron(reconcile, hour=3, minute=7, timeout=3600, unique=True),
        ],
        "queue_name": QUEUE,
        "redis_settings": RedisSettings.from_dsn(redis_url),
        "job_serializer": serialize,
        "job_deserializer": deserialize,
        "health_check_key": HEALTH_KEY,
        "health_check_interval": _NEVER,
        "keep_result": 600,
        # Nearly all of them wait for receivers of alerts; what works on the ledger is one at a time of each.
        "max_jobs": 4 + _RECEIVERS_AT_ONCE,
    }


async def _startup(ctx: dict[str, Any]) -> None:
    ctx[RUNTIME] = await Runtime.start(ServerSettings())


async def _shutdown(ctx: dict[str, Any]) -> None:
    await ctx[RUNTIME].stop()


def __getattr__(name: str) -> Any:
    if name != "WorkerSettings":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    members = _arguments(ServerSettings()) | {
        "__doc__": "What stock arq runs: the jobs, and the consumer in the same loop.",
        "on_startup": staticmethod(_startup),
        "on_shutdown": staticmethod(_shutdown),
        "job_completion_wait": _COMPLETION_SECONDS,
    }
    return type("WorkerSettings", (), members)
