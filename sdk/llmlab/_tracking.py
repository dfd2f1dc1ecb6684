"""What both clients share: configuration, the recorder, `track`, `track_cost` and the counters."""

from __future__ import annotations

from time import time_ns

from llmlab._config import Resolver
from llmlab._context import current
from llmlab._recorder import Recorder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Never, TypeVar, Unpack, overload

    from llmlab.types import CallFields, EventFields, Labels, OnError, Stats

    F = TypeVar("F", bound=Callable[..., Any])

FLUSH_TIMEOUT = 5.0


class Tracking:
    """Reports LLM calls in the background; the base of `LLMLab` and `AsyncLLMLab`.

    Making one does nothing yet: configuration is read, threads and connections are started at first use.

    api_key, base_url: argument, else LLMLAB_API_KEY and LLMLAB_URL, else the profile of
        `~/.llmlab/config.json`, else http://127.0.0.1:8000.
    token: a signed-in user's token, where an API key cannot do (keys, budgets).
    profile: which profile of the file; else LLMLAB_PROFILE, else "default".
    workspace: of which workspace a user speaks, when the token is good for several.
    timeout: seconds that one request may take.
    defaults: labels of every event (`{"environment": "production"}`); a call's own win.
    max_events, max_bytes: how much may wait to be sent; what does not fit is dropped and counted.
    linger: seconds that an event may wait for others to be sent with it.
    exit_timeout: seconds that the end of the process may be delayed to send what is left.
    on_error: called as `on_error(reason, count, detail)` in the background when events were lost.
    """

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        token: str | None = None,
        profile: str | None = None,
        workspace: str | int | None = None,
        timeout: float = 10.0,
        defaults: Labels | None = None,
        max_events: int = 20_000,
        max_bytes: int = 32 << 20,
        linger: float = 0.1,
        exit_timeout: float = 3.0,
        on_error: OnError | None = None,
    ) -> None:
        self._timeout = timeout
        self._configuration = Resolver(api_key, base_url, token, profile, workspace)
        self._recorder = Recorder(
            self._configuration,
            timeout=timeout,
            defaults=defaults,
            max_events=max_events,
            max_bytes=max_bytes,
            linger=linger,
            exit_timeout=exit_timeout,
            on_error=on_error,
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._configuration.known or 'not configured yet'!s}>"

    @property
    def base_url(self) -> str:
        """The server's URL. Raises ConfigurationError when the configuration is no good."""
        return self._configuration().base_url

    @property
    def profile(self) -> str:
        """The name of the profile in use. Raises ConfigurationError when the configuration is no good."""
        return self._configuration().profile

    def track(
        self,
        provider: str | None = None,
        model: str | None = None,
        input_tokens: int | None = None,
        output_tokens: int | None = None,
        *misplaced: Never,
        **fields: Unpack[EventFields],
    ) -> None:
        """Report one LLM call. Returns at once, never raises and never blocks.

        Give the token totals, or the provider's `usage` object as it came together with `api`
        ("chat", "responses", "messages", "generate_content", "converse", ...). The event's time is now
        unless `timestamp` says otherwise (a datetime without zone is local time). What cannot be sent is
        counted in `stats()` and logged once.
        """
        event: dict[str, Any] = fields  # type: ignore[assignment]  # a plain dict from here on
        event["provider"] = provider
        event["model"] = model
        if input_tokens is not None:
            event["input_tokens"] = input_tokens
        if output_tokens is not None:
            event["output_tokens"] = output_tokens
        self._recorder.record(event, current(), time_ns() // 1000, misplaced)

    if TYPE_CHECKING:

        @overload
        def track_cost(self, function: F, /) -> F: ...
        @overload
        def track_cost(self, /, **fields: Unpack[CallFields]) -> Callable[[F], F]: ...

    def track_cost(self, function: Any = None, /, **fields: Any) -> Any:
        """Decorate a function that calls an LLM and returns the provider's response (object or dict).

        Works with and without arguments, on functions, methods, coroutine functions, generators and
        functions that return a stream. The value comes back unchanged, exceptions too; model, usage and
        latency are read from the response, never its content. `provider`, `model` and `api` are needed only
        where the response does not tell; `feature`, `customer`, `tags`, ... label this call and those
        inside it.
        """
        from llmlab._decorator import decorate

        if function is not None:
            return decorate(function, self, fields)
        return lambda decorated: decorate(decorated, self, fields)

    def stats(self) -> Stats:
        """Return where this process's events are: recorded = queued + accepted + rejected + dropped."""
        return self._recorder.stats()
