"""Providers that other packages bring: found among the entry points, checked, and kept at arm's length.

Whatever such a package does wrong concerns its own events only: what cannot be loaded is logged and left
out, and what its adapter answers is checked before anything is priced by it.
"""

from collections.abc import Collection, Iterator, Mapping, Set
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from llmlab_shared.domain.usage import MAX_COUNT, TOKEN_CLASSES, Measured, TokenUsage, UsageError
from llmlab_shared.log import get_logger
from llmlab_shared.providers.base import Provider
from llmlab_shared.providers.reading import shown
from llmlab_shared.providers.shapes.recognise import Reader

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP: Final = "llmlab.providers"
_MAX_NAME: Final = 64
_MAX_MODEL_NAMES: Final = 16

log = get_logger(__name__)


class ThirdPartyProvider(Provider):
    """Somebody else's adapter, of which nothing is believed."""

    def __init__(self, adapter: Provider) -> None:
        self.id = adapter.id
        self.aliases = tuple(adapter.aliases)
        self.prices_from = tuple(adapter.prices_from)
        self.adapter = adapter

    def reader(self, api: str | None, fields: Set[str]) -> Reader | None:
        """The adapter's own."""
        return self.adapter.reader(api, fields)

    def normalise(self, usage: Mapping[str, Any], api: str | None) -> Measured:
        """Return what the adapter says, or raise `UsageError` when it says what cannot be."""
        return _checked(self.adapter.normalise(usage, api), self.id)

    def model_names(self, model: str) -> Iterator[tuple[str, str]]:
        """Yield the adapter's names; the model as it stands when it has none to give."""
        try:
            names = [
                (str(name), str(rule))
                for name, rule in islice(self.adapter.model_names(model), _MAX_MODEL_NAMES)
            ]
        except Exception as error:
            log.warning("provider_model_names_failed", provider=self.id, model=model, error=_described(error))
            names = [(model.strip().lower(), "exact")]
        yield from names


def load(built_in: Collection[str]) -> dict[str, Provider]:
    """Return the installed third-party providers by id and alias. Never raises.

    Names in `built_in` stay with those who have them, and so does a name that two packages claim with
    the one whose entry point sorts first; each refusal is a line in the log.
    """
    # Only here: reading what is installed takes longer than importing all of this package.
    from importlib.metadata import entry_points

    found: dict[str, Provider] = {}
    try:
        points = sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value))
    except Exception as error:
        log.error("providers_not_listed", group=GROUP, error=_described(error))
        return found
    for point in points:
        try:
            provider = ThirdPartyProvider(_instance(point))
        except (Exception, SystemExit) as error:
            log.error(
                "provider_not_loaded", entry_point=point.name, value=point.value, error=_described(error)
            )
            continue
        if provider.id in built_in or provider.id in found:
            log.error("provider_id_taken", entry_point=point.name, value=point.value, provider=provider.id)
            continue
        found[provider.id] = provider
        for alias in provider.aliases:
            if alias in built_in or found.setdefault(alias, provider) is not provider:
                log.warning("provider_alias_taken", provider=provider.id, alias=alias)
        log.info("provider_loaded", provider=provider.id, value=point.value)
    return found


def _instance(point: "EntryPoint") -> Provider:
    """Return the provider of an entry point; raise `TypeError` or `ValueError` that says what is wrong."""
    kind = point.load()
    if not (isinstance(kind, type) and issubclass(kind, Provider)):
        raise TypeError("it must be a subclass of llmlab_shared.providers.base.Provider")
    provider = kind()
    _check_name("id", provider.id)
    for field in ("aliases", "prices_from"):
        names = getattr(provider, field)
        if not isinstance(names, tuple | list | set | frozenset):
            raise TypeError(f"{field} must be a tuple of names")
        for name in names:
            _check_name(field, name)
    return provider


def _check_name(field: str, name: object) -> None:
    if not isinstance(name, str):
        raise TypeError(f"{field}: a name must be a string, not {shown(name)}")
    if not 0 < len(name) <= _MAX_NAME or name != name.strip().lower():
        raise ValueError(
            f"{field}: a name has 1 to {_MAX_NAME} characters, all lower-case, no space around: {shown(name)}"
        )


def _checked(measured: object, provider: str) -> Measured:
    if not isinstance(measured, Measured) or not isinstance(measured.tokens, TokenUsage):
        raise UsageError(f"the adapter of {provider} returned {shown(measured)} in place of a Measured")
    tokens = measured.tokens
    for name in (*TOKEN_CLASSES, "reasoning"):
        count = getattr(tokens, name)
        if type(count) is not int or not 0 <= count <= MAX_COUNT:
            raise UsageError(f"the adapter of {provider} counts {shown(count)} {name} tokens")
    if tokens.input_tokens > MAX_COUNT or tokens.output_tokens > MAX_COUNT:
        raise UsageError(f"more than {MAX_COUNT} tokens in one call")
    if tokens.reasoning > tokens.output_tokens:
        raise UsageError(f"reasoning is {tokens.reasoning} of {tokens.output_tokens} output tokens")
    _check_amount(measured.reported_cost, f"the adapter of {provider}: reported_cost")
    units: object = measured.units
    if units is not None:
        if not isinstance(units, dict) or not all(isinstance(name, str) for name in units):
            raise UsageError(
                f"the adapter of {provider}: units must be names with amounts, not {shown(units)}"
            )
        for name, amount in units.items():
            _check_amount(amount, f"the adapter of {provider}: units of {shown(name)}")
    for field in ("service_tier", "region"):
        word = getattr(measured, field)
        if word is not None and not (isinstance(word, str) and 0 < len(word) <= _MAX_NAME):
            raise UsageError(f"the adapter of {provider}: {field} must be a word, not {shown(word)}")
    return measured


def _check_amount(amount: object, name: str) -> None:
    """Raise unless it is a `Decimal` that an amount of money or of units may be, or None."""
    if amount is None:
        return
    if not isinstance(amount, Decimal) or amount.is_nan() or not 0 <= amount <= MAX_COUNT:
        raise UsageError(f"{name} must be a Decimal from 0 to {MAX_COUNT}, not {shown(amount)}")


def _described(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:200]
