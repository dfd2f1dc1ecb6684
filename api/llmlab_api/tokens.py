"""The tokens that people carry: signed here, and checked behind an interface that other issuers can fill.

A token says who and since when; whether it is still good (not logged out, no password change since) is
PostgreSQL's word, asked at every request.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID, uuid4

import jwt
from llmlab_shared.clock import now
from llmlab_shared.config import ServerSettings
from llmlab_shared.errors import ConfigurationError, LLMLabError

ISSUER = "llmlab"
ALGORITHM = "HS256"
MIN_SECRET = 16
# Longest token that is looked at; ours have about 350 characters, and Supabase's carry what apps put in.
MAX_TOKEN = 8192
_MAX_ID = 2**63 - 1
# PyJWT's own errors, and whatever strange but well-signed or unsigned JSON can provoke. (`OSError` is how
# `datetime` says that a time lies outside of the machine's calendar.)
STRANGE = (
    jwt.PyJWTError,
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    TypeError,
    ValueError,
)


class TokenRejected(LLMLabError):
    """The token does not let its bearer in: `token_expired`, `token_invalid` or `token_revoked`."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a good token says. `generation` is the user's at its issue, `workspace_id` its home."""

    user_id: int
    workspace_id: int
    generation: int
    token_id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a good token of another issuer speaks of, by the issuer's own id of them.

    Who that is here, only the database knows. `token_id` is what such a token is logged out by.
    """

    issuer: str
    subject: str
    token_id: UUID
    expires_at: datetime


class TokenVerifier(Protocol):
    """Whoever can tell a good token of one issuer from a bad one without asking the database."""

    issuer: str

    async def identify(self, token: str) -> Claims | Subject:
        """Return what the token says, or raise `TokenRejected`, or `IssuerAway` if it cannot be known."""
        ...


class IssuerAway(LLMLabError):
    """The issuer of a token does not answer, so that nobody can say whether the token is good."""

    def __init__(self, detail: str) -> None:
        super().__init__("issuer_unavailable", detail)


def issuer_in(token: str) -> str | None:
    """Return whom a token names as its issuer, unverified: it only chooses who shall verify it."""
    try:
        if len(token) > MAX_TOKEN:
            return None
        issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
        return issuer if isinstance(issuer, str) else None
    except STRANGE:
        return None


class HmacTokens:
    """HS256 tokens under the installation's secret; the key id is derived from it, so rotation is seen.

    Tokens of the previous secret stay good when it is given; new ones are signed with the current.
    """

    issuer = ISSUER

    def __init__(self, secret: str, *, previous: str | None = None, life: timedelta) -> None:
        self._kid, key = _derive(secret)
        self._keys = {self._kid: key}
        if previous is not None:
            self._keys.setdefault(*_derive(previous))
        self._life = life

    @classmethod
    def from_settings(cls, settings: ServerSettings) -> "HmacTokens":
        """Raise `ConfigurationError` when LLMLAB_SECRET_KEY is missing or short."""
        secret, previous = settings.secret_key, settings.secret_key_previous
        if secret is None or len(secret.get_secret_value()) < MIN_SECRET:
            raise ConfigurationError(
                f"set LLMLAB_SECRET_KEY to at least {MIN_SECRET} random characters, the same for every API "
                "process, for example the output of `openssl rand -hex 32`"
            )
        return cls(
            secret.get_secret_value(),
            previous=previous.get_secret_value() if previous is not None else None,
            life=timedelta(hours=settings.token_hours),
        )

    def issue(self, *, user_id: int, workspace_id: int, generation: int) -> str:
        """Return a new token of the given user, in the given home workspace."""
        issued_at = now()
        claims = {
            "iss": ISSUER,
            "sub": str(user_id),
            "ws": workspace_id,
            "gen": generation,
            "jti": str(uuid4()),
            "iat": issued_at,
            "exp": issued_at + self._life,
        }
        return jwt.encode(claims, self._keys[self._kid], algorithm=ALGORITHM, headers={"kid": self._kid})

    async def identify(self, token: str) -> Claims:
        """Return what the token says, or raise `TokenRejected`."""
        return self.verify(token)

    def verify(self, token: str) -> Claims:
        """Do what `identify` does, at once."""
        try:
            if len(token) > MAX_TOKEN:
                raise jwt.InvalidTokenError("it is too long")
            key = self._keys.get(jwt.get_unverified_header(token).get("kid", ""))
            if key is None:
                raise jwt.InvalidTokenError("it was signed with a key that this server does not have")
            payload = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                options={"require": ["iss", "sub", "jti", "iat", "exp"]},
                leeway=timedelta(seconds=5),
            )
            return _read(payload)
        except jwt.ExpiredSignatureError:
            raise TokenRejected(
                "token_expired", "the token has expired; log in again (`llmlab login`)"
            ) from None
        except jwt.ImmatureSignatureError:
            raise TokenRejected(
                "token_invalid", "the token is not valid yet; compare the clocks of the servers"
            ) from None
        except STRANGE:
            raise TokenRejected(
                "token_invalid",
                "this is not a token of this server, or it was changed; log in again (`llmlab login`)",
            ) from None


def _derive(secret: str) -> tuple[str, bytes]:
    """Return the key id and the signing key of a secret; neither tells the secret, or the other."""
    kid = hmac.new(secret.encode(), b"llmlab token key id", hashlib.sha256).hexdigest()[:16]
    return kid, hmac.new(secret.encode(), b"llmlab token signature", hashlib.sha256).digest()


def _read(payload: dict[str, Any]) -> Claims:
    user_id, workspace_id, generation = int(payload["sub"]), int(payload["ws"]), int(payload["gen"])
    if not all(0 < number <= _MAX_ID for number in (user_id, workspace_id, generation)):
        raise ValueError("an id out of range")
    return Claims(
        user_id=user_id,
        workspace_id=workspace_id,
        generation=generation,
        token_id=UUID(payload["jti"]),
        expires_at=datetime.fromtimestamp(payload["exp"], UTC),
    )
