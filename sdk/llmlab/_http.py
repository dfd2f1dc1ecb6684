"""How a request is put to httpx and its answer read: shared by blocking and asynchronous reading."""

from __future__ import annotations

import httpx

from llmlab._config import Config
from llmlab._version import VERSION
from llmlab.errors import (
    AuthenticationFailed,
    ConfigurationError,
    Conflict,
    ConnectionFailed,
    InvalidRequest,
    LLMLabError,
    NotFound,
    PermissionDenied,
    RateLimited,
    ServerUnavailable,
    UnexpectedAnswer,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from llmlab._calls import Call

USER_AGENT = f"llmlab-python/{VERSION}"
# Seconds without a byte: where few events of many are wanted, the server looks through them for a while.
STREAM_PATIENCE = 60.0
_LOCAL = ("localhost", "127.0.0.1", "::1")


def settings_for(config: Config) -> dict[str, Any]:
    """Return what both kinds of httpx client are made with."""
    secure = config.base_url.startswith("https:")
    return {
        "base_url": config.base_url,
        "headers": {"User-Agent": USER_AGENT},
        # A proxy of the environment is for the world outside: this machine's own server is not behind it.
        "trust_env": httpx.URL(config.base_url).host not in _LOCAL,
        # Without TLS there is no certificate to check, and reading the authorities' costs 20 ms.
        "verify": secure,
    }


def headers_for(config: Config, call: Call) -> dict[str, str]:
    """Return the credentials of a call. Raises ConfigurationError when it needs some and there are none."""
    if call.prefer == "nobody":
        return {}
    user_first = call.prefer == "user" or config.workspace is not None
    credentials = (config.token or config.api_key) if user_first else (config.api_key or config.token)
    if not credentials:
        raise ConfigurationError(
            f"no API key for {config.base_url}: run `llmlab init`, or set LLMLAB_API_KEY", code="no_api_key"
        )
    headers = {"Authorization": f"Bearer {credentials}"}
    if config.workspace is not None:
        headers["X-LLMLab-Workspace"] = config.workspace
    return headers


def result_of(response: httpx.Response, config: Config) -> Any:
    """Return the decoded JSON of a successful answer (None when it is empty); raise an LLMLabError else."""
    if response.status_code == httpx.codes.NO_CONTENT:
        return None
    try:
        content: Any = response.json()
    except ValueError:
        content = None
    if response.is_success and isinstance(content, dict | list):
        return content
    if response.is_success:
        raise _not_ours(response, config)
    raise _error_of(
        response.status_code,
        content,
        url=config.base_url,
        retry_after=retry_after_of(response.headers.get("Retry-After")),
    )


def stranger_of(response: httpx.Response, call: Call, config: Config) -> UnexpectedAnswer | None:
    """Return the error for a successful answer that is not of the media type asked for: a page, mostly."""
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return None if media_type == call.accept else _not_ours(response, config)


def _not_ours(response: httpx.Response, config: Config) -> UnexpectedAnswer:
    return UnexpectedAnswer(
        f"{config.base_url} does not answer like LLMLab: check the URL",
        status=response.status_code,
        code="unexpected_answer",
    )


def failure_of(error: httpx.HTTPError, config: Config, timeout: float) -> ConnectionFailed:
    """Return the error for a request that got no answer, in words that help."""
    if isinstance(error, httpx.ConnectTimeout | httpx.ReadTimeout | httpx.WriteTimeout | httpx.PoolTimeout):
        detail = f"{config.base_url} did not answer within {timeout:g} s"
        return ConnectionFailed(detail, code="timeout")
    if isinstance(error, httpx.ConnectError):
        reason = str(error) or type(error).__name__
        detail = (
            f"cannot reach LLMLab at {config.base_url} ({reason}): is it running? "
            "Start it with `llmlab up`, or set LLMLAB_URL"
        )
        return ConnectionFailed(detail, code="unreachable")
    # No other message is passed on: some name what was sent.
    detail = f"the connection to {config.base_url} broke ({type(error).__name__}): try again"
    return ConnectionFailed(detail, code="connection_lost")


def retry_after_of(value: str | None) -> float | None:
    """Return the seconds that a Retry-After header (a number or a date) asks for, if it says anything."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        import time
        from email.utils import parsedate_to_datetime

        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return None
    return max(0.0, seconds) if seconds < float("inf") else None


_BY_STATUS: dict[int, type[LLMLabError]] = {
    400: InvalidRequest,
    401: AuthenticationFailed,
    403: PermissionDenied,
    404: NotFound,
    409: Conflict,
    413: InvalidRequest,
    415: InvalidRequest,
    422: InvalidRequest,
    429: RateLimited,
}


def _error_of(status: int, problem: object, *, url: str, retry_after: float | None = None) -> LLMLabError:
    """Return the error for an answer of this status, whose body (if it was JSON) is `problem`."""
    if not isinstance(problem, dict) or "code" not in problem:
        kind: type[LLMLabError] = ServerUnavailable if status >= 500 else UnexpectedAnswer
        detail = f"{url} answered {status}, and not as LLMLab answers: check the URL"
        if status >= 500:
            detail = f"{url} answered {status}: the server, or a proxy before it, has a problem"
        return kind(detail, status=status, code="unexpected_answer", retry_after=retry_after)
    kind = _BY_STATUS.get(status, ServerUnavailable if status >= 500 else LLMLabError)
    errors = problem.get("errors")
    return kind(
        str(problem.get("detail") or problem.get("title") or f"the server answered {status}"),
        status=status,
        code=str(problem["code"]),
        errors=[e for e in errors if isinstance(e, dict)] if isinstance(errors, list) else None,
        retry_after=retry_after,
    )
