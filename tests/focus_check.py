"""`make focus-check`: an export of calls of every kind, held against the FinOps Foundation's own validator.

The validator wants Python 3.12 or newer and pins much, so it gets an environment of its own inside .venv.
"""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from databases import prepare_database
from focus_calls import focus_calls
from llmlab_shared import log
from servers import start_servers
from world import open_world

VALIDATOR = "focus-validator==2.2.1"
# Newer ones want a newer numpy than the validator allows.
BESIDE = "pyarrow<21"
ENVIRONMENT = Path(sys.prefix) / "focus-validator"
NEEDED = "import sys; sys.exit(sys.version_info[:2] < (3, 12))"
# What holds of LLMLab as a data generator, so that the rules for it are checked too.
CRITERIA = (
    "ACCOUNT_NAMING_SUPPORTED", "MULTIPLE_BILLING_ACCOUNT_TYPES_SUPPORTED",
    "MULTIPLE_PRICING_CATEGORIES_SUPPORTED", "MULTIPLE_SUB_ACCOUNT_TYPES_SUPPORTED", "REGION_SUPPORTED",
    "SUB_ACCOUNT_SUPPORTED", "TAGGING_SUPPORTED", "UNIT_PRICING_SUPPORTED",
)  # fmt: skip
# Null without an invoice *or* not null with one: the validator counts the branch that does not apply.
EXPECTED = {"InvoiceId-C-005-C"}


def main() -> int:
    """Return 0 when no rule fails that should hold."""
    log.configure("warning", "text")
    interpreter = next(_interpreters(), None)
    if interpreter is None:
        print(
            "The validator needs Python 3.12 or newer, and there is none: install it (Debian 13, Ubuntu\n"
            "24.04: apt install python3 python3-venv; Fedora: dnf install python3.12; with uv: uv python\n"
            "install 3.12) or name yours: make focus-check FOCUS_PYTHON=/path/to/python3.12",
            file=sys.stderr,
        )
        return 1
    program = _validator(interpreter)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "focus.csv"
        with start_servers(durable=False) as servers:
            prepare_database(servers.database_url)
            rows = asyncio.run(_write(servers.database_url, servers.redis_url, file))
        print(f"{rows} charges, FOCUS 1.2, {VALIDATOR}")
        return _judge(_validate(program, file))


def _interpreters() -> Iterator[str]:
    names = (
        os.environ.get("FOCUS_PYTHON"),
        sys.executable,
        "python3.12",
        "python3.13",
        "python3.14",
        "python3",
    )
    pyenv = sorted(Path.home().glob(".pyenv/versions/3.1[2-9]*/bin/python"))
    for name in [*filter(None, names), *map(str, pyenv)]:
        path = shutil.which(name)
        # What is found may be a shim that leads nowhere.
        if path and subprocess.run([path, "-c", NEEDED], capture_output=True, check=False).returncode == 0:
            yield path


def _validator(interpreter: str) -> Path:
    """Return the validator's program, installed if it was not."""
    program = ENVIRONMENT / "bin" / "focus-validator"
    if not program.exists():
        print(f"Installing {VALIDATOR} …")
        subprocess.run([interpreter, "-m", "venv", "--clear", ENVIRONMENT], check=True)
        pip = [ENVIRONMENT / "bin" / "python", "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, VALIDATOR, BESIDE], check=True)
    return program


async def _write(database_url: str, redis_url: str, file: Path) -> int:
    async with open_world(database_url, redis_url) as world:
        await world.store(*focus_calls())
        answer = await world.get(
            "/api/costs/export", format="focus", **{"from": "2026-09-01", "to": "2026-12-01"}
        )
        file.write_bytes(answer.content)
        return int(answer.headers["x-llmlab-rows"])


def _validate(program: Path, file: Path) -> str:
    # It looks for its own lists relative to where it is started.
    (packages,) = ENVIRONMENT.glob("lib/python*/site-packages")
    options = [
        "--validate-version",
        "1.2",
        "--applicability-criteria",
        ",".join(CRITERIA),
        "--block-download",
    ]
    done = subprocess.run(
        [program, "--data-file", file, *options], cwd=packages, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def _judge(report: str) -> int:
    total = re.search(r"^Total: \d+ .*$", report, re.MULTILINE)
    if total is None:
        print(report, file=sys.stderr)
        return 1
    failed = dict(re.findall(r"^❌ (\S+): FAIL +(.*)$", report, re.MULTILINE))
    for rule, said in failed.items():
        print(f"{'expected' if rule in EXPECTED else 'FAILED'}: {rule} {said}")
    print(total[0])
    return 1 if failed.keys() - EXPECTED else 0


if __name__ == "__main__":
    sys.exit(main())
