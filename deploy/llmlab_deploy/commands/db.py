"""`llmlab db`: the database's schema, and whether its totals are what its events say."""

from pathlib import Path

import rich_click as click

from llmlab_deploy.commands.common import data_dir_option, explained

SHOWN_DIFFERENCES = 40


@click.group(name="db")
def command() -> None:
    """Migrate and check the database."""


@command.command()
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


@command.command()
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


@command.command()
@click.option("--workspace", type=int, help="Only the workspace with this number.")
@data_dir_option
@explained
def reconcile(workspace: int | None, data_dir: Path | None) -> None:
    """Prove that every total equals the events it covers; exit code 1 if one does not.

    Safe on a running system. The workers do the same every night and log what differs.
    """
    import asyncio

    from llmlab_deploy.database import explained_failures, read_differences
    from llmlab_deploy.settings import database_url

    url = database_url(data_dir)
    with explained_failures(url):
        found = asyncio.run(read_differences(url, workspace))
    for difference in found[:SHOWN_DIFFERENCES]:
        key = ", ".join(f"{name}={value}" for name, value in difference.key.items())
        off = ", ".join(f"{name} {value:+}" for name, value in difference.missing.items() if value)
        click.echo(f"{difference.table} ({key}): to be added {off}")
    if len(found) > SHOWN_DIFFERENCES:
        click.echo(f"… and {len(found) - SHOWN_DIFFERENCES} more")
    if found:
        raise click.ClickException(
            f"{len(found)} totals are not what their events say: `llmlab db rebuild` mends them"
        )
    click.echo("every total equals the events it covers")


@command.command()
@click.option("--workspace", type=int, help="Only the workspace with this number.")
@data_dir_option
@explained
def rebuild(workspace: int | None, data_dir: Path | None) -> None:
    """Make every total what its events say, on a running system."""
    import asyncio

    from llmlab_deploy.database import explained_failures, rebuild_totals
    from llmlab_deploy.settings import database_url

    url = database_url(data_dir)
    with explained_failures(url):
        mended = asyncio.run(rebuild_totals(url, workspace))
    click.echo(f"{mended} totals mended" if mended else "every total was right already")
