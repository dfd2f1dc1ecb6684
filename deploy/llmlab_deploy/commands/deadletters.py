"""`llmlab deadletters`: what was accepted and could not be written."""

import asyncio
import getpass
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click
from llmlab_cli.aliases import AliasGroup
from llmlab_cli.prompts import confirm

from llmlab_deploy.commands.common import data_dir_option, explained
from llmlab_deploy.errors import StackError

if TYPE_CHECKING:
    import asyncpg
    from llmlab_shared.db.dead_letters import Selection

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")
MOST_REASONS = 20
# An id is long; beside it stands what it is of.
MOST_COLUMNS = 140


def _choosing(command: F) -> F:
    """Add the options that choose letters."""
    code = click.option("--code", help="Only those that died of this code, as in refused.")
    workspace = click.option("--workspace", type=int, metavar="ID", help="Only those of this workspace.")
    return code(workspace(command))


_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
_IDS = click.argument("ids", nargs=-1, metavar="[ID]...")


@click.group(
    name="deadletters",
    cls=AliasGroup,
    epilog="Example: `llmlab deadletters ls`, mend the cause, `llmlab deadletters replay`",
)
def command() -> None:
    """Look at events that could not be written, replay or drop them.

    The API accepted them, so they are kept; no total has them. A replay writes them as all events are
    written, and stores nothing twice.
    """


@command.command(name="ls", epilog="Example: `llmlab deadletters ls --code refused`")
@_choosing
@click.option("--replayed", is_flag=True, help="Those that were replayed, instead of those that wait.")
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many single ones."
)
@_JSON
@data_dir_option
@explained
def list_letters(
    *,
    code: str | None,
    workspace: int | None,
    replayed: bool,
    limit: int,
    as_json: bool,
    data_dir: Path | None,
) -> None:
    """List what they died of, with counts, and those that died last.

    Of a body only its head is shown, never what a caller said.
    """
    from llmlab_shared.db.dead_letters import (
        Selection,
        count_letters,
        read_letters,
        read_now,
        read_reasons,
    )

    from llmlab_deploy.database import check_workspace

    chosen = Selection(workspace, code, replayed=replayed)

    async def read(pool: "asyncpg.Pool") -> Any:
        await check_workspace(pool, workspace)
        async with pool.acquire() as connection:
            now = await read_now(connection)
            return (
                await count_letters(connection, chosen, now),
                await read_reasons(connection, chosen, now, MOST_REASONS),
                await read_letters(connection, chosen, now, limit),
            )

    letters, reasons, rows = _with_pool(data_dir, read)
    if as_json:
        from llmlab_deploy.letters import list_json

        click.echo(json.dumps(list_json(letters, reasons, rows), indent=2))
        return
    from llmlab_cli.screen import show

    from llmlab_deploy.letter_screen import letter_list

    show(lambda here: letter_list(letters, reasons, rows, replayed=replayed, screen=here), MOST_COLUMNS)


@command.command(
    name="show", epilog="Example: `llmlab deadletters show 01990f5c-5a6b-7c3d-8e4f-0123456789ab:0`"
)
@click.argument("letter", metavar="ID")
@click.option("--raw", is_flag=True, help="Print the body alone, byte by byte, words of callers included.")
@_JSON
@data_dir_option
@explained
def show_letter(*, letter: str, raw: bool, as_json: bool, data_dir: Path | None) -> None:
    """Show one letter: whose it is, why it died, and its fields.

    Left out are the values of metadata, tags, usage, and of fields that this version does not know.
    """
    from llmlab_shared.db.dead_letters import read_letter
    from llmlab_shared.domain.dead_letters import shown_body

    from llmlab_deploy.letters import key_of, letter_json

    key = key_of(letter)

    async def read(pool: "asyncpg.Pool") -> Any:
        async with pool.acquire() as connection:
            return await read_letter(connection, key)

    row = _with_pool(data_dir, read)
    if row is None:
        raise StackError(f"there is no dead letter {letter}: `llmlab deadletters ls` shows those there are")
    if raw:
        sys.stdout.buffer.write(row["body"])
    elif as_json:
        click.echo(json.dumps({**letter_json(row), "event": shown_body(row["body"])}, indent=2))
    else:
        from llmlab_cli.screen import show

        from llmlab_deploy.letter_screen import one_letter

        show(lambda _: one_letter(row))


