"""The reference price: gpt-4, 1,000 tokens in and 500 out, costs exactly 0.06."""

import asyncpg
from llmlab_shared.clock import now_us
from llmlab_shared.domain.money import from_pico, to_wire
from llmlab_shared.domain.usage import TokenUsage
from llmlab_shared.pricing.calculator import CostCalculator
from llmlab_shared.pricing.price_book import PriceBook


async def test_gpt_4_reference(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        book = await PriceBook.load(connection)
    finally:
        await connection.close()
    quote = CostCalculator(book).price(
        7, "openai", "gpt-4", TokenUsage(input=1_000, output=500), None, now_us()
    )
    assert quote is not None
    assert to_wire(from_pico(quote.computed_pico)) == "0.06"
    assert (quote.tool_pico, quote.rule) == (0, "exact")
    assert quote.price_id > 0
