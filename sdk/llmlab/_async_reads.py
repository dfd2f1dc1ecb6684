"""Reading from the server and managing it, awaited: the asynchronous twin of `_reads`."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from weakref import WeakSet

import httpx

from llmlab import _calls, _http, _outlook_calls, _price_calls, _recommendation_calls
from llmlab._async_export import AsyncExport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from typing import Any, Unpack
    from uuid import UUID

    from llmlab._async_live import AsyncLive
    from llmlab._config import Config
    from llmlab.types import (
        JSON,
        CorrectedCounts,
        EventSelection,
        ExportFormat,
        Filter,
        Filters,
        ForecastQuery,
        ListQuery,
        LiveQuery,
        Moment,
        SummaryQuery,
    )


class AsyncConnection:
    """One pool of connections to one server, for one event loop of one process."""

    def __init__(self, config: Config, timeout: float) -> None:
        self.config = config
        self._timeout = timeout
        self.streams: WeakSet[AsyncLive] = WeakSet()
        self._client = httpx.AsyncClient(**_http.settings_for(config), timeout=timeout)
        self._home = self._here()

    @staticmethod
    def _here() -> tuple[int, object]:
        try:
            return os.getpid(), asyncio.get_running_loop()
        except RuntimeError:
            return os.getpid(), None

    def usable(self) -> bool:
        """Whether we are in the process and on the loop that the pooled connections belong to."""
        return self._here() == self._home

    async def send(self, call: _calls.Call) -> Any:
        """Make the request once; return the answer or raise an LLMLabError."""
        headers = _http.headers_for(self.config, call)
        try:
            response = await self._client.request(
                call.method,
                call.path,
                params=httpx.QueryParams(tuple(call.params)),
                json=call.body,
                headers=headers,
            )
        except httpx.HTTPError as error:
            raise _http.failure_of(error, self.config, self._timeout) from error
        return _http.result_of(response, self.config)

    @asynccontextmanager
    async def open(
        self, call: _calls.Call, headers: Mapping[str, str], *, silence: float
    ) -> AsyncIterator[httpx.Response]:
        """Yield the head of a successful answer, whose body may pause for `silence` seconds.

        Raises an LLMLabError for any other answer, and when the connection breaks.
        """
        response = await self.stream(call, headers, silence=silence)
        try:
            yield response
        except httpx.HTTPError as error:
            raise _http.failure_of(error, self.config, silence) from error
        finally:
            await response.aclose()

    async def stream(
        self,
        call: _calls.Call,
        headers: Mapping[str, str] | None = None,
        *,
        silence: float = _http.STREAM_PATIENCE,
    ) -> httpx.Response:
        """Make the request once; return its answer unread, to be closed later, or raise an LLMLabError.

        It may pause for `silence` seconds.
        """
        request = self._client.build_request(
            call.method,
            call.path,
            params=httpx.QueryParams(tuple(call.params)),
            headers={"Accept": call.accept, **_http.headers_for(self.config, call), **(headers or {})},
            timeout=httpx.Timeout(self._timeout, read=max(self._timeout, silence)),
        )
        try:
            response = await self._client.send(request, stream=True)
            if not response.is_success:
                await response.aread()
        except httpx.HTTPError as error:
            waited = silence if isinstance(error, httpx.ReadTimeout) else self._timeout
            raise _http.failure_of(error, self.config, waited) from error
        if not response.is_success:
            _http.result_of(response, self.config)
        if (stranger := _http.stranger_of(response, call, self.config)) is not None:
            await response.aclose()
            raise stranger
        return response

    async def chunks(self, response: httpx.Response) -> AsyncIterator[bytes]:
        """Yield an answer's bytes as they come; raise an LLMLabError when it breaks off."""
        try:
            async for chunk in response.aiter_bytes():
                yield chunk
        except httpx.HTTPError as error:
            raise _http.failure_of(error, self.config, _http.STREAM_PATIENCE) from error

    async def close(self) -> None:
        """End the live streams and close the pooled connections."""
        for stream in list(self.streams):
            await stream.close()
        if self.usable():
            await self._client.aclose()


class AsyncResource:
    """What all parts of a client share: how a call is sent, and a list read to its end."""

    def __init__(self, connect: Callable[[], AsyncConnection]) -> None:
        self._connect = connect

    async def _send(self, call: _calls.Call) -> JSON:
        answer: JSON = await self._connect().send(call)
        return answer

    async def _all(self, page: Callable[[str | None], _calls.Call], name: str) -> list[JSON]:
        found: list[JSON] = []
        cursor: str | None = None
        while True:
            answer = await self._send(page(cursor))
            found += answer[name]
            cursor = answer.get("next_cursor")
            if not cursor:
                return found


