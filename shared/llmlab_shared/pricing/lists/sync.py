"""Bringing a price list and the overrides into the database: append-only, all or nothing, repeatable."""

import asyncio
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

import asyncpg
import msgspec

from llmlab_shared.clock import now
from llmlab_shared.pricing.lists.catalogue import Catalogue, read_catalogue
from llmlab_shared.pricing.lists.comparison import (
    PriceChange,
    changes_of,
    missing_aliases,
    missing_prices,
    unlisted_models,
)
from llmlab_shared.pricing.lists.overrides import read_overrides, read_rows
from llmlab_shared.pricing.lists.plausibility import (
    UNCHANGED,
    Jump,
    PriceListRefused,
    jumps_in,
    losses_in,
    refusal_of_jumps,
)
from llmlab_shared.pricing.lists.sync_record import (
    SyncedList,
    latest_list,
    record_list,
    record_look,
    was_synced,
)
from llmlab_shared.pricing.lists.validation import check_periods, merged
from llmlab_shared.pricing.price_document import PriceDocumentError
from llmlab_shared.pricing.store import (
    EVERYONE,
    Alias,
    NewPrice,
    StoredPrice,
    append_prices,
    put_aliases,
    read_aliases,
    read_prices,
)
from llmlab_shared.spend_lock import bump, take_exclusively


class SyncReport(msgspec.Struct, frozen=True):
    """What a sync changed, or would change.

    `source` and `newest_price` are of the list that is in force after it. `kept` is the sentence that says
    why that is not the installed one; `refused` the one by which a run without `dry_run` would have been
    refused. `unlisted` models keep their prices though no list has them now, `dropped` is what of the list
    cannot be kept.
    """

    source: str
    newest_price: date | None
    prices: int
    aliases: int
    appended: int
    aliases_changed: int
    changes: list[PriceChange]
    jumps: list[Jump]
    unlisted: list[str]
    dropped: list[str]
    kept: str | None = None
    refused: str | None = None


class _Accepted(NamedTuple):
    jumps: bool
    losses: bool
    age: bool


class _Plan(NamedTuple):
    wanted: Catalogue
    last: SyncedList | None
    prices: list[NewPrice]
    aliases: list[Alias]
    changes: list[PriceChange]
    jumps: list[Jump]
    unlisted: list[str]
    kept: str | None
    refused: PriceListRefused | None

    def is_news(self) -> bool:
        """Tell whether anything is to be written but that a look was taken."""
        other = not self.kept and (self.last is None or self.last.digest != self.wanted.digest)
        return bool(self.prices or self.aliases or other)


async def sync_catalogue(
    connection: asyncpg.Connection,
    *,
    catalogue: Catalogue | None = None,
    dry_run: bool = False,
    accept_jumps: bool = False,
    accept_losses: bool = False,
    go_back: bool = False,
) -> SyncReport:
    """Append what a list and the overrides say and the database does not, and say what it was.

    Without a `catalogue` the list is the installed one; where one from a file came after it, that stays and
    the overrides alone are brought in. A `catalogue` older than the list in force is refused. Both unless
    `go_back` is given.

    Idempotent: a second run moves no epoch and writes nothing but that it looked. One transaction under
    the spend lock, so that no event is priced half by the old book. Raises, having changed nothing,
    `PriceDocumentError` for a list with a row that cannot be true, `PriceListRefused` for one that is
    older, changes a rate absurdly or lacks too much.
    """
    # Read and checked before anything is locked, and off the event loop: it takes most of a second.
    listed = catalogue if catalogue is not None else await asyncio.to_thread(read_catalogue)
    if not listed.prices:
        raise PriceDocumentError(f"{listed.source} holds no prices at all; take another list")
    check_periods(read_rows())
    overrides = read_overrides()
    wanted = merged(listed, overrides)
    accepted = _Accepted(jumps=accept_jumps, losses=accept_losses, age=go_back)
    async with connection.transaction():
        plan = await _plan(connection, wanted, overrides, accepted, named=catalogue is not None)
        if not dry_run and plan.refused is None and plan.is_news():
            # A look that brings nothing keeps nobody waiting; what is written is found out under the lock.
            await take_exclusively(connection)
            plan = await _plan(connection, wanted, overrides, accepted, named=catalogue is not None)
        if not dry_run:
            if plan.refused is not None:
                raise plan.refused
            await _write(connection, plan)
    in_force = _in_force(plan)
    return SyncReport(
        source=in_force.source,
        newest_price=in_force.newest_price,
        prices=len(plan.wanted.prices),
        aliases=len(plan.wanted.aliases),
        appended=len(plan.prices),
        aliases_changed=len(plan.aliases),
        changes=plan.changes,
        jumps=plan.jumps,
        unlisted=plan.unlisted,
        dropped=plan.wanted.dropped,
        kept=plan.kept,
        refused=None if plan.refused is None else plan.refused.detail,
    )


