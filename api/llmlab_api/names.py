"""Names that a request gets wrong: how one that is known is offered instead."""

from collections.abc import Iterable
from difflib import get_close_matches

# What of a strange name is shown and compared: comparing takes time by the square of the length.
SHOWN = 64


def unknown(name: str, known: Iterable[str]) -> str:
    """Return the rest of "… is not a field here": the nearest of the known names, and all of them."""
    known = tuple(known)
    near = did_you_mean(name, known)
    return f"{near}{' Known' if near else '; known'} are {', '.join(known)}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question after the known name that is nearest, or nothing if none is near."""
    near = get_close_matches(name[:SHOWN], tuple(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""
