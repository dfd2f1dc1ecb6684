"""Events as rows of PostgreSQL's binary COPY: bytes, because they are sorted and sent as such.

A row begins with its key (workspace, time in the id, id), each of fixed width and big-endian, so that
sorting rows sorts them by the key. Building the bytes here, straight from integers, saves the objects
(datetime, UUID, Decimal) that a driver would take apart again.
"""

from datetime import UTC, datetime
from struct import Struct

import msgspec
from llmlab_shared.clock import from_us, to_us
from llmlab_shared.domain.usage import TokenUsage
from llmlab_shared.queue.entry import Entry

from llmlab_worker.pipeline.decode import Call
from llmlab_worker.pipeline.price import Priced

COLUMNS = (
    "workspace_id",
    "id_time",
    "id",
    "timestamp",
    "received_at",
    "api_key_id",
    "price_id",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "input_audio_tokens",
    "cache_audio_read_tokens",
    "input_image_tokens",
    "output_audio_tokens",
    "output_image_tokens",
    "reasoning_tokens",
    "latency_ms",
    "input_chars",
    "output_chars",
    "output_chunks",
    "seq",
    "cost",
    "computed_cost",
    "tool_cost",
    "reported_cost",
    "provider",
    "model",
    "price_status",
    "status",
    "billing",
    "api",
    "reported_by",
    "price_rule",
    "quarantine_reason",
    "service_tier",
    "processing",
    "region",
    "response_id",
    "feature",
    "customer",
    "user_id",
    "team",
    "project",
    "environment",
    "release",
    "session_id",
    "trace_id",
    "span_id",
    "parent_span_id",
    "process_id",
    "units",
    "tags",
    "usage",
    "metadata",
)
HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
KEY_BYTES = 46

_NULL = b"\xff\xff\xff\xff"
_POSTGRES_EPOCH_US = to_us(datetime(2000, 1, 1, tzinfo=UTC))
_head = Struct(">hiqiqi16siqiqiq").pack
_integer = Struct(">iq").pack
_length = Struct(">i").pack
_numeric = Struct(">ihhhhhhh").pack
_digits = Struct(">hhhh").pack
_json = msgspec.json.Encoder(decimal_format="string").encode


def encode_row(
    entry: Entry, call: Call, *, provider: str, api: str | None, tokens: TokenUsage | None, priced: Priced
) -> bytes:
    """Return an event's row, its columns in the order of `COLUMNS`.

    Raises `struct.error` for a number that no column can hold, `UnicodeEncodeError` for text that is none.
    """
    event = call.event
    if tokens is None:
        counts = _NO_COUNTS
    else:
        counts = (
            _number(tokens.input_tokens),
            _number(tokens.output_tokens),
            # A part that is 0 says nothing, and a null takes no room.
            _number(tokens.cache_read or None),
            _number(tokens.cache_write_5m or None),
            _number(tokens.cache_write_1h or None),
            _number(tokens.input_audio or None),
            _number(tokens.cache_audio_read or None),
            _number(tokens.input_image or None),
            _number(tokens.output_audio or None),
            _number(tokens.output_image or None),
            _number(tokens.reasoning or None),
        )
    return b"".join(
        (
            _head(
                len(COLUMNS),
                8,
                entry.workspace_id,
                8,
                call.id_time_us - _POSTGRES_EPOCH_US,
                16,
                call.id,
                8,
                call.at_us - _POSTGRES_EPOCH_US,
                8,
                entry.at_us - _POSTGRES_EPOCH_US,
                8,
                entry.api_key_id,
            ),
            _number(priced.price_id),
            *counts,
            _number(event.latency_ms),
            _number(event.input_chars),
            _number(event.output_chars),
            _number(event.output_chunks),
            _number(event.seq),
            _money(priced.cost),
            _money(priced.computed),
            _money(priced.tool or None),
            _money(priced.reported),
            _text(provider),
            _text(event.model),
            _text(priced.status),
            _text(event.status or "ok"),
            _text(event.billing or "metered"),
            _text(api),
            _text(priced.reported_by),
            _text(priced.rule),
            _text(priced.reason),
            _text(event.service_tier),
            _text(event.processing),
            _text(event.region),
            _text(event.response_id),
            _text(event.feature),
            _text(event.customer),
            _text(event.user),
            _text(event.team),
            _text(event.project),
            _text(event.environment),
            _text(event.release),
            _text(event.session_id),
            _text(event.trace_id),
            _text(event.span_id),
            _text(event.parent_span_id),
            _text(event.process_id),
            _NULL if not event.units else _raw(_json(event.units)),
            _NULL if not event.tags else _raw(b"\x01" + _json(event.tags)),
            _raw(bytes(event.usage)),
            _raw(bytes(event.metadata)),
        )
    )


def id_time_in_row(row: bytes) -> datetime:
    """Return the `id_time` of a row."""
    return from_us(int.from_bytes(row[18:26], "big", signed=True) + _POSTGRES_EPOCH_US)


def _number(value: int | None) -> bytes:
    return _NULL if value is None else _integer(8, value)


_NO_COUNTS = (_NULL,) * 11


def _text(value: str | None) -> bytes:
    if not value:
        return _NULL
    raw = value.encode()
    return _length(len(raw)) + raw


def _raw(value: bytes) -> bytes:
    if value in (b"", b"null"):
        return _NULL
    return _length(len(value)) + value


def _money(pico: int | None) -> bytes:
    """Return pico-USD as a numeric of twelve decimals: digits of base 10,000, three after the point."""
    if pico is None:
        return _NULL
    high, low = divmod(pico, 10**8)
    whole, first = divmod(high, 10**4)
    if not whole:
        return _numeric(14, 3, -1, 0, 12, first, low // 10**4, low % 10**4)
    digits = [first, low // 10**4, low % 10**4]
    while whole:
        whole, digit = divmod(whole, 10**4)
        digits.insert(0, digit)
    size = len(digits)
    return (
        _length(8 + 2 * size)
        + _digits(size, size - 4, 0, 12)
        + b"".join(digit.to_bytes(2, "big") for digit in digits)
    )
