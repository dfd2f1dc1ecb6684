"""`llmlab prices`: the price list that calls are priced by."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from llmlab_deploy.commands.common import data_dir_option, explained

if TYPE_CHECKING:
    from llmlab_shared.pricing.sync import PriceChange, SyncReport

SHOWN_CHANGES = 40


@click.group(name="prices")
def command() -> None:
    """Keep the price list up to date."""


@command.command()
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole report as JSON.")
@data_dir_option
@explained
def sync(dry_run: bool, as_json: bool, data_dir: Path | None) -> None:
    """Bring the catalogue and LLMLab's overrides into the database.

    Prices are dated and only ever added; events that are priced stay as they are. Safe to repeat.
    """
    import msgspec

    from llmlab_deploy.database import explained_failures
    from llmlab_deploy.settings import database_url

    url = database_url(data_dir)
    with explained_failures(url):
        report = asyncio.run(_sync(url, dry_run))
    if as_json:
        whole = {"dry_run": dry_run, **msgspec.to_builtins(report)}
        click.echo(msgspec.json.format(msgspec.json.encode(whole)).decode())
        return
    _show(report, dry_run)


async def _sync(url: str, dry_run: bool) -> "SyncReport":
    import asyncpg
    from llmlab_shared.db.engine import plain_url
    from llmlab_shared.pricing.sync import sync_catalogue

    connection = await asyncpg.connect(plain_url(url), statement_cache_size=0)
    try:
        return await sync_catalogue(connection, dry_run=dry_run)
    finally:
        await connection.close()


def _show(report: "SyncReport", dry_run: bool) -> None:
    click.echo(f"{report.source}: {report.prices} prices, {report.aliases} aliases")
    for change in report.changes[:SHOWN_CHANGES]:
        click.echo(f"  {_line(change)}")
    if len(report.changes) > SHOWN_CHANGES:
        click.echo(f"  … and {len(report.changes) - SHOWN_CHANGES} more (--json shows all)")
    if not report.appended and not report.aliases_changed:
        click.echo("nothing to change: the price list is this version's")
        return
    verb = "would be written" if dry_run else "written"
    click.echo(f"{verb}: prices {report.appended}, aliases {report.aliases_changed}")


def _line(change: "PriceChange") -> str:
    name = f"{change.provider}/{change.model}"
    if change.context:
        name += f" ({change.context})"
    since = "" if change.valid_from.year < 2000 else f" from {change.valid_from:%Y-%m-%d %H:%M} UTC"
    if change.after is None:
        return f"- {name}{since}: no price any more"
    sign = "+" if change.before is None else "~"
    before = "" if change.before is None else f"{_tokens(change.before)} → "
    return f"{sign} {name}{since}: {before}{_tokens(change.after)}"


def _tokens(document: dict[str, Any]) -> str:
    rates: dict[str, str] = document.get("tokens", {})
    return ", ".join(f"{name} {usd}" for name, usd in rates.items()) or "fees only"
