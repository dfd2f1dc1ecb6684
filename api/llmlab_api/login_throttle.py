"""Slowing down who guesses passwords: failed logins are counted by e-mail and by client address.

Within 15 minutes of the first, 5 failures for one e-mail or 30 from one address (an IPv6 /64 counts as one)
end in 429 with Retry-After. Attempts are counted before the password is looked at, so that a hundred at once
are not a hundred guesses; a success takes its own back and clears its e-mail's. The address is the
connection's: behind a proxy, uvicorn's `--proxy-headers --forwarded-allow-ips` must name it.

While Redis is away logins still work, under stricter limits that each API process counts for itself: 3 and
15. Counts are not carried over when Redis goes or comes back.
"""

import asyncio
import hashlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Literal

from llmlab_shared.log import get_logger
from redis.asyncio import Redis
from redis.exceptions import RedisError

from llmlab_api.errors import Problem

WINDOW = 900
PER_EMAIL, PER_ADDRESS = 5, 30
ALONE_PER_EMAIL, ALONE_PER_ADDRESS = 3, 15
_MAX_COUNTED = 10_000
_REDIS_TIMEOUT = 1.0
Counted = Literal["failed logins", "requests for a new password"]
_KEYS: dict[Counted, str] = {"failed logins": "logins", "requests for a new password": "resets"}
log = get_logger("api.accounts")

# Counts one attempt under each key unless one of them is at its limit; then nothing is counted and the
# seconds to wait are returned.
_COUNT = """
local wait = 0
for i, key in ipairs(KEYS) do
    if tonumber(redis.call('GET', key) or '0') >= tonumber(ARGV[i + 1]) then
        wait = math.max(wait, redis.call('TTL', key), 1)
    end
end
if wait == 0 then
    for _, key in ipairs(KEYS) do
        if redis.call('INCR', key) == 1 then redis.call('EXPIRE', key, ARGV[1]) end
    end
end
return wait
"""
# Takes one attempt back under each key; with an argument, the first key is cleared instead.
_TAKE_BACK = """
for i, key in ipairs(KEYS) do
    if i == 1 and ARGV[1] == 'clear' then
        redis.call('DEL', key)
    elseif tonumber(redis.call('GET', key) or '0') > 0 then
        redis.call('DECR', key)
    end
end
"""


@dataclass(slots=True)
class _Count:
    ends_at: float
    attempts: int = 0


class _Alone:
    """The counts of this process, for while Redis is away. Bounded: the oldest are forgotten first."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._counts: dict[str, _Count] = {}

    def count(self, keys: tuple[str, str], limits: tuple[int, int]) -> int:
        now = self._clock()
        for key in keys:
            if key in self._counts and self._counts[key].ends_at <= now:
                del self._counts[key]
        wait = 0.0
        for key, limit in zip(keys, limits, strict=True):
            count = self._counts.get(key)
            if count is not None and count.attempts >= limit:
                wait = max(wait, count.ends_at - now)
        if wait:
            return math.ceil(wait)
        for key in keys:
            self._counts.setdefault(key, _Count(now + WINDOW)).attempts += 1
        while len(self._counts) > _MAX_COUNTED:
            del self._counts[next(iter(self._counts))]
        return 0

    def forget(self, key: str) -> None:
        self._counts.pop(key, None)

    def take_back(self, keys: tuple[str, str], *, clear: bool) -> None:
        if clear:
            self._counts.pop(keys[0], None)
        for key in keys:
            count = self._counts.get(key)
            if count is not None and count.attempts > 0:
                count.attempts -= 1


class LoginThrottle:
    """The counts in Redis, or this process's own while Redis is away.

    `counted` says what is counted: failed logins, or whatever else must not be tried without end.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        counted: Counted = "failed logins",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._counted = counted
        self._redis = redis
        self._count = redis.register_script(_COUNT)
        self._back = redis.register_script(_TAKE_BACK)
        self._alone = _Alone(clock)

    async def attempt(self, email: str, address: str) -> None:
        """Count an attempt before the password is looked at. Raises the 429 Problem."""
        keys = self._keys(email, address)
        try:
            async with asyncio.timeout(_REDIS_TIMEOUT):
                wait = int(await self._count(keys=keys, args=(WINDOW, PER_EMAIL, PER_ADDRESS)))
        except (RedisError, OSError) as error:
            log.warning(f"Redis is away: {self._counted} are counted by this process alone", error=str(error))
            wait = self._alone.count(keys, (ALONE_PER_EMAIL, ALONE_PER_ADDRESS))
        if wait:
            raise Problem(
                429,
                "too_many_attempts",
                f"too many {self._counted}; wait {wait} seconds before the next",
                headers={"Retry-After": str(wait)},
            )

    async def succeeded(self, email: str, address: str) -> None:
        """Take back the attempt of a login that succeeded, and clear its e-mail."""
        await self._take_back(self._keys(email, address), clear=True)

    async def came_to_nothing(self, email: str, address: str) -> None:
        """Take back an attempt that got no verdict, because the database was away or bcrypt too busy."""
        await self._take_back(self._keys(email, address), clear=False)

    async def forget(self, email: str) -> None:
        """Clear what was counted for an e-mail: its owner was recognised in another way."""
        email_key, _ = self._keys(email, "")
        self._alone.forget(email_key)
        try:
            async with asyncio.timeout(_REDIS_TIMEOUT):
                await self._redis.delete(email_key)
        except (RedisError, OSError) as error:
            log.warning("Redis is away: the attempts for an e-mail stay counted", error=str(error))

    def _keys(self, email: str, address: str) -> tuple[str, str]:
        # A hash, because an address book does not belong in a cache; one hash tag, because a script has one
        # slot.
        digest = hashlib.sha256(email.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        start = f"llmlab:{{{_KEYS[self._counted]}}}"
        return f"{start}:email:{digest}", f"{start}:from:{_network(address)}"

    async def _take_back(self, keys: tuple[str, str], *, clear: bool) -> None:
        self._alone.take_back(keys, clear=clear)
        try:
            async with asyncio.timeout(_REDIS_TIMEOUT):
                await self._back(keys=keys, args=("clear" if clear else "one",))
        except (RedisError, OSError) as error:
            log.warning("Redis is away: the attempt of a login stays counted", error=str(error))


def _network(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ip_network((parsed.packed[:8] + bytes(8), 64)).network_address)
    return str(parsed)
