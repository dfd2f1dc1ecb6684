"""`make bench`: run every benchmark, print the table, keep it as JSON under `benchmarks/results/`.

Absolute figures depend on the machine and its neighbours; the ratios are what targets are set on.
A module takes part by offering `measure() -> list[Row]`.
"""

import argparse
import importlib
import json
import os
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NotRequired, TypedDict

from rich.console import Console
from rich.table import Table

MODULES = (
    "pricing",
    "sdk",
    "ingest",
    "worker",
    "own_prices",
    "budgets",
    "repricing",
    "latency",
    "live",
    "reads",
    "screens",
    "folds",
    "recommendations",
    "handover",
    "export",
    "outlook",
    "web",
)
RESULTS = Path(__file__).parent / "results"


class Row(TypedDict):
    """One line of the table: our figure, the yardstick's, their ratio and the target for it, in words."""

    name: str
    ours: float
    yardstick: float | None
    ratio: float | None
    target: str
    unit: str
    met: NotRequired[bool | None]


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _show(rows: list[Row], console: Console) -> None:
    table = Table(title="LLMLab against its yardsticks", title_justify="left")
    table.add_column("what")
    table.add_column("unit")
    for heading in ("ours", "yardstick", "ratio", "target"):
        table.add_column(heading, justify="right")
    table.add_column("met")
    for row in rows:
        met = row.get("met")
        table.add_row(
            row["name"],
            row["unit"],
            _number(row["ours"]),
            _number(row["yardstick"]),
            _number(row["ratio"]),
            row["target"] or "–",
            "" if met is None else "yes" if met else "NO",
        )
    console.print(table)


def main() -> int:
    """Run what is asked for; 0 unless a benchmark could not run at all."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("only", nargs="*", choices=[*MODULES, []], help="run these alone")
    arguments = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 130)
    rows: list[Row] = []
    started = time.monotonic()
    for name in arguments.only or MODULES:
        console.print(f"… {name}", highlight=False)
        rows.extend(importlib.import_module(f"benchmarks.{name}").measure())
    _show(rows, console)
    RESULTS.mkdir(exist_ok=True)
    at = datetime.now(UTC)
    result = RESULTS / f"{at:%Y-%m-%dT%H%M%SZ}.json"
    machine = {
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "system": platform.system(),
    }
    result.write_text(
        json.dumps(
            {
                "at": at.isoformat(timespec="seconds"),
                "seconds": round(time.monotonic() - started, 1),
                "machine": machine,
                "rows": rows,
            },
            indent=1,
        )
        + "\n"
    )
    console.print(f"kept in benchmarks/results/{result.name}", highlight=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
