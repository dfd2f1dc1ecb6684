"""When prices arrive: finding the unpriced events that may have one now, and asking for their repricing.

Looked at are names, not events: a stream of invented models costs a look at each name once a change of
prices, in a process of its own. And only names for which something was recorded since the last look are
asked for: what stays without a price although its model has one, a batch that nobody lists, is not looked
through again for every price of another model.
"""

from collections.abc import Container, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Final

import asyncpg
import msgspec
from llmlab_shared.clock import from_us, to_us
from llmlab_shared.domain.repricing import MAX_MODELS, Selection
from llmlab_shared.log import get_logger
from llmlab_shared.pricing.price_book import EVERY_MODEL, PriceBook
from llmlab_shared.pricing.store import EVERYONE

ACTOR: Final = "llmlab"
_AT_ONCE = 1000
# A price may be recorded by a transaction that began so long before it could be seen.
_LATE_US = 10 * 60 * 10**6
# A local day may begin and end so far from the UTC one.
_ZONES = timedelta(hours=24)

_EPOCHS = """
SELECT (SELECT value FROM epochs WHERE name = 'prices'), (SELECT value FROM epochs WHERE name = 'arrivals')
"""
_RECENT = """
SELECT workspace_id, provider, lower(model) AS name, recorded_at AS at FROM price_versions
WHERE recorded_at > $1 AND NOT withdrawn
UNION ALL
SELECT workspace_id, provider, lower(alias), set_at FROM model_aliases WHERE set_at > $1
"""
_SEEN_US = "SELECT value FROM epochs WHERE name = 'arrivals_us'"
_NAMES = """
SELECT workspace_id, provider, model, min(day), max(day) FROM rollup_day
WHERE price_status = 'unpriced' AND (workspace_id, provider, model) > ($1, $2, $3)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 LIMIT $4
"""
_ASK = """
INSERT INTO repricings (workspace_id, kind, selection, reason, actor)
SELECT $1, 'unpriced', $2::jsonb, $3, $4
WHERE NOT EXISTS (
    SELECT FROM repricings
    WHERE workspace_id = $1 AND kind = 'unpriced' AND selection = $2::jsonb
      AND status IN ('queued', 'running')
)
"""
_SEEN = "UPDATE epochs SET value = $2 WHERE name = $1 AND value < $2"

log = get_logger(__name__)

# Workspace (0: everyone's), provider, name.
_Key = tuple[int, str, str]
# Workspace, provider, model, first and last local day.
_Name = tuple[int, str, str, date, date]


async def are_due(connection: asyncpg.Connection) -> bool:
    """Say whether prices changed since unpriced events were last looked at."""
    prices, seen = await connection.fetchrow(_EPOCHS)
    return bool(prices > seen)


async def ask_for_arrivals(pool: asyncpg.Pool) -> int:
    """Ask for the repricing of all unpriced events that may have a price now; return how many repricings.

    Safe to repeat: what was asked for and is not done is not asked for again.
    """
    async with pool.acquire() as connection:
        prices, seen = await connection.fetchrow(_EPOCHS)
        if prices <= seen:
            return 0
        recent, newest_us = await _read_recent(connection)
        book = await PriceBook.load(connection)
        asked = 0
        after: tuple[int, str, str] = (0, "", "")
        while names := await connection.fetch(_NAMES, *after, _AT_ONCE):
            after = tuple(names[-1])[:3]
            await book.prepare(connection, {row["workspace_id"] for row in names})
            priced = [tuple(row) for row in names if _may_have_a_price(book, tuple(row)[:3], recent)]
            async with connection.transaction():
                for _, group in groupby(priced, key=itemgetter(0, 1)):
                    of_provider = list(group)
                    for start in range(0, len(of_provider), MAX_MODELS):
                        await _ask(connection, of_provider[start : start + MAX_MODELS])
                        asked += 1
        # What changed meanwhile is a later epoch.
        await connection.execute(_SEEN, "arrivals_us", newest_us)
        await connection.execute(_SEEN, "arrivals", prices)
    log.info("prices_arrived", repricings=asked)
    return asked


async def _read_recent(connection: asyncpg.Connection) -> tuple[set[_Key], int]:
    """Return what was recorded since the last look, and when the newest of it was."""
    seen_us = await connection.fetchval(_SEEN_US)
    rows = await connection.fetch(_RECENT, from_us(max(seen_us - _LATE_US, 0)))
    keys = {(row["workspace_id"], row["provider"], row["name"]) for row in rows}
    return keys, max((to_us(row["at"]) for row in rows), default=0)


def _may_have_a_price(book: PriceBook, key: _Key, recent: Container[_Key]) -> bool:
    workspace_id, provider, model = key
    return any(
        (owner, *name) in recent
        for name in book.names(workspace_id, provider, model)
        # A discount prices nothing that has no price.
        if name[1] != EVERY_MODEL
        for owner in (EVERYONE, workspace_id)
    )


async def _ask(connection: asyncpg.Connection, names: Sequence[_Name]) -> None:
    workspace_id, provider, *_ = names[0]
    models = tuple(sorted(name[2] for name in names))
    first, last = min(name[3] for name in names), max(name[4] for name in names)
    selection = Selection(
        since=datetime.combine(first, time(), UTC) - _ZONES,
        until=datetime.combine(last, time(), UTC) + 2 * _ZONES,
        provider=provider,
        model=models,
        price_status=("unpriced",),
    )
    shown = ", ".join(models[:3]) + (f" and {len(models) - 3} more" if len(models) > 3 else "")
    encoded = msgspec.json.encode(selection).decode()
    await connection.execute(_ASK, workspace_id, encoded, f"a price arrived for {shown}"[:500], ACTOR)
