"""The catalogue: genai-prices' list of models as price versions and aliases of our own form.

A list that contradicts itself, or prices a class of tokens that is not known here, is not read at all.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

from llmlab_shared.pricing.lists.catalogue_checks import check_model
from llmlab_shared.pricing.lists.catalogue_names import Matcher, names
from llmlab_shared.pricing.lists.wording import row_name
from llmlab_shared.pricing.price_document import PriceDocumentError
from llmlab_shared.pricing.store import EVERYONE, Alias, NewPrice

if TYPE_CHECKING:
    from genai_prices import types

# Prices without a start: older than any event.
BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)

_CLASSES: Final = {
    "input_mtok": "input",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write_5m",
    "cache_write_1h_mtok": "cache_write_1h",
    "input_audio_mtok": "input_audio",
    "cache_audio_read_mtok": "cache_audio_read",
    "input_image_mtok": "input_image",
    "output_mtok": "output",
    "output_audio_mtok": "output_audio",
    "output_image_mtok": "output_image",
}
_UNITS: Final = {
    "web_searches_kcount": ("web_searches", 1000),
    "storage_searches_kcount": ("file_searches", 1000),
    "requests_kcount": ("requests", 1000),
    "input_mchars": ("characters", 1_000_000),
    "audio_hours": ("seconds", 3600),
    "input_document_kpages": ("pages", 1000),
}
# Said twice (`audio_hours` holds it too), so not a loss.
_REPEATED: Final = {"input_audio_hours"}
# Classes that no event tells apart, so that their tokens are charged at the rate of what they are part of.
# Any other class is new: dropping it unseen could make a call cheaper than it is.
_NOT_TOLD_APART: Final = {
    "cache_image_read_mtok",
    "input_video_mtok",
    "output_citation_mtok",
    "output_reasoning_mtok",
    "output_video_mtok",
}
# How a variant's condition reads as a context; `default` is the standard price.
_CONTEXTS: Final = {
    ("service_tier", "flex"): "flex",
    ("service_tier", "priority"): "priority",
    ("service_tier", "fast"): "fast",
    ("speed", "fast"): "fast",
    ("processing", "batch"): "batch",
}
# What decides how a list and the overrides are read; a change of it may bring something new.
_READERS: Final = (
    "overrides.json",
    "overrides.py",
    "catalogue.py",
    "catalogue_checks.py",
    "catalogue_names.py",
)


class Catalogue(msgspec.Struct, frozen=True):
    """A price list in our own form, its origin, and what of it could not be kept (for people to read).

    `digest` changes when syncing the list may bring something new; it is empty for a part of one.
    """

    source: str
    prices: list[NewPrice]
    aliases: list[Alias]
    dropped: list[str]
    digest: str = ""

    def newest_price(self, at: datetime) -> date | None:
        """Return the day of the newest price in it that holds at an instant; None when none has a date.

        The list itself may be younger, never older. Nothing else in it, or about it, tells its age.
        """
        starts = (p.valid_from for p in self.prices if p.layer == "catalogue")
        newest = max((start for start in starts if start <= at), default=BEGINNING)
        return newest.date() if newest > BEGINNING else None

    def models(self) -> dict[str, int]:
        """Return how many models it lists, by provider."""
        listed: dict[str, set[str]] = {}
        for price in self.prices:
            if price.layer == "catalogue":
                listed.setdefault(price.provider, set()).add(price.model)
        return {provider: len(models) for provider, models in sorted(listed.items())}


def read_catalogue() -> Catalogue:
    """Return the catalogue that is installed. Raises as `catalogue_of` does.

    Blocking, about half a second and 30 MB, most of it for importing genai-prices.
    """
    from importlib.metadata import version

    from genai_prices.data_snapshot import get_snapshot

    source = f"genai-prices {version('genai-prices')}"
    return catalogue_of(get_snapshot().providers, source, digest_of(version("genai-prices").encode()))


def digest_of(content: bytes) -> str:
    """Return what changes when a list with this content, or its version, may bring something new."""
    from importlib.resources import files

    digest = hashlib.sha256(content)
    for name in _READERS:
        digest.update(files("llmlab_shared.pricing.lists").joinpath(name).read_bytes())
    return digest.hexdigest()


def catalogue_of(providers: Iterable["types.Provider"], source: str, digest: str) -> Catalogue:
    """Return genai-prices' providers as a catalogue.

    Raises `PriceDocumentError`, which names the row, for a list with two prices for one instant, with
    windows or tiers that overlap, or with a class of tokens that is not known here.
    """
    prices: list[NewPrice] = []
    aliases: list[Alias] = []
    dropped: dict[str, None] = {}
    for provider in providers:
        listed = {model.id.lower() for model in provider.models}
        matcher = Matcher(provider.id, provider.models)
        for model in provider.models:
            check_model(f"{provider.id}/{model.id}", model)
            for context, start, document in _versions(provider.id, model, dropped):
                rates = msgspec.json.encode(document).decode()
                prices.append(
                    NewPrice("catalogue", provider.id, model.id, context, start, False, rates, source)
                )
            for name in names(provider.id, model, matcher, dropped):
                if name not in listed:
                    aliases.append(Alias(EVERYONE, provider.id, name, model.id, source))
    return Catalogue(source, prices, aliases, list(dropped), digest)


def _versions(
    provider_id: str, model: "types.ModelInfo", dropped: dict[str, None]
) -> Iterator[tuple[str, datetime, dict[str, Any]]]:
    """Yield (context, valid from, document) for each change of a model's prices."""
    where = f"{provider_id}/{model.id}"
    contexts = _contexts(where, model, dropped)
    previous: dict[str, dict[str, Any] | None] = {}
    for start in _starts(model):
        for context, condition in contexts.items():
            if condition and not _active(model, condition, start):
                continue
            try:
                document = _document(where, model, start, condition, dropped)
            except PriceDocumentError as error:
                raise PriceDocumentError(
                    f"{row_name(provider_id, model.id, context, start)}: {error.detail}"
                ) from None
            if document is not None and document != previous.get(context):
                previous[context] = document
                yield context, start, document


