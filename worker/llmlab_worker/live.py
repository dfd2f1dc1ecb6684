"""Telling those who watch a workspace what was just stored in it; nobody watching costs one question."""

import asyncio
from collections.abc import Iterable, Sequence

from llmlab_shared.clock import to_us
from llmlab_shared.log import get_logger
from llmlab_shared.queue import live
from llmlab_shared.queue.live import MOST_EVENTS, StoredEvent
from redis.asyncio import Redis

from llmlab_worker.pipeline.rows import id_time_in_row
from llmlab_worker.pipeline.sums import Item
from llmlab_worker.pipeline.write import identity_of

# The events are committed and acknowledged: whoever tells of them must not wait for long.
_PATIENCE_SECONDS = 0.5

log = get_logger(__name__)


class LivePublisher:
    """Tells of stored events, and never of trouble: what cannot be told is left out."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._away = False

    async def publish(self, items: Sequence[Item]) -> None:
        """Tell of events that are committed, to those who watch their workspaces."""
        if not items:
            return
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                watched = await live.watched(self._redis)
                if stored := _by_workspace(items, watched) if watched else None:
                    await live.tell(self._redis, stored)
        except Exception as error:
            # Whatever it is, the ledger is right without it.
            if not self._away:
                log.warning("live_away", reason=f"{type(error).__name__}: {error}", then="not told")
            self._away = True
        else:
            self._away = False


def _by_workspace(items: Iterable[Item], watched: set[int]) -> dict[int, tuple[Sequence[StoredEvent], int]]:
    """Return the newest events of the watched workspaces, oldest first, and how many more there are."""
    found: dict[int, list[Item]] = {}
    for item in items:
        workspace_id = item.group.cell.workspace_id
        if workspace_id in watched:
            found.setdefault(workspace_id, []).append(item)
    return {
        workspace_id: ([_stored(item) for item in some[-MOST_EVENTS:]], max(0, len(some) - MOST_EVENTS))
        for workspace_id, some in found.items()
    }


def _stored(item: Item) -> StoredEvent:
    return StoredEvent(to_us(id_time_in_row(item.row)), identity_of(item)[1])