async def _plan(
    connection: asyncpg.Connection,
    wanted: Catalogue,
    overrides: Catalogue,
    accepted: _Accepted,
    *,
    named: bool,
) -> _Plan:
    last = await latest_list(connection)
    older = None if accepted.age else await _reason_to_keep(connection, wanted, last, named=named)
    kept = (
        None if named or older is None else f"{older}, so that stays in force; --go-back takes the older list"
    )
    if kept is not None:
        wanted = merged(Catalogue(wanted.source, [], [], []), overrides)
    stored = await read_prices(connection, [EVERYONE])
    prices = missing_prices(wanted, stored)
    changes = changes_of(prices, stored)
    jumps = jumps_in(changes, stored)
    before = (last.listed if last else None) or _stored_models(stored)
    losses = None if kept or accepted.losses else losses_in(wanted.models(), before)
    return _Plan(
        wanted=wanted,
        last=last,
        prices=prices,
        aliases=missing_aliases(wanted, await read_aliases(connection, [EVERYONE])),
        changes=changes,
        jumps=jumps,
        unlisted=[] if kept else unlisted_models(wanted, stored),
        kept=kept,
        refused=_refusal(losses, older if named else None, [] if accepted.jumps else jumps),
    )


def _refusal(losses: str | None, older: str | None, jumps: list[Jump]) -> PriceListRefused | None:
    if losses is not None:
        return PriceListRefused(losses)
    if older is not None:
        return PriceListRefused(f"{older}. {UNCHANGED}; to take the older list, run it again with --go-back")
    return PriceListRefused(refusal_of_jumps(jumps), jumps) if jumps else None


async def _reason_to_keep(
    connection: asyncpg.Connection, wanted: Catalogue, last: SyncedList | None, *, named: bool
) -> str | None:
    """Return why the list in force should not give way to another one, if it should not."""
    if last is None or last.digest == wanted.digest:
        return None
    # Both as they stood when the last one came: what a list announces for later must not make it newer.
    newest = wanted.newest_price(last.synced_at or now())
    if last.newest_price is not None and (newest is None or newest < last.newest_price):
        age = "has no dated price" if newest is None else f"ends with {newest}"
        return f"{wanted.source} {age}, {last.source} with {last.newest_price}"
    # Whoever names a file means it, also one that was in force before.
    if not named and await was_synced(connection, wanted.digest):
        return f"after the installed {wanted.source} came {last.source}"
    return None


def _stored_models(stored: Iterable[StoredPrice]) -> dict[str, int]:
    models = {(old.provider, old.model) for old in stored if old.layer == "catalogue" and not old.withdrawn}
    counts: dict[str, int] = {}
    for provider, _ in models:
        counts[provider] = counts.get(provider, 0) + 1
    return counts


async def _write(connection: asyncpg.Connection, plan: _Plan) -> None:
    if plan.prices:
        await append_prices(connection, plan.prices)
    if plan.aliases:
        await put_aliases(connection, plan.aliases)
    if plan.prices or plan.aliases:
        await bump(connection, "prices")
    if plan.is_news():
        await record_list(connection, _in_force(plan), prices=len(plan.prices), aliases=len(plan.aliases))
    else:
        await record_look(connection)


def _in_force(plan: _Plan) -> SyncedList:
    """Return which list holds once a plan is carried out."""
    if plan.last is not None and (plan.kept or plan.last.digest == plan.wanted.digest):
        return plan.last
    wanted = plan.wanted
    return SyncedList(wanted.source, wanted.digest, wanted.newest_price(now()), wanted.models())
