"""`llmlab workers`: who is alive, how far behind, how fast."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
import rich_click as click
from llmlab_shared.queue.backlog import Backlog, read_backlog
from llmlab_shared.queue.heartbeats import Heartbeat, read_heartbeats

from llmlab_deploy.commands.common import data_dir_option, explained
from llmlab_deploy.errors import Unreachable

_TIMEOUT = 5.0


@dataclass(frozen=True, slots=True)
class Fleet:
    """The living workers and what waits for them, at one moment (µs)."""

    workers: list[Heartbeat]
    backlog: Backlog
    at_us: int

    @property
    def lag_seconds(self) -> float:
        """The age of the oldest entry that is not yet written; 0 when none waits."""
        oldest = self.backlog.oldest_at_us
        return 0.0 if oldest is None else max(0.0, round((self.at_us - oldest) / 1e6, 3))

    @property
    def events_per_second(self) -> float:
        """What all workers together store."""
        return round(sum(worker.events_per_second for worker in self.workers), 1)


@click.command(name="workers", epilog="Example: `llmlab workers --json`")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
@data_dir_option
@explained
def command(as_json: bool, data_dir: Path | None) -> None:
    """Show the living workers, their rates, and how much waits for them.

    Exit code 1 when no worker is alive or one is stalled.
    """
    from llmlab_deploy.settings import server_settings

    settings = server_settings(data_dir)
    fleet = asyncio.run(_ask(settings.redis_url or "", settings.stream_shards))
    if as_json:
        click.echo(_as_json(fleet))
    else:
        _show(fleet)
    if not fleet.workers or any(worker.stalled for worker in fleet.workers):
        raise SystemExit(1)


async def _ask(redis_url: str, shards: int) -> Fleet:
    from redis.asyncio import Redis
    from redis.exceptions import RedisError

    redis = Redis.from_url(redis_url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT)
    try:
        return Fleet(await read_heartbeats(redis), await read_backlog(redis, shards), time.time_ns() // 1000)
    except (RedisError, OSError) as error:
        raise Unreachable(
            f"Redis does not answer ({error}); is it running, and is LLMLAB_REDIS_URL right?"
        ) from error
    finally:
        await redis.aclose()


def _as_json(fleet: Fleet) -> str:
    return msgspec.json.encode(
        {
            "workers": fleet.workers,
            "lag_seconds": fleet.lag_seconds,
            "backlog": {"entries": fleet.backlog.entries, "bytes": fleet.backlog.bytes},
            "events_per_second": fleet.events_per_second,
        }
    ).decode()


def _show(fleet: Fleet) -> None:
    from llmlab_cli.screen import show
    from rich.console import Group, RenderableType
    from rich.table import Table
    from rich.text import Text

    first: RenderableType = Text("No worker is alive. Start one with `llmlab worker`.")
    if fleet.workers:
        first = table = Table(box=None, pad_edge=False)
        for name, justify in _COLUMNS:
            table.add_column(name, justify=justify, no_wrap=True)
        for worker in fleet.workers:
            table.add_row(*map(Text, _row(worker, fleet.at_us)))
    waiting = Text(
        f"Waiting: {fleet.backlog.entries:,} entries, {fleet.backlog.bytes / 2**20:.1f} MiB, "
        f"the oldest for {fleet.lag_seconds:.1f} s. Stored: {fleet.events_per_second:,} events/s."
    )
    show(lambda _: Group(first, waiting))


_COLUMNS: tuple[tuple[str, Literal["left", "right"]], ...] = (
    ("host", "left"),
    ("pid", "right"),
    ("up", "right"),
    ("events/s", "right"),
    ("batches", "right"),
    ("last commit", "right"),
    ("in hand", "right"),
    ("memory", "right"),
    ("state", "left"),
)


def _row(worker: Heartbeat, now_us: int) -> list[str]:
    return [
        worker.host,
        str(worker.pid),
        _age(now_us - worker.started_us),
        f"{worker.events_per_second:,.1f}",
        f"{worker.batches:,}",
        "never" if worker.last_commit_us is None else f"{_age(now_us - worker.last_commit_us)} ago",
        f"{worker.pending:,}",
        f"{worker.rss_bytes / 2**20:.0f} MiB",
        "STALLED" if worker.stalled else "ok",
    ]


def _age(microseconds: int) -> str:
    seconds = max(0, microseconds // 1_000_000)
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7200:
        return f"{seconds // 60} min"
    if seconds < 172_800:
        return f"{seconds // 3600} h"
    return f"{seconds // 86_400} d"
