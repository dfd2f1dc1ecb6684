"""The public keys of an issuer, as it publishes them: remembered, and asked for again when they change.

- A key that is known is used at once. When the list is ten minutes old it is asked for again, meanwhile and
  while the issuer is away the old one holds.
- For a key that is not known the list is asked for at once, by one request however many wait, and at most
  every 30 seconds: made-up names of keys cost the issuer nothing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from llmlab_shared.log import get_logger

from llmlab_api.tokens import IssuerAway

FRESH = 600.0
RETRY = 30.0
_MOST_KEYS = 100
_LEAST_RSA_BITS = 2048
# By the algorithm that a key is for: what kind it must be. A shared secret is never a public key.
KINDS: Mapping[str, str] = {"ES256": "EC", "RS256": "RSA"}

log = get_logger("api.accounts")


class SigningKeys:
    """Keys by (name, algorithm). `fetch` asks the issuer for its list (JWKS); times are `clock`'s seconds."""

    def __init__(
        self,
        fetch: Callable[[], Awaitable[Mapping[str, Any]]],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: dict[tuple[str, str], jwt.PyJWK] = {}
        self._fetched_at: float | None = None
        self._asked_at: float | None = None
        self._asking: asyncio.Task[bool] | None = None

    async def find(self, name: str, algorithm: str) -> jwt.PyJWK | None:
        """Return a key, or None when the issuer has no such key. Raises `IssuerAway` if nobody can say."""
        known = self._keys.get((name, algorithm))
        if known is not None:
            if self._fetched_at is None or self._clock() >= self._fetched_at + FRESH:
                self._ask()
            return known
        asking = self._ask()
        if asking is not None:
            await asyncio.shield(asking)
        known = self._keys.get((name, algorithm))
        if known is None and self._fetched_at is None:
            raise IssuerAway("the sign-in server's keys cannot be had now; try again soon")
        return known

    async def close(self) -> None:
        """Give up what is asked."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    def _ask(self) -> asyncio.Task[bool] | None:
        """Return the request under way, a new one, or None when it is too early for that."""
        if self._asking is not None and not self._asking.done():
            return self._asking
        now = self._clock()
        if self._asked_at is not None and now < self._asked_at + RETRY:
            return None
        self._asked_at = now
        self._asking = asyncio.create_task(self._renew())
        return self._asking

    async def _renew(self) -> bool:
        try:
            published = (await self._fetch()).get("keys")
            if not isinstance(published, list):
                raise IssuerAway("its list of keys is none")
        except IssuerAway as error:
            log.warning("the keys of the sign-in server could not be renewed", reason=error.detail)
            return False
        self._keys = _read(published)
        self._fetched_at = self._clock()
        return True


def _read(published: Sequence[Any]) -> dict[tuple[str, str], jwt.PyJWK]:
    """Return the keys of a list that can verify something; what else stands in it is passed over."""
    keys: dict[tuple[str, str], jwt.PyJWK] = {}
    for each in published[:_MOST_KEYS]:
        if not isinstance(each, dict) or each.get("use", "sig") != "sig":
            continue
        name = each.get("kid")
        for algorithm, kind in KINDS.items():
            if (
                each.get("kty") != kind
                or each.get("alg", algorithm) != algorithm
                or not isinstance(name, str)
            ):
                continue
            try:
                key = jwt.PyJWK(each, algorithm)
            except (jwt.PyJWTError, ValueError, TypeError, LookupError) as error:
                log.warning("a key of the sign-in server is not usable", key=name, reason=str(error))
                continue
            if isinstance(key.key, RSAPublicKey) and key.key.key_size < _LEAST_RSA_BITS:
                log.warning("a key of the sign-in server is too short", key=name, bits=key.key.key_size)
                continue
            keys[name, algorithm] = key
    return keys
