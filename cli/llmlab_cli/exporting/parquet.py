"""An export as Parquet: typed columns, written in row groups so that memory does not grow with the rows."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmlab_cli.errors import LOCAL_FILES, CLIError
from llmlab_cli.exporting.download import Reached
from llmlab_cli.exporting.part import notes_of, part_of

if TYPE_CHECKING:
    import pyarrow

INSTALL = "Parquet needs pyarrow: pip install 'llmlab-cli[parquet]' (or take --format csv)"
# Events are Python objects only for so long; a row group is made of these pieces, which are compact.
_PIECE, _GROUP = 500, 20_000

_INTEGERS = (
    "api_key", "input_tokens", "output_tokens", "price_id", "latency_ms", "input_chars", "output_chars",
    "output_chunks", "seq",
)  # fmt: skip
_MONEY = ("cost", "computed_cost", "tool_cost", "reported_cost")
_TIMES = ("timestamp", "received_at")
_JSON = ("usage", "metadata")
_TOKENS = (
    "input", "cache_read", "cache_write_5m", "cache_write_1h", "input_audio", "cache_audio_read",
    "input_image", "output", "output_audio", "output_image", "reasoning",
)  # fmt: skip
_TEXTS = (
    "provider", "model", "api", "reported_by", "price_status", "price_rule", "quarantine_reason",
    "service_tier", "processing", "region", "response_id", "billing", "status", "feature", "customer",
    "user", "team", "project", "environment", "release", "session_id", "trace_id", "span_id",
    "parent_span_id", "process_id",
)  # fmt: skip

Event = Mapping[str, Any]


class _Number(str):
    """A number that a float would not hold as it was written."""

    __slots__ = ()


class ParquetFile:
    """Takes the lines of an export and writes them to `target` as Parquet; it gets its name at the end."""

    def __init__(self, target: Path | None) -> None:
        """Write to a file, or (None) to standard output."""
        self._target = target
        self._columns = _columns()
        self._events: list[Event] = []
        self._pieces: list[pyarrow.RecordBatch] = []
        self._writer: Any = None
        self.size = 0

    def open(self) -> None:
        """Begin the file."""
        import pyarrow
        from pyarrow import parquet

        self._schema = pyarrow.schema([(name, kind) for name, (kind, _) in self._columns.items()])
        if self._target is None:
            # Of its own, because it is closed in the end and standard output is not ours to close.
            self._sink = pyarrow.PythonFile(os.fdopen(os.dup(sys.stdout.fileno()), "wb"), "w")
        else:
            path = part_of(self._target)
            try:
                notes_of(self._target).unlink(missing_ok=True)  # of an earlier export in another form
                self._sink = pyarrow.OSFile(str(path), "wb")
            except OSError as error:
                raise CLIError(f"cannot write {path}: {error.strerror}", LOCAL_FILES) from error
        self._writer = parquet.ParquetWriter(self._sink, self._schema, compression="zstd")

    def write(self, block: bytes, reached: Reached) -> None:
        """Add whole lines."""
        self._events += [json.loads(line, parse_float=_Number) for line in block.splitlines()]
        if len(self._events) >= _PIECE:
            self._pack()

    def finish(self) -> None:
        """Write what is left, and give the file its name."""
        self._pack()
        self._flush()
        self._writer.close()
        self.size = int(self._sink.tell())
        self._sink.close()
        if self._target is not None:
            part_of(self._target).replace(self._target)

    def abandon(self) -> None:
        """Remove what was written: without its end it cannot be read."""
        if self._writer is not None and self._target is not None:
            self._sink.close()
            part_of(self._target).unlink(missing_ok=True)

    def _pack(self) -> None:
        import pyarrow

        arrays = [made(self._events, name) for name, (_, made) in self._columns.items()]
        self._pieces.append(pyarrow.RecordBatch.from_arrays(arrays, schema=self._schema))
        self._events = []
        if sum(len(piece) for piece in self._pieces) >= _GROUP:
            self._flush()

    def _flush(self) -> None:
        import pyarrow

        if self._pieces:
            self._writer.write_table(pyarrow.Table.from_batches(self._pieces))
            self._pieces = []
            self.size = int(self._sink.tell())
            pyarrow.default_memory_pool().release_unused()


def check_installed() -> None:
    """Raise the CLIError that says what to install where pyarrow is missing."""
    from importlib.util import find_spec

    if find_spec("pyarrow") is None:
        raise CLIError(INSTALL)


def _columns() -> dict[str, tuple[Any, Callable[[list[Event], str], Any]]]:
    """Return each column's type, and how its values are made of events."""
    import pyarrow as pa

    text, integer = pa.string(), pa.int64()
    money, instant = pa.decimal128(38, 12), pa.timestamp("us", "UTC")
    tokens = pa.struct([(name, integer) for name in _TOKENS])
    original = pa.struct([("cost", money), ("price_status", text), ("price_id", integer)])

    def plain(kind: Any) -> Any:
        return kind, lambda events, name: pa.array([event[name] for event in events], kind)

    def cast(kind: Any) -> Any:
        return kind, lambda events, name: pa.array([event[name] for event in events], text).cast(kind)

    def original_of(events: list[Event], name: str) -> Any:
        found = [event[name] for event in events]
        costs = pa.array([one["cost"] if one else None for one in found], text).cast(money)
        statuses = pa.array([one["price_status"] if one else None for one in found], text)
        ids = pa.array([one["price_id"] if one else None for one in found], integer)
        absent = pa.array([one is None for one in found], pa.bool_())
        return pa.StructArray.from_arrays([costs, statuses, ids], fields=list(original), mask=absent)

    def mapped(events: list[Event], name: str) -> Any:
        pairs = [None if event[name] is None else list(event[name].items()) for event in events]
        return pa.array(pairs, pa.map_(text, text))

    def as_json(events: list[Event], name: str) -> Any:
        return pa.array([None if event[name] is None else _written(event[name]) for event in events], text)

    return {
        "id": plain(text),
        **{name: cast(instant) for name in _TIMES},
        **{name: plain(text) for name in _TEXTS},
        **{name: plain(integer) for name in _INTEGERS},
        **{name: cast(money) for name in _MONEY},
        "tokens": plain(tokens),
        "original": (original, original_of),
        "units": (pa.map_(text, text), mapped),
        "tags": (pa.map_(text, text), mapped),
        **dict.fromkeys(_JSON, (text, as_json)),
    }


def _written(value: object) -> str:
    """Return JSON with every number as it came."""
    if isinstance(value, _Number):
        return value
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)}: {_written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
