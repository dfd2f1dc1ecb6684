"""A process of its own for repricing, so that it never shares the consumer's event loop.

    python -m llmlab_worker.repricing advance <id> <seconds>
    python -m llmlab_worker.repricing arrivals

The worker's jobs start it, with the settings in the environment and a pipe as standard input: when that
ends, who started it has died, and it ends too. Exit codes: 0 done, 75 there is more to do.
"""

import asyncio
import os
import sys
import time

import uvloop
from llmlab_shared.config import ServerSettings
from llmlab_shared.db.engine import open_pool
from llmlab_shared.errors import ConfigurationError
from llmlab_shared.log import configure

from llmlab_worker.children import NICE, while_parent_lives
from llmlab_worker.pipeline.reference import Reference
from llmlab_worker.repricing.arrivals import ask_for_arrivals
from llmlab_worker.repricing.steps import advance

MORE = os.EX_TEMPFAIL
_COMMAND_TIMEOUT = 120.0


async def _run(arguments: list[str]) -> int:
    settings = ServerSettings()
    if not settings.database_url:
        raise ConfigurationError("repricing needs LLMLAB_DATABASE_URL")
    configure(settings.log_level, settings.log_format)
    return await while_parent_lives(_work(settings.database_url, arguments), MORE)


async def _work(database_url: str, arguments: list[str]) -> int:
    pool = await open_pool(database_url, min_size=0, max_size=2, command_timeout=_COMMAND_TIMEOUT)
    try:
        match arguments:
            case ["arrivals"]:
                await ask_for_arrivals(pool)
                return 0
            case ["advance", repricing_id, seconds]:
                until = time.monotonic() + float(seconds)
                reference = Reference()
                while not await advance(pool, reference, int(repricing_id)):
                    if time.monotonic() > until:
                        return MORE
                return 0
            case _:
                raise SystemExit(__doc__)
    finally:
        pool.terminate()


if __name__ == "__main__":
    os.nice(NICE)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(_run(sys.argv[1:])))
