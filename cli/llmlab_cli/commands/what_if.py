"""`llmlab what-if`: the calls that were made, priced on other models side by side."""

from collections.abc import Sequence

import rich_click as click

from llmlab_cli import screen
from llmlab_cli.app import Invocation, shared_options
from llmlab_cli.commands.price_options import JSON_OPTION
from llmlab_cli.render.what_if import what_if
from llmlab_cli.selection import WHERE, filters_of
from llmlab_cli.session import connect


@click.command(
    "what-if", epilog="Example: `llmlab what-if -m openai/gpt-4o -w model=gpt-4 -w feature=search`"
)
@click.option(
    "-m",
    "--model",
    "models",
    multiple=True,
    required=True,
    metavar="MODEL",
    help="PROVIDER/MODEL, or a name that one provider has; repeatable.",
)
@WHERE
@click.option("--from", "start", metavar="TIME", help="A date, or a time with zone. [default: 30 days ago]")
@click.option("--to", "end", metavar="TIME", help="Up to here, this date or time not included.")
@click.option("--tz", metavar="ZONE", help="Whose days, as in Europe/Berlin. [default: the workspace's]")
@click.option("--batch", is_flag=True, help="As if all of them were processed as batches.")
@JSON_OPTION
@shared_options
@click.pass_obj
def command(
    invocation: Invocation,
    *,
    models: Sequence[str],
    filters: Sequence[str],
    start: str | None,
    end: str | None,
    tz: str | None,
    batch: bool,
    as_json: bool,
) -> None:
    """Price the calls you made on other models.

    The tokens are what was used, the prices those of now. Whether another model answers as well is not known.
    """
    with connect(invocation) as client:
        answer = client.costs.what_if(
            list(models),
            processing="batch" if batch else None,
            **filters_of(filters),
            from_=start,
            to=end,
            tz=tz,
        )
    if as_json:
        screen.write_json(answer)
    else:
        screen.show(lambda here: what_if(answer, here))
