"""What the API keeps running for its keys: the cache, two connections of its own, the last-used notes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

from llmlab_shared.db.engine import open_pool
from llmlab_shared.db.repositories.keys import find_key

from llmlab_api.auth import KeyCache
from llmlab_api.keys.last_used import LastUsed

_TIMEOUT = 2.0
_CLOSE_TIMEOUT = 3.0


@asynccontextmanager
async def serve_keys(database_url: str) -> AsyncIterator[KeyCache]:
    """Yield the key cache. It starts without a database too, and connects when a key is first looked up.

    The connections are apart from the engine's, so that slow reports do not hold up ingest.
    """
    pool = await open_pool(
        database_url, min_size=0, max_size=2, connect_timeout=_TIMEOUT, command_timeout=_TIMEOUT
    )
    last_used = LastUsed(pool)
    cache = KeyCache(partial(find_key, pool), used=last_used.note)
    notes = asyncio.create_task(last_used.run())
    try:
        yield cache
    finally:
        notes.cancel()
        with suppress(asyncio.CancelledError):
            await notes
        await cache.close()
        await last_used.flush()
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT):
                await pool.close()
        except TimeoutError:
            pool.terminate()