@command.command(name="replay", epilog="Example: `llmlab deadletters replay --code refused --workspace 7`")
@_IDS
@_choosing
@_JSON
@data_dir_option
@explained
def replay_letters(
    *, ids: Sequence[str], code: str | None, workspace: int | None, as_json: bool, data_dir: Path | None
) -> None:
    """Write them the usual way: all that wait, or those of a code, a workspace, or these.

    Safe to repeat, and on a running system. What is refused again is a dead letter anew, with its reason;
    then the exit code is 1.
    """
    from llmlab_cli.progress import progress
    from llmlab_shared.db.dead_letters import count_letters, read_now
    from llmlab_worker.jobs.replay import replay

    from llmlab_deploy.database import check_workspace

    chosen = _selection(ids, code, workspace)

    async def run(pool: "asyncpg.Pool") -> tuple[int, int, dict[str, int]]:
        await check_workspace(pool, workspace)
        async with pool.acquire() as connection:
            now = await read_now(connection)
            waiting = await count_letters(connection, chosen, now)
            nobodys = 0
            if workspace is None:
                nobodys = await count_letters(connection, replace(chosen, workspace_id=0), now)
        _check_found(ids, waiting)
        with progress("Replay", unit="letters") as bar:
            return waiting, nobodys, await replay(pool, chosen, lambda done: bar(done, waiting))

    waiting, nobodys, counts = _with_pool(data_dir, run)
    if as_json:
        click.echo(json.dumps(counts))
    elif not waiting:
        click.echo("No dead letter waits that this means.")
    else:
        click.echo(
            f"Replayed {_letters(counts['letters'])}: {counts['stored']:,} stored, "
            f"{counts['duplicates']:,} known already, {counts['dead']:,} refused again."
        )
        if nobodys:
            click.echo(f"{_letters(nobodys)} of no known workspace can be written for nobody, only dropped.")
    if counts["dead"]:
        raise StackError("some were refused again: `llmlab deadletters ls` says why")


@command.command(
    name="drop", epilog="Example: `llmlab deadletters drop --code malformed --reason 'a test client'`"
)
@_IDS
@_choosing
@click.option("--all", "everything", is_flag=True, help="All of them.")
@click.option("--replayed", is_flag=True, help="Those that were replayed, which are done with.")
@click.option("--reason", metavar="TEXT", help="Why; it is kept in the audit log.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@data_dir_option
@explained
def drop_letters(
    *,
    ids: Sequence[str],
    code: str | None,
    workspace: int | None,
    everything: bool,
    replayed: bool,
    reason: str | None,
    yes: bool,
    data_dir: Path | None,
) -> None:
    """Drop them for good: what they would have cost is then in no total, ever.

    Who dropped how many of which code, and why, is recorded in the audit log of each workspace.
    """
    from llmlab_cli.progress import progress
    from llmlab_shared.db.dead_letters import count_letters, drop_some, read_now

    from llmlab_deploy.database import check_workspace

    if not (ids or code or workspace is not None or everything or replayed):
        raise click.UsageError("say which: an ID, --code, --workspace, --replayed or --all")
    chosen = _selection(ids, code, workspace, replayed=replayed)

    async def run(pool: "asyncpg.Pool") -> int:
        await check_workspace(pool, workspace)
        async with pool.acquire() as connection:
            now = await read_now(connection)
            there = await count_letters(connection, chosen, now)
            _check_found(ids, there)
            if there and not yes:
                what = "already replayed" if replayed else "which are in no total"
                confirm(f"Drop {_letters(there)}, {what}, for good?", "--yes")
            gone = 0
            with progress("Drop", unit="letters") as bar:
                while some := await drop_some(
                    connection, chosen, now, actor=f"operator:{_operator()}", reason=reason
                ):
                    gone += some
                    bar(gone, there)
            return gone

    gone = _with_pool(data_dir, run)
    click.echo(f"Dropped {_letters(gone)}." if gone else "There is no dead letter that this means.")


def _selection(
    ids: Sequence[str], code: str | None, workspace: int | None, *, replayed: bool = False
) -> "Selection":
    from llmlab_shared.db.dead_letters import Selection

    from llmlab_deploy.letters import key_of

    return Selection(workspace, code, [key_of(text) for text in ids] or None, replayed)


def _check_found(ids: Sequence[str], found: int) -> None:
    """Raise `StackError` when not all the letters that were named are there."""
    if ids and found < len(set(ids)):
        raise StackError(
            f"of the {len(set(ids))} letters that were named {found} are there, so nothing was done: "
            "`llmlab deadletters ls` shows them"
        )


def _letters(number: int) -> str:
    return f"{number:,} dead letter{'' if number == 1 else 's'}"


def _operator() -> str:
    """Return who is at the machine: whoever runs this has its database, and is no user of LLMLab's."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _with_pool(data_dir: Path | None, work: Callable[["asyncpg.Pool"], Awaitable[T]]) -> T:
    """Return what the work comes to, with a pool on the database that the command means."""
    from llmlab_deploy.database import explained_failures, with_pool
    from llmlab_deploy.settings import database_url

    url = database_url(data_dir)
    with explained_failures(url):
        return asyncio.run(with_pool(url, work))
