"""Who is calling: the signed-in caller, and the cache that knows API keys without a query for each request.

Ingest must not wait for PostgreSQL, so keys are remembered. What is promised:

- a key that was found is believed for 5 seconds, and so is the news that there is no such key; a revoked
  key therefore dies everywhere within 5 seconds;
- however many requests miss at once, a key is looked up once;
- random keys cannot grow the cache: a wrong checksum needs no lookup, misses have a bounded room of their
  own, and so do lookups under way;
- while the database is unreachable, and only then, a key that was good is believed for up to 10 minutes
  after it was last confirmed. A key that is not remembered raises `KeysUnavailable` (503, not 401: it may be
  good). The database is asked again every second, so a revocation is effective seconds after its return.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from llmlab_shared.db.outage import is_outage
from llmlab_shared.db.repositories.keys import StoredKey
from llmlab_shared.errors import LLMLabError
from llmlab_shared.security import hash_api_key, is_api_key

# What an API key may be given, and what routes ask for: `edit` is to change what the whole workspace sees
# and uses, without settling who and what the workspace is.
Scope = Literal["ingest", "read", "admin"]
Right = Literal["ingest", "read", "edit", "admin"]
ROLE_RIGHTS: dict[str, frozenset[Right]] = {
    "owner": frozenset(("ingest", "read", "edit", "admin")),
    "admin": frozenset(("ingest", "read", "edit", "admin")),
    "member": frozenset(("ingest", "read", "edit")),
    "viewer": frozenset(("read",)),
}


def rights_of_key(scopes: Collection[str]) -> frozenset[str]:
    """Return what an API key with these scopes may do."""
    return frozenset((*scopes, "edit") if "admin" in scopes else scopes)


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller that was recognised, in one workspace.

    `user_id` and the token's `token_id`, `expires_at` and `generation` are set for a person's JWT,
    `api_key_id` and `defaults` (JSON bytes, empty for none) for an API key. A person without scopes is in
    no workspace, and `workspace_id` the one that they left.
    """

    workspace_id: int
    scopes: frozenset[str]
    user_id: int | None = None
    api_key_id: int | None = None
    defaults: bytes = b""
    token_id: UUID | None = None
    expires_at: datetime | None = None
    generation: int | None = None

    @property
    def actor(self) -> str:
        """The caller as the audit log names it."""
        return f"user:{self.user_id}" if self.user_id is not None else f"key:{self.api_key_id}"


class KeysUnavailable(LLMLabError):
    """The database is away and this key is not remembered: nobody can say now whether it is good."""

    def __init__(self) -> None:
        super().__init__(
            "database_unavailable", "API keys cannot be checked: the database is away; try again soon"
        )


FRESH = 5.0
STALE = 600.0
RETRY = 1.0
# How long a request waits for the database when it has a remembered answer and the last lookup failed.
PATIENCE = 0.1
LOOKUP_TIMEOUT = 2.0
MAX_KEYS = 10_000
MAX_MISSES = 10_000
MAX_LOOKUPS = 1_000


@dataclass(slots=True)
class _Known:
    principal: Principal
    fresh_until: float
    stale_until: float


