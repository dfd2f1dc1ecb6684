"""A file that is being filled: `FILE.part` with whole rows, and beside it what is needed to go on with it.

The notes are written after the rows that they tell of have reached the disk, so they never promise too
much; what the file has beyond them is cut off when it is gone on with.
"""

import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from llmlab_cli.errors import LOCAL_FILES, CLIError
from llmlab_cli.exporting.download import Reached

# Seconds of an export that may have to be fetched again.
_EVERY = 5.0


class Part:
    """The file on its way to be `target`; `asked` is what it holds, `reached` how far it came."""

    def __init__(self, target: Path, asked: Mapping[str, Any]) -> None:
        self.target = target
        self.path = part_of(target)
        self.asked: dict[str, Any] = dict(asked)
        # The range as the server said it, once it did: "the last 30 days" are others tomorrow.
        self.range: tuple[str, str] | None = None
        self.reached = Reached()
        self.size = 0
        self._saved_at = time.monotonic()
        self._file: Any = None

    def open(self) -> None:
        """Make the file, or cut it to the whole rows that are noted."""
        try:
            if not self.size:
                # Those of an earlier export, begun with other options, would be taken for this one's.
                notes_of(self.target).unlink(missing_ok=True)
            self._file = self.path.open("r+b" if self.size else "wb")
            self._file.truncate(self.size)
            self._file.seek(self.size)
        except OSError as error:
            raise CLIError(f"cannot write {self.path}: {error.strerror}", LOCAL_FILES) from error

    def write(self, block: bytes, reached: Reached) -> None:
        """Add whole rows; `reached` is how far the export is with them."""
        self._file.write(block)
        self.size += len(block)
        self.reached = reached
        if time.monotonic() - self._saved_at >= _EVERY:
            self.save()

    def save(self) -> None:
        """Bring all rows to the disk, and then note how far they go."""
        self._file.flush()
        os.fsync(self._file.fileno())
        notes = {
            "asked": self.asked,
            "range": self.range,
            "size": self.size,
            "rows": self.reached.rows,
            "last_id": self.reached.last_id,
            "heading": self.reached.heading.decode(),
        }
        path = notes_of(self.target)
        fresh = path.with_name(f"{path.name}.new")
        fresh.write_text(json.dumps(notes, indent=1) + "\n")
        fresh.replace(path)
        self._saved_at = time.monotonic()

    def abandon(self) -> None:
        """Keep what came so far, if anything did."""
        if self._file is None:
            return
        with suppress(OSError):
            if self.reached.rows:
                self.save()
        with suppress(OSError):
            self._file.close()
        if not self.reached.rows:
            self.path.unlink(missing_ok=True)
            notes_of(self.target).unlink(missing_ok=True)

    def finish(self) -> None:
        """Give the file its name."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self.path.replace(self.target)
        notes_of(self.target).unlink(missing_ok=True)


def part_of(target: Path) -> Path:
    """Return where a file is filled before it gets its name."""
    return target.with_name(f"{target.name}.part")


def notes_of(target: Path) -> Path:
    """Return where it is noted how far that is."""
    return target.with_name(f"{target.name}.part.json")


def taken_up(target: Path) -> Part:
    """Return the part of an export that broke off. Raises CLIError when it is not known how far it came."""
    try:
        notes = json.loads(notes_of(target).read_text())
        part = Part(target, notes["asked"])
        start, end = notes["range"]
        part.range = (str(start), str(end))
        part.size = int(notes["size"])
        part.reached = Reached(int(notes["rows"]), notes["last_id"], str(notes["heading"]).encode())
        too_short = part.path.stat().st_size < part.size
    except (OSError, ValueError, KeyError, TypeError):
        too_short = True
    if too_short:
        raise CLIError(
            f"{part_of(target)} cannot be gone on with: its notes do not fit; --force starts anew",
            LOCAL_FILES,
        )
    return part
