"""Where a page begins, as an opaque text: what the list is sorted by, of the last one before it."""

import base64
import binascii
from typing import TypeVar

import msgspec

from llmlab_api.errors import invalid

Place = TypeVar("Place", bound=tuple[object, ...])


def write_cursor(place: tuple[object, ...]) -> str:
    """Return a place as a cursor."""
    return base64.urlsafe_b64encode(msgspec.json.encode(tuple(place))).decode().rstrip("=")


def read_cursor(cursor: str, kind: type[Place]) -> Place:
    """Return the place of a cursor, a tuple with types; raise the 422 for what is no cursor of this list."""
    try:
        packed = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        place = msgspec.json.decode(base64.b64decode(packed, altchars=b"-_", validate=True), type=kind)
        _check_texts(place)
        return place
    except (ValueError, binascii.Error):
        raise invalid(
            "cursor", "bad_cursor", "send the `next_cursor` of the page before, or none for the first page"
        ) from None


def _check_texts(place: tuple[object, ...]) -> None:
    if any(isinstance(part, str) and "\x00" in part for part in place):
        raise ValueError("PostgreSQL knows no NUL")
