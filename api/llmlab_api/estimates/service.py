"""What a call would cost: the same calculator that prices events, over the models that are asked about."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

import msgspec
from llmlab_shared import clock
from llmlab_shared.db.repositories import prices
from llmlab_shared.db.repositories.costs import read_snapshot
from llmlab_shared.domain.money import from_pico, to_wire
from llmlab_shared.domain.usage import TOKEN_CLASSES, TokenUsage, UsageError, from_totals
from llmlab_shared.pricing.calculator import Quote
from llmlab_shared.pricing.context import STANDARD, context_of
from llmlab_shared.providers.factory import get_provider
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_api.errors import invalid
from llmlab_api.estimates.schemas import Call
from llmlab_api.names import SHOWN
from llmlab_api.prices.service import TIMEOUT_MS
from llmlab_api.services import Services

# Whose models people mean first when they name no provider.
_FIRST: Final = ("openai", "anthropic", "google")
_HUNDREDTH: Final = Decimal("0.01")
# In the rule of a price: the context it is of, when that is not the one asked for.
_OTHER_CONTEXT: Final = re.compile(r",([^,]*)_rate(?=,|$)")


class Model(NamedTuple):
    """A model as prices are looked for."""

    provider: str
    name: str


@dataclass(frozen=True, slots=True)
class Circumstances:
    """When the calls are made, and what of them changes the price."""

    at: datetime
    service_tier: str | None
    processing: str | None
    region: str | None


class _Priced(NamedTuple):
    """A model with what a call of it costs, and the context whose price that is by; None without one."""

    model: Model
    quote: Quote | None
    context: str | None

    @property
    def pico(self) -> int | None:
        return None if self.quote is None else self.quote.computed_pico + self.quote.tool_pico


# What calls of a model cost; the second argument is the region.
_Price = Callable[[Model, str | None], Quote | None]


async def estimate(
    services: Services,
    workspace_id: int,
    names: Sequence[str],
    *,
    call: Call,
    calls: int,
    under: Circumstances,
) -> dict[str, Any]:
    """Return what so many calls cost with each model; raise the 422 that says what to mend.

    A model without a price is `unpriced`, not an error.
    """
    tokens = _tokens(call)
    async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
        models = await find_models(connection, workspace_id, names)
        calculator = await services.prices.calculator(connection, workspace_id)

        def price(model: Model, region: str | None) -> Quote | None:
            return calculator.price(
                workspace_id,
                model.provider,
                model.name,
                tokens,
                call.units,
                clock.to_us(under.at),
                service_tier=under.service_tier,
                processing=under.processing,
                region=region,
            )

        # Before anything is awaited: another request may read the book anew.
        priced = [_priced(model, price, under) for model in models]
    dearest = max((each.pico for each in priced if each.pico is not None), default=0)
    compared = sum(each.quote is not None for each in priced) > 1
    return {
        "at": msgspec.to_builtins(under.at),
        "calls": calls,
        "tokens": {name: count for name in TOKEN_CLASSES if (count := getattr(tokens, name))},
        "estimates": [_wire(each, calls, dearest if compared else 0) for each in priced],
    }


def _tokens(call: Call) -> TokenUsage:
    if not call.counts_something:
        raise invalid(
            "input_tokens",
            "missing_field",
            "say what a call uses: at least one count of tokens (`input_tokens`, `output_tokens`, …) or unit",
        )
    try:
        return from_totals(call) or TokenUsage()
    except UsageError as error:
        raise invalid(
            "input_tokens",
            error.code,
            f"{error.reason}: `input_tokens` and `output_tokens` are totals that include every part",
        ) from None


async def find_models(connection: AsyncConnection, workspace_id: int, names: Sequence[str]) -> list[Model]:
    """Return the models that names mean: with their provider, or listed by one provider only."""
    split = {name: _split(name) for name in names}
    asked = {model.provider for model in split.values() if model is not None}
    known = await prices.known_providers(connection, workspace_id, sorted(asked)) if asked else set()
    found = {name: model for name, model in split.items() if model is not None and model.provider in known}
    bare = {name.lower() for name in names if name not in found}
    listing = await prices.listing_providers(connection, workspace_id, sorted(bare)) if bare else {}
    for name in names:
        if name not in found:
            found[name] = _only(name, listing.get(name.lower(), set()), split[name])
    return [found[name] for name in names]


def _split(name: str) -> Model | None:
    provider, slash, model = name.partition("/")
    provider, model = provider.strip(), model.strip()
    return Model(get_provider(provider).id, model.lower()) if slash and provider and model else None


def _only(name: str, providers: set[str], otherwise: Model | None) -> Model:
    """Return the model of the only provider that lists a name; raise the 422 when there are several.

    Where none does, a name with a slash is that of a provider nothing is known of.
    """
    ordered = [*(first for first in _FIRST if first in providers), *sorted(providers - set(_FIRST))]
    if len(ordered) == 1:
        return Model(ordered[0], name.lower())
    if not ordered and otherwise is not None:
        return otherwise
    if not ordered:
        raise invalid(
            "model",
            "provider_missing",
            f"no provider lists a model {name[:SHOWN]!r}; say whose it is, such as openai/{name[:SHOWN]}",
        )
    raise invalid(
        "model",
        "ambiguous_model",
        f"{len(ordered)} providers list {name[:SHOWN]!r}; choose one of "
        + ", ".join(f"{provider}/{name[:SHOWN]}" for provider in ordered),
    )


def _priced(model: Model, price: _Price, under: Circumstances) -> _Priced:
    quote = price(model, under.region)
    return _Priced(model, quote, None if quote is None else _context_used(model, quote, price, under))


def _context_used(model: Model, quote: Quote, price: _Price, under: Circumstances) -> str:
    """Return the context whose price a quote is by, from its rule.

    A region that no price is of is left out before any price is looked for, and so not in the rule: then
    the price is the same without it.
    """
    if match := _OTHER_CONTEXT.search(quote.rule):
        return STANDARD if match[1] == "standard" else match[1]
    region = under.region
    if region is not None and price(model, None) == quote:
        region = None
    return context_of(under.service_tier, under.processing, region)


def _wire(priced: _Priced, calls: int, dearest: int) -> dict[str, Any]:
    """Return an estimate of the wire; `dearest` is in pico-USD a call, 0 when there is nothing to compare."""
    quote, pico = priced.quote, priced.pico
    return {
        "provider": priced.model.provider,
        "model": priced.model.name,
        "price_status": "unpriced" if quote is None else "priced",
        "cost": _usd(pico, calls),
        "cost_per_call": _usd(pico),
        "computed_cost": None if quote is None else _usd(quote.computed_pico, calls),
        "tool_cost": None if quote is None else _usd(quote.tool_pico, calls),
        "price_id": quote and quote.price_id,
        "price_rule": quote and quote.rule,
        "context_used": priced.context,
        "cheaper_by_percent": None if pico is None or not dearest else _percent(dearest - pico, dearest),
    }


def _usd(pico: int | None, times: int = 1) -> str | None:
    return None if pico is None else to_wire(from_pico(times * pico))


def _percent(part: int, whole: int) -> str:
    return to_wire((Decimal(100 * part) / whole).quantize(_HUNDREDTH))
