"""Reading a history: the rollups for what was used, a bounded number of events for how.

Every statement is a short transaction of its own, because a long snapshot slows the writing of events. Sums
of different statements may be some events apart; nothing is told that would need them to agree.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from llmlab_shared import clock
from llmlab_shared.db.repositories import call_mix
from llmlab_shared.db.repositories.call_mix import MixRow
from llmlab_shared.db.repositories.call_source import Calls
from llmlab_shared.db.repositories.costs import (
    COSTED,
    Calendar,
    ModelUse,
    read_calendar,
    read_model_use,
    read_snapshot,
)
from llmlab_shared.db.repositories.facts import Question
from llmlab_shared.db.repositories.value_weeks import read_value_weeks
from llmlab_shared.domain.dimensions import OTHER
from llmlab_shared.domain.events import MAX_ID_SKEW
from llmlab_shared.domain.ranges import Span, resolve_span
from llmlab_shared.domain.usage import TokenUsage
from llmlab_shared.pricing.calculator import CostCalculator
from llmlab_shared.pricing.context import STANDARD, processed_as
from llmlab_shared.pricing.rate_card import RateCard

from llmlab_api.costs.tokens import usage_of
from llmlab_api.rebuilding import refuse_while_rebuilding
from llmlab_api.recommendations.alternatives import models_beside
from llmlab_api.recommendations.engine import Advised, recommend
from llmlab_api.recommendations.history import Cell, History, Use
from llmlab_api.recommendations.repricing import BATCH, Prices
from llmlab_api.recommendations.rules.long_context import REACHES
from llmlab_api.recommendations.rules.outlier import DIMENSIONS
from llmlab_api.recommendations.rules.use_batch import CROWD
from llmlab_api.recommendations.sampling import choose_sample
from llmlab_api.services import Services

TIMEOUT_MS: Final = 5_000
MOST_FEATURES: Final = 50
MOST_VALUES: Final = 500
# Lengths of input that are told apart, so that medians and short calls are known.
_LENGTHS: Final = tuple(2**power for power in range(8, 22))
# What was worked out stays good while no more than a hundredth has changed.
_SAME: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Basis:
    """What advice rests on: `unpriced` of the `events_read` have no price.

    `sampled`: there are more, which are taken to be like them, model by model.
    """

    start: str
    end: str
    calls: int
    spend: Decimal
    events_read: int
    unpriced: int
    sampled: bool


@dataclass(frozen=True, slots=True)
class Worked:
    """Advice that was worked out, what it rests on, and the prices it was worked out with."""

    advised: Advised
    basis: Basis
    epoch: int


@dataclass(frozen=True, slots=True)
class _Used:
    calendar: Calendar
    span: Span
    uses: list[Use]
    epoch: int


async def work_out(services: Services, workspace_id: int) -> Worked:
    """Return a workspace's advice; that of up to a minute ago while hardly anything has changed since.

    Whoever asks while it is being worked out waits for that.
    """
    used = await _read_used(services, workspace_id)
    if (kept := _kept(services, workspace_id, used)) is not None:
        return kept
    async with services.working_out.setdefault(workspace_id, asyncio.Lock()):
        if (kept := _kept(services, workspace_id, used)) is not None:
            return kept
        history, prices, basis = await _read_history(services, workspace_id, used)
        # Some ten milliseconds for a workspace of many models and features.
        advised = await asyncio.to_thread(recommend, history, prices)
        worked = Worked(advised, basis, used.epoch)
        services.advice.put(workspace_id, worked)
        return worked


def _kept(services: Services, workspace_id: int, used: _Used) -> Worked | None:
    """Return what was worked out lately, if it still is what these uses lead to."""
    calls, spend = sum(use.calls for use in used.uses), sum((use.spend for use in used.uses), Decimal(0))
    kept: Worked | None = services.advice.get(workspace_id)
    good = (
        kept is not None
        and kept.epoch == used.epoch
        and (kept.basis.start, kept.basis.end) == used.span.named_edges()
        and abs(calls - kept.basis.calls) <= _SAME * kept.basis.calls
        and abs(spend - kept.basis.spend) <= _SAME * kept.basis.spend
    )
    return kept if good else None


async def _read_used(services: Services, workspace_id: int) -> _Used:
    async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
        calendar = await read_calendar(connection, workspace_id)
        refuse_while_rebuilding(calendar)
        span = resolve_span(None, None, calendar.zone, clock.now())
        found = await read_model_use(connection, Question(workspace_id, span, {}), calendar.zone)
        epoch = await services.prices.epoch(connection)
    return _Used(calendar, span, [_use(row) for row in found], epoch)


async def _read_history(services: Services, workspace_id: int, used: _Used) -> tuple[History, Prices, Basis]:
    span, models = used.span, [(use.provider, use.model) for use in used.uses]
    start, end = span.named_edges()
    calls = Calls(workspace_id, span.start, span.end, span.start - MAX_ID_SKEW, used.calendar.zone.key, {})
    async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
        values = await read_value_weeks(
            connection, workspace_id, _days(span), dimensions=DIMENSIONS, most=MOST_VALUES
        )
        sample = await choose_sample(connection, calls, span)
        calculator = await services.prices.calculator(connection, workspace_id)
        cards = _cards(calculator, workspace_id, models, [STANDARD])
    calls = sample.calls
    features = [value.value for value in values if value.dimension == "feature"][:MOST_FEATURES]
    async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
        rows = await call_mix.read_mix(connection, calls, _sizes(cards.values()), features=features)
        contexts = sorted({row.context for row in rows} | {STANDARD})
        calculator = await services.prices.calculator(connection, workspace_id)
        # Before anything is awaited: another request may read the book anew.
        cards = _cards(calculator, workspace_id, models, contexts)
    async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
        rhythms = await call_mix.read_rhythms(connection, calls, crowd=CROWD, features=features)
    async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
        conversations = await call_mix.read_conversations(connection, calls, features=features)
    async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
        failures = await call_mix.read_failures(connection, calls, features=features)
    # The events may know a model by now that the rollups, read before them, did not yet.
    used_models = set(models)
    known = [
        row
        for row in rows
        if row.billing == "metered"
        and row.price_status in COSTED
        and (row.provider, row.model) in used_models
    ]
    scales = {} if sample.whole else _scales(used.uses, known)
    history = History(
        start=start,
        end=end,
        reference_tokens=services.settings.reference_tokens_per_call,
        uses=used.uses,
        mix=[_cell(row, *scales.get((row.provider, row.model), _AS_IT_IS)) for row in known],
        rhythms=[rhythm for rhythm in rhythms if rhythm.feature != OTHER],
        conversations=[talk for talk in conversations if talk.feature != OTHER],
        failures=[one for one in failures if one.feature != OTHER],
        values=values,
        scales={model: of_spend for model, (_, of_spend) in scales.items()},
        share=sample.share,
    )
    basis = Basis(
        start,
        end,
        calls=history.calls,
        spend=history.spend,
        events_read=sum(row.calls for row in rows),
        unpriced=sum(row.calls for row in rows if row.price_status == "unpriced"),
        sampled=not sample.whole,
    )
    return history, Prices(cards), basis


_AS_IT_IS: Final = (Decimal(1), Decimal(1))


def _days(span: Span) -> tuple[date, date]:
    days = span.days()
    return days[0], days[-1]


def _use(row: ModelUse) -> Use:
    return Use(row.provider, row.model, row.events, row.days, usage_of(row.tokens), row.spend)


def _cards(
    calculator: CostCalculator,
    workspace_id: int,
    models: Iterable[tuple[str, str]],
    contexts: Sequence[str],
) -> dict[tuple[str, str, str], RateCard]:
    """Return the prices of these models and of all that they may be compared with, batches included."""
    now = clock.now_us()
    batches = {processed_as(context, BATCH) for context in contexts}
    cards = {}
    compared = {beside for model in models for beside in {model} | models_beside(*model)}
    for model in sorted(compared):
        for context in {*contexts, *batches}:
            card = calculator.card(workspace_id, *model, context, now)
            if card is not None:
                cards[*model, context] = card
    return cards


def _sizes(cards: Iterable[RateCard]) -> list[int]:
    """Return the lengths of input at which calls are told apart: where prices change, and some between."""
    thresholds = {above for card in cards for above, _ in card.tiers}
    near = {int(above * reach) for above in thresholds for reach in (1, *REACHES)}
    # A tier begins above its threshold.
    return sorted({length + 1 for length in near} | set(_LENGTHS))


def _scales(uses: Iterable[Use], rows: Iterable[MixRow]) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    """Return how many times as many calls, and as much money, each model had as in the events read."""
    read: dict[tuple[str, str], tuple[int, Decimal]] = {}
    for row in rows:
        calls, cost = read.get((row.provider, row.model), (0, Decimal(0)))
        read[row.provider, row.model] = (calls + row.calls, cost + row.cost)
    return {
        model: (Decimal(use.calls) / calls, use.spend / cost if cost else Decimal(1))
        for use in uses
        if (model := (use.provider, use.model)) in read
        for calls, cost in [read[model]]
    }


def _cell(row: MixRow, of_calls: Decimal, of_spend: Decimal) -> Cell:
    tokens = usage_of(row.tokens)
    calls = max(round(row.calls * of_calls), 1)
    return Cell(
        provider=row.provider,
        model=row.model,
        feature=row.feature,
        context=row.context,
        calls=calls,
        input_tokens=tokens.input_tokens // row.calls,
        tokens=TokenUsage(
            **{name: round(getattr(tokens, name) * of_calls) for name in TokenUsage.__struct_fields__}
        ),
        spend=(row.cost - row.tool_cost) * of_spend,
        fees=row.tool_cost * of_spend,
    )
