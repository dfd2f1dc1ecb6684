"""`llmlab db`: the database's schema, and whether its totals are what its events say."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click
from llmlab_cli.prompts import confirm

from llmlab_deploy.commands.common import data_dir_option, explained
from llmlab_deploy.errors import StackError

if TYPE_CHECKING:
    import asyncpg
    from llmlab_worker.jobs.reconcile import Difference

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

# Hears how far it is. And budgets that were not compared, with the reason.
Told = Callable[[int, int | None], None]
LeftOut = dict[int, str]

SHOWN_DIFFERENCES = 40


@click.group(name="db", epilog="Example: `llmlab db migrate`, `llmlab db reconcile`")
def command() -> None:
    """Migrate the database, prove its totals, and mend them."""


@command.command(epilog="Example: `llmlab db migrate --create`")
@click.option("--create", is_flag=True, help="Make the database first if the server does not have it.")
@data_dir_option
@explained
def migrate(create: bool, data_dir: Path | None) -> None:
    """Bring the database to this version's schema. Safe to repeat, and to run from several places."""
    from llmlab_shared.migrations.run import migrate as migrate_to_head

    from llmlab_deploy.database import create_if_missing, explained_failures
    from llmlab_deploy.settings import database_url

    url = database_url(data_dir)
    if create:
        create_if_missing(url)
    with explained_failures(url):
        migrate_to_head(url)
    click.echo("the database has this version's schema")


@command.command(epilog="Example: `llmlab db check`")
@data_dir_option
@explained
def check(data_dir: Path | None) -> None:
    """Say whether the database has exactly this version's schema; exit code 1 if not."""
    from llmlab_shared.migrations.run import check as check_schema

    from llmlab_deploy.database import explained_failures
    from llmlab_deploy.settings import database_url

    url = database_url(data_dir)
    with explained_failures(url):
        check_schema(url)
    click.echo("the database has this version's schema")


def _workspace_option(command: F) -> F:
    return click.option("--workspace", type=int, metavar="ID", help="Only this workspace.")(command)


_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


@command.command(epilog="Example: `llmlab db reconcile --workspace 7`")
@_workspace_option
@_JSON
@data_dir_option
@explained
def reconcile(*, workspace: int | None, as_json: bool, data_dir: Path | None) -> None:
    """Prove that every total equals the events it covers; exit code 1 if one does not.

    Safe on a running system. The workers do the same every night and log what differs.
    """
    found, left_out = _differences(data_dir, workspace)
    _tell(found, left_out, as_json)
    if found:
        raise StackError(
            f"{len(found):,} totals are not what their events say: `llmlab db rebuild` mends them"
        )


@command.command(epilog="Example: `llmlab db rebuild --dry-run`, then `llmlab db rebuild`")
@_workspace_option
@click.option("--dry-run", is_flag=True, help="Say what would be mended, and change nothing.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@_JSON
@data_dir_option
@explained
def rebuild(*, workspace: int | None, dry_run: bool, yes: bool, as_json: bool, data_dir: Path | None) -> None:
    """Make every total what its events say, on a running system.

    A week of a workspace at a time; meanwhile the workers wait, and no event is lost or counted twice.
    """
    if dry_run:
        _tell(*_differences(data_dir, workspace), as_json)
        return
    if not yes:
        whose = "all workspaces" if workspace is None else f"workspace {workspace}"
        confirm(f"Compare and mend the totals of {whose}? Writing pauses for moments.", "--yes")
    left_out: LeftOut = {}

    async def mend(pool: "asyncpg.Pool", told: Told) -> int:
        from llmlab_worker.jobs.reconcile import rebuild as rebuild_totals

        return await rebuild_totals(pool, workspace, told, left_out.__setitem__)

    mended = _with_progress(data_dir, workspace, "Mend", mend)
    if as_json:
        click.echo(json.dumps({"mended": mended, "not_compared": _left_out_json(left_out)}))
        return
    rest = "every other total" if left_out else "every total"
    click.echo(f"{mended:,} totals mended" if mended else f"{rest} was right already")
    _tell_left_out(left_out)


def _differences(data_dir: Path | None, workspace: int | None) -> "tuple[list[Difference], LeftOut]":
    left_out: LeftOut = {}

    async def compare(pool: "asyncpg.Pool", told: Told) -> "list[Difference]":
        from llmlab_worker.jobs.reconcile import find_differences

        found = find_differences(pool, workspace, told, left_out.__setitem__)
        return [difference async for difference in found]

    return _with_progress(data_dir, workspace, "Compare", compare), left_out


def _left_out_json(left_out: LeftOut) -> list[dict[str, object]]:
    return [{"budget_id": budget, "reason": reason} for budget, reason in left_out.items()]


def _tell_left_out(left_out: LeftOut) -> None:
    for budget, reason in left_out.items():
        click.echo(f"budget {budget} was not compared: {reason}")


def _with_progress(
    data_dir: Path | None,
    workspace: int | None,
    what: str,
    work: Callable[["asyncpg.Pool", Told], Awaitable[T]],
) -> T:
    """Return what the work comes to, with a bar while it goes from week to week."""
    from llmlab_cli.progress import progress

    from llmlab_deploy.database import check_workspace, explained_failures, with_pool
    from llmlab_deploy.settings import database_url

    url = database_url(data_dir)

    async def run(pool: "asyncpg.Pool") -> T:
        await check_workspace(pool, workspace)
        with progress(what, unit="weeks of events") as bar:
            return await work(pool, bar)

    with explained_failures(url):
        return asyncio.run(with_pool(url, run))


def _tell(found: "list[Difference]", left_out: LeftOut, as_json: bool) -> None:
    """Print what differs: all of it as JSON, the first lines for a person."""
    if as_json:
        rows = [
            {
                "table": difference.table,
                "key": {name: _plain(value) for name, value in difference.key.items()},
                "missing": {name: _plain(value) for name, value in difference.missing.items() if value},
            }
            for difference in found
        ]
        # What was not compared is not proven.
        told = {
            "ok": not rows and not left_out,
            "differences": rows,
            "not_compared": _left_out_json(left_out),
        }
        click.echo(json.dumps(told, indent=2))
        return
    for difference in found[:SHOWN_DIFFERENCES]:
        key = ", ".join(f"{name}={value}" for name, value in difference.key.items())
        off = ", ".join(f"{name} {value:+}" for name, value in difference.missing.items() if value)
        click.echo(f"{difference.table} ({key}): to be added {off}")
    if len(found) > SHOWN_DIFFERENCES:
        click.echo(f"… and {len(found) - SHOWN_DIFFERENCES:,} more (`--json` has them all)")
    _tell_left_out(left_out)
    if not found:
        click.echo(f"every {'other ' if left_out else ''}total equals the events it covers")


def _plain(value: object) -> object:
    """Return a value as JSON says it; money as a decimal string."""
    return value if isinstance(value, int) else str(value)
