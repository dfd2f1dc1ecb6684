"""The seed catalogue: genai-prices' snapshot as price versions and aliases of our own form.

Its models are matched by rules (equals, starts_with, contains, regex); ours by exact names. Every name
that a rule spells out becomes an alias, provided that the catalogue itself finds the same model by it.
What a rule would match beyond that is listed in `Catalogue.dropped`, not guessed.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

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
# How a variant's condition reads as a context; `default` is the standard price.
_CONTEXTS: Final = {
    ("service_tier", "flex"): "flex",
    ("service_tier", "priority"): "priority",
    ("service_tier", "fast"): "fast",
    ("speed", "fast"): "fast",
    ("processing", "batch"): "batch",
}
_REGIONS: Final = ("us", "eu", "apac", "jp", "au", "in", "ca", "sa", "us-gov", "global")


class Catalogue(msgspec.Struct, frozen=True):
    """A price list in our own form, its origin, and what of it could not be kept (for people to read)."""

    source: str
    prices: list[NewPrice]
    aliases: list[Alias]
    dropped: list[str]


def read_catalogue() -> Catalogue:
    """Return the catalogue that is installed.

    Blocking, about half a second and 30 MB, most of it for importing genai-prices.
    """
    from importlib.metadata import version

    from genai_prices.data_snapshot import get_snapshot

    source = f"genai-prices {version('genai-prices')}"
    prices: list[NewPrice] = []
    aliases: list[Alias] = []
    dropped: dict[str, None] = {}
    for provider in get_snapshot().providers:
        listed = {model.id.lower() for model in provider.models}
        matcher = _Matcher(provider.models)
        for model in provider.models:
            for context, start, document in _versions(provider.id, model, dropped):
                rates = msgspec.json.encode(document).decode()
                prices.append(
                    NewPrice("catalogue", provider.id, model.id, context, start, False, rates, source)
                )
            for name in _names(provider.id, model, matcher, dropped):
                if name not in listed:
                    aliases.append(Alias(EVERYONE, provider.id, name, model.id, source))
    return Catalogue(source, prices, aliases, list(dropped))


# ── prices ────────────────────────────────────────────────────────────────────────────────────────────


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
            document = _document(where, model, start, condition, dropped)
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


# ── names ─────────────────────────────────────────────────────────────────────────────────────────────


class _Matcher:
    """The catalogue's own matching of one provider's models: the first that matches is the one."""

    def __init__(self, models: list["types.ModelInfo"]) -> None:
        # Nearly all models are matched by equality only; asking each of them for every name takes seconds.
        self._by_name: dict[str, tuple[int, types.ModelInfo]] = {}
        self._by_rule: list[tuple[int, types.ModelInfo]] = []
        for index, model in enumerate(models):
            clauses = list(_clauses(model.match))
            if all(kind == "equals" for kind, _ in clauses):
                for _, text in clauses:
                    self._by_name.setdefault(text.lower(), (index, model))
            else:
                self._by_rule.append((index, model))

    def first(self, name: str) -> "types.ModelInfo | None":
        """Return the model that the catalogue finds by a lower-case name."""
        index, found = self._by_name.get(name, (len(self._by_name) + len(self._by_rule), None))
        for rule_index, model in self._by_rule:
            if rule_index > index:
                break
            if model.is_match(name):
                return model
        return found


def _names(
    provider_id: str, model: "types.ModelInfo", matcher: _Matcher, dropped: dict[str, None]
) -> Iterator[str]:
    """Yield the exact names, lower-case, by which the catalogue itself finds this model."""
    seen: set[str] = set()
    for kind, text in _clauses(model.match):
        # A rule that ends in a date is what the dated-suffix rule covers; other rules reach further.
        if kind != "equals" and not (kind == "regex" and text.endswith("$")):
            dropped[f"{provider_id}/{model.id}: {kind} {text}"] = None
        if kind == "regex":
            continue
        for name in _spelled_out(provider_id, kind, text.lower()):
            if name not in seen and matcher.first(name) is model:
                seen.add(name)
                yield name


def _clauses(clause: Any) -> Iterator[tuple[str, str]]:
    for kind, value in vars(clause).items():
        if kind in ("or_", "and_"):
            for inner in value:
                yield from _clauses(inner)
        else:
            yield kind, value


def _spelled_out(provider_id: str, kind: str, text: str) -> Iterator[str]:
    """Yield the names that a clause spells out."""
    # A clause may stop in the middle of a name: `claude-sonnet-4-2025`, `ft:gpt-4o-2024-`.
    stem = text.rstrip("-@")
    if kind == "equals" or (stem == text and not stem[-5:].startswith("-20")):
        yield text
    if kind == "starts_with":
        yield f"{stem}-latest"
    if kind == "contains" and provider_id == "aws":
        makers = ("", "anthropic.") if text.startswith("claude") else ("",)
        for maker in makers:
            yield maker + text
            for region in _REGIONS:
                yield f"{region}.{maker}{text}"
