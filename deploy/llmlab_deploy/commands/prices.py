"""`llmlab prices`: the price list that calls are priced by."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from llmlab_deploy.commands.common import data_dir_option, explained
from llmlab_deploy.errors import StackError

if TYPE_CHECKING:
    from llmlab_shared.pricing.lists.sync import SyncReport


@click.group(name="prices", epilog="Example: `llmlab prices sync --dry-run`")
def command() -> None:
    """Keep the price list up to date."""


@command.command(epilog="Example: `llmlab prices sync --dry-run`")
@click.option(
    "--file",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Take the list from this file: data.json as genai-prices publishes it.",
)
@click.option("--go-back", is_flag=True, help="Let an older list take the place of a newer one, this once.")
@click.option("--accept-jumps", is_flag=True, help="Let rates change by a factor of ten and more, this once.")
@click.option(
    "--accept-losses",
    is_flag=True,
    help="Take a list without a provider or with far fewer models, this once.",
)
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole report as JSON.")
@click.option(
    "--at-start",
    is_flag=True,
    help="Where the list is refused, keep the prices in force and end well: for whatever starts LLMLab.",
)
@data_dir_option
@explained
def sync(
    *,
    file: Path | None,
    go_back: bool,
    accept_jumps: bool,
    accept_losses: bool,
    dry_run: bool,
    as_json: bool,
    at_start: bool,
    data_dir: Path | None,
) -> None:
    """Bring the price list and LLMLab's overrides into the database.

    Prices are dated and only ever added; events that are priced stay as they are. Safe to repeat. A list
    that cannot be true is refused whole, and the prices in force stay: one that was cut off, states two
    prices for one moment, a negative or an absurd one, or a class of tokens that is not known.

    The list is the one that was installed with LLMLab. A newer one can be had without an upgrade, also for
    a machine without a network: prices/new_data/v2/data.json of github.com/pydantic/genai-prices, fetched
    wherever there is one and named with --file. It then stays in force until a newer list is installed.
    """
    import msgspec
    from llmlab_shared.pricing.lists.plausibility import PriceListRefused
    from llmlab_shared.pricing.lists.price_file import read_price_file

    from llmlab_deploy.database import explained_failures
    from llmlab_deploy.settings import database_url

    catalogue = None if file is None else read_price_file(file)
    url = database_url(data_dir)
    with explained_failures(url):
        report = asyncio.run(
            _sync(
                url,
                catalogue=catalogue,
                dry_run=dry_run,
                accept_jumps=accept_jumps,
                accept_losses=accept_losses,
                go_back=go_back,
                at_start=at_start,
            )
        )
    if report is None:
        return
    if as_json:
        whole = {"dry_run": dry_run, **msgspec.to_builtins(report)}
        click.echo(msgspec.json.format(msgspec.json.encode(whole)).decode())
    else:
        _show(report, dry_run)
    if report.refused is not None:
        raise PriceListRefused(report.refused)


async def _sync(url: str, *, at_start: bool, **how: Any) -> "SyncReport | None":
    import asyncpg
    from llmlab_shared.db.engine import plain_url
    from llmlab_shared.pricing.lists.plausibility import PriceListRefused
    from llmlab_shared.pricing.lists.sync import sync_catalogue
    from llmlab_shared.pricing.lists.sync_record import record_refusal
    from llmlab_shared.pricing.price_document import PriceDocumentError

    from llmlab_deploy.price_diff import jump_lines

    connection = await asyncpg.connect(plain_url(url), statement_cache_size=0)
    try:
        return await sync_catalogue(connection, **how)
    except (PriceDocumentError, PriceListRefused) as error:
        for line in jump_lines(error.jumps if isinstance(error, PriceListRefused) else ()):
            click.echo(line, err=True)
        # Calls go on and must be counted, so a start does not wait for somebody to judge a list.
        if not at_start or how["dry_run"] or not await record_refusal(connection, error.detail):
            raise
        click.echo(error.detail, err=True)
        return None
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError) as error:
        raise StackError(f"the database has an older schema ({error}): run `llmlab db migrate`") from error
    finally:
        await connection.close()


def _show(report: "SyncReport", dry_run: bool) -> None:
    from llmlab_deploy.price_diff import diff_lines, wrapped

    newest = f", newest price of {report.newest_price}" if report.newest_price else ""
    click.echo(f"{report.source}{newest}")
    click.echo(f"{report.prices:,} prices, {report.aliases:,} aliases")
    for line in wrapped(report.kept or "", ""):
        click.echo(line)
    for line in diff_lines(report):
        click.echo(line)
    if report.refused is not None:
        return
    if not report.appended and not report.aliases_changed:
        click.echo("nothing to change: the database has this price list")
        return
    verb = "would be written" if dry_run else "written"
    click.echo(f"\n{verb}: prices {report.appended:,}, aliases {report.aliases_changed:,}")
