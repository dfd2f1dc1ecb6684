"""Bringing the catalogue and the overrides into the database: append-only, all or nothing, repeatable."""

import asyncio
import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from llmlab_shared.pricing.catalogue import Catalogue, read_catalogue
from llmlab_shared.pricing.overrides import read_overrides
from llmlab_shared.pricing.rate_card import PriceDocumentError, compile_document
from llmlab_shared.pricing.store import (
    EVERYONE,
    Alias,
    NewPrice,
    StoredPrice,
    append_prices,
    latest_digest,
    put_aliases,
    read_aliases,
    read_prices,
    record_sync,
)
from llmlab_shared.spend_lock import bump, take_exclusively


class PriceChange(msgspec.Struct, frozen=True):
    """One price version that a sync appends; `before` is the document it takes the place of, if any."""

    provider: str
    model: str
    layer: str
    context: str
    valid_from: datetime
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class SyncReport(msgspec.Struct, frozen=True):
    """What a sync changed, or would change; `dropped` is what of the catalogue cannot be kept."""

    source: str
    prices: int
    aliases: int
    appended: int
    aliases_changed: int
    changes: list[PriceChange]
    dropped: list[str]


async def sync_catalogue(
    connection: asyncpg.Connection, *, dry_run: bool = False, catalogue: Catalogue | None = None
) -> SyncReport:
    """Append what the installed catalogue and overrides say and the database does not, and say what it was.

    Idempotent: a second run writes nothing and moves no epoch. One transaction under the spend lock, so
    that no event is priced half by the old book. Raises `PriceDocumentError`, having changed nothing,
    for a catalogue that holds a price that cannot be one.
    """
    # Loaded and checked before anything is locked, and off the event loop: it takes most of a second.
    digest = ""
    if catalogue is None:
        catalogue, digest = await asyncio.to_thread(read_catalogue), installed_digest()
    wanted = merged(catalogue, read_overrides())
    async with connection.transaction():
        if not dry_run:
            await take_exclusively(connection)
        stored = await read_prices(connection, [EVERYONE])
        prices = missing_prices(wanted, stored)
        aliases = missing_aliases(wanted, await read_aliases(connection, [EVERYONE]))
        if not dry_run:
            await _write(connection, wanted.source, digest, prices, aliases)
    return SyncReport(
        source=wanted.source,
        prices=len(wanted.prices),
        aliases=len(wanted.aliases),
        appended=len(prices),
        aliases_changed=len(aliases),
        changes=_changes(prices, stored),
        dropped=wanted.dropped,
    )


async def sync_if_new(connection: asyncpg.Connection) -> SyncReport | None:
    """Sync unless what is installed was the last to be synced: what a start of the stack calls.

    Returns None when nothing was to be done, which takes a millisecond and loads no catalogue.
    """
    if await latest_digest(connection) == installed_digest():
        return None
    return await sync_catalogue(connection)


def installed_digest() -> str:
    """Return what changes when a sync may find something new: list, overrides, or how they are read."""
    from importlib.metadata import version
    from importlib.resources import files

    content = hashlib.sha256(version("genai-prices").encode())
    for name in ("overrides.json", "overrides.py", "catalogue.py"):
        content.update(files("llmlab_shared.pricing").joinpath(name).read_bytes())
    return content.hexdigest()


async def _write(
    connection: asyncpg.Connection, source: str, digest: str, prices: list[NewPrice], aliases: list[Alias]
) -> None:
    if prices:
        await append_prices(connection, prices)
    if aliases:
        await put_aliases(connection, aliases)
    if prices or aliases:
        await bump(connection, "prices")
    if prices or aliases or await latest_digest(connection) != digest:
        await record_sync(connection, source, digest, prices=len(prices), aliases=len(aliases))


