"""What an export can be written as, and how events become bytes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
from llmlab_shared.db.repositories.costs import COSTED

from llmlab_api.costs.events import event_on_wire
from llmlab_api.export.flat import FlatWriter
from llmlab_api.export.focus import FocusWriter

Row = Mapping[str, Any]


class Writer(Protocol):
    """Writes events one after the other."""

    def head(self) -> bytes:
        """Return what comes before the first event."""
        ...

    def write(self, rows: Sequence[Row]) -> bytes:
        """Return these events."""
        ...


class LineWriter:
    """One JSON object a line: the event as `GET /api/costs` shows it."""

    def head(self) -> bytes:
        """Return nothing: lines need no heading."""
        return b""

    def write(self, rows: Sequence[Row]) -> bytes:
        """Return each event and a line end."""
        return _lines.encode_lines([event_on_wire(row) for row in rows])


@dataclass(frozen=True, slots=True)
class Format:
    """A form of export; `statuses`, if any, are the price statuses that it has rows for."""

    name: str
    suffix: str
    media_type: str
    statuses: tuple[str, ...] | None = None


_CSV = "text/csv; charset=utf-8; header=present"
# FOCUS knows no charge without a cost, and 0 in the place of what is not known is forbidden there too.
FORMATS = {
    one.name: one
    for one in (
        Format("jsonl", "jsonl", "application/x-ndjson"),
        Format("csv", "csv", _CSV),
        Format("focus", "csv", _CSV, (*COSTED, "free")),
    )
}
_lines = msgspec.json.Encoder()


def writer_of(form: Format, *, declared_tags: Sequence[str], workspace_id: int, workspace: str) -> Writer:
    """Return a writer for a workspace of this id and name."""
    if form.name == "jsonl":
        return LineWriter()
    if form.name == "csv":
        return FlatWriter(declared_tags)
    return FocusWriter(workspace_id, workspace)
