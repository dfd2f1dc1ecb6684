"""Screens kept as text files beside the tests, compared exactly.

With LLMLAB_UPDATE_SNAPSHOTS=1 a difference is written instead of reported.
"""

import os
from difflib import unified_diff
from pathlib import Path

FOLDER = Path(__file__).parent / "cli" / "snapshots"


def check(name: str, text: str) -> None:
    """Compare a screen with the snapshot of this name; escape characters are kept as `\\e`."""
    path = FOLDER / f"{name}.txt"
    shown = text.replace("\x1b", "\\e")
    if os.environ.get("LLMLAB_UPDATE_SNAPSHOTS"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(shown, encoding="utf-8")
    assert path.exists(), f"no snapshot {path.name} yet: run with LLMLAB_UPDATE_SNAPSHOTS=1 and read it"
    kept = path.read_text(encoding="utf-8")
    difference = unified_diff(kept.splitlines(), shown.splitlines(), "kept", "shown", lineterm="")
    assert shown == kept, "\n".join(difference)
