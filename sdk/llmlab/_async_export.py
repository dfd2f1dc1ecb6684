"""Every event of a range as one stream, awaited: what `AsyncLLMLab.costs.export` returns."""

from __future__ import annotations

from llmlab._export_rows import ExportRows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from types import TracebackType
    from typing import Self

    import httpx

    from llmlab._async_reads import AsyncConnection
    from llmlab._calls import Call
    from llmlab.types import JSON, ExportFormat


class AsyncExport(ExportRows):
    """An export; enter it to begin, then take `blocks()` or go through its rows, either of them once.

    A connection that breaks raises ConnectionFailed after everything that came whole.
    """

    def __init__(self, connect: Callable[[], AsyncConnection], call: Call, form: ExportFormat) -> None:
        super().__init__(form)
        self._connect = connect
        self._call = call
        self._response: httpx.Response | None = None

    async def blocks(self) -> AsyncIterator[bytes]:
        """Yield the export's bytes in pieces of whole rows; the first one of CSV is the heading."""
        assert self._response is not None, "enter the export first: `async with costs.export() as export`"
        connection = self._connect()
        async for chunk in connection.chunks(self._response):
            for block in self._take(chunk):
                yield block
        self._end(connection.config.base_url)

    async def __aiter__(self) -> AsyncIterator[JSON]:
        """Yield the rows: events as `costs.list` has them, or cells of CSV by column."""
        async for block in self.blocks():
            for row in self._values(block):
                yield row

    async def __aenter__(self) -> Self:
        self._response = await self._connect().stream(self._call)
        self._begin(self._response.headers)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._response is not None:
            await self._response.aclose()
