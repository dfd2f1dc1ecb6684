"""A price list as a file: the `data.json` that genai-prices publishes between its releases.

The package's own types decide what a list may look like. They pass over what they do not know and put in
order what is in none, so both are refused here before they see it.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from llmlab_shared.pricing.lists.catalogue import Catalogue, catalogue_of, digest_of
from llmlab_shared.pricing.price_document import PriceDocumentError

if TYPE_CHECKING:
    from pydantic import ValidationError

# The list of 2026 has some 3 MB.
MAX_BYTES: Final = 64 * 1024 * 1024
# Decimal places, or zeros at the end, that an amount may have; published ones have at most 24.
MAX_PLACES: Final = 60
# How much of its digest a source tells: enough to find the file by.
_DIGITS: Final = 16
_NEWER: Final = "upgrade LLMLab, or take an older list"


class _Object(dict[str, Any]):
    """A JSON object that remembers a key that stood in it twice."""

    repeated: str | None = None


def read_price_file(path: Path) -> Catalogue:
    """Return the catalogue that a file holds; its source names the file and its SHA-256.

    Raises `PriceDocumentError`, which says what to mend, for a file that is no such list, was cut off, or
    holds what `catalogue_of` refuses; `OSError` when it cannot be read. Blocking, about a second.
    """
    if path.stat().st_size > MAX_BYTES:
        raise PriceDocumentError(f"{path} has more than {MAX_BYTES >> 20} MiB, so it is no price list")
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    raw = _decoded(path, content)
    for provider in raw:
        _check_provider(path, provider)
    return catalogue_of(_parsed(raw), f"{path.name} (sha256 {digest[:_DIGITS]})", digest_of(content))


def _decoded(path: Path, content: bytes) -> list[Any]:
    try:
        raw = json.loads(
            content, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_remembering
        )
    except UnicodeDecodeError:
        raise PriceDocumentError(f"{path} is not text, so it is no price list") from None
    except json.JSONDecodeError as error:
        raise PriceDocumentError(
            f"{path} is not whole JSON (line {error.lineno}, column {error.colno}: {error.msg}): it was cut "
            "off or is no price list; fetch it again"
        ) from None
    except ValueError as error:
        # A number of thousands of digits.
        raise PriceDocumentError(f"{path} holds what is no price: {error}") from None
    except RecursionError:
        raise PriceDocumentError(f"{path} is nested too deeply to be a price list") from None
    if not isinstance(raw, list) or not raw:
        raise PriceDocumentError(
            f"{path} must hold a list of providers, as genai-prices publishes it in data.json"
        )
    return raw


def _no_number(text: str) -> Decimal:
    # Kept, so that the refusal can name the row.
    return Decimal(text)


def _remembering(pairs: list[tuple[str, Any]]) -> _Object:
    made = _Object(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        made.repeated = next(key for key in keys if keys.count(key) > 1)
    return made


# ── what the package's types would pass over ──────────────────────────────────────────────────────────


def _check_provider(path: Path, provider: Any) -> None:
    models = provider.get("models") if isinstance(provider, _Object) else None
    if not isinstance(models, list) or not all(isinstance(model, _Object) for model in models):
        raise PriceDocumentError(f"{path}: what stands where a provider should has no list of models")
    _check_repeated(str(provider.get("id")), provider)
    for model in models:
        where = f"{provider.get('id')}/{model.get('id')}"
        _check_repeated(where, model)
        _check_prices(where, model.get("prices"))
        for variant in _listed(where, model.get("price_variants") or []):
            context = ", ".join(map(str, _object(where, variant.get("when")).values()))
            _check_entry(f"{where} {context}", variant)


def _check_prices(where: str, prices: Any) -> None:
    if not isinstance(prices, list):
        _check_amounts(f"{where} standard always", prices)
        return
    if not prices:
        raise PriceDocumentError(f"{where}: it has no prices; it must have some, or go")
    for entry in _listed(where, prices):
        _check_entry(f"{where} standard", entry)


def _check_entry(where: str, entry: Mapping[str, Any]) -> None:
    _check_keys(where, "a price", entry, {"constraint", "prices", "when"})
    constraint = entry.get("constraint")
    if constraint is None:
        when = "always"
    elif set(_object(where, constraint)) == {"start_date"}:
        when = f"from {_start_date(where, constraint['start_date'])}"
    elif set(constraint) == {"start_time", "end_time"}:
        hours = [_time(where, constraint[key]) for key in ("start_time", "end_time")]
        when = f"from {hours[0]} to {hours[1]}"
    else:
        raise PriceDocumentError(
            f"{where}: a price holds under a condition that this version of LLMLab does not know "
            f"({', '.join(constraint)}); {_NEWER}"
        )
    _check_amounts(f"{where} {when}", entry.get("prices"))


def _start_date(where: str, day: Any) -> date:
    try:
        return date.fromisoformat(day)
    except (TypeError, ValueError):
        raise PriceDocumentError(
            f"{where}: a start must be a day, as 2026-05-01, not {str(day)!r:.40}"
        ) from None


def _time(where: str, at: Any) -> time:
    try:
        return time.fromisoformat(at)
    except (TypeError, ValueError):
        raise PriceDocumentError(
            f"{where}: a time of the day must read as 16:30:00Z, not {str(at)!r:.40}"
        ) from None


def _check_amounts(where: str, prices: Any) -> None:
    for key, price in _object(where, prices).items():
        row = f"{where}, {key}"
        if not isinstance(price, _Object):
            _check_amount(row, price)
            continue
        _check_repeated(row, price)
        _check_keys(row, "a price with tiers", price, {"base", "tiers"})
        _check_amount(row, price.get("base"))
        before = -1
        for tier in _listed(row, price.get("tiers")):
            _check_keys(row, "a tier", tier, {"start", "price"})
            start = tier.get("start")
            if type(start) is not int or start <= before:
                raise PriceDocumentError(
                    f"{row}: a tier must begin at a count of tokens above the one before it, not at "
                    f"{str(start)!r:.40}"
                )
            _check_amount(f"{row} above {start:,}", tier.get("price"))
            before = start


def _check_amount(where: str, amount: Any) -> None:
    # Whether it is negative or absurd is asked of every list, wherever it comes from.
    if amount is None:
        return
    exponent = Decimal(amount).as_tuple().exponent if type(amount) in (int, Decimal) else None
    # Written out, an exponent of any size would fill the memory.
    if not isinstance(exponent, int) or abs(exponent) > MAX_PLACES:
        raise PriceDocumentError(f"{where}: a price must be a number, not {str(amount)!r:.40}")


def _listed(where: str, entries: Any) -> list[_Object]:
    if not isinstance(entries, list):
        raise PriceDocumentError(f"{where}: there should be a list of prices, not {str(entries)!r:.40}")
    return [_object(where, entry) for entry in entries]


def _object(where: str, part: Any) -> _Object:
    if not isinstance(part, _Object):
        raise PriceDocumentError(f"{where}: there should be an object of prices, not {str(part)!r:.40}")
    _check_repeated(where, part)
    return part


def _check_repeated(where: str, part: _Object) -> None:
    if part.repeated is not None:
        raise PriceDocumentError(f"{where}: {part.repeated} stands twice; one of them must go")


def _check_keys(where: str, what: str, part: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(set(part) - known)
    if unknown:
        raise PriceDocumentError(
            f"{where}: {what} says {', '.join(unknown)}, which this version of LLMLab does not know; {_NEWER}"
        )


# ── the package's types ───────────────────────────────────────────────────────────────────────────────


def _parsed(raw: list[Any]) -> list[Any]:
    # Private, but what the package reads a fetched list with, and its version is pinned.
    from genai_prices.types import _providers_from_raw
    from pydantic import ValidationError

    # How usage is read is the providers' business here, and changes oftener than prices do.
    bare = [{key: value for key, value in provider.items() if key != "extractors"} for provider in raw]
    try:
        return _providers_from_raw(bare)
    except ValidationError as error:
        _refuse(raw, error)


def _refuse(raw: list[Any], error: "ValidationError") -> NoReturn:
    """Raise the first of the package's complaints with the row it is about."""
    first = error.errors(include_url=False, include_context=False)[0]
    place: Any = raw
    named: list[str] = []
    rest: list[str] = []
    for step in first["loc"]:
        try:
            place = place[step]
        except (LookupError, TypeError):
            place = None
        if isinstance(step, int) and isinstance(place, Mapping) and "id" in place:
            named.append(str(place["id"]))
        elif step != "models":
            rest.append(str(step))
    where = "/".join(named) or "the list"
    raise PriceDocumentError(
        f"{where}: {' '.join(rest)} cannot be read as genai-prices' form: {first['msg']}"
    ) from None
