"""`llmlab optimize`: reads the recommendations and shows them, the best first."""

import rich_click as click

from llmlab_cli import screen
from llmlab_cli.app import Invocation, shared_options
from llmlab_cli.render.optimize import optimize
from llmlab_cli.session import connect


@click.command("optimize")
@click.option(
    "--json", "as_json", is_flag=True, help="Print the API's own JSON: exact amounts, for programs."
)
@shared_options
@click.pass_obj
def command(invocation: Invocation, *, as_json: bool) -> None:
    """Show how to spend less, and how much that saves.

    From the calls of the last 30 days; a saving is what the same tokens would have cost otherwise.
    """
    with connect(invocation) as client:
        recommendations = client.recommendations()
    if as_json:
        screen.write_json({"recommendations": recommendations})
    else:
        screen.show(lambda here: optimize(recommendations, here))
