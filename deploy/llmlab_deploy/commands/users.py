"""`llmlab users`: who has an account, and a way in for who forgot the password."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import rich_click as click
from llmlab_cli.aliases import AliasGroup

from llmlab_deploy.commands.common import data_dir_option, explained
from llmlab_deploy.errors import StackError

if TYPE_CHECKING:
    import asyncpg
    from llmlab_shared.db.users import ListedUser

T = TypeVar("T")
# Of names and e-mails; a pipe takes them whole.
MOST_COLUMNS = 140

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


# The house's column would cut the longer name.
@click.rich_config(help_config={"style_commands_table_column_width_ratio": (1, 4)})
@click.group(name="users", cls=AliasGroup, epilog="Example: `llmlab users reset-password ada@example.com`")
def command() -> None:
    """See who has an account, and let somebody choose a new password."""


@command.command(name="ls", epilog="Example: `llmlab users ls --json`")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=100, show_default=True, help="How many, newest first."
)
@_JSON
@data_dir_option
@explained
def list_users(*, limit: int, as_json: bool, data_dir: Path | None) -> None:
    """List who has an account, in which workspaces, and how they sign in."""
    from llmlab_shared.db.users import read_users

    async def read(pool: "asyncpg.Pool") -> "list[ListedUser]":
        async with pool.acquire() as connection:
            return await read_users(connection, limit)

    found = _with_pool(data_dir, read)
    if as_json:
        click.echo(json.dumps({"users": [_as_json(user) for user in found]}, indent=2))
        return
    from llmlab_cli.screen import show

    from llmlab_deploy.user_screen import user_list

    show(lambda _: user_list(found), MOST_COLUMNS)


@command.command(name="reset-password", epilog="Example: `llmlab users reset-password ada@example.com`")
@click.argument("email")
@click.option(
    "--url",
    help="Where people see LLMLab, as the link shall name it (else LLMLAB_PUBLIC_URL, or this machine).",
)
@_JSON
@data_dir_option
@explained
def reset_password(*, email: str, url: str | None, as_json: bool, data_dir: Path | None) -> None:
    """Print a link by which somebody chooses a new password.

    It is good once, for one hour; hand it to nobody but the owner of the account. Everything that was
    signed in is out when it is used. Also sets a first password for who came by way of Supabase.
    """
    from llmlab_shared.db import password_resets
    from llmlab_shared.db.users import find_user_id, write_audit

    from llmlab_deploy.settings import web_address

    wanted = email.strip().lower()

    async def make(pool: "asyncpg.Pool") -> str:
        async with pool.acquire() as connection, connection.transaction():
            user_id = await find_user_id(connection, wanted) if wanted.isprintable() else None
            if user_id is None:
                raise StackError(
                    f"nobody has the e-mail {wanted!r}; `llmlab users ls` shows who has an account"
                )
            reset_id = await password_resets.ask(connection, wanted, by_mail=False)
            secret = await password_resets.hand_over(connection, reset_id)
            assert secret is not None, "the user is there, in this transaction"
            await write_audit(connection, "reset_link_made", f"user:{user_id}")
            return secret

    base = (url or web_address(data_dir)).rstrip("/")
    link = f"{base}{password_resets.RESET_PATH}{_with_pool(data_dir, make)}"
    if as_json:
        minutes = password_resets.LIFE_MINUTES
        click.echo(json.dumps({"email": wanted, "link": link, "minutes": minutes}, indent=2))
        return
    click.echo(link)
    click.echo(
        f"Good once, for {password_resets.LIFE_MINUTES} minutes: hand it to the owner of {wanted}, to nobody "
        "else.",
        err=True,
    )


def _with_pool(data_dir: Path | None, work: "Callable[[asyncpg.Pool], Awaitable[T]]") -> T:
    from llmlab_deploy.database import explained_failures, with_pool
    from llmlab_deploy.settings import database_url

    url = database_url(data_dir)
    with explained_failures(url):
        return asyncio.run(with_pool(url, work))


def _as_json(user: "ListedUser") -> dict[str, object]:
    return {
        "id": user.id,
        "email": user.email,
        "created_at": user.created_at.isoformat(),
        "last_seen_at": user.last_seen_at.isoformat() if user.last_seen_at else None,
        "has_password": user.has_password,
        "supabase": user.has_identity,
        "workspaces": [{"id": each.id, "name": each.name, "role": each.role} for each in user.places],
    }
