"""Prices and repricing, awaited: the asynchronous twin of `_prices`."""

from __future__ import annotations

from llmlab import _price_calls
from llmlab._async_reads import AsyncResource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Unpack

    from llmlab.types import (
        JSON,
        EstimateQuery,
        EventSelection,
        Filter,
        JSONList,
        Moment,
        PriceFields,
        PriceQuery,
    )


class AsyncPrices(AsyncResource):
    """What models cost, the workspace's own prices, and pricing events again.

    A repricing is a job of the server: what starts one returns it as it stands (`status` is `queued`
    then), `repricing(id)` says how far it is. Nothing is overwritten, and every one can be undone.
    """

    async def list(self, **query: Unpack[PriceQuery]) -> JSON:
        """Return one page of the prices in force: `{"prices": [...], "at", "catalogue", "next_cursor"}`."""
        return await self._send(_price_calls.list_prices(query))

    async def iterate(self, **query: Unpack[PriceQuery]) -> AsyncIterator[JSON]:
        """Yield all prices in force at one instant, fetching pages of `limit` as they are needed."""
        while True:
            page = await self.list(**query)
            for price in page["prices"]:
                yield price
            if not page.get("next_cursor"):
                return
            query["cursor"], query["at"] = page["next_cursor"], page["at"]

    async def history(self, provider: str, model: str, context: str | None = None) -> JSONList:
        """Return every version of a model's price, the newest first."""
        return await self._all(
            lambda cursor: _price_calls.price_history(provider, model, context, cursor), "prices"
        )

    async def own(self) -> JSONList:
        """Return the workspace's own prices, to come and ended ones too, the newest beginning first."""
        return await self._all(_price_calls.list_own, "prices")

    async def set(self, provider: str, model: str, **price: Unpack[PriceFields]) -> JSON:
        """Set a price of the workspace's own and return it; `"*"` is every model, for a discount.

        Calls that are priced keep their price until they are repriced.
        """
        return await self._send(_price_calls.set_price(provider, model, price))

    async def unset(
        self,
        provider: str | None = None,
        model: str | None = None,
        *,
        context: str | None = None,
        valid_from: Moment | None = None,
        price_id: int | None = None,
    ) -> None:
        """Take back the workspace's own price of that beginning or id, or all of the model's in a context."""
        await self._send(_price_calls.unset_price(provider, model, context, valid_from, price_id))

    async def mappings(self) -> JSONList:
        """Return the names that stand for other models: `{provider, name, model, target_provider}`."""
        return await self._all(_price_calls.list_mappings, "mappings")

    async def map(self, provider: str, name: str, model: str, *, target_provider: str | None = None) -> JSON:
        """Price calls of `provider` and `name` as those of `model`; `priced` says whether it has a price."""
        return await self._send(_price_calls.set_mapping(provider, name, model, target_provider))

    async def unmap(self, provider: str, name: str) -> None:
        """Take a mapping back."""
        await self._send(_price_calls.delete_mapping(provider, name))

    async def estimate(self, models: Filter, **usage: Unpack[EstimateQuery]) -> JSON:
        """Return what calls of this usage would cost with each model (`provider/model`), in that order."""
        return await self._send(_price_calls.estimate(models, usage))

    async def reprice(
        self,
        from_: Moment,
        to: Moment,
        *,
        dry_run: bool = True,
        reason: str | None = None,
        price_status: Filter | None = None,
        **selection: Unpack[EventSelection],
    ) -> JSON:
        """Price the events of a time again by the prices of now, or only say what that would change.

        Without `dry_run` a `reason` is needed.
        """
        return await self._send(
            _price_calls.reprice(
                from_, to, selection, price_status=price_status, dry_run=dry_run, reason=reason
            )
        )

    async def repricings(self, *, limit: int | None = None, cursor: str | None = None) -> JSON:
        """Return one page of repricings, the newest first: `{"repricings": [...], "next_cursor"}`."""
        return await self._send(_price_calls.list_repricings(limit, cursor))

    async def repricing(self, repricing_id: object) -> JSON:
        """Return one repricing: how far it is, and what it changed by model, day and status."""
        return await self._send(_price_calls.get_repricing(repricing_id))

    async def undo(self, repricing_id: object, reason: str) -> JSON:
        """Give the events of a finished repricing the cost they had before; this is a repricing too."""
        return await self._send(_price_calls.undo_repricing(repricing_id, reason))
