"""Cells of CSV: how a value is written, and how foreign text is kept from being run as a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from llmlab_shared.domain.money import to_wire

# What spreadsheets take for the beginning of a formula, or skip before looking for one.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def text(value: str | None) -> str | None:
    """Return text of a caller's own with an apostrophe before what a spreadsheet would run."""
    return f"'{value}" if value is not None and value.startswith(_FORMULA) else value


def money(amount: Decimal | None) -> str | None:
    """Return an amount as the API writes it."""
    return None if amount is None else to_wire(amount)


def instant(at: datetime) -> str:
    """Return a UTC instant as the API writes it."""
    return f"{at.replace(tzinfo=None).isoformat()}Z"


def lines(rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows as CSV of RFC 4180; None is an empty cell."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerows(rows)
    return buffer.getvalue().encode()
