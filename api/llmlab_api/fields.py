"""Types of request fields that several features share."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints


def printable(text: str) -> str:
    """Return the text, or raise `ValueError` when it holds what PostgreSQL or a terminal trips over."""
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise ValueError("holds a control character (NUL, a line break, …); leave it out")
    if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        raise ValueError("holds half a surrogate pair, which is not a character; leave it out")
    return text


# What people call a thing of theirs.
Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    AfterValidator(printable),
]
