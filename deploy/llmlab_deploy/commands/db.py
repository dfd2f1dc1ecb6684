"""`llmlab db`: the database's schema."""

from pathlib import Path

import rich_click as click

from llmlab_deploy.commands.common import data_dir_option, explained


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
