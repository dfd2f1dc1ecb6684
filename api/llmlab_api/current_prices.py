"""Today's prices in the API process: read on first use, and again when the price epoch has moved."""

import asyncio

from llmlab_shared.db.engine import driver_of
from llmlab_shared.pricing.calculator import CostCalculator
from llmlab_shared.pricing.price_book import PriceBook
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_EPOCH = text("SELECT value FROM epochs WHERE name = 'prices'")


class CurrentPrices:
    """One price book for all requests. What it reads is of the caller's own snapshot, or newer."""

    def __init__(self) -> None:
        self._book = PriceBook()
        self._epoch: int | None = None
        self._reading = asyncio.Lock()

    async def epoch(self, connection: AsyncConnection) -> int:
        """Return the number that moves whenever a price, anybody's, changes."""
        epoch: int = await connection.scalar(_EPOCH)
        return epoch

    async def calculator(self, connection: AsyncConnection, workspace_id: int) -> CostCalculator:
        """Return a calculator that knows everyone's prices and a workspace's own.

        It holds until the caller awaits anything: another request may read the book anew.
        """
        epoch = await self.epoch(connection)
        driver = await driver_of(connection)
        async with self._reading:
            if self._epoch is not None and epoch < self._epoch:
                # A snapshot from before the last change must not put its old prices into the book.
                book = await PriceBook.load(driver)
            else:
                book = self._book
                if epoch != self._epoch:
                    await book.reload(driver)
                    self._epoch = epoch
            await book.prepare(driver, [workspace_id])
        return CostCalculator(book)
