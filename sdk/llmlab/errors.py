"""What reading from the server can raise. `track` never raises any of these."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class LLMLabError(Exception):
    """A call to the server did not give what was asked.

    `status` is the HTTP status (None when no answer came), `code` the stable name of the problem, `detail`
    the sentence that says what to mend, `errors` what is wrong with which field, as the server listed it.
    """

    def __init__(
        self,
        detail: str,
        *,
        status: int | None = None,
        code: str = "error",
        errors: list[dict[str, Any]] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.status = status
        self.code = code
        self.errors = errors or []
        self.retry_after = retry_after


class ConfigurationError(LLMLabError):
    """The key, the URL or the profile is missing or malformed; nothing was sent."""


class ConnectionFailed(LLMLabError):
    """No answer came: nothing listens there, the name is unknown, or it took too long."""


class InvalidRequest(LLMLabError):
    """The server understood the request and refused it as it stands (400, 413, 415, 422)."""


class AuthenticationFailed(LLMLabError):
    """The API key or token is missing, unknown, revoked or expired (401)."""


class PermissionDenied(LLMLabError):
    """The key or the signed-in user may not do this (403)."""


class NotFound(LLMLabError):
    """There is no such thing in this workspace (404)."""


class Conflict(LLMLabError):
    """It exists already, or changed meanwhile (409)."""


class RateLimited(LLMLabError):
    """Too many requests (429); `retry_after` seconds are asked for."""


class ServerUnavailable(LLMLabError):
    """The server failed or is not ready (5xx); trying later may succeed."""


class UnexpectedAnswer(LLMLabError):
    """The answer is not LLMLab's: the URL probably leads to something else."""
