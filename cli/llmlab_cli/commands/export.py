"""`llmlab export`: every call of a time into a file, or to standard output."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import rich_click as click
from llmlab import LLMLab, LLMLabError

from llmlab_cli import screen
from llmlab_cli.app import Invocation, shared_options
from llmlab_cli.errors import LOCAL_FILES, CLIError, fact_of, from_sdk
from llmlab_cli.exporting.download import Download, Reached
from llmlab_cli.exporting.parquet import ParquetFile, check_installed
from llmlab_cli.exporting.part import Part, part_of, taken_up
from llmlab_cli.exporting.sink import Output, Sink
from llmlab_cli.progress import progress
from llmlab_cli.render import figures
from llmlab_cli.render.export import Exported, told
from llmlab_cli.selection import check_period, filters_of, selection_options, span_of, zone_of
from llmlab_cli.session import connect

FORMATS = ("csv", "jsonl", "parquet", "focus")
_BY_SUFFIX = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}


@click.command("export", epilog="Example: `llmlab export november.csv --period 2026-11`")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path, allow_dash=True))
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="FOCUS is for cost tools: CSV by the FinOps Foundation. [default: by the name of FILE, else csv]",
)
@selection_options
@click.option("--resume", is_flag=True, help="Go on with a FILE that broke off, where it did.")
@click.option("--force", is_flag=True, help="Write FILE even if it is there already.")
@click.option("--json", "as_json", is_flag=True, help="Say what was written as JSON, on standard output.")
@shared_options
@click.pass_obj
def command(
    invocation: Invocation,
    *,
    file: Path | None,
    form: str | None,
    period: str | None,
    start: str | None,
    end: str | None,
    tz: str | None,
    filters: Sequence[str],
    resume: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Save every call as CSV, JSON lines, Parquet or FOCUS.

    Without FILE, the rows go to standard output. FILE gets its name when it is whole; until then it is
    FILE.part. When the connection breaks, the rest is asked for.
    """
    check_period(period, start, end)
    target = None if file is None or str(file) == "-" else file
    asked: dict[str, Any] = {
        "format": form or (_BY_SUFFIX.get(target.suffix.lower()) if target else None) or "csv",
        "period": period,
        "from": start,
        "to": end,
        "tz": tz,
        "where": list(filters),
    }
    if target is None and (resume or force or as_json):
        raise click.UsageError("--resume, --force and --json go with a FILE")
    if asked["format"] == "parquet":
        check_installed()
        if resume:
            raise click.UsageError("a Parquet file cannot be gone on with: start it anew with --force")
    if target is not None and resume and target.exists() and not part_of(target).exists():
        screen.say(f"{target} is whole: there is nothing to go on with.")
        return
    sink, asked = _sink(target, asked, resume=resume, force=force)
    query = filters_of(asked["where"])
    with connect(invocation) as client:
        done = _written(client, sink, asked, query, target)
    if as_json:
        screen.write_json(asdict(done))
    for line in told(done):
        screen.say(line)


def _sink(
    target: Path | None, asked: dict[str, Any], *, resume: bool, force: bool
) -> tuple[Sink, dict[str, Any]]:
    """Return where the rows go, and what is asked for: a part that is gone on with knows it itself."""
    if target is None:
        if asked["format"] != "parquet":
            return Output(), asked
        if sys.stdout.isatty():
            raise click.UsageError("Parquet is nothing for a terminal: name a FILE")
        return ParquetFile(None), asked
    if target.exists() and not force:
        raise CLIError(f"{target} is there already: --force replaces it", LOCAL_FILES)
    begun = part_of(target).exists()
    if begun and not (resume or force):
        raise CLIError(
            f"{part_of(target)} is left from before: --resume goes on with it, --force starts anew",
            LOCAL_FILES,
        )
    if asked["format"] == "parquet":
        return ParquetFile(target), asked
    if not (begun and resume):
        return Part(target, asked), asked
    part = taken_up(target)
    if asked["format"] == part.asked["format"] and not any(asked[name] for name in asked if name != "format"):
        return part, part.asked
    if asked != part.asked:
        raise click.UsageError(
            f"{part.path} was begun with other options: give the same or none, or start anew with --force"
        )
    return part, asked


def _written(
    client: LLMLab, sink: Sink, asked: Mapping[str, Any], query: dict[str, Any], target: Path | None
) -> Exported:
    """Write all rows; keep what came when that fails, and say how to go on."""
    part = sink if isinstance(sink, Part) else None
    query |= _range(client, asked, part)
    download = Download(client, asked["format"], query, part.reached if part else Reached())
    opened = False

    def begin() -> None:
        nonlocal opened
        if not opened:
            sink.open()
            opened = True
        if part is not None:
            part.range = (download.start, download.end)

    try:
        with progress("Export", unit="rows") as show:
            for block in download.blocks(begin):
                reached = download.reached
                sink.write(block, reached)
                show(reached.rows, download.expected, figures.size(sink.size))
        sink.finish()
    except BaseException as error:
        sink.abandon()
        again = ""
        if part is not None and part.reached.rows:
            rows = figures.plural(part.reached.rows, "row")
            again = f"{rows} are in {part.path}: `llmlab export {part.target} --resume` goes on"
        if again and isinstance(error, KeyboardInterrupt):
            screen.say(f"\n{again}.")
        if again and isinstance(error, LLMLabError):
            raise CLIError(f"{fact_of(error)}; {again}", from_sdk(error).exit_code) from error
        raise
    return Exported(
        form=asked["format"],
        file=None if target is None else str(target),
        rows=download.reached.rows,
        size=sink.size,
        start=download.start,
        end=download.end,
        without_cost=download.without_cost,
        announced=download.expected,
    )


def _range(client: LLMLab, asked: Mapping[str, Any], part: Part | None) -> dict[str, Any]:
    """Return the range to ask for: that of a part as it was, else what the options mean."""
    if part is not None and part.range is not None:
        return {"from_": part.range[0], "to": part.range[1]}
    # Only a period is of somebody's days; the others are taken as they are.
    zone = zone_of(client, asked["tz"]) if asked["period"] else "UTC"
    span = span_of(asked["period"], asked["from"], asked["to"], zone)
    return {**span, "tz": asked["tz"]} if asked["tz"] else span
