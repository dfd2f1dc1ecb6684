"""One run: every recorded response priced by every source, with the prices of a database."""

from collections.abc import Callable, Sequence

import asyncpg
from llmlab_shared.pricing.calculator import CostCalculator
from llmlab_shared.pricing.price_book import PriceBook
from provider_calls import ProviderCall

from benchmarks.accuracy.report import Result
from benchmarks.accuracy.score import Verdict, judge
from benchmarks.accuracy.sources import GenaiPrices, LLMLab, Source

_CATALOGUE = "SELECT source FROM price_syncs ORDER BY id DESC LIMIT 1"


async def run(
    connection: asyncpg.Connection,
    calls: Sequence[ProviderCall],
    advance: Callable[[int, int], None] = lambda done, of: None,
) -> Result:
    """Return the verdicts on `calls`; the database holds a synced catalogue. `advance` hears how many
    answers of how many there are."""
    calculator = CostCalculator(await PriceBook.load(connection))
    sources: list[Source] = [LLMLab(calculator), GenaiPrices()]
    verdicts: dict[str, list[Verdict]] = {}
    done = 0
    for source in sources:
        verdicts[source.name] = judged = []
        for call in calls:
            judged.append(judge(call, source.price(call)))
            done += 1
            advance(done, len(sources) * len(calls))
    return Result(await connection.fetchval(_CATALOGUE), verdicts)
