"""Where the rows of an export go."""

import sys
from typing import Protocol

from llmlab_cli.errors import ReaderGone
from llmlab_cli.exporting.download import Reached


class Sink(Protocol):
    """Takes rows after `open`, until `finish`; or `abandon` when they break off, maybe before `open`."""

    @property
    def size(self) -> int:
        """How many bytes were written so far."""
        ...

    def open(self) -> None:
        """Begin."""
        ...

    def write(self, block: bytes, reached: Reached) -> None:
        """Add whole rows; `reached` is how far the export is with them."""
        ...

    def finish(self) -> None:
        """End: all rows are there."""
        ...

    def abandon(self) -> None:
        """End before all rows are there."""
        ...


class Output:
    """Standard output."""

    def __init__(self) -> None:
        self.size = 0

    def open(self) -> None:
        """Do nothing: it is open."""

    def write(self, block: bytes, reached: Reached) -> None:
        """Pass the rows on. Raises ReaderGone when nobody reads them any more."""
        try:
            sys.stdout.buffer.write(block)
        except BrokenPipeError as error:
            raise ReaderGone from error
        self.size += len(block)

    def finish(self) -> None:
        """Pass on what is left."""
        try:
            sys.stdout.buffer.flush()
        except BrokenPipeError as error:
            raise ReaderGone from error

    def abandon(self) -> None:
        """Do nothing: what is passed on is gone."""
