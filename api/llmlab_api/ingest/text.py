"""Text that PostgreSQL cannot hold, found in JSON as it came: NULs, and halves of surrogate pairs.

The decoder lets an escaped NUL through, and takes a lone surrogate for a broken document, although only
one event is at fault. One look for a backslash and a `u` acquits nearly every body.
"""

import re

# An escaped backslash before `u0000` is no NUL, so escapes are taken one after the other.
_ESCAPE = re.compile(
    rb"\\(?:u(?:[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|([0-9a-fA-F]{4}))|.)", re.DOTALL
)
_SUSPICIOUS = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_UNSTORABLE = re.compile(rb"0000|[dD][89a-fA-F][0-9a-fA-F]{2}")
_NUL = rb"\u0000"


def holds_unstorable(body: bytes) -> bool:
    """Say whether a text in this JSON holds a NUL or a lone surrogate."""
    # A single byte is found far faster than two.
    if b"\\" not in body or rb"\u" not in body or _SUSPICIOUS.search(body) is None:
        return False
    return any(_is_unstorable(escape) for escape in _ESCAPE.finditer(body))


def with_nuls(body: bytes) -> bytes:
    """Return the same JSON, as long as before, with each lone surrogate made a NUL, so that it decodes."""
    return _ESCAPE.sub(lambda escape: _NUL if _is_unstorable(escape) else escape[0], body)


def _is_unstorable(escape: re.Match[bytes]) -> bool:
    return escape[1] is not None and _UNSTORABLE.fullmatch(escape[1]) is not None
