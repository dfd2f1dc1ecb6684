"""Noting when each API key was last used: lazily, in the background, and never at a request's expense."""

import asyncio

import asyncpg
from asyncpg.exceptions import InterfaceError, PostgresError
from llmlab_shared.db.outage import is_outage
from llmlab_shared.db.repositories.keys import mark_used
from llmlab_shared.log import get_logger

INTERVAL = 10.0
_TIMEOUT = 5.0
log = get_logger("api.keys")


class LastUsed:
    """Collects the ids of used keys and writes them every ten seconds, each at most once a minute."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._ids: set[int] = set()

    def note(self, key_id: int) -> None:
        """Remember that a key was used."""
        self._ids.add(key_id)

    async def run(self) -> None:
        """Write what was noted, until cancelled."""
        while True:
            await asyncio.sleep(INTERVAL)
            await self.flush()

    async def flush(self) -> None:
        """Write what was noted since the last time; a failure is logged and what was noted is dropped."""
        ids, self._ids = self._ids, set()
        if not ids:
            return
        try:
            async with asyncio.timeout(_TIMEOUT):
                await mark_used(self._pool, ids)
        except (PostgresError, InterfaceError, OSError) as error:
            reason = "the database is away" if is_outage(error) else str(error)
            log.warning("last_used_at was not written", keys=len(ids), reason=reason)
