"""Events as flat CSV: a column for each value of the JSON form, named by its path there (`tokens.input`)."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from llmlab_shared.domain.dimensions import TAG

from llmlab_api.costs.tokens import TOKEN_NAMES, token_classes
from llmlab_api.export import cells

_TEXT = (
    "provider",
    "model",
    "api",
    "status",
    "billing",
    "price_status",
)
_MONEY = ("cost", "computed_cost", "tool_cost", "reported_cost")
_LABELS = ("feature", "customer", "user", "team", "project", "environment", "release", "session_id")
_CONTEXT = ("service_tier", "processing", "region", "response_id")
_COUNTS = ("latency_ms", "input_chars", "output_chars", "output_chunks")
_TRACE = ("trace_id", "span_id", "parent_span_id", "process_id")
_JSON = ("units", "tags", "usage", "metadata")
COLUMNS = (
    "id",
    "timestamp",
    "received_at",
    "api_key",
    *_TEXT,
    *_MONEY,
    "reported_by",
    "price_rule",
    "price_id",
    "quarantine_reason",
    "original.cost",
    "original.price_status",
    "original.price_id",
    "input_tokens",
    "output_tokens",
    *(f"tokens.{name}" for name in TOKEN_NAMES),
    *_LABELS,
    *_CONTEXT,
    *_COUNTS,
    *_TRACE,
    "seq",
    *_JSON,
)


def _original(row: Mapping[str, Any]) -> tuple[object, ...]:
    return cells.money(row["original_cost"]), row["original_price_status"], row["original_price_id"]


class FlatWriter:
    """Writes the columns above, and one `tag.<key>` for each tag that the workspace has declared."""

    def __init__(self, declared_tags: Sequence[str]) -> None:
        self._tags = tuple(declared_tags)

    def head(self) -> bytes:
        """Return the line of column names."""
        return cells.lines([(*COLUMNS, *(TAG + key for key in self._tags))])

    def write(self, rows: Sequence[Mapping[str, Any]]) -> bytes:
        """Return a line for each event."""
        return cells.lines([self._cells(row) for row in rows])

    def _cells(self, row: Mapping[str, Any]) -> list[object]:
        classes = token_classes(row)
        return [
            row["id"],
            cells.instant(row["timestamp"]),
            cells.instant(row["received_at"]),
            row["api_key_id"],
            *[cells.text(row[name]) for name in _TEXT],
            *[cells.money(row[name]) for name in _MONEY],
            row["reported_by"],
            cells.text(row["price_rule"]),
            row["price_id"],
            cells.text(row["quarantine_reason"]),
            *(_original(row) if row["adjusted"] else (None, None, None)),
            row["input_tokens"],
            row["output_tokens"],
            *[classes[name] for name in TOKEN_NAMES],
            *[cells.text(row["user_id" if name == "user" else name]) for name in _LABELS],
            *[cells.text(row[name]) for name in _CONTEXT],
            *[row[name] for name in _COUNTS],
            *[cells.text(row[name]) for name in _TRACE],
            row["seq"],
            *[row[name] for name in _JSON],
            *self._tag_cells(row["tags"]),
        ]

    def _tag_cells(self, stored: str | None) -> list[str | None]:
        if stored is None or not self._tags:
            return [None] * len(self._tags)
        tags: dict[str, str] = msgspec.json.decode(stored)
        return [cells.text(tags.get(key)) for key in self._tags]
