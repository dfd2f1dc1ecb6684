"""Cutting an export's bytes into whole rows: what came of it when a connection breaks, and where to go on."""

from __future__ import annotations

import csv
import io
import json
import re

from llmlab.errors import ConnectionFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmlab.types import JSON, ExportFormat

_QUOTED = re.compile(rb'"[^"]*"')
_ID_COLUMNS = {"csv": "id", "focus": "x_EventId"}


class ExportRows:
    """The rows of one export as far as they came whole: `seen` of them, and which was the last.

    `rows`, `rows_without_cost`, `from_`, `to` and `file_name` are what the server said before the first:
    how many rows the range has, how many of its events have no known cost (both None where counting takes
    long), where it begins and ends, and a name.
    """

    format: ExportFormat
    rows: int | None = None
    rows_without_cost: int | None = None
    from_: str = ""
    to: str = ""
    file_name: str = ""

    def __init__(self, form: ExportFormat) -> None:
        self.format = form
        self.seen = 0
        self._columns: list[str] | None = None
        self._block = b""
        self._rest = b""

    @property
    def last_id(self) -> str | None:
        """The id of the last event that came; as `after` of another export it makes that go on behind it."""
        if not self._block:
            return None
        row = self._block[_whole(self._block[:-1], quoted=self._quoted) :]
        if not self._quoted:
            return str(json.loads(row)["id"])
        return next(self._tables(row))[_ID_COLUMNS[self.format]]

    @property
    def _quoted(self) -> bool:
        return self.format != "jsonl"

    def _begin(self, headers: Mapping[str, str]) -> None:
        self.rows = _number(headers.get("X-LLMLab-Rows"))
        self.rows_without_cost = _number(headers.get("X-LLMLab-Rows-Without-Cost"))
        self.from_ = headers.get("X-LLMLab-From", "")
        self.to = headers.get("X-LLMLab-To", "")
        self.file_name = headers.get("Content-Disposition", "").partition('filename="')[2].rstrip('"')

    def _take(self, chunk: bytes) -> Iterator[bytes]:
        """Yield what of the bytes so far is whole and new: the heading by itself, then rows."""
        data = self._rest + chunk
        end = _whole(data, quoted=self._quoted)
        block, self._rest = data[:end], data[end:]
        if block and self._quoted and self._columns is None:
            first = _first(block)
            heading, block = block[:first], block[first:]
            self._columns = next(csv.reader([heading.decode()]))
            yield heading
        if block:
            self._block = block
            self.seen += _count(block, quoted=self._quoted)
            yield block

    def _values(self, block: bytes) -> Iterator[JSON]:
        if not self._quoted:
            for line in block.splitlines():
                yield json.loads(line)
        elif block is self._block:  # and not the heading
            yield from self._tables(block)

    def _end(self, url: str) -> None:
        if self._rest:
            raise ConnectionFailed(f"the export from {url} ended in the middle of a row", code="incomplete")

    def _tables(self, block: bytes) -> Iterator[dict[str, str]]:
        for cells in csv.reader(io.StringIO(block.decode(), newline="")):
            yield dict(zip(self._columns or (), cells, strict=True))


def _number(header: str | None) -> int | None:
    return int(header) if header is not None and header.isdigit() else None


def _whole(data: bytes, *, quoted: bool) -> int:
    """Return where the last whole row of bytes that begin with one ends: line ends in quotes end none."""
    if not quoted:
        return data.rfind(b"\n") + 1
    inside, end = data.count(b'"') % 2 == 1, len(data)
    while (cut := data.rfind(b"\n", 0, end)) >= 0:
        inside ^= data.count(b'"', cut, end) % 2 == 1
        if not inside:
            return cut + 1
        end = cut
    return 0


def _first(block: bytes) -> int:
    """Return where the first row of whole ones ends."""
    end = block.find(b"\n") + 1
    while block.count(b'"', 0, end) % 2:
        end = block.find(b"\n", end) + 1
    return end


def _count(block: bytes, *, quoted: bool) -> int:
    return (_QUOTED.sub(b"", block) if quoted else block).count(b"\n")
