"""A process of its own for what is looked at by the clock, so that it never shares the consumer's event loop.

    python -m llmlab_worker.outlook forecasts | anomalies | reports

What is left undone when it ends early the next run does; nothing is told twice.
Exit codes: 0 done, 70 done but for workspaces that the log names, 75 ended early.
"""

import asyncio
import os
import sys

import uvloop
from llmlab_shared.clock import now
from llmlab_shared.config import ServerSettings
from llmlab_shared.db.engine import create_engine
from llmlab_shared.errors import ConfigurationError
from llmlab_shared.log import configure, get_logger

from llmlab_worker.children import NICE, while_parent_lives
from llmlab_worker.outlook.anomalies import find_anomalies
from llmlab_worker.outlook.forecasts import forecast_budgets
from llmlab_worker.outlook.reports import send_reports
from llmlab_worker.outlook.tenants import SomeFailed

_WORK = {"forecasts": forecast_budgets, "anomalies": find_anomalies, "reports": send_reports}

log = get_logger(__name__)


async def _run(what: str) -> int:
    settings = ServerSettings()
    if not settings.database_url:
        raise ConfigurationError("the outlook needs LLMLAB_DATABASE_URL")
    configure(settings.log_level, settings.log_format)
    return await while_parent_lives(_work(settings.database_url, what), os.EX_TEMPFAIL)


async def _work(database_url: str, what: str) -> int:
    engine = create_engine(database_url, pool_size=1)
    try:
        made = await _WORK[what](engine, now())
        log.info("outlook_done", what=what, messages=made)
        return os.EX_OK
    except SomeFailed as some:
        log.error("outlook_incomplete", what=what, messages=some.made, failed=some.failed)
        return os.EX_SOFTWARE
    finally:
        await engine.dispose()


if __name__ == "__main__":
    if sys.argv[1:] not in [[what] for what in _WORK]:
        raise SystemExit(__doc__)
    os.nice(NICE)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(_run(sys.argv[1])))
