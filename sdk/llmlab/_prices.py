"""Prices and repricing, blocking: `LLMLab.prices`."""

from __future__ import annotations

from llmlab import _price_calls
from llmlab._reads import Resource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
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


class Prices(Resource):
    """What models cost, the workspace's own prices, and pricing events again.

    A repricing is a job of the server: what starts one returns it as it stands (`status` is `queued`
    then), `repricing(id)` says how far it is. Nothing is overwritten, and every one can be undone.
    """

    def list(self, **query: Unpack[PriceQuery]) -> JSON:
        """Return one page of the prices in force: `{"prices": [...], "at", "catalogue", "next_cursor"}`."""
        return self._send(_price_calls.list_prices(query))

    def iterate(self, **query: Unpack[PriceQuery]) -> Iterator[JSON]:
        """Yield all prices in force at one instant, fetching pages of `limit` as they are needed."""
        while True:
            page = self.list(**query)
            yield from page["prices"]
            if not page.get("next_cursor"):
                return
            query["cursor"], query["at"] = page["next_cursor"], page["at"]

    def history(self, provider: str, model: str, context: str | None = None) -> JSONList:
        """Return every version of a model's price, the newest first."""
        return self._all(
            lambda cursor: _price_calls.price_history(provider, model, context, cursor), "prices"
        )

    def own(self) -> JSONList:
        """Return the workspace's own prices, to come and ended ones too, the newest beginning first."""
        return self._all(_price_calls.list_own, "prices")

    def set(self, provider: str, model: str, **price: Unpack[PriceFields]) -> JSON:
        """Set a price of the workspace's own and return it; `"*"` is every model, for a discount.

        Calls that are priced keep their price until they are repriced.
        """
        return self._send(_price_calls.set_price(provider, model, price))

    def unset(
        self,
        provider: str | None = None,
        model: str | None = None,
        *,
        context: str | None = None,
        valid_from: Moment | None = None,
        price_id: int | None = None,
    ) -> None:
        """Take back the workspace's own price of that beginning or id, or all of the model's in a context."""
        self._send(_price_calls.unset_price(provider, model, context, valid_from, price_id))

    def mappings(self) -> JSONList:
        """Return the names that stand for other models: `{provider, name, model, target_provider}`."""
        return self._all(_price_calls.list_mappings, "mappings")

    def map(self, provider: str, name: str, model: str, *, target_provider: str | None = None) -> JSON:
        """Price calls of `provider` and `name` as those of `model`; `priced` says whether it has a price."""
        return self._send(_price_calls.set_mapping(provider, name, model, target_provider))

    def unmap(self, provider: str, name: str) -> None:
        """Take a mapping back."""
        self._send(_price_calls.delete_mapping(provider, name))

    def estimate(self, models: Filter, **usage: Unpack[EstimateQuery]) -> JSON:
        """Return what calls of this usage would cost with each model (`provider/model`), in that order."""
        return self._send(_price_calls.estimate(models, usage))

    def reprice(
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
        return self._send(
            _price_calls.reprice(
                from_, to, selection, price_status=price_status, dry_run=dry_run, reason=reason
            )
        )

    def repricings(self, *, limit: int | None = None, cursor: str | None = None) -> JSON:
        """Return one page of repricings, the newest first: `{"repricings": [...], "next_cursor"}`."""
        return self._send(_price_calls.list_repricings(limit, cursor))

    def repricing(self, repricing_id: object) -> JSON:
        """Return one repricing: how far it is, and what it changed by model, day and status."""
        return self._send(_price_calls.get_repricing(repricing_id))

    def undo(self, repricing_id: object, reason: str) -> JSON:
        """Give the events of a finished repricing the cost they had before; this is a repricing too."""
        return self._send(_price_calls.undo_repricing(repricing_id, reason))
