"""Types of request fields that several features share."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints


def printable(text: str) -> str:
    """Return the text, or raise `ValueError` when it holds a control character."""
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise ValueError("holds a control character (NUL, a line break, …); leave it out")
    return text


# What people call a thing of theirs.
Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    AfterValidator(printable),
]
