"""Telling a good access token of Supabase Auth from a bad one.

Which key may verify a token is settled by how it says to be signed: HS256 by the shared secret alone, ES256
and RS256 by a published key of that very kind alone. So no published key is ever taken for a secret.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt

from llmlab_api.supabase.signing_keys import KINDS, SigningKeys
from llmlab_api.tokens import MAX_TOKEN, STRANGE, Subject, TokenRejected

_AUDIENCE = "authenticated"
_LEEWAY = timedelta(seconds=10)


class SupabaseTokens:
    """The tokens of one project; a `TokenVerifier`. `secret` is the shared one of projects that have it."""

    def __init__(self, issuer: str, keys: SigningKeys, secret: str | None) -> None:
        self.issuer = issuer
        self._keys = keys
        self._secret = secret

    async def identify(self, token: str) -> Subject:
        """Return whom the token speaks of. Raises `TokenRejected` and `IssuerAway`."""
        try:
            if len(token) > MAX_TOKEN:
                raise ValueError("it is too long")
            header = jwt.get_unverified_header(token)
            algorithm = header["alg"]
            payload = jwt.decode(
                token,
                await self._key(algorithm, header.get("kid")),
                algorithms=[algorithm],
                issuer=self.issuer,
                audience=_AUDIENCE,
                options={"require": ["iss", "sub", "aud", "exp"]},
                leeway=_LEEWAY,
            )
            return self._read(payload, token)
        except jwt.ExpiredSignatureError:
            raise TokenRejected("token_expired", "the token of Supabase has expired; sign in again") from None
        except jwt.ImmatureSignatureError:
            raise TokenRejected(
                "token_invalid", "the token of Supabase is not valid yet; compare the clocks of the servers"
            ) from None
        except STRANGE:
            raise TokenRejected(
                "token_invalid",
                "this is not a good token of the Supabase project that is set here; sign in again",
            ) from None

    async def _key(self, algorithm: Any, name: Any) -> Any:
        if algorithm == "HS256" and self._secret is not None:
            return self._secret
        key = None
        if algorithm in KINDS and isinstance(name, str):
            key = await self._keys.find(name, algorithm)
        if key is None:
            raise ValueError("signed by no key that is known")
        return key

    def _read(self, payload: dict[str, Any], token: str) -> Subject:
        if payload.get("role") != _AUDIENCE or payload.get("is_anonymous") is True:
            raise ValueError("not a person's")
        session = payload.get("session_id")
        return Subject(
            issuer=self.issuer,
            subject=str(UUID(payload["sub"])),
            # Without a session of theirs, what is logged out is this one token.
            token_id=UUID(session) if session else UUID(bytes=hashlib.sha256(token.encode()).digest()[:16]),
            expires_at=datetime.fromtimestamp(payload["exp"], UTC),
        )
