"""`llmlab prices map`, `unmap` and `mappings`: names that stand for models with a known price."""

import rich_click as click

from llmlab_cli import screen
from llmlab_cli.app import Invocation, shared_options
from llmlab_cli.commands.price_options import JSON_OPTION
from llmlab_cli.quantities import Model, ModelType
from llmlab_cli.render.confidence import set_price
from llmlab_cli.render.mappings import mapping_table
from llmlab_cli.session import connect


@click.command("map", panel="Your own", epilog="Example: `llmlab prices map azure/our-prod azure/gpt-4o`")
@click.argument("name", type=ModelType(), metavar="PROVIDER/NAME")
@click.argument("model", type=ModelType(), metavar="PROVIDER/MODEL")
@shared_options
@click.pass_obj
def map_name(invocation: Invocation, *, name: Model, model: Model) -> None:
    """Price calls of a name as those of another model: a deployment, say.

    As in `llmlab prices map azure/our-gpt openai/gpt-4o`.
    """
    with connect(invocation) as client:
        answer = client.prices.map(name.provider, name.name, model.name, target_provider=model.provider)
    screen.write(f"✓ Calls of {name} are priced as those of {model} from now on.\n")
    if answer.get("priced") is False:
        screen.say(
            f"▲ {model} has no known price, so they stay unpriced: "
            f"`{set_price(model.provider, model.name)}` sets one."
        )


@click.command("unmap", panel="Your own", epilog="Example: `llmlab prices unmap azure/our-prod`")
@click.argument("name", type=ModelType(), metavar="PROVIDER/NAME")
@shared_options
@click.pass_obj
def unmap_name(invocation: Invocation, *, name: Model) -> None:
    """Take a mapping back; calls that are priced keep their price."""
    with connect(invocation) as client:
        client.prices.unmap(name.provider, name.name)
    screen.write(f"✓ {name} stands for itself again.\n")


@click.command("mappings", panel="Your own", epilog="Example: `llmlab prices mappings`")
@JSON_OPTION
@shared_options
@click.pass_obj
def list_mappings(invocation: Invocation, *, as_json: bool) -> None:
    """List the names that stand for other models."""
    with connect(invocation) as client:
        mappings = client.prices.mappings()
    if as_json:
        screen.write_json({"mappings": mappings})
    else:
        screen.show(lambda here: mapping_table(mappings, here))
