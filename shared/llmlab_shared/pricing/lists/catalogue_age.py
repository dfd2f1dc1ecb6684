"""How old the price list is that calls are priced by."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

# Prices change every week: one list of 2026 differs from that of six weeks before in some hundred rates.
OLD_DAYS: Final = 45

_AGE = text("""
SELECT source, newest_price, synced_at, looked_at, refused,
       extract(day FROM now() - coalesce(newest_price::timestamp AT TIME ZONE 'UTC', synced_at))::integer
  FROM price_syncs ORDER BY id DESC LIMIT 1
""")


class CatalogueAge(NamedTuple):
    """The list in force: `days` old, counted from its newest price.

    A list may be younger than the newest price in it and never older, so `days` is its age at most. It is
    counted from `synced_at` when no price in it has a date. `synced_at` is when the list was brought in,
    `looked_at` when a sync last compared one with it, `refused` why that one was not taken, if it was not
    and nobody was there to be told.
    """

    source: str
    newest_price: date | None
    synced_at: datetime
    looked_at: datetime
    refused: str | None
    days: int

    @property
    def is_old(self) -> bool:
        """Whether prices have probably changed since."""
        return self.days > OLD_DAYS


async def read_catalogue_age(connection: "AsyncConnection") -> CatalogueAge | None:
    """Return how old the price list is by the database's clock, None before the first sync."""
    row = (await connection.execute(_AGE)).one_or_none()
    return None if row is None else CatalogueAge(*row)
