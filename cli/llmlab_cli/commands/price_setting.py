"""`llmlab prices own`, `set` and `unset`: prices and discounts of the workspace's own."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

import rich_click as click
from llmlab import LLMLab

from llmlab_cli import screen
from llmlab_cli.app import Invocation, shared_options
from llmlab_cli.commands.price_options import JSON_OPTION, context_of, context_options
from llmlab_cli.quantities import AmountType, Model, ModelType, MomentType, PercentType
from llmlab_cli.rates_file import RatesFileType
from llmlab_cli.render import figures, rates
from llmlab_cli.render.own_prices import own_price_table
from llmlab_cli.render.prices import context_name, when
from llmlab_cli.session import connect
from llmlab_cli.standing import EVERY_MODEL

F = TypeVar("F", bound=Callable[..., Any])

# The options for token classes and for fees per use, by their names in a price document.
_TOKENS = {
    "input": "--input",
    "output": "--output",
    "cache_read": "--cache-read",
    "cache_write_5m": "--cache-write",
    "cache_write_1h": "--cache-write-1h",
    "input_audio": "--input-audio",
    "cache_audio_read": "--cache-audio-read",
    "input_image": "--input-image",
    "output_audio": "--output-audio",
    "output_image": "--output-image",
}
_UNITS = {
    "requests": "--per-request",
    "web_searches": "--per-web-search",
    "file_searches": "--per-file-search",
    "images": "--per-image",
    "pages": "--per-page",
    "seconds": "--per-second",
    "characters": "--per-character",
}


def _amounts(command: F) -> F:
    for name, option in reversed(_UNITS.items()):
        unit = rates.UNITS[name]
        command = click.option(option, name, type=AmountType(), metavar="USD", help=f"For each {unit}.")(
            command
        )
    for name, option in reversed(_TOKENS.items()):
        command = click.option(
            option, name, type=AmountType(), metavar="USD", help=f"{rates.CLASSES[name]}."
        )(command)
    return command


@click.command("own", panel="Your own", epilog="Example: `llmlab prices own`")
@JSON_OPTION
@shared_options
@click.pass_obj
def list_own(invocation: Invocation, *, as_json: bool) -> None:
    """List your own prices: those to come, in force, and ended."""
    with connect(invocation) as client:
        prices = client.prices.own()
    if as_json:
        screen.write_json({"prices": prices})
        return
    now = datetime.now(UTC)
    screen.show(lambda here: own_price_table(prices, now, here))
    if prices:
        screen.say("`llmlab prices unset --id ID` takes one back.")


# What else of a price of the list a person should know where an own one does not have it.
_SIZES_AND_TIMES = {"tiers": "long input", "windows": "times of day"}


@click.command(
    "set", panel="Your own", epilog="Example: `llmlab prices set openai/gpt-4o --input 2.5 --output 10`"
)
@click.argument("model", type=ModelType(), metavar="PROVIDER/MODEL")
@_amounts
@click.option(
    "--rates",
    "document",
    type=RatesFileType(),
    metavar="FILE",
    help="All rates from a JSON file, '-' for standard input: the 'rates' that 'prices own --json' prints, "
    "with 'tiers' for long input and 'windows' for times of day; in place of the options above.",
)
@click.option(
    "--discount",
    type=PercentType(),
    metavar="PERCENT",
    help="Off the list price, as in 20%; alone, and for 'PROVIDER/*' too. Negative is a surcharge.",
)
@click.option(
    "--from",
    "start",
    type=MomentType(instant=True),
    metavar="TIME",
    help="Valid from; a date begins in UTC. [default: now]",
)
@click.option(
    "--until",
    "end",
    type=MomentType(instant=True),
    metavar="TIME",
    help="Valid until. [default: where your next price begins]",
)
@context_options
@click.option("--note", metavar="TEXT", help="Why, or from which contract.")
@JSON_OPTION
@shared_options
@click.pass_obj
def set_price(
    invocation: Invocation,
    /,
    *,
    model: Model,
    document: dict[str, Any] | None,
    discount: Decimal | None,
    start: str | None,
    end: str | None,
    context: str,
    region: str | None,
    note: str | None,
    as_json: bool,
    **amounts: Decimal | None,
) -> None:
    """Set what a model costs you, in US dollars for a million tokens.

    What you leave out of the cached, audio and image classes costs as much as plain input or output.
    """
    given = {name: amount for name, amount in amounts.items() if amount is not None}
    ways = sum((bool(given), document is not None, discount is not None))
    if ways != 1:
        raise click.UsageError(
            "prices, --rates and --discount each stand alone: give one of them"
            if ways
            else "there is no price in this: give --input and --output, --rates or --discount"
        )
    with connect(invocation) as client:
        answer = client.prices.set(
            model.provider,
            model.name,
            context=context_of(context, region) or None,
            valid_from=start,
            valid_until=end,
            discount_percent=discount,
            note=note,
            **(document or _rates_of(given)),
        )
        listed = None if as_json else _listed(client, answer)
    if as_json:
        screen.write_json(answer)
        return
    screen.write(f"✓ {_said(answer)}\n")
    for lost in _left_out(answer["rates"], listed["rates"]) if listed is not None else ():
        screen.say(f"▲ {lost}")
    screen.say(
        "Priced calls keep their price: `llmlab prices reprice --from DATE` shows what this would change."
    )


def _rates_of(given: Mapping[str, Decimal]) -> dict[str, Any]:
    """Return what the options for rates and fees say, by its place in a price."""
    tokens = {name: amount for name, amount in given.items() if name in _TOKENS}
    units = {name: {"usd": amount, "per": 1} for name, amount in given.items() if name in _UNITS}
    return {"tokens": tokens or None, "units": units or None}


def _listed(client: LLMLab, own: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the price of the list that an own one stands in for, if it is one of rates."""
    if not own["rates"].get("tokens"):
        return None
    found = client.prices.list(provider=own["provider"], model=own["model"], context=own["context"])
    rest = [price for price in found["prices"] if price["layer"] != "custom" and price["rates"].get("tokens")]
    # The layer that wins stands last.
    return rest[-1] if rest else None


