"""The cost of one call: the card in force at its time, times its tokens, rounded once."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from llmlab_shared.domain.usage import TokenUsage
from llmlab_shared.pricing.context import context_of
from llmlab_shared.pricing.price_book import PriceBook
from llmlab_shared.pricing.rate_card import half_even


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
        self._card = book.card

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
        card = self._card(workspace_id, provider, model, context_of(service_tier, processing, region), at_us)
        if card is None:
            return None
        atto = card.token_cost(tokens)
        if atto is None:
            return None
        tool = card.unit_cost(units) if card.units and (units or "requests" in card.units) else 0
        return Quote(half_even(atto), tool, card.price_id, card.rule)
