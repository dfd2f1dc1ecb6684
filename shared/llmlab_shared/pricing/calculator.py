"""The cost of one call: the card in force at its time, times its tokens, rounded once."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from llmlab_shared.domain.usage import TokenUsage
from llmlab_shared.pricing.context import STANDARD, context_of
from llmlab_shared.pricing.price_book import NO_TRACK, PriceBook
from llmlab_shared.pricing.rate_card import RateCard
from llmlab_shared.pricing.store import EVERYONE


class Quote(msgspec.Struct, frozen=True, gc=False):
    """What a call costs by the price book, in pico-USD, and by which price.

    `computed_pico` is for tokens, `tool_pico` for searches and other fees per use; `price_id` is the
    price version, `rule` how its model was found.
    """

    computed_pico: int
    tool_pico: int
    price_id: int
    rule: str


class CostCalculator:
    """Prices calls from a price book; knows no provider by name."""

    def __init__(self, book: PriceBook) -> None:
        self._book = book

    def price(  # noqa: PLR0917 # the identity of a call, positional for speed
        self,
        workspace_id: int,
        provider: str,
        model: str,
        tokens: TokenUsage,
        units: Mapping[str, Decimal] | None,
        at_us: int,
        *,
        service_tier: str | None = None,
        processing: str | None = None,
        region: str | None = None,
    ) -> Quote | None:
        """Return what the call costs at its own time, or None when no price covers it.

        Prices of workspaces are those that the book was prepared with; `at_us` is the event's time in
        microseconds.
        """
        if service_tier is None and processing is None and region is None:
            context = STANDARD
        else:
            context = context_of(service_tier, processing, region)
        book = self._book
        # What `PriceBook.card` does for a key that is at hand, without the price of calling it.
        card = book.tracks.young.get(
            (workspace_id if workspace_id in book.workspaces else EVERYONE, provider, model, context),
            NO_TRACK,
        ).card
        if not card.valid_from_us <= at_us < card.valid_until_us:
            found = book.card(workspace_id, provider, model, context, at_us)
            if found is None:
                return None
            card = found
        cost = card.token_cost(tokens)
        if cost is None:
            return None
        return Quote(cost, card.unit_cost(units) if card.units else 0, card.price_id, card.rule)

    def card(self, workspace_id: int, provider: str, model: str, context: str, at_us: int) -> RateCard | None:
        """Return the prices in force for calls of a context, which stay as they are, or None without any."""
        return self._book.card(workspace_id, provider, model, context, at_us)
