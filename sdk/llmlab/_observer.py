"""Following a stream of a provider's chunks until its usage is known. Chunks are looked at, never kept."""

from __future__ import annotations

import json

from llmlab._extract import Reading, get, number, read, text, tool_units

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Where the libraries' own stream helpers keep the answer so far.
_SNAPSHOTS = ("current_message_snapshot", "current_completion_snapshot")


class Observer:
    """What the chunks of one stream have said so far.

    `complete` means that the final usage was seen: whoever stops reading then has aborted nothing.
    """

    def __init__(self) -> None:
        self.reading: Reading | None = None
        self.complete = False
        self.chunks = 0
        self.characters = 0
        self._items: list[Any] = []  # kinds of the items that are billed on their own

    def feed(self, chunk: Any) -> None:
        """Take note of a chunk. Never raises."""
        self.chunks += 1
        try:
            self._feed(chunk)
        except Exception:  # a chunk like no other: the count stands
            return

    def look_at(self, stream: Any) -> None:
        """Take what a library's stream helper knows, when its chunks did not come by here."""
        if self.reading is not None and self.complete:
            return
        for name in _SNAPSHOTS:
            found = read(get(stream, name))
            if found is not None and found.fields.get("usage") is not None:
                self._take(found)
                return

    def fields(self) -> dict[str, Any]:
        """Return the event fields that describe the stream itself, for calls whose usage did not come."""
        fields: dict[str, Any] = dict(self.reading.fields) if self.reading else {}
        if not self.complete and self.chunks:
            fields["output_chunks"] = self.chunks
            if self.characters:
                fields["output_chars"] = self.characters
        return fields

    def _feed(self, chunk: Any) -> None:
        if isinstance(chunk, str):
            self.characters += len(chunk)
            return
        kind = get(chunk, "type")
        if kind == "chunk" and (inner := get(chunk, "chunk")) is not None:  # of OpenAI's stream helper
            chunk, kind = inner, None
        if kind == "message_start":
            self._begin_message(get(chunk, "message"))
        elif kind == "message_delta":
            self._end_message(get(chunk, "usage"))
        elif isinstance(kind, str) and kind.startswith("response."):
            self._responses_event(kind, chunk)
        elif isinstance(chunk, dict) and isinstance(get(chunk.get("chunk"), "bytes"), bytes):
            self._invocation(chunk["chunk"]["bytes"])
        elif isinstance(chunk, dict) and isinstance(chunk.get("metadata"), dict):
            found = read(chunk["metadata"])  # Bedrock's last event
            if found is not None:
                self._take(found)
        else:
            found = read(chunk) or read(get(chunk, "x_groq"))
            if found is not None:
                self._take(found)
        self.characters += _characters(kind, chunk)

    def _invocation(self, raw: bytes) -> None:
        """Read Bedrock's counts, which the last chunk of InvokeModel holds whatever the model is."""
        if b'"amazon-bedrock-invocationMetrics"' in raw:
            metrics = json.loads(raw).get("amazon-bedrock-invocationMetrics")
            self._take(Reading("aws", None, api="invoke_model", usage=metrics))

    def _take(self, found: Reading) -> None:
        if self.reading is None:
            self.reading = found
        else:
            before = self.reading
            before.provider = found.provider or before.provider
            before.model = found.model or before.model
            before.fields.update(found.fields)
        if found.fields.get("usage") is not None or "input_tokens" in found.fields:
            # Google's chunks carry a running count: only the end of the stream makes one final.
            self.complete = found.fields.get("api") != "generate_content"

    def _begin_message(self, message: Any) -> None:
        found = read(message)
        if found is not None:
            from llmlab._plain import plain

            found.fields["usage"] = plain(found.fields.get("usage")) or {}
            self.reading = found

    def _end_message(self, usage: Any) -> None:
        """Anthropic's last counts are cumulative: they replace those of the beginning, they do not add."""
        if self.reading is None or usage is None:
            return
        from llmlab._plain import plain

        self.reading.fields["usage"].update(plain(usage) or {})
        self.complete = number(usage, "output_tokens") is not None

    def _responses_event(self, kind: str, event: Any) -> None:
        if kind == "response.output_item.done":
            item = get(event, "item")
            if tool_units([item]):
                self._items.append({"type": get(item, "type")})
        response = get(event, "response")
        found = read(response)
        if found is None:
            return
        usage = get(response, "usage")
        if usage is None:
            found.fields.pop("usage", None)
        if self._items:  # where responses are not stored, the last event may leave its items out
            found.fields.setdefault("units", tool_units(self._items))
        self._take(found)


def _characters(kind: Any, chunk: Any) -> int:
    """Return how many characters of answer a chunk carries."""
    if kind == "content_block_delta":
        return len(text(get(chunk, "delta"), "text", "thinking", "partial_json") or "")
    if kind == "response.output_text.delta":
        return len(text(chunk, "delta") or "")
    if isinstance(chunk, dict) and "contentBlockDelta" in chunk:
        return len(text(get(chunk["contentBlockDelta"], "delta"), "text") or "")
    found = 0
    for choice in _list(chunk, "choices"):
        found += len(text(get(choice, "delta"), "content") or text(choice, "text") or "")
    for candidate in _list(chunk, "candidates"):
        for part in _list(get(candidate, "content"), "parts"):
            found += len(text(part, "text") or "")
    return found


def _list(thing: Any, name: str) -> list[Any]:
    value = get(thing, name)
    return value if isinstance(value, list) else []
