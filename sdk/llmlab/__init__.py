"""LLMLab: report what your LLM calls cost, and read it back.

    import llmlab

    @llmlab.track_cost(feature="search")
    def ask(question):
        return openai_client.chat.completions.create(...)

The functions here are those of one default client, which configures itself at first use
(argument of `init` > environment > ~/.llmlab/config.json).
"""

from __future__ import annotations

from llmlab._client import LLMLab
from llmlab._context import context
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
    from typing import Unpack

    from llmlab._async_client import AsyncLLMLab
    from llmlab.types import ClientOptions

__all__ = [
    "AsyncLLMLab",
    "AuthenticationFailed",
    "ConfigurationError",
    "Conflict",
    "ConnectionFailed",
    "InvalidRequest",
    "LLMLab",
    "LLMLabError",
    "NotFound",
    "PermissionDenied",
    "RateLimited",
    "ServerUnavailable",
    "UnexpectedAnswer",
    "__version__",
    "context",
    "flush",
    "init",
    "shutdown",
    "stats",
    "track",
    "track_cost",
]

__version__ = VERSION

_default = LLMLab()
track = _default.track
track_cost = _default.track_cost
flush = _default.flush
shutdown = _default.close
stats = _default.stats


def init(api_key: str | None = None, base_url: str | None = None, **options: Unpack[ClientOptions]) -> LLMLab:
    """Configure the default client and return it; see `LLMLab` for the arguments.

    Not needed when the environment or the configuration file says all. Called again, it configures anew;
    what was recorded before is still sent to where it was meant for.
    """
    _default._restart(api_key, base_url, **options)
    return _default


def __getattr__(name: str) -> object:
    # Programs that do not await should not pay for the asynchronous client.
    if name == "AsyncLLMLab":
        from llmlab._async_client import AsyncLLMLab

        return AsyncLLMLab
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
