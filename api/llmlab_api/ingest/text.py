"""Text that PostgreSQL cannot hold, found in JSON as it came: NULs, and halves of surrogate pairs.

The decoder lets an escaped NUL through, and takes a lone surrogate for a broken document, although only
one event is at fault. One look for a backslash and a `u` acquits nearly every body.
"""

import re
from typing import Final

from llmlab_api.ingest.body import Body

_SUSPICIOUS = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
# In text without escaped backslashes, so that every backslash begins an escape. A low half is whole exactly
# when a high one stands before it.
_HEX: Final = rb"[0-9a-fA-F][0-9a-fA-F]"
_HIGH, _LOW = rb"\\u[dD][89abAB]" + _HEX, rb"\\u[dD][c-fC-F]" + _HEX
_UNSTORABLE = re.compile(
    rb"\\u0000|" + _HIGH + rb"(?!" + _LOW + rb")|\\u(?<!" + _HIGH + rb"\\u)[dD][c-fC-F]" + _HEX
)
_NUL = rb"\\u0000"  # as `sub` wants it
_ESCAPED = rb"\\"
# What stands for an escaped backslash, as long as that is: no UTF-8 holds it.
_BACKSLASH = b"\xff\xff"
_WINDOW = 256 << 10


def holds_unstorable(body: Body) -> bool:
    """Say whether a text in this JSON, which is UTF-8, holds a NUL or a lone surrogate."""
    # A single byte is found far faster than two.
    if b"\\" not in body or rb"\u" not in body or _SUSPICIOUS.search(body) is None:
        return False
    return _UNSTORABLE.search(_with_backslashes_away(body)) is not None


def with_nuls(body: Body) -> Body:
    """Return the same JSON, as long as before, with each lone surrogate made a NUL, so that it decodes."""
    text = _with_backslashes_away(body)
    mended = bytearray(body)
    end = 0
    # Window by window, because `sub` makes objects many times as large as what it replaces.
    while first := _UNSTORABLE.search(text, end):
        # Behind one of them no pair is cut.
        last = _UNSTORABLE.search(text, first.start() + _WINDOW)
        end = last.end() if last else len(text)
        piece = _UNSTORABLE.sub(_NUL, text[first.start() : end])
        mended[first.start() : end] = piece.replace(_BACKSLASH, _ESCAPED)
    return mended


def _with_backslashes_away(body: Body) -> Body:
    # A run of backslashes begins with an escape, so that pairs of them are found so.
    return body.replace(_ESCAPED, _BACKSLASH) if _ESCAPED in body else body
