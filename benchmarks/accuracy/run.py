"""One run: every case priced by every source, LLMLab with the prices of a database."""

from collections.abc import Callable, Sequence

import asyncpg
from llmlab_shared.pricing.calculator import CostCalculator
from llmlab_shared.pricing.price_book import PriceBook

from benchmarks.accuracy.cases import Case, recorded_cases, stated_cases
from benchmarks.accuracy.history import dated_cases
from benchmarks.accuracy.report import Result
from benchmarks.accuracy.score import Verdict, judge
from benchmarks.accuracy.sheet import Sheet, sheet
from benchmarks.accuracy.sources import GenaiPrices, LLMLab, Source
from benchmarks.accuracy.yardsticks import PACKAGES, NotInstalledError, PriceMap, price_list

_CATALOGUE = "SELECT source FROM price_syncs ORDER BY id DESC LIMIT 1"


def all_cases() -> list[Case]:
    """Return every case there is."""
    return [*recorded_cases(), *dated_cases(), *stated_cases("contested"), *stated_cases("built")]


async def run(
    connection: asyncpg.Connection,
    cases: Sequence[Case],
    recorded: Sequence[Sheet] = (),
    advance: Callable[[], None] = lambda: None,
) -> Result:
    """Return how LLMLab and genai-prices price `cases`; the database holds a synced catalogue.

    `recorded` are the sheets of further sources; `advance` hears of every answer.
    """
    calculator = CostCalculator(await PriceBook.load(connection))
    ours = _verdicts(LLMLab(calculator), cases, advance)
    theirs = _verdicts(GenaiPrices(), cases, advance)
    sheets = [sheet(LLMLab.name, ours), sheet(GenaiPrices.name, theirs), *recorded]
    return Result(await connection.fetchval(_CATALOGUE), ours, sheets)


def yardsticks(cases: Sequence[Case], advance: Callable[[], None] = lambda: None) -> list[Sheet]:
    """Return how the other price lists price `cases`; one that cannot be had says why."""
    sheets = []
    for package in PACKAGES:
        name = f"{package.name} {package.version}"
        try:
            prices = price_list(package)
        except NotInstalledError as error:
            sheets.append(Sheet(name, absent=str(error)))
        else:
            sheets.append(sheet(name, _verdicts(PriceMap(name, prices), cases, advance)))
    return sheets


def _verdicts(source: Source, cases: Sequence[Case], advance: Callable[[], None]) -> list[Verdict]:
    verdicts = []
    for case in cases:
        verdicts.append(judge(case, source.price(case)))
        advance()
    return verdicts
