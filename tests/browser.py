"""The Chromium that the dashboard is tested in.

`python tests/browser.py` sees to it that there is one, as `make test` does; a test only looks for it, so that
tests that run beside each other never install it twice.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
HOW = (
    "The dashboard is tested in a real Chromium, and there is none: install it (Debian: apt install "
    "chromium; Fedora: dnf install chromium; else: .venv/bin/playwright install --with-deps chromium), or "
    "name yours: make test CHROMIUM=/path/to/chromium"
)


def find_chromium() -> str | None:
    """Return the path of a Chromium: the one that CHROMIUM names, the system's, or Playwright's own."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named if os.access(named, os.X_OK) else None
    for name in _NAMES:
        found = shutil.which(name)
        # Ubuntu's package of this name only says that it is a snap.
        if found and "snap" not in os.path.realpath(found):
            return found
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    return next((str(path) for path in sorted(folder.glob("chromium-*/chrome-linux*/chrome"))), None)


def main() -> int:
    """Install a Chromium where there is none; return 0 when there is one."""
    if find_chromium():
        return 0
    if os.environ.get("CHROMIUM"):
        print(f"CHROMIUM={os.environ['CHROMIUM']} is no program.", file=sys.stderr)
        return 1
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Chromium, which the dashboard is tested in …", flush=True)
        quiet = {"stdout": subprocess.DEVNULL, "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"}}
        for command in (
            ["apt-get", "update"],
            ["apt-get", "install", "-y", "--no-install-recommends", "chromium"],
        ):
            subprocess.run(command, check=False, **quiet)
        if find_chromium():
            return 0
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    if find_chromium():
        return 0
    print(HOW, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
