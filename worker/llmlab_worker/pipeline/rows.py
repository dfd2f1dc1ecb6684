"""Events as rows of PostgreSQL's binary COPY: bytes, because they are sorted and sent as such.

A row begins with its key (workspace, time in the id, id), each of fixed width and big-endian, so that
sorting rows sorts them by the key. Building the bytes here, straight from integers and text, saves the
objects (datetime, UUID, Decimal) that a driver would take apart again.
"""

from datetime import UTC, datetime
from functools import lru_cache
from struct import Struct

import msgspec
from llmlab_shared.clock import from_us, to_us
from llmlab_shared.domain.usage import TokenUsage
from llmlab_shared.queue.entry import Entry

from llmlab_worker.pipeline.cells import NULL, json, jsonb, label, money, number, text
from llmlab_worker.pipeline.decode import Call
from llmlab_worker.pipeline.price import Priced
from llmlab_worker.pipeline.profile import PROFILE_COLUMNS, Profile

COLUMNS = (
    "workspace_id",
    "id_time",
    "id",
    "timestamp",
    "received_at",
    "api_key_id",
    *PROFILE_COLUMNS,
    "price_status",
    "reported_by",
    "price_rule",
    "price_id",
    "quarantine_reason",
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
    "response_id",
    "feature",
    "customer",
    "user_id",
    "team",
    "project",
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
KEY_BYTES = 46

_POSTGRES_EPOCH_US = to_us(datetime(2000, 1, 1, tzinfo=UTC))
_WIDTH = len(COLUMNS)
_head = Struct(">hiqiqi16siqiqiq").pack
_totals = Struct(">iqiq").pack
_units = msgspec.json.Encoder(decimal_format="string").encode
_NO_COUNTS = NULL * 11
_NO_RARE_PARTS = NULL * 7


def encode_row(
    entry: Entry,
    call: Call,
    priced: Priced,
    *,
    profile: Profile,
    tokens: TokenUsage | None,
    total_in: int,
    total_out: int,
) -> bytes:
    """Return an event's row, its columns in the order of `COLUMNS`; the totals are those of `tokens`.

    Raises `struct.error` for a number that no column can hold, `UnicodeEncodeError` for text that is none.
    """
    event = call.event
    cost = NULL if priced.cost is None else money(priced.cost)
    computed = priced.computed
    # Spelled out and without calls for what is absent: this runs for every event there is.
    return b"".join(
        (
            _head(
                _WIDTH,
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
            profile.cells,
            _price_cells(priced.status, priced.reported_by, priced.rule, priced.price_id, priced.reason),
            _NO_COUNTS if tokens is None else _counts(tokens, total_in, total_out),
            NULL if event.latency_ms is None else number(event.latency_ms),
            NULL if event.input_chars is None else number(event.input_chars),
            NULL if event.output_chars is None else number(event.output_chars),
            NULL if event.output_chunks is None else number(event.output_chunks),
            NULL if event.seq is None else number(event.seq),
            cost,
            cost if computed == priced.cost else NULL if computed is None else money(computed),
            money(priced.tool) if priced.tool else NULL,
            NULL if priced.reported is None else money(priced.reported),
            text(event.response_id) if event.response_id else NULL,
            label(event.feature) if event.feature else NULL,
            label(event.customer) if event.customer else NULL,
            label(event.user) if event.user else NULL,
            label(event.team) if event.team else NULL,
            label(event.project) if event.project else NULL,
            text(event.session_id) if event.session_id else NULL,
            text(event.trace_id) if event.trace_id else NULL,
            text(event.span_id) if event.span_id else NULL,
            text(event.parent_span_id) if event.parent_span_id else NULL,
            label(event.process_id) if event.process_id else NULL,
            json(_units(event.units)) if event.units else NULL,
            jsonb(bytes(event.tags)),
            json(bytes(event.usage)),
            json(bytes(event.metadata)),
        )
    )


def id_time_in_row(row: bytes) -> datetime:
    """Return the `id_time` of a row."""
    return from_us(int.from_bytes(row[18:26], "big", signed=True) + _POSTGRES_EPOCH_US)


def _counts(tokens: TokenUsage, total_in: int, total_out: int) -> bytes:
    totals = _totals(8, total_in, 8, total_out)
    # A part that is 0 says nothing, and a null takes no room.
    read, reasoning = tokens.cache_read, tokens.reasoning
    first = number(read) if read else NULL
    last = number(reasoning) if reasoning else NULL
    if total_in == tokens.input + read and total_out == tokens.output:
        return totals + first + _NO_RARE_PARTS + last
    rare = (
        tokens.cache_write_5m,
        tokens.cache_write_1h,
        tokens.input_audio,
        tokens.cache_audio_read,
        tokens.input_image,
        tokens.output_audio,
        tokens.output_image,
    )
    return totals + first + b"".join([number(part) if part else NULL for part in rare]) + last


@lru_cache(maxsize=4096)
def _price_cells(
    status: str, reported_by: str | None, rule: str | None, price_id: int | None, reason: str | None
) -> bytes:
    price = NULL if price_id is None else number(price_id)
    return text(status) + text(reported_by) + text(rule) + price + text(reason)
