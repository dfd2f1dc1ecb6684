"""Pricing again what was used: with other models, other processing, other tokens, by today's prices."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from llmlab_shared.domain.money import from_pico
from llmlab_shared.domain.usage import TokenUsage
from llmlab_shared.pricing.context import processed_as
from llmlab_shared.pricing.rate_card import RateCard

from llmlab_api.recommendations.history import Cell

BATCH = "batch"


@dataclass(frozen=True, slots=True)
class Prices:
    """The prices in force now, the workspace's own included, by provider, model and context."""

    cards: Mapping[tuple[str, str, str], RateCard]

    def cost(
        self, provider: str, model: str, context: str, tokens: TokenUsage, input_tokens: int
    ) -> Decimal | None:
        """Return what the tokens of several calls cost, each with this much input; None without a price."""
        card = self.cards.get((provider, model, context))
        pico = None if card is None else card.sum_cost(tokens, input_tokens)
        return None if pico is None else from_pico(pico)

    def own(self, cell: Cell, tokens: TokenUsage | None = None, input_tokens: int | None = None) -> Decimal:
        """Return what a cell's calls, or other tokens in their place, cost with their own model.

        Without a price today it is what was paid, in proportion to the tokens.
        """
        tokens = cell.tokens if tokens is None else tokens
        input_tokens = cell.input_tokens if input_tokens is None else input_tokens
        cost = self.cost(cell.provider, cell.model, cell.context, tokens, input_tokens)
        if cost is not None:
            return cost
        before = cell.tokens.input_tokens + cell.tokens.output_tokens
        after = tokens.input_tokens + tokens.output_tokens
        return cell.spend * after / before if before else cell.spend

    def paid(self, cell: Cell) -> Decimal:
        """Return what a cell's tokens cost: what was paid, or today's price where that is less."""
        return min(cell.spend, self.own(cell))

    def moved(self, cell: Cell, provider: str, model: str) -> Decimal | None:
        """Return what a cell's tokens cost with another model, processed the same; None without a price."""
        return self.cost(provider, model, cell.context, cell.tokens, cell.input_tokens)

    def saved_by_moving(self, cells: Iterable[Cell], provider: str, model: str) -> Decimal:
        """Return what another model would have saved, below zero if it is dearer.

        Calls that have no price there, because they send what it does not take, stay where they are.
        """
        return sum(
            (
                self.paid(cell) - other
                for cell in cells
                if (other := self.moved(cell, provider, model)) is not None
            ),
            Decimal(0),
        )

    def paid_by_moving(self, cells: Iterable[Cell], provider: str, model: str) -> Decimal:
        """Return what was paid for the calls that have a price with another model, and so would move."""
        return sum(
            (self.paid(cell) for cell in cells if self.moved(cell, provider, model) is not None), Decimal(0)
        )

    def staying(self, cells: Iterable[Cell], provider: str, model: str) -> int:
        """Return how many calls have no price with another model, and so save nothing."""
        return sum(cell.calls for cell in cells if self.moved(cell, provider, model) is None)

    def processed(self, cell: Cell, processing: str) -> Decimal | None:
        """Return what a cell's tokens cost processed another way; None without a price for that."""
        context = processed_as(cell.context, processing)
        return self.cost(cell.provider, cell.model, context, cell.tokens, cell.input_tokens)


def without_input(tokens: TokenUsage, count: int) -> tuple[TokenUsage, int]:
    """Return the tokens with less input, and how much less: plain tokens first, then cached ones."""
    plain = min(count, tokens.input)
    cached = min(count - plain, tokens.cache_read)
    left = TokenUsage(
        **{name: getattr(tokens, name) for name in TokenUsage.__struct_fields__ if name not in _SHORTENED},
        input=tokens.input - plain,
        cache_read=tokens.cache_read - cached,
    )
    return left, plain + cached


_SHORTENED = ("input", "cache_read")