def merged(catalogue: Catalogue, overrides: Catalogue) -> Catalogue:
    """Return both as one, checked; an override's alias wins. Raises as `validate` does."""
    if not catalogue.prices:
        raise PriceDocumentError("the catalogue holds no prices at all")
    aliases = {(alias.provider, alias.alias): alias for alias in (*catalogue.aliases, *overrides.aliases)}
    both = Catalogue(
        catalogue.source,
        [*catalogue.prices, *overrides.prices],
        list(aliases.values()),
        catalogue.dropped,
    )
    validate(both)
    return both


def validate(catalogue: Catalogue) -> None:
    """Raise `PriceDocumentError` naming the first row that cannot be a price or is stated twice."""
    seen: set[tuple[object, ...]] = set()
    for price in catalogue.prices:
        where = (
            f"{price.provider}/{price.model} {price.context or 'standard'} from {price.valid_from:%Y-%m-%d}"
        )
        key = (price.layer, price.provider, price.model.lower(), price.context, price.valid_from)
        if key in seen:
            raise PriceDocumentError(f"{where}: stated twice")
        seen.add(key)
        try:
            compile_document(msgspec.json.decode(price.rates))
        except PriceDocumentError as error:
            raise PriceDocumentError(f"{where}: {error.detail}") from None


def missing_prices(wanted: Catalogue, stored: Iterable[StoredPrice]) -> list[NewPrice]:
    """Return the versions to append so that, at every instant, the database says what is wanted.

    A stored version at an instant where the wanted prices no longer change is followed by one that
    repeats what holds there. Models the catalogue no longer lists keep their history.
    """
    timelines: dict[tuple[str, str, str, str], list[NewPrice]] = {}
    for price in wanted.prices:
        timelines.setdefault(_key(price), []).append(price)
    current = {(*_key(price), price.valid_from): price for price in stored}
    missing = [
        price for price in wanted.prices if not _same(price, current.get((*_key(price), price.valid_from)))
    ]
    instants = {(*_key(price), price.valid_from) for price in wanted.prices}
    for (layer, provider, model, context, valid_from), old in current.items():
        timeline = timelines.get((layer, provider, model, context))
        if timeline is None or (layer, provider, model, context, valid_from) in instants:
            continue
        in_force = [price for price in timeline if price.valid_from <= valid_from]
        if in_force:
            latest = max(in_force, key=lambda price: price.valid_from)
            repeated = latest._replace(valid_from=valid_from)
        else:
            repeated = timeline[0]._replace(valid_from=valid_from, withdrawn=True, rates="{}")
        if not _same(repeated, old):
            missing.append(repeated)
    return missing


def missing_aliases(wanted: Catalogue, stored: Iterable[Alias]) -> list[Alias]:
    """Return the aliases that are new or point elsewhere now."""
    current = {(alias.provider, alias.alias): alias.model for alias in stored}
    return [a for a in wanted.aliases if current.get((a.provider, a.alias)) != a.model]


def _key(price: NewPrice | StoredPrice) -> tuple[str, str, str, str]:
    return price.layer, price.provider, price.model, price.context


def _same(price: NewPrice, stored: StoredPrice | None) -> bool:
    if stored is None or price.withdrawn != stored.withdrawn:
        return False
    return _document(price) == _document(stored)


def _document(price: NewPrice | StoredPrice) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.json.decode(price.rates)
    return document


def _changes(prices: Iterable[NewPrice], stored: Iterable[StoredPrice]) -> list[PriceChange]:
    before: dict[tuple[str, str, str, str], list[StoredPrice]] = {}
    for old in stored:
        before.setdefault(_key(old), []).append(old)
    changes = []
    for price in prices:
        earlier = [old for old in before.get(_key(price), ()) if old.valid_from <= price.valid_from]
        replaced = max(earlier, key=lambda old: old.valid_from, default=None)
        changes.append(
            PriceChange(
                price.provider,
                price.model,
                price.layer,
                price.context,
                price.valid_from,
                _document(replaced) if replaced and not replaced.withdrawn else None,
                None if price.withdrawn else _document(price),
            )
        )
    return changes
