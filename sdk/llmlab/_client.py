"""The blocking client."""

from __future__ import annotations

import os

from llmlab._tracking import FLUSH_TIMEOUT, Tracking

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self, Unpack

    from llmlab._alerts import Alerts, Channels
    from llmlab._budgets import Budgets
    from llmlab._notification_settings import NotificationSettings
    from llmlab._prices import Prices
    from llmlab._reads import Auth, Connection, Costs, Keys
    from llmlab._recommendations import Recommendations
    from llmlab.types import JSON, ClientOptions


class LLMLab(Tracking):
    __doc__ = f"A client of one LLMLab server.\n{(Tracking.__doc__ or '').partition(chr(10))[2]}"

    # One pool of connections a process: a forked child must not speak on its parent's.
    _connections: dict[int, Connection] | None = None

    def _connect(self) -> Connection:
        from llmlab._reads import Connection

        if self._connections is None:
            self._connections = {}
        process = os.getpid()
        return self._connections.get(process) or self._connections.setdefault(
            process, Connection(self._configuration(), self._timeout)
        )

    def _disconnect(self) -> None:
        connection = (self._connections or {}).pop(os.getpid(), None)
        if connection is not None:
            connection.close()

    def _restart(self, api_key: str | None, base_url: str | None, **options: Unpack[ClientOptions]) -> None:
        """Configure anew; what was recorded before is still sent, to where it was meant for."""
        before = self._recorder
        self._disconnect()
        LLMLab.__init__(self, api_key, base_url, **options)
        before.retire()

    @property
    def costs(self) -> Costs:
        """What was spent: `summary`, `forecast`, `list`, `export`, `get`, `live`, `what_if`, `correct`…"""
        from llmlab._reads import Costs

        return Costs(self._connect)

    @property
    def prices(self) -> Prices:
        """What models cost: `list`, `set`, `map`, `estimate`, `reprice` and what goes with them."""
        from llmlab._prices import Prices

        return Prices(self._connect)

    @property
    def budgets(self) -> Budgets:
        """Limits on spend: `list`, `get`, `set`, `change`, `delete`, `values`, `backtest`."""
        from llmlab._budgets import Budgets

        return Budgets(self._connect)

    @property
    def alerts(self) -> Alerts:
        """What the workspace was told: `list`, `acknowledge`, `deliveries`, `retry`."""
        from llmlab._alerts import Alerts

        return Alerts(self._connect)

    @property
    def channels(self) -> Channels:
        """Where it is told: `list`, `create`, `test`, `pause`, `resume` and what goes with them."""
        from llmlab._alerts import Channels

        return Channels(self._connect)

    @property
    def notification_settings(self) -> NotificationSettings:
        """What the workspace wants to be told of, and where reports go: `get`, `update`."""
        from llmlab._notification_settings import NotificationSettings

        return NotificationSettings(self._connect)

    @property
    def keys(self) -> Keys:
        """The workspace's API keys: `list`, `create`, `rotate`, `revoke`."""
        from llmlab._reads import Keys

        return Keys(self._connect)

    @property
    def auth(self) -> Auth:
        """Who we are: `signup`, `login`, `logout`, `me`, `update`."""
        from llmlab._reads import Auth

        return Auth(self._connect)

    @property
    def recommendations(self) -> Recommendations:
        """What would save money, by calling it; `report`, `accept`, `dismiss`, `snooze`, `reopen`."""
        from llmlab._recommendations import Recommendations

        return Recommendations(self._connect)

    def health(self) -> JSON:
        """Return what the server says of its own state."""
        from llmlab import _calls

        return self._connect().send(_calls.health())  # type: ignore[no-any-return]  # JSON

    def flush(self, timeout: float = FLUSH_TIMEOUT) -> bool:
        """Wait until everything recorded so far has been answered; False when that took too long."""
        return self._recorder.flush(timeout)

    def close(self, timeout: float = FLUSH_TIMEOUT) -> bool:
        """Flush, stop the sender and close the connections; later events are dropped and counted."""
        done = self._recorder.close(timeout)
        self._disconnect()
        return done

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