class KeyCache:
    """API keys by the SHA-256 of their secret. Times are seconds of `clock`, a monotonic one.

    `load` asks the database; `used` is told the id of each key whose lookup found it, at most once in 5 s.
    """

    def __init__(
        self,
        load: Callable[[bytes], Awaitable[StoredKey | None]],
        *,
        used: Callable[[int], object] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._used = used
        self._clock = clock
        # In order of their last lookup: a key in use is looked up every 5 s, so the oldest is in use least.
        self._known: dict[bytes, _Known] = {}
        self._misses: dict[bytes, float] = {}
        self._lookups: dict[bytes, asyncio.Task[Principal | None]] = {}
        self._away = False
        self._ask_again_at = 0.0

    def peek(self, secret: str) -> Principal | None:
        """Return who a key is if that is fresh knowledge; None says nothing: ask `lookup`."""
        known = self._known.get(hash_api_key(secret))
        return known.principal if known is not None and self._clock() < known.fresh_until else None

    async def lookup(self, secret: str) -> Principal | None:
        """Return who a key is, or None for a key that is unknown or revoked. Raises `KeysUnavailable`."""
        if not is_api_key(secret):
            return None
        key_hash = hash_api_key(secret)
        now = self._clock()
        known = self._known.get(key_hash)
        if known is not None and now < known.fresh_until:
            return known.principal
        if self._misses.get(key_hash, now) > now:
            return None
        if self._away and now < self._ask_again_at:
            return self._remembered(key_hash)
        task = self._lookups.get(key_hash)
        if task is None:
            if len(self._lookups) >= MAX_LOOKUPS:
                return self._remembered(key_hash)
            task = self._start(key_hash)
        if self._away and known is not None:
            await asyncio.wait({task}, timeout=PATIENCE)
            if not task.done():
                return self._remembered(key_hash)
        try:
            return await asyncio.shield(task)
        except Exception as error:
            if not is_outage(error):
                raise
            return self._remembered(key_hash)

    def forget(self, key_hash: bytes) -> None:
        """Drop what is known of a secret, so that its rotation or revocation is seen here at once."""
        self._known.pop(key_hash, None)
        self._misses.pop(key_hash, None)
        # A lookup under way may have read the row as it was: its answer is not kept.
        self._lookups.pop(key_hash, None)

    async def close(self) -> None:
        """Give up the lookups under way."""
        lookups = list(self._lookups.values())
        for lookup in lookups:
            lookup.cancel()
        await asyncio.gather(*lookups, return_exceptions=True)

    def _remembered(self, key_hash: bytes) -> Principal:
        known = self._known.get(key_hash)
        if known is None or self._clock() >= known.stale_until:
            raise KeysUnavailable
        return known.principal

    def _start(self, key_hash: bytes) -> asyncio.Task[Principal | None]:
        task = asyncio.create_task(self._look_up(key_hash))
        self._lookups[key_hash] = task
        task.add_done_callback(lambda done: self._finished(key_hash, done))
        return task

    def _finished(self, key_hash: bytes, task: asyncio.Task[Principal | None]) -> None:
        if self._lookups.get(key_hash) is task:
            del self._lookups[key_hash]
        if not task.cancelled():
            task.exception()  # seen by whoever waited; nobody waits any more if all were impatient

    async def _look_up(self, key_hash: bytes) -> Principal | None:
        asked_at = self._clock()
        try:
            async with asyncio.timeout(LOOKUP_TIMEOUT):
                stored = await self._load(key_hash)
        except Exception as error:
            if is_outage(error):
                self._away = True
                self._ask_again_at = self._clock() + RETRY
            raise
        self._away = False
        if stored is None:
            principal = None
        else:
            principal = Principal(
                workspace_id=stored.workspace_id,
                scopes=rights_of_key(stored.scopes),
                api_key_id=stored.id,
                defaults=stored.defaults,
            )
            self._used(stored.id)
        if self._lookups.get(key_hash) is asyncio.current_task():
            end = asked_at + stored.seconds_left if stored and stored.seconds_left is not None else math.inf
            self._keep(key_hash, principal, asked_at, end)
        return principal

    def _keep(self, key_hash: bytes, principal: Principal | None, asked_at: float, end: float) -> None:
        self._known.pop(key_hash, None)
        self._misses.pop(key_hash, None)
        if principal is None:
            self._misses[key_hash] = asked_at + FRESH
            _shrink(self._misses, MAX_MISSES)
        else:
            self._known[key_hash] = _Known(principal, min(asked_at + FRESH, end), min(asked_at + STALE, end))
            _shrink(self._known, MAX_KEYS)


def _shrink(entries: dict[bytes, _Known] | dict[bytes, float], size: int) -> None:
    if len(entries) > size:
        del entries[next(iter(entries))]
