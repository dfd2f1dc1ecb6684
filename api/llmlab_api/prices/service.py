"""Listing prices, and changing a workspace's own: append-only, under the lock that spend holds shared."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any, Final, NamedTuple

import msgspec
from llmlab_shared import clock
from llmlab_shared.db.epochs import enter_change
from llmlab_shared.db.repositories import accounts, prices
from llmlab_shared.db.repositories.costs import read_snapshot
from llmlab_shared.db.repositories.prices import HistoryPlace, ListPlace, OwnPrice, PriceRow
from llmlab_shared.domain.events import Zoned
from llmlab_shared.pricing.lists.catalogue import BEGINNING
from llmlab_shared.pricing.lists.catalogue_age import CatalogueAge, read_catalogue_age
from msgspec import Meta
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_api.auth import Principal
from llmlab_api.cursors import read_cursor, write_cursor
from llmlab_api.errors import Problem, invalid
from llmlab_api.jobs import ARRIVALS, enqueue
from llmlab_api.prices.price_request import PriceRequest, about_period
from llmlab_api.services import Services

MAX_OWN_PRICES: Final = 10_000
TIMEOUT_MS: Final = 10_000


class _Page(NamedTuple):
    """Where a page of the list begins, and the instant that all its pages are of."""

    at: Zoned
    provider: str
    name: str
    context: str
    rank: Annotated[int, Meta(ge=1, le=3)]


class _PastPage(NamedTuple):
    """Where a page of what is listed by its beginning begins."""

    valid_from: Zoned
    id: Annotated[int, Meta(ge=1, le=2**63 - 1)]


async def list_prices(
    services: Services,
    workspace_id: int,
    *,
    at: datetime | None,
    model: str | None,
    cursor: str | None,
    limit: int,
    **filters: str | None,
) -> bytes:
    """Return a page of the prices in force at an instant (now, by default) as JSON.

    `model` is a name, or the beginning of names with `*` at its end. Pages that follow are of the first
    one's instant.
    """
    page = None if cursor is None else read_cursor(cursor, _Page)
    now = clock.now()
    instant = at or (page.at if page else now)
    if model is not None:
        filters |= {"prefix": model[:-1]} if model.endswith("*") else {"model": model}
    async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
        rows = await prices.list_prices(
            connection,
            workspace_id,
            instant,
            **filters,
            after=ListPlace(*page[1:]) if page else None,
            limit=limit + 1,
        )
        catalogue = await read_catalogue_age(connection)
    last = rows[limit - 1] if len(rows) > limit else None
    return msgspec.json.encode(
        {
            "prices": [_wire(row) for row in rows[:limit]],
            "at": instant,
            "catalogue": catalogue and _age(catalogue),
            "next_cursor": last
            and write_cursor(_Page(instant, last.provider, last.name, last.context, last.rank)),
        }
    )


def _age(catalogue: CatalogueAge) -> dict[str, Any]:
    return {
        "source": catalogue.source,
        "synced_at": catalogue.synced_at,
        "looked_at": catalogue.looked_at,
        "age_days": catalogue.days,
        "newest_price": catalogue.newest_price,
    }


async def list_history(
    services: Services,
    workspace_id: int,
    *,
    provider: str,
    model: str,
    context: str | None,
    cursor: str | None,
    limit: int,
) -> bytes:
    """Return a page of all versions of a model that were ever recorded as JSON."""
    async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
        rows = await prices.list_history(
            connection,
            workspace_id,
            clock.now(),
            provider=provider,
            model=model,
            context=context,
            after=_place(cursor),
            limit=limit + 1,
        )
    shown = [{**_wire(row), "replaced": row.replaced, "withdrawn": row.withdrawn} for row in rows[:limit]]
    return msgspec.json.encode({"prices": shown, "next_cursor": _next_cursor(rows, limit)})


async def list_own(services: Services, workspace_id: int, *, cursor: str | None, limit: int) -> bytes:
    """Return a page of the workspace's own prices that stand, whenever they hold, as JSON."""
    async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
        rows = await prices.list_own(
            connection, workspace_id, clock.now(), after=_place(cursor), limit=limit + 1
        )
    shown = [_wire(row) for row in rows[:limit]]
    return msgspec.json.encode({"prices": shown, "next_cursor": _next_cursor(rows, limit)})


