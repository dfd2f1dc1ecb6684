"""Notices as plain text: lines that align by themselves, cut to what a channel takes."""

import unicodedata
from collections.abc import Sequence

from llmlab_worker.notify.notice import Notice

_GAP = "  "


def cut(text: str, most: int) -> str:
    """Return a text of at most so many characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def one_line(text: str) -> str:
    """Return a text as one line without control characters: what names hold must not end a header."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as lines of a table for a fixed-width font; columns of numbers stand at the right."""
    columns = max(map(len, rows), default=0)
    cells = [[*map(one_line, row), *[""] * (columns - len(row))] for row in rows]
    widths = [max(_width(row[column]) for row in cells) for column in range(columns)]
    right = [
        is_numbers([row[column] for row in cells[1:]] or [cells[0][column]]) for column in range(columns)
    ]
    return [
        _GAP.join(
            " " * (width - _width(cell)) + cell if at_right else cell + " " * (width - _width(cell))
            for cell, width, at_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in cells
    ]


def is_numbers(cells: Sequence[str]) -> bool:
    """Say whether a column holds amounts, shares and counts."""
    return any(cells) and all(not c or c.lstrip("+-−±~$ ")[:1].isdigit() or c in ("–", "-") for c in cells)


def text_of(notice: Notice, footer: str) -> str:
    """Return the whole notice as text, such as for the text part of an e-mail."""
    parts = [one_line(notice.title), one_line(notice.summary)]
    if notice.facts:
        room = max(_width(one_line(label)) for label, _ in notice.facts) + 1
        facts = [(one_line(label), one_line(value)) for label, value in notice.facts]
        lines = [f"{label}:{' ' * (room - _width(label))} {value}" for label, value in facts]
        parts.append("\n".join(lines))
    for section in notice.sections:
        lines = aligned(section.rows) if section.rows else ["–"]
        parts.append("\n".join([one_line(section.heading), "", *lines]))
    if notice.resolved_by:
        parts.append(one_line(notice.resolved_by))
    if notice.link:
        parts.append(notice.link)
    return "\n\n".join([*parts, f"-- \n{footer}"]) + "\n"


def _width(text: str) -> int:
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )
