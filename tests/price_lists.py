"""Price lists for tests: small ones of one provider, and the installed one in the form it is published in."""

from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import asyncpg
import msgspec
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelPrice
from llmlab_shared.pricing.lists.catalogue import Catalogue
from llmlab_shared.pricing.lists.sync import SyncReport, sync_catalogue
from llmlab_shared.pricing.store import Alias, NewPrice

MARCH, MAY = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
_NAMES = {"or_": "or", "and_": "and"}


def document(usd: str) -> str:
    """Return a price document with this rate of input."""
    return msgspec.json.encode({"tokens": {"input": usd, "output": "1"}}).decode()


def listed(
    *prices: tuple[datetime, str], model: str = "one", aliases: tuple[str, ...] = (), digest: str = ""
) -> Catalogue:
    """Return a list of one model of acme with these rates of input, each from an instant on."""
    return Catalogue(
        "a list",
        [
            NewPrice("catalogue", "acme", model, "", start, False, document(usd), "a list")
            for start, usd in prices
        ],
        [Alias(0, "acme", alias, model, "a list") for alias in aliases],
        [],
        digest,
    )


def row(rates: Any, *, layer: str = "catalogue", start: datetime = MAY, model: str = "one") -> NewPrice:
    """Return a row of acme's with any document."""
    return NewPrice(layer, "acme", model, "", start, False, msgspec.json.encode(rates).decode(), "a list")


async def sync(
    connection: asyncpg.Connection, catalogue: Catalogue, *, dry_run: bool = False, accept_jumps: bool = False
) -> SyncReport:
    """Sync a list that has next to nothing of the installed one, and is older."""
    return await sync_catalogue(
        connection,
        catalogue=catalogue,
        dry_run=dry_run,
        accept_jumps=accept_jumps,
        accept_losses=True,
        go_back=True,
    )


async def state(connection: asyncpg.Connection) -> tuple[int, int, int, int]:
    """Return how many prices, aliases and syncs there are, and the epoch of prices."""
    found = await connection.fetchrow(
        """SELECT (SELECT count(*) FROM price_versions), (SELECT count(*) FROM model_aliases),
                  (SELECT count(*) FROM price_syncs), (SELECT value FROM epochs WHERE name = 'prices')"""
    )
    prices, aliases, syncs, epoch = found
    return prices, aliases, syncs, epoch


def published() -> list[Any]:
    """Return the installed list as it stands in the `data.json` that genai-prices publishes."""
    plain: list[Any] = msgspec.json.decode(encoded([_plain(p) for p in get_snapshot().providers]))
    return plain


def encoded(published_list: Any) -> bytes:
    """Return a published list as the content of its file; amounts stay exact."""
    return msgspec.json.Encoder(decimal_format="number").encode(published_list)


def _plain(value: Any) -> Any:
    if isinstance(value, ModelPrice):
        return {key: _plain(price) for key, price in vars(value).items() if price is not None}
    if is_dataclass(value):
        named = {_NAMES.get(f.name, f.name): getattr(value, f.name) for f in fields(value) if f.init}
        return {name: _plain(part) for name, part in named.items() if part is not None}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value.isoformat() if isinstance(value, date | time) else value
