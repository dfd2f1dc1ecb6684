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

# The order is that of packing: what nearly every event has and is of fixed width goes in one piece.
COLUMNS = (
    "workspace_id",
    "id_time",
    "id",
    "timestamp",
    "received_at",
    "api_key_id",
    "input_tokens",
    "output_tokens",
    "cost",
    "computed_cost",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "input_audio_tokens",
    "cache_audio_read_tokens",
    "input_image_tokens",
    "output_audio_tokens",
    "output_image_tokens",
    "reasoning_tokens",
    *PROFILE_COLUMNS,
    "price_status",
    "reported_by",
    "price_rule",
    "price_id",
    "quarantine_reason",
    "latency_ms",
    "seq",
    "feature",
    "customer",
    "user_id",
    "team",
    "project",
    "process_id",
    "response_id",
    "trace_id",
    "session_id",
    "span_id",
    "parent_span_id",
    "input_chars",
    "output_chars",
    "output_chunks",
    "tool_cost",
    "reported_cost",
    "units",
    "tags",
    "usage",
    "metadata",
)
KEY_BYTES = 46

_POSTGRES_EPOCH_US = to_us(datetime(2000, 1, 1, tzinfo=UTC))
_WIDTH = len(COLUMNS)
_head = Struct(">hiqiqi16siqiqiq").pack
# Both totals, and twice a cost below one dollar: see `cells.money`.
_usual_amounts = Struct(">iqiqihhhhhhhihhhhhhh").pack
_totals = Struct(">iqiq").pack
_number = Struct(">iq").pack
_units = msgspec.json.Encoder(decimal_format="string").encode
_ONE_DOLLAR = 10**12
_NO_RARE_PARTS = NULL * 7


def encode_row(  # noqa: PLR0917 # once for every event: naming them would cost a tenth of it
    entry: Entry,
    call: Call,
    priced: Priced,
    profile: Profile,
    tokens: TokenUsage | None,
    total_in: int,
    total_out: int,
    plain: bool,
) -> bytes:
    """Return an event's row, its columns in the order of `COLUMNS`.

    The totals are those of `tokens`, which are `plain` when only input, cache_read, output and reasoning
    are in use. Raises `struct.error` for a number that no column can hold, `UnicodeEncodeError` for text
    that is none.
    """
    event = call.event
    cost, computed = priced.cost, priced.computed
    # Spelled out and without calls for what is absent: this runs for every event there is.
    head = _head(
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
    )
    if tokens is not None and cost is not None and cost == computed and 0 <= cost < _ONE_DOLLAR:
        high, last = divmod(cost, 10_000)
        first, middle = divmod(high, 10_000)
        digits = (14, 3, -1, 0, 12, first, middle, last)
        amounts = _usual_amounts(8, total_in, 8, total_out, *digits, *digits)
    else:
        totals = NULL + NULL if tokens is None else _totals(8, total_in, 8, total_out)
        amounts = totals + _money_or_null(cost) + _money_or_null(computed)
    read = reasoning = 0
    rare = _NO_RARE_PARTS
    if tokens is not None:
        read, reasoning = tokens.cache_read, tokens.reasoning
        if not plain:
            rare = _rare_parts(tokens)
    return b"".join(
        (
            head,
            amounts,
            # A part that is 0 says nothing, and a null takes no room.
            _number(8, read) if read else NULL,
            rare,
            _number(8, reasoning) if reasoning else NULL,
            profile.cells,
            _price_cells(priced.status, priced.reported_by, priced.rule, priced.price_id, priced.reason),
            NULL if event.latency_ms is None else _number(8, event.latency_ms),
            NULL if event.seq is None else _number(8, event.seq),
            label(event.feature) if event.feature else NULL,
            label(event.customer) if event.customer else NULL,
            label(event.user) if event.user else NULL,
            label(event.team) if event.team else NULL,
            label(event.project) if event.project else NULL,
            label(event.process_id) if event.process_id else NULL,
            text(event.response_id) if event.response_id else NULL,
            text(event.trace_id) if event.trace_id else NULL,
            text(event.session_id) if event.session_id else NULL,
            text(event.span_id) if event.span_id else NULL,
            text(event.parent_span_id) if event.parent_span_id else NULL,
            NULL if event.input_chars is None else _number(8, event.input_chars),
            NULL if event.output_chars is None else _number(8, event.output_chars),
            NULL if event.output_chunks is None else _number(8, event.output_chunks),
            money(priced.tool) if priced.tool else NULL,
            _money_or_null(priced.reported),
            json(_units(event.units)) if event.units else NULL,
            jsonb(event.tags) if event.tags else NULL,
            json(event.usage) if event.usage else NULL,
            json(event.metadata) if event.metadata else NULL,
        )
    )


def id_time_in_row(row: bytes) -> datetime:
    """Return the `id_time` of a row."""
    return from_us(int.from_bytes(row[18:26], "big", signed=True) + _POSTGRES_EPOCH_US)


def _money_or_null(pico: int | None) -> bytes:
    return NULL if pico is None else money(pico)


def _rare_parts(tokens: TokenUsage) -> bytes:
    parts = (
        tokens.cache_write_5m,
        tokens.cache_write_1h,
        tokens.input_audio,
        tokens.cache_audio_read,
        tokens.input_image,
        tokens.output_audio,
        tokens.output_image,
    )
    return b"".join([number(part) if part else NULL for part in parts])


@lru_cache(maxsize=4096)
def _price_cells(
    status: str, reported_by: str | None, rule: str | None, price_id: int | None, reason: str | None
) -> bytes:
    price = NULL if price_id is None else number(price_id)
    return text(status) + text(reported_by) + text(rule) + price + text(reason)
