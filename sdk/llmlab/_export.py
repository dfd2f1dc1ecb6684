"""Every event of a range as one stream, blocking: what `LLMLab.costs.export` returns."""

from __future__ import annotations

from llmlab._export_rows import ExportRows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Self

    import httpx

    from llmlab._calls import Call
    from llmlab._reads import Connection
    from llmlab.types import JSON, ExportFormat


class Export(ExportRows):
    """An export; enter it to begin, then take `blocks()` or go through its rows, either of them once.

    A connection that breaks raises ConnectionFailed after everything that came whole.
    """

    def __init__(self, connect: Callable[[], Connection], call: Call, form: ExportFormat) -> None:
        super().__init__(form)
        self._connect = connect
        self._call = call
        self._response: httpx.Response | None = None

    def blocks(self) -> Iterator[bytes]:
        """Yield the export's bytes in pieces of whole rows; the first one of CSV is the heading."""
        assert self._response is not None, "enter the export first: `with costs.export() as export`"
        connection = self._connect()
        for chunk in connection.chunks(self._response):
            yield from self._take(chunk)
        self._end(connection.config.base_url)

    def __iter__(self) -> Iterator[JSON]:
        """Yield the rows: events as `costs.list` has them, or cells of CSV by column."""
        for block in self.blocks():
            yield from self._values(block)

    def __enter__(self) -> Self:
        self._response = self._connect().stream(self._call)
        self._begin(self._response.headers)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._response is not None:
            self._response.close()