def _place(cursor: str | None) -> HistoryPlace | None:
    return None if cursor is None else HistoryPlace(*read_cursor(cursor, _PastPage))


def _next_cursor(rows: Sequence[PriceRow], limit: int) -> str | None:
    """Return the cursor of the page after these, of which one more was read, the newest beginning first."""
    if len(rows) <= limit:
        return None
    last = rows[limit - 1]
    return write_cursor(_PastPage(last.valid_from, last.id))


async def put_price(services: Services, caller: Principal, asked: PriceRequest) -> tuple[bytes, bool]:
    """Record a price of the workspace's own; return it as JSON, and whether it is new.

    What says the same as the price that stands changes nothing. Raises 409 for periods that overlap and
    422 when there are too many.
    """
    async with changing_prices(services) as connection:
        # Now that no spend is in flight: what was spent before has the price before.
        price, replaced = await _record(connection, caller, asked, clock.now())
    if price != replaced:
        await enqueue(services, ARRIVALS)
    async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
        at = max(clock.now(), price.valid_from)
        row = await prices.find_price(connection, caller.workspace_id, at, price)
    return msgspec.json.encode(_wire(row)), replaced is None


async def withdraw_price(services: Services, caller: Principal, price_id: int) -> None:
    """Take back one price of the workspace's own, as if it had never been. Raises 404."""
    async with changing_prices(services) as connection:
        found = await prices.find_own_price(connection, caller.workspace_id, price_id)
        if found is None:
            raise _no_such_price(f"this workspace has no price {price_id} of its own that stands")
        await _withdraw(connection, caller, [found])
    await enqueue(services, ARRIVALS)


async def withdraw_prices(
    services: Services, caller: Principal, key: Mapping[str, str], valid_from: datetime | None
) -> None:
    """Take back the prices of a key that are the workspace's own: all, or the one that begins then.

    `key` is provider, model and context. Raises 404 when there is none.
    """
    async with changing_prices(services) as connection:
        own = await prices.read_own_prices(connection, caller.workspace_id, **key)
        found = [price for price in own if valid_from in (None, price.valid_from)]
        if not found:
            name = f"{key['provider']}/{key['model']} ({key['context'] or 'standard'})"
            raise _no_such_price(
                f"this workspace has no price of its own for {name}"
                + (f" that begins {_text(valid_from)}" if valid_from else "")
            )
        await _withdraw(connection, caller, found)
    await enqueue(services, ARRIVALS)


@asynccontextmanager
async def changing_prices(services: Services) -> AsyncIterator[AsyncConnection]:
    """Yield a connection under the spend lock, whose commit tells everybody that prices changed."""
    async with services.engine.connect() as connection:
        await connection.execution_options(isolation_level="READ COMMITTED")
        await connection.execute(text(f"SET LOCAL statement_timeout = {TIMEOUT_MS}"))
        await enter_change(connection, "prices")
        yield connection


async def _record(
    connection: AsyncConnection, caller: Principal, asked: PriceRequest, now: datetime
) -> tuple[OwnPrice, OwnPrice | None]:
    """Record a price unless it stands already; return it, and what it replaces or repeats, if anything."""
    key = {"provider": asked.provider, "model": asked.model, "context": asked.kept_context()}
    rates = asked.document()
    own = await prices.read_own_prices(connection, caller.workspace_id, **key)
    found = _repeated(own, asked, now)
    if found is not None and _says_the_same(found, asked, rates):
        return found, found
    start = asked.valid_from or now
    for wrong in about_period(start, asked.valid_until):
        raise invalid(str(wrong.place[0]), "bad_range", f"{wrong.place[0]}: {wrong.message}")
    _refuse_overlap(own, start, asked.valid_until)
    replaced = next((price for price in own if price.valid_from == start), None)
    if replaced is None:
        await _refuse_too_many(connection, caller.workspace_id)
    document = msgspec.json.encode(rates).decode()
    price = await prices.add_own_price(
        connection,
        caller.workspace_id,
        OwnPrice(
            0, **key, valid_from=start, valid_until=asked.valid_until, rates=document, source=asked.note
        ),
    )
    await accounts.write_audit(
        connection,
        workspace_id=caller.workspace_id,
        actor=caller.actor,
        action="price_set" if replaced is None else "price_replaced",
        target=f"price:{price.id}",
        details={
            **key,
            "valid_from": _text(start),
            "valid_until": _text(asked.valid_until),
            "rates": rates,
            "note": asked.note,
            "replaces": replaced and replaced.id,
        },
    )
    await connection.commit()
    return price, replaced


