"""Which models a typed name means: exactly, by its beginning, or by another name; else those near to it."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from llmlab import InvalidRequest, LLMLab

from llmlab_cli.errors import CLIError
from llmlab_cli.quantities import Model
from llmlab_cli.render.confidence import set_price
from llmlab_cli.standing import EVERY_MODEL

Json = Mapping[str, Any]
_PAGE = 1000
_FIRST_PROVIDERS = ("openai", "anthropic", "google")
# As many first letters of a name are taken for right when a slip is looked for.
_SURE_LETTERS = 2
_STANDS_ON = re.compile(r"_of_price_(\d+)")


def prices_in_force(client: LLMLab, **query: Any) -> dict[str, Any]:
    """Return the list of prices read to its end, all as of one instant."""
    answer = client.prices.list(**query, limit=_PAGE)
    if cursor := answer.get("next_cursor"):
        rest = client.prices.iterate(**{**query, "at": answer["at"]}, limit=_PAGE, cursor=cursor)
        answer = {**answer, "prices": [*answer["prices"], *rest], "next_cursor": None}
    return answer


def prices_of_name(client: LLMLab, name: str, **query: Any) -> dict[str, Any]:
    """Return the list of prices that a name means: PROVIDER/MODEL, or a model of any provider.

    Names themselves may hold slashes, so a name whose beginning is no provider is looked for as a whole.
    """
    provider, slash, model = name.partition("/")
    if slash and provider and model:
        answer = prices_in_force(client, **query, provider=provider, model=model.lower())
        if answer["prices"]:
            return answer
    return prices_in_force(client, **query, model=name.lower())


def model_of(price: Json) -> Model:
    """Return whose price this is. Lists spell names in either case, and mean the same."""
    return Model(price["provider"], price["model"].lower())


def models_of(prices: Sequence[Json]) -> list[Model]:
    """Return the models of these prices, those of the makers that most people use first."""
    models = set(map(model_of, prices))
    return sorted(models, key=lambda m: (m.name, _rank(m.provider), m.provider))


def _rank(provider: str) -> int:
    return _FIRST_PROVIDERS.index(provider) if provider in _FIRST_PROVIDERS else len(_FIRST_PROVIDERS)


def the_model(client: LLMLab, name: str) -> Model:
    """Return the one model that a name means. Raises CLIError where that is none, or several."""
    found = models_of(prices_of_name(client, name)["prices"])
    if len(found) == 1 and not name.endswith("*"):
        return found[0]
    if found:
        named = ", ".join(map(str, found[:4])) + (" …" if len(found) > 4 else "")
        raise CLIError(f"{name!r} means several models: give one of {named}")
    provider, slash, model = name.partition("/")
    if slash and provider and model:
        # What is not in force now may still have a past or a future.
        return Model(provider, model)
    raise unknown(client, name)


class PricedAs(NamedTuple):
    """Another model whose price calls of a name get: its versions in force, and the rule that led there."""

    model: Model
    prices: Sequence[Json]
    rule: str


def priced_as(client: LLMLab, model: Model, context: str, at: str | None) -> PricedAs | None:
    """Return whose price calls of a model get that has none of its own, if they get any.

    The rule names every price that takes part; the one of another model is what the others stand on.
    """
    tier, _, region = context.partition("@")
    try:
        (found,) = client.prices.estimate(
            str(model),
            input_tokens=1,
            at=at,
            processing="batch" if tier == "batch" else None,
            service_tier=tier if tier not in ("", "batch") else None,
            region=region or None,
        )["estimates"]
    except InvalidRequest:
        return None
    if not found.get("price_id"):
        return None
    rule = str(found["price_rule"])
    ids = {int(found["price_id"]), *map(int, _STANDS_ON.findall(rule))}
    listed = prices_in_force(client, at=at)["prices"]
    others = {model_of(p) for p in listed if p["id"] in ids and p["model"] != EVERY_MODEL}
    others.discard(model_of(found))
    if len(others) != 1:
        return None
    (meant,) = others
    return PricedAs(meant, [p for p in listed if model_of(p) == meant], rule)


def unknown(client: LLMLab, name: str) -> CLIError:
    """Return the error for a name that no price has, with the names near to it."""
    near = _near(client, name)
    if near:
        meant = " or ".join(f"`{n}`" for n in near)
        return CLIError(f"there is no price of {name!r}. Did you mean {meant}?")
    provider, slash, model = name.partition("/")
    command = set_price(provider, model) if slash else set_price("PROVIDER", name)
    return CLIError(
        f"there is no price of {name!r}: `{command}` sets one, `llmlab prices list` shows those there are"
    )


def _near(client: LLMLab, name: str) -> list[str]:
    provider, slash, model = name.rstrip("*").lower().partition("/")
    if not slash:
        provider, model = "", provider
    if not model:
        return []
    query = {"provider": provider} if provider else {}
    prices = prices_in_force(client, **query, model=f"{model[:_SURE_LETTERS]}*")["prices"]
    if not prices and provider:
        prices = prices_in_force(client, model=f"{model[:_SURE_LETTERS]}*")["prices"]
    names = {m.name: str(m) for m in reversed(models_of(prices))}
    return [names[found] for found in get_close_matches(model, names, n=3, cutoff=0.6)]