class AsyncCosts(AsyncResource):
    """What was spent: totals and single events."""

    async def summary(self, **query: Unpack[SummaryQuery]) -> JSON:
        """Return the totals of a range (`from_`, `to`, `tz`), filtered, optionally by `group_by`."""
        return await self._send(_calls.summary(query))

    async def forecast(self, **query: Unpack[ForecastQuery]) -> JSON:
        """Return what the current `period` (a month unless given) will have cost, filtered, with a range.

        `forecast` is null where the history is too little for one; `reason` says what is missing then.
        """
        return await self._send(_outlook_calls.forecast(query))

    async def list(self, **query: Unpack[ListQuery]) -> JSON:
        """Return one page of events, newest first: `{"costs": [...], "next_cursor": ...}`."""
        return await self._send(_calls.list_costs(query))

    async def iterate(self, **query: Unpack[ListQuery]) -> AsyncIterator[JSON]:
        """Yield all events that fit, newest first, fetching pages of `limit` as they are needed."""
        while True:
            page = await self.list(**query)
            for cost in page["costs"]:
                yield cost
            if not page.get("next_cursor"):
                return
            query["cursor"] = page["next_cursor"]

    def export(
        self,
        format: ExportFormat = "jsonl",
        *,
        after: UUID | str | None = None,
        **query: Unpack[Filters],
    ) -> AsyncExport:
        """Return every event that fits, oldest first, as a stream: `async with costs.export() as e: ...`.

        `after` is the id of the last event of an export that broke off (`last_id`).
        """
        return AsyncExport(self._connect, _calls.export_costs(format, after, query), format)

    async def get(self, event_id: UUID | str, timestamp: Moment | None = None) -> JSON:
        """Return one event. Its `timestamp` makes finding an id that is no UUIDv7 quicker."""
        return await self._send(_calls.get_cost(event_id, timestamp))

    def live(self, **query: Unpack[LiveQuery]) -> AsyncLive:
        """Follow what happens, as it happens: an asynchronous iterator of `(kind, data)`; see `AsyncLive`."""
        from llmlab._async_live import AsyncLive

        return AsyncLive(self._connect, query)

    async def what_if(
        self, models: Filter, *, processing: str | None = None, **query: Unpack[Filters]
    ) -> JSON:
        """Return what calls that were made would have cost on other models (`provider/model`), in that order.

        The rest says whose calls, as in `summary`; `processing` prices all as `batch` or `standard`.
        """
        return await self._send(_recommendation_calls.what_if(models, processing, query))

    async def release(
        self,
        reason: str,
        *,
        from_: Moment | None = None,
        to: Moment | None = None,
        ids: Sequence[UUID | str] | None = None,
        dry_run: bool = False,
        **selection: Unpack[EventSelection],
    ) -> JSON:
        """Read quarantined events again, and count those that can be read now; returns a repricing."""
        return await self._send(
            _price_calls.release(reason, selection, from_=from_, to=to, ids=ids, dry_run=dry_run)
        )

    async def correct(self, event_id: UUID | str, reason: str, **counts: Unpack[CorrectedCounts]) -> JSON:
        """State the counts of an event by hand; the price book prices them. Returns a repricing."""
        return await self._send(_price_calls.correct(event_id, reason, counts))


class AsyncKeys(AsyncResource):
    """The workspace's API keys."""

    async def list(self) -> list[JSON]:
        """Return all keys, without their secrets."""
        return await self._all(_calls.list_keys, "keys")

    async def create(
        self,
        name: str,
        *,
        scopes: Sequence[str] | None = None,
        defaults: Mapping[str, object] | None = None,
    ) -> JSON:
        """Make a key and return it; its secret is shown this once."""
        return await self._send(_calls.create_key(name, scopes, defaults))

    async def rotate(self, key_id: object, *, grace_seconds: int = 0) -> JSON:
        """Give a key a new secret, shown this once; the old one works for `grace_seconds` more."""
        return await self._send(_calls.rotate_key(key_id, grace_seconds))

    async def revoke(self, key_id: object) -> None:
        """End a key; it stops working within seconds."""
        await self._send(_calls.revoke_key(key_id))


class AsyncAuth(AsyncResource):
    """Signing up, in and out. After `signup` and `login` this client acts as that user."""

    async def signup(
        self, email: str, password: str, *, workspace: str | None = None, timezone: str | None = None
    ) -> JSON:
        """Make a user with a workspace, whose days are those of `timezone`.

        Returns `{"token", "api_key", "user"}`; the key is shown this once.
        """
        answer = await self._send(_calls.signup(email, password, workspace, timezone))
        config = self._connect().config
        config.token, config.api_key = answer["token"], answer.get("api_key")
        return answer

    async def login(self, email: str, password: str) -> JSON:
        """Sign in and return `{"token"}`."""
        answer = await self._send(_calls.login(email, password))
        self._connect().config.token = answer["token"]
        return answer

    async def logout(self) -> None:
        """End the token everywhere."""
        await self._send(_calls.logout())
        self._connect().config.token = None

    async def me(self) -> JSON:
        """Return the signed-in user."""
        return await self._send(_calls.me())

    async def update(self, **fields: object) -> JSON:
        """Change the signed-in user, e.g. `monthly_budget`, `budget_alert_threshold`; return the user."""
        return await self._send(_calls.update_me(fields))

    async def change_password(self, current: str, new: str) -> JSON:
        """Change the password; all other tokens end. Returns `{"token"}`, which this client goes on with."""
        answer = await self._send(_calls.change_password(current, new))
        self._connect().config.token = answer["token"]
        return answer
