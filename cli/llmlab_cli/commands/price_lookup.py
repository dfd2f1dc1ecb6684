"""`llmlab prices show`, `list` and `history`: what models cost, now and through time."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import rich_click as click
from llmlab import LLMLab
from rich.console import Group, RenderableType
from rich.text import Text

from llmlab_cli import lookup, screen
from llmlab_cli.app import Invocation, shared_options
from llmlab_cli.commands.price_options import JSON_OPTION, context_of, context_options
from llmlab_cli.quantities import Model, MomentType
from llmlab_cli.render import figures
from llmlab_cli.render.price_history import price_history
from llmlab_cli.render.prices import PriceView, price, price_table
from llmlab_cli.session import connect
from llmlab_cli.standing import EVERY_MODEL, is_discount, standing_of

_AT = click.option("--at", type=MomentType(), metavar="TIME", help="As of this date or time. [default: now]")


@click.command("show", panel="Look up", epilog="Example: `llmlab prices show openai/gpt-4o`")
@click.argument("name", metavar="MODEL|PROVIDER/MODEL")
@_AT
@context_options
@click.option("--all", "everything", is_flag=True, help="Every context and layer, those beaten too.")
@JSON_OPTION
@shared_options
@click.pass_obj
def show(
    invocation: Invocation,
    *,
    name: str,
    at: str | None,
    context: str,
    region: str | None,
    everything: bool,
    as_json: bool,
) -> None:
    """Show what a model costs, class by class, and where that is from.

    A name that ends in * (quote it for the shell) lists the models whose names begin so.
    """
    key = context_of(context, region)
    with connect(invocation) as client:
        answer = lookup.prices_of_name(client, name, at=at)
        models = lookup.models_of(answer["prices"])
        if not name.endswith("*") and len({model.name for model in models}) < 2:
            view = _view(client, name, answer, models, context=key, everything=everything)
            answer = {**answer, "prices": [*view.prices, *view.fallback]} if not models else answer
        else:
            view = None
            if not models:
                raise lookup.unknown(client, name)
    if as_json:
        screen.write_json(answer)
    elif view is None:
        screen.show(lambda here: _table(answer, here))
    else:
        screen.show(lambda here: price(view, here))


def _view(
    client: LLMLab,
    name: str,
    answer: Mapping[str, Any],
    models: list[Model],
    *,
    context: str,
    everything: bool,
) -> PriceView:
    """Return what is shown of the model that a name means. Raises CLIError when it means none."""
    model, others = _meant(name, models)
    if model is None:
        raise lookup.unknown(client, name)
    prices = [p for p in answer["prices"] if lookup.model_of(p) == model]
    priced_as = None
    if standing_of([prices], (), context).base is None:
        priced_as = lookup.priced_as(client, model, context, answer["at"])
        if priced_as is None and not prices:
            raise lookup.unknown(client, name)
    fallback = list(priced_as.prices) if priced_as else []
    if priced_as and priced_as.model.provider != model.provider:
        # Discounts are on what a provider bills, whosoever's list its prices are from.
        fallback = [p for p in fallback if not is_discount(p)]
    own = lookup.prices_in_force(client, provider=model.provider, layer="custom", at=answer["at"])
    return PriceView(
        model.provider,
        model.name,
        context,
        prices,
        [p for p in own["prices"] if p["model"] == EVERY_MODEL],
        answer["catalogue"],
        fallback=fallback,
        rule=priced_as.rule if priced_as else "",
        elsewhere=[other.provider for other in others],
        everything=everything,
    )


def _meant(name: str, models: list[Model]) -> tuple[Model | None, list[Model]]:
    if models:
        return models[0], models[1:]
    provider, _, model = name.lower().partition("/")
    return (Model(provider, model) if provider and model else None), []


@click.command("list", panel="Look up", epilog="Example: `llmlab prices list --provider anthropic`")
@click.option("--provider", metavar="NAME", help="Only the models of this provider.")
@click.option("--custom", is_flag=True, help="Only prices and discounts of your own.")
@_AT
@JSON_OPTION
@shared_options
@click.pass_obj
def list_prices(
    invocation: Invocation, *, provider: str | None, custom: bool, at: str | None, as_json: bool
) -> None:
    """List the prices in force, USD for a million tokens."""
    query = {"provider": provider, "layer": "custom" if custom else None, "at": at}
    with connect(invocation) as client:
        answer = lookup.prices_in_force(client, **query)
    if as_json:
        screen.write_json(answer)
    elif not answer["prices"]:
        own = "of your own" if custom else f"of {provider}" if provider else ""
        more = ", `llmlab prices own` shows those to come and ended" if custom else ""
        screen.write(f"No price {own} is in force: `llmlab prices set` sets one{more}.\n")
    else:
        screen.show(lambda here: _table(answer, here))


def _table(answer: Mapping[str, Any], here: screen.Screen) -> RenderableType:
    prices = answer["prices"]
    at = figures.instant(answer["at"], "UTC")
    source = figures.clean(
        (answer["catalogue"] or {}).get("source") or "none yet, `llmlab prices sync` on the server brings one"
    )
    heading = f"{figures.plural(len(prices), 'price')} · USD per million tokens"
    if at is not None:
        heading += f" · {figures.day(at)}"
    parts: list[RenderableType] = [Text(heading, "dim"), Text(), price_table(prices, here)]
    if any("+" in cell for p in prices for cell in (_more(p),)):
        parts += [
            Text(),
            Text("+ costs more for long input or by the time of day: `llmlab prices show`", "dim"),
        ]
    parts.append(Text(f"List: {source}", "dim"))
    return Group(*parts)


def _more(version: Mapping[str, Any]) -> str:
    return "+" if version["rates"].get("tiers") or version["rates"].get("windows") else ""


@click.command("history", panel="Look up", epilog="Example: `llmlab prices history openai/gpt-4o`")
@click.argument("name", metavar="MODEL|PROVIDER/MODEL")
@context_options
@JSON_OPTION
@shared_options
@click.pass_obj
def history(invocation: Invocation, *, name: str, context: str, region: str | None, as_json: bool) -> None:
    """Show the versions of a model's price through time."""
    with connect(invocation) as client:
        model = lookup.the_model(client, name)
        versions = client.prices.history(model.provider, model.name, context_of(context, region))
        if not versions:
            raise lookup.unknown(client, name)
    if as_json:
        screen.write_json({"prices": versions})
    else:
        now = datetime.now(UTC)
        screen.show(lambda here: price_history(str(model), versions, now, here))
