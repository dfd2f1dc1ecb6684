"""`llmlab prices`: the group; each of its commands is in a module of its own kind."""

import rich_click as click

from llmlab_cli.command_table import SERVER_PRICES
from llmlab_cli.commands.price_lookup import history, list_prices, show
from llmlab_cli.commands.price_mappings import list_mappings, map_name, unmap_name
from llmlab_cli.commands.price_setting import list_own, set_price, unset_price
from llmlab_cli.commands.repricing import jobs, reprice, undo
from llmlab_cli.lazy import ExtendedGroup


class _Prices(ExtendedGroup):
    added = SERVER_PRICES


@click.group(
    "prices",
    cls=_Prices,
    commands=[
        show, list_prices, history,
        list_own, set_price, unset_price, map_name, unmap_name, list_mappings,
        reprice, undo, jobs,
    ],
    epilog="Example: `llmlab prices show openai/gpt-4o`",
    panels=[click.RichCommandPanel(name) for name in ("Look up", "Your own", "Price again", "Operate")],
)  # fmt: skip
def command() -> None:
    """Look prices up, set your own, and price calls again.

    A call keeps the price it got: new prices count for new calls, and `reprice` says first what it would
    change of the old ones.
    """