def _contexts(where: str, model: "types.ModelInfo", dropped: dict[str, None]) -> dict[str, dict[str, str]]:
    contexts: dict[str, dict[str, str]] = {"": {}}
    for variant in model.price_variants or ():
        conditions = list(variant.when.items())
        context = _CONTEXTS.get(conditions[0]) if len(conditions) == 1 else None
        if context is not None:
            contexts[context] = dict(variant.when)
        elif any(price is not None for price in variant.prices.__dict__.values()):
            dropped[f"{where}: prices when {variant.when}"] = None
    return contexts


def _active(model: "types.ModelInfo", condition: Mapping[str, str], at: datetime) -> bool:
    """Tell whether the catalogue has prices of a context's own at an instant."""
    return any(
        dict(variant.when) == condition and (variant.constraint is None or variant.constraint.active(at))
        for variant in model.price_variants or ()
    )


def _constraints(model: "types.ModelInfo") -> list[Any]:
    prices = model.prices if isinstance(model.prices, list) else []
    return [p.constraint for p in prices] + [v.constraint for v in model.price_variants or ()]


def _starts(model: "types.ModelInfo") -> list[datetime]:
    dates = {getattr(constraint, "start_date", None) for constraint in _constraints(model)}
    known = sorted(day for day in dates if isinstance(day, date))
    return [BEGINNING, *(datetime.combine(day, time(), UTC) for day in known)]


def _times_of_day(model: "types.ModelInfo") -> list[timedelta]:
    """The times of the UTC day at which the price changes."""
    times = set()
    for constraint in _constraints(model):
        if hasattr(constraint, "start_time"):
            for at in (constraint.start_time, constraint.end_time):
                utc = datetime.combine(date(2000, 1, 2), at, at.tzinfo or UTC).astimezone(UTC)
                times.add(timedelta(hours=utc.hour, minutes=utc.minute))
    return sorted(times)


def _document(
    where: str, model: "types.ModelInfo", start: datetime, condition: dict[str, str], dropped: dict[str, None]
) -> dict[str, Any] | None:
    changes = _times_of_day(model)
    standard = _tokens_and_units(where, model.get_prices(_outside(changes, model, start), condition), dropped)
    if standard is None:
        return None
    windows = []
    for begin, end in zip(changes, [*changes[1:], *changes[:1]], strict=True):
        inside = _tokens_and_units(where, model.get_prices(start + begin, condition), dropped)
        if inside is not None and inside.get("tokens") != standard.get("tokens"):
            inside.pop("units", None)
            windows.append({"from": _clock(begin), "until": _clock(end), **inside})
    if windows:
        standard["windows"] = windows
    return standard


def _outside(changes: list[timedelta], model: "types.ModelInfo", start: datetime) -> datetime:
    """Return an instant of the day at which no window holds, if there is one."""
    constraints = [c for c in _constraints(model) if hasattr(c, "start_time")]
    for change in changes:
        if not any(constraint.active(start + change) for constraint in constraints):
            return start + change
    return start


def _clock(since_midnight: timedelta) -> str:
    minutes = since_midnight // timedelta(minutes=1)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _tokens_and_units(
    where: str, price: "types.ModelPrice", dropped: dict[str, None]
) -> dict[str, Any] | None:
    """Return one price as a document without windows; None when it states no price at all."""
    base: dict[str, str] = {}
    tiers: dict[int, dict[str, str]] = {}
    units: dict[str, dict[str, Any]] = {}
    stated = {key: value for key, value in price.__dict__.items() if value is not None}
    starts = sorted({tier.start for value in stated.values() for tier in getattr(value, "tiers", ())})
    for key, value in stated.items():
        if key in _UNITS:
            name, per = _UNITS[key]
            units[name] = {"usd": _usd(value), "per": per}
        elif key in _CLASSES:
            base[_CLASSES[key]] = _usd(getattr(value, "base", value))
            for start in starts:
                tiers.setdefault(start, {})[_CLASSES[key]] = _usd(_tier_price(value, start))
        elif key.endswith("_mtok") and key not in _NOT_TOLD_APART:
            raise PriceDocumentError(
                f"it prices {key}, a class of tokens that this version of LLMLab does not know, so "
                "calls would cost too little; upgrade LLMLab, or take an older list"
            )
        elif key not in _REPEATED:
            dropped[f"{where}: {key}"] = None
    if not stated:
        # An empty entry means free only where the name says so; elsewhere it is a hole in the list.
        if not where.endswith(":free"):
            dropped[f"{where}: no price stated"] = None
            return None
        base = {"input": "0", "output": "0"}
    document: dict[str, Any] = {"tokens": base}
    if tiers:
        document["tiers"] = [{"above": start, "tokens": rates} for start, rates in tiers.items()]
    if units:
        document["units"] = units
    return document


def _tier_price(value: Any, above: int) -> Decimal:
    """Return the price of a request just above a threshold."""
    price: Decimal = getattr(value, "base", value)
    for tier in getattr(value, "tiers", ()):
        if tier.start <= above:
            price = tier.price
    return price


def _usd(amount: Decimal) -> str:
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
