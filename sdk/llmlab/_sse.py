"""Server-sent events, read from bytes as they come (WHATWG HTML, 9.2.6)."""

from __future__ import annotations

from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


class Frame(NamedTuple):
    """One event. `id` and `retry` (milliseconds) are None where the server did not say them."""

    kind: str
    data: str
    id: str | None
    retry: int | None


class Decoder:
    """Takes the bytes of one response.

    Lines end with a line feed, as our server ends them. Splitting text instead would also split at the
    other line breaks of Unicode, which names of models may hold.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._fields: dict[str, str] = {}

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """Yield the frames that are complete with this chunk."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            if frame := self._take(line.removesuffix(b"\r").decode("utf-8", "replace")):
                yield frame

    def _take(self, line: str) -> Frame | None:
        if line:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "data" and "data" in self._fields:
                value = f"{self._fields['data']}\n{value}"
            self._fields[name] = value
            return None
        fields, self._fields = self._fields, {}
        retry = fields.get("retry", "")
        known = int(retry) if retry.isascii() and retry.isdigit() else None
        if "data" not in fields and known is None:
            return None
        return Frame(fields.get("event", "message"), fields.get("data", ""), fields.get("id"), known)
