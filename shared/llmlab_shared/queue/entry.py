"""One stream entry: the envelope around the JSON that a client sent, and the names of its fields.

Fields are only ever added; a worker of last month must read the entries of today's API.
"""

from collections.abc import Mapping
from uuid import UUID

import msgspec

GROUP = "workers"
VERSION = b"1"
MAX_ENTRY_BYTES = 256 << 10
# What the server keeps for an entry beside its body: the other fields and its place in the stream.
_ENVELOPE_BYTES = 128


def stream_name(shard: int) -> str:
    """Return the key of a shard's stream; the hash tag keeps what belongs to it on one cluster slot."""
    return f"llmlab:{{events:{shard}}}"


class Entry(msgspec.Struct, frozen=True, gc=False):
    """What the API accepted in one piece.

    `id` is a UUIDv7 of the API's making that recognises a redelivery; `at_us` the time of receipt and
    the timestamp of events that bring none; `events` how many events `body` holds; `defaults` the API
    key's defaults as JSON, empty when it has none; `body` is `{"events":[...]}`.
    """

    id: UUID
    workspace_id: int
    api_key_id: int
    at_us: int
    events: int
    body: bytes
    defaults: bytes = b""

    @property
    def size(self) -> int:
        """Bytes that this entry adds to the backlog while it waits: a charge, equal on both sides."""
        return len(self.body) + len(self.defaults) + _ENVELOPE_BYTES

    def fields(self) -> dict[bytes, bytes | int]:
        """Return the fields for XADD."""
        fields: dict[bytes, bytes | int] = {
            b"v": VERSION,
            b"id": self.id.bytes,
            b"ws": self.workspace_id,
            b"key": self.api_key_id,
            b"at": self.at_us,
            b"n": self.events,
            b"b": self.body,
        }
        if self.defaults:
            fields[b"d"] = self.defaults
        return fields

    @classmethod
    def from_fields(cls, fields: Mapping[bytes, bytes]) -> "Entry":
        """Read an entry as XREADGROUP returns it; raise `ValueError` or `KeyError` if it is not one."""
        if fields[b"v"] != VERSION:
            raise ValueError(f"entry version {fields[b'v']!r} is not known to this worker")
        return cls(
            id=UUID(bytes=fields[b"id"]),
            workspace_id=int(fields[b"ws"]),
            api_key_id=int(fields[b"key"]),
            at_us=int(fields[b"at"]),
            events=int(fields[b"n"]),
            body=fields[b"b"],
            defaults=fields.get(b"d", b""),
        )


def size_of(fields: Mapping[bytes, bytes]) -> int:
    """Return `Entry.size` of an entry as XREADGROUP returns it, readable as an `Entry` or not."""
    return len(fields.get(b"b", b"")) + len(fields.get(b"d", b"")) + _ENVELOPE_BYTES
