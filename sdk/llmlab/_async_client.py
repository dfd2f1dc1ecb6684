"""The asynchronous client: tracking is the same (it never blocks), reading is awaited."""

from __future__ import annotations

import asyncio

from llmlab import _calls
from llmlab._async_alerts import AsyncAlerts, AsyncChannels
from llmlab._async_budgets import AsyncBudgets
from llmlab._async_notification_settings import AsyncNotificationSettings
from llmlab._async_prices import AsyncPrices
from llmlab._async_reads import AsyncAuth, AsyncConnection, AsyncCosts, AsyncKeys
from llmlab._async_recommendations import AsyncRecommendations
from llmlab._tracking import FLUSH_TIMEOUT, Tracking

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from llmlab.types import JSON


class AsyncLLMLab(Tracking):
    __doc__ = (
        f"An asynchronous client of one LLMLab server.\n{(Tracking.__doc__ or '').partition(chr(10))[2]}"
    )

    _connection: AsyncConnection | None = None

    def _connect(self) -> AsyncConnection:
        if self._connection is None or not self._connection.usable():
            self._connection = AsyncConnection(self._configuration(), self._timeout)
        return self._connection

    @property
    def costs(self) -> AsyncCosts:
        """What was spent: `summary`, `forecast`, `list`, `export`, `get`, `live`, `what_if`, `correct`…"""
        return AsyncCosts(self._connect)

    @property
    def prices(self) -> AsyncPrices:
        """What models cost: `list`, `set`, `map`, `estimate`, `reprice` and what goes with them."""
        return AsyncPrices(self._connect)

    @property
    def budgets(self) -> AsyncBudgets:
        """Limits on spend: `list`, `get`, `set`, `change`, `delete`, `values`, `backtest`."""
        return AsyncBudgets(self._connect)

    @property
    def alerts(self) -> AsyncAlerts:
        """What the workspace was told: `list`, `acknowledge`, `deliveries`, `retry`."""
        return AsyncAlerts(self._connect)

    @property
    def channels(self) -> AsyncChannels:
        """Where it is told: `list`, `create`, `test`, `pause`, `resume` and what goes with them."""
        return AsyncChannels(self._connect)

    @property
    def notification_settings(self) -> AsyncNotificationSettings:
        """What the workspace wants to be told of, and where reports go: `get`, `update`."""
        return AsyncNotificationSettings(self._connect)

    @property
    def keys(self) -> AsyncKeys:
        """The workspace's API keys: `list`, `create`, `rotate`, `revoke`."""
        return AsyncKeys(self._connect)

    @property
    def auth(self) -> AsyncAuth:
        """Who we are: `signup`, `login`, `logout`, `me`, `update`."""
        return AsyncAuth(self._connect)

    @property
    def recommendations(self) -> AsyncRecommendations:
        """What would save money, by calling it; `report`, `accept`, `dismiss`, `snooze`, `reopen`."""
        return AsyncRecommendations(self._connect)

    async def health(self) -> JSON:
        """Return what the server says of its own state."""
        return await self._connect().send(_calls.health())  # type: ignore[no-any-return]  # JSON

    async def flush(self, timeout: float = FLUSH_TIMEOUT) -> bool:  # noqa: ASYNC109  # as the blocking one
        """Wait until everything recorded so far has been answered; False when that took too long."""
        return await asyncio.to_thread(self._recorder.flush, timeout)

    async def close(self, timeout: float = FLUSH_TIMEOUT) -> bool:  # noqa: ASYNC109  # as the blocking one
        """Flush, stop the sender and close the connections; later events are dropped and counted."""
        done = await asyncio.to_thread(self._recorder.close, timeout)
        if self._connection is not None:
            await self._connection.close()
            self._connection = None
        return done

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
