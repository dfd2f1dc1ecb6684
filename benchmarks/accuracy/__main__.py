"""`make accuracy`: price every call of which the cost is known, and write how exact that was.

The exit code is 1 when any cost of LLMLab's is wrong: one that is missing says so, one that is wrong lies.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import asyncpg
from databases import prepare_database
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from servers import start_servers

from benchmarks.accuracy.machine import as_json
from benchmarks.accuracy.report import Result, as_document, not_exact_table, totals_table
from benchmarks.accuracy.run import all_cases, run, yardsticks
from benchmarks.accuracy.sheet import Sheet, write_sheets

DOCUMENT = Path(__file__).parents[2] / "docs" / "accuracy.md"


def main() -> int:
    """Run it all; 1 when LLMLab named a wrong cost, else 0."""
    parser = argparse.ArgumentParser(prog="make accuracy", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--out", type=Path, default=DOCUMENT, help="where the document goes")
    arguments = parser.parse_args()
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        result = _measure(progress)
    arguments.out.write_text(as_document(result), encoding="utf-8")
    if arguments.json:
        print(as_json(result))
    else:
        show(result, Console(width=None if sys.stdout.isatty() else 160))
    return exit_code(result)


def exit_code(result: Result) -> int:
    """Return 1 when LLMLab named a cost that is not the true one, else 0."""
    return int(any(verdict.outcome == "wrong" for verdict in result.verdicts))


def show(result: Result, console: Console) -> None:
    """Print the totals, and what LLMLab does not answer exactly."""
    tables = {
        f"Costs by the prices of {result.catalogue}": totals_table(result),
        "LLMLab's answers that are not exact": not_exact_table(result),
    }
    for title, (headings, *rows) in tables.items():
        table = Table(*headings, title=title, title_justify="left")
        for row in rows:
            table.add_row(*row)
        console.print(table if rows else f"{title}: none", highlight=False)


def _measure(progress: Progress) -> Result:
    task = progress.add_task("other price lists", total=None)
    cases = all_cases()
    sheets = yardsticks(cases)
    write_sheets(sheets)
    progress.update(task, description="a database with the price catalogue")
    with start_servers(durable=False) as servers:
        prepare_database(servers.database_url)
        progress.update(task, description="cases", total=2 * len(cases))
        return asyncio.run(_run(servers.database_url, sheets, lambda: progress.advance(task)))


async def _run(database_url: str, sheets: list[Sheet], advance: Callable[[], None]) -> Result:
    connection = await asyncpg.connect(database_url)
    try:
        return await run(connection, all_cases(), sheets, advance)
    finally:
        await connection.close()


if __name__ == "__main__":
    sys.exit(main())