def _left_out(own: Mapping[str, Any], listed: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the list tells apart and the own price does not: it would cost more, or nothing."""
    rest = {name: usd for name, usd in listed["tokens"].items() if name not in own["tokens"]}
    parts = [
        f"{rates.CLASSES.get(name, figures.clean(name)).lower()} ({figures.price(figures.amount_of(usd))})"
        for name, usd in rest.items()
    ]
    parts += [word for name, word in _SIZES_AND_TIMES.items() if listed.get(name) and not own.get(name)]
    if parts:
        told = f"The list has a price of its own for {', '.join(parts)}"
        yield f"{told}; yours has not, so these cost what plain input or output does."
    charged = own.get("units") or {}
    fees = {name: fee for name, fee in (listed.get("units") or {}).items() if name not in charged}
    if fees:
        named = ", ".join(rates.fees_of({"units": fees}))
        yield f"The list has fees ({named}); yours has not, so they are free."


def _said(price: Mapping[str, Any]) -> str:
    """Return what was set, in words, from what the server kept."""
    whose = figures.clean(f"{price['provider']}/{price['model']}")
    if price["model"] == EVERY_MODEL:
        whose = f"Every model of {figures.clean(price['provider'])}"
    if price["context"]:
        whose += f" ({context_name(price['context'])})"
    document = price["rates"]
    if "factor" in document:
        what = f"costs the list price, {rates.factor_words(Decimal(document['factor']))},"
    else:
        what = f"costs {rates.in_words(document, ' a million tokens')}"
    until = when(price.get("valid_until"))
    since = when(price.get("valid_from"))
    period = (f" from {since}" if since else "") + (f" until {until}" if until else "")
    return f"{whose} {what}{period} (price {price['id']})."


@click.command("unset", panel="Your own", epilog="Example: `llmlab prices unset openai/gpt-4o`")
@click.argument("model", type=ModelType(), metavar="[PROVIDER/MODEL]", required=False)
@click.option(
    "--id",
    "price_id",
    type=click.IntRange(1),
    metavar="ID",
    help="Only this price, in place of a model: `llmlab prices own` shows the ids.",
)
@click.option(
    "--from",
    "start",
    type=MomentType(instant=True),
    metavar="TIME",
    help="Only the price that begins then. [default: all of this model and context]",
)
@context_options
@shared_options
@click.pass_obj
def unset_price(
    invocation: Invocation,
    *,
    model: Model | None,
    price_id: int | None,
    start: str | None,
    context: str,
    region: str | None,
) -> None:
    """Take a price of your own back, as if it had never been.

    It may be in force, to come or ended. Calls that it priced keep their cost until they are repriced.
    """
    key = context_of(context, region)
    if (model is None) == (price_id is None):
        raise click.UsageError("give a model, or --id in its place: `llmlab prices own` shows both")
    if model is None and (start or key):
        raise click.UsageError("--id names one price: leave --from, --context and --region out")
    with connect(invocation) as client:
        if model is None:
            client.prices.unset(price_id=price_id)
            told = f"Price {price_id} of your own"
        else:
            client.prices.unset(model.provider, model.name, context=key, valid_from=start)
            of_context = f" ({context_name(key)})" if key else ""
            told = f"{'The price' if start else 'Every price'} of your own for {model}{of_context}"
    screen.write(f"✓ {told} is taken back.\n")