async def _withdraw(connection: AsyncConnection, caller: Principal, found: Sequence[OwnPrice]) -> None:
    """Take back prices of one key."""
    ids = [price.id for price in found]
    await prices.withdraw_own_prices(connection, caller.workspace_id, ids)
    await accounts.write_audit(
        connection,
        workspace_id=caller.workspace_id,
        actor=caller.actor,
        action="price_withdrawn",
        target=f"price:{ids[0]}",
        details={
            "provider": found[0].provider,
            "model": found[0].model,
            "context": found[0].context,
            "prices": ids,
        },
    )
    await connection.commit()


def _repeated(own: Sequence[OwnPrice], asked: PriceRequest, now: datetime) -> OwnPrice | None:
    """Return the price that a request would repeat: of its instant, or without one, that in force now."""
    if asked.valid_from is not None:
        return next((price for price in own if price.valid_from == asked.valid_from), None)
    begun = [price for price in own if price.valid_from <= now]
    found = begun[-1] if begun else None
    return None if found is None or (found.valid_until and found.valid_until <= now) else found


def _says_the_same(price: OwnPrice, asked: PriceRequest, rates: Mapping[str, Any]) -> bool:
    return (price.valid_until, price.source, msgspec.json.decode(price.rates)) == (
        asked.valid_until,
        asked.note,
        rates,
    )


def _refuse_overlap(own: Sequence[OwnPrice], start: datetime, end: datetime | None) -> None:
    for other in own:
        if other.valid_from == start:
            continue
        ends_inside = end is not None and start < other.valid_from < end
        begins_inside = other.valid_until is not None and other.valid_from < start < other.valid_until
        if ends_inside or begins_inside:
            until = _text(other.valid_until) or "the next one begins"
            raise Problem(
                409,
                "period_overlaps",
                f"price {other.id} of the same model and context holds from {_text(other.valid_from)} until "
                f"{until}: end the one before the other begins, or take the other back first",
                errors=[
                    {
                        "field": "valid_until" if ends_inside else "valid_from",
                        "code": "period_overlaps",
                        "message": "lies inside the period of another price",
                        "id": other.id,
                        "valid_from": _text(other.valid_from),
                        "valid_until": _text(other.valid_until),
                    }
                ],
            )


async def _refuse_too_many(connection: AsyncConnection, workspace_id: int) -> None:
    if await prices.count_own_prices(connection, workspace_id) >= MAX_OWN_PRICES:
        raise Problem(
            422,
            "too_many_prices",
            f"this workspace has {MAX_OWN_PRICES} prices of its own, the most there can be: take back those "
            "that no event is priced by any more, or state a discount on a provider instead",
        )


def _no_such_price(detail: str) -> Problem:
    return Problem(404, "price_not_found", detail)


def _wire(row: PriceRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "layer": row.layer,
        "provider": row.provider,
        "model": row.model,
        "context": row.context,
        "valid_from": _beginning(row.valid_from),
        "valid_until": row.valid_until,
        "stated_until": row.stated_until,
        "rates": msgspec.Raw(row.rates.encode()),
        "source": row.source,
        "recorded_at": row.recorded_at,
        "effective": row.effective,
    }


def _beginning(instant: datetime | None) -> datetime | None:
    return None if instant == BEGINNING else instant


def _text(instant: datetime | None) -> str | None:
    text_of: str | None = msgspec.to_builtins(instant)
    return text_of
