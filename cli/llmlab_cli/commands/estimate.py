"""`llmlab estimate`: what calls of one size would cost with several models, side by side."""

from collections.abc import Sequence

import rich_click as click

from llmlab_cli import screen
from llmlab_cli.app import Invocation, shared_options
from llmlab_cli.commands.price_options import CONTEXTS, JSON_OPTION, count_options
from llmlab_cli.quantities import CountType, MomentType
from llmlab_cli.render.estimate import estimate
from llmlab_cli.session import connect

_TIERS = [name for name in CONTEXTS if name not in ("standard", "batch")]


@click.command(
    "estimate",
    epilog="Example: `llmlab estimate -m openai/gpt-4o -m openai/gpt-4 --input 2k --output 500 -n 1M`",
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
@count_options
@click.option("--web-searches", type=CountType(), metavar="N", help="Web searches a call.")
@click.option("--file-searches", type=CountType(), metavar="N", help="File searches a call.")
@click.option(
    "-n", "--calls", type=CountType(1), default=1, metavar="N", help="How many such calls. [default: 1]"
)
@click.option("--batch", is_flag=True, help="Processed as a batch.")
@click.option("--tier", type=click.Choice(_TIERS), help="Of this service tier.")
@click.option("--region", metavar="NAME", help="In this region.")
@click.option("--at", type=MomentType(), metavar="TIME", help="By the prices of then. [default: now]")
@JSON_OPTION
@shared_options
@click.pass_obj
def command(
    invocation: Invocation,
    /,
    *,
    models: Sequence[str],
    calls: int,
    batch: bool,
    tier: str | None,
    region: str | None,
    at: str | None,
    as_json: bool,
    **counts: int | None,
) -> None:
    """Compare what calls would cost with several models.

    Counts as you write them: 1200, 1_200, 1.2k, 3M. Your own prices and discounts count.
    """
    if not any(counts.values()):
        raise click.UsageError(
            "nothing is used in this: give --input and --output, as in --input 2k --output 500"
        )
    with connect(invocation) as client:
        answer = client.prices.estimate(
            list(models),
            calls=calls,
            processing="batch" if batch else None,
            service_tier=tier,
            region=region,
            at=at,
            **counts,
        )
    if as_json:
        screen.write_json(answer)
    else:
        screen.show(lambda here: estimate(answer, here))
