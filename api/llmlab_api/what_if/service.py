"""Pricing calls that were made again on other models: from the events, else from the rollups."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import msgspec
from llmlab_shared import clock
from llmlab_shared.clock import to_us
from llmlab_shared.db.repositories.call_mix import MixRow, read_mix
from llmlab_shared.db.repositories.call_source import Calls
from llmlab_shared.db.repositories.costs import (
    COSTED,
    OVERVIEW_KEYS,
    Calendar,
    TooManyEvents,
    check_scannable,
    read_calendar,
    read_snapshot,
    read_use_by_status,
)
from llmlab_shared.db.repositories.facts import Question
from llmlab_shared.domain.dimensions import BASE, OTHER
from llmlab_shared.domain.events import MAX_ID_SKEW
from llmlab_shared.domain.money import from_pico, to_wire
from llmlab_shared.domain.usage import TOKEN_CLASSES, TokenUsage
from llmlab_shared.pricing.calculator import CostCalculator
from llmlab_shared.pricing.context import SERVICE_TIERS, STANDARD, processed_as
from llmlab_shared.pricing.rate_card import RateCard
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_api.costs.query import Query
from llmlab_api.costs.service import find_facts, find_span
from llmlab_api.costs.stores import refusal
from llmlab_api.costs.timeouts import refuse_when_slow
from llmlab_api.costs.tokens import usage_of
from llmlab_api.errors import Problem, invalid
from llmlab_api.estimates.service import Model, find_models
from llmlab_api.rebuilding import refuse_while_rebuilding
from llmlab_api.services import Services

TIMEOUT_MS: Final = 10_000
# Some two seconds' work at most.
MOST_EVENTS: Final = 250_000
MOST_TARGETS: Final = 20
# Of so many models it is looked up whether they take fees; of more it is taken for granted.
MOST_MODELS: Final = 500
PROCESSINGS: Final = {"batch": "batch", "standard": STANDARD}
# The calls' own model: `model` names what they are priced on.
OF_MODEL: Final = "of_model"
_NO_COUNTS = ("missing", "quarantined")
_CARD = Mapping[str, RateCard | None]


@dataclass(frozen=True, slots=True)
class _Slice:
    """Calls by what decides their price, and where they were read.

    `fees_known` is false where there may be fees in their cost that rollups do not tell from the rest.
    """

    rows: Sequence[MixRow]
    basis: str
    fees_known: bool = True


async def what_if(services: Services, workspace_id: int, query: Query) -> dict[str, Any]:
    """Return what the calls of a query would cost on each model that it names; raise the 422 to mend."""
    names = _names(query.plain.get("model", ""))
    forced = _processing(query.plain.get("processing"))
    if OF_MODEL in query.plain:
        query.filters["model"] = [name.strip() for name in query.plain[OF_MODEL].split(",")]
    for dimension, values in query.filters.items():
        if OTHER in values:
            raise invalid(dimension, "value_not_kept", f"single calls of `{OTHER}` are not told apart")
    with refuse_when_slow():
        async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
            calendar = await read_calendar(connection, workspace_id)
            refuse_while_rebuilding(calendar)
            span = find_span(query, calendar)
            models = await find_models(connection, workspace_id, names)
            calculator = await services.prices.calculator(connection, workspace_id)
            tiers = [forced] if forced is not None else sorted(set(SERVICE_TIERS.values()))
            cards = {model: _cards(calculator, workspace_id, model, tiers) for model in dict.fromkeys(models)}
            edges = sorted({above + 1 for card in cards.values() for above in _thresholds(card.values())})
            question = Question(workspace_id, span, query.filters)
            rows, basis = await _read(connection, question, calendar, edges)
            calculator = await services.prices.calculator(connection, workspace_id)
            # Before anything is awaited: another request may read the book anew.
            contexts = sorted({_context(row, forced) for row in rows})
            cards = {model: _cards(calculator, workspace_id, model, contexts) for model in cards}
            known = basis == "events" or not _may_have_fees(calculator, question, rows)
            found = _Slice(rows, basis, known)
    start, end = span.named_edges()
    return {
        "from": start,
        "to": end,
        "tz": span.zone.key,
        "at": msgspec.to_builtins(clock.now()),
        "processing": query.plain.get("processing"),
        "basis": basis,
        # As many prices as there are targets times kinds of calls.
        **await asyncio.to_thread(_compared, found, models, cards, forced),
    }


def _compared(
    found: _Slice, models: Sequence[Model], cards: Mapping[Model, _CARD], forced: str | None
) -> dict[str, Any]:
    metered = [row for row in found.rows if row.billing == "metered"]
    known = [row for row in metered if row.price_status in COSTED]
    unpriced = [row for row in metered if row.price_status == "unpriced"]
    return {
        "actual": _actual(known, found),
        "targets": [
            _target(model, cards[model], forced, known, unpriced, fees_known=found.fees_known)
            for model in models
        ],
        "left_out": _left_out(found.rows),
    }


def _names(given: str) -> list[str]:
    names = list(dict.fromkeys(name.strip() for name in given.split(",") if name.strip()))
    if not names:
        raise invalid(
            "model", "missing_field", "say on which model: `model=openai/gpt-4o`, or several with commas"
        )
    if len(names) > MOST_TARGETS:
        raise invalid("model", "too_many_values", f"at most {MOST_TARGETS} models at once")
    return names


def _processing(given: str | None) -> str | None:
    if given is None:
        return None
    if given not in PROCESSINGS:
        raise invalid("processing", "bad_filter", f"`processing` is one of {', '.join(PROCESSINGS)}")
    return PROCESSINGS[given]


def _cards(
    calculator: CostCalculator, workspace_id: int, model: Model, contexts: Iterable[str]
) -> dict[str, RateCard | None]:
    now = clock.now_us()
    return {c: calculator.card(workspace_id, model.provider, model.name, c, now) for c in contexts}


def _context(row: MixRow, forced: str | None) -> str:
    return row.context if forced is None else processed_as(row.context, forced)


def _may_have_fees(calculator: CostCalculator, question: Question, rows: Iterable[MixRow]) -> bool:
    """Say whether a model that was used takes fees, for searches and the like, at either end of the span."""
    used = {(row.provider, row.model) for row in rows if row.price_status in COSTED}
    ends = [to_us(question.span.start), to_us(question.span.end)]
    return len(used) > MOST_MODELS or any(
        card is not None and card.units
        for model in used
        for tier in set(SERVICE_TIERS.values())
        for card in (calculator.card(question.workspace_id, *model, tier, at) for at in ends)
    )


def _thresholds(cards: Iterable[RateCard | None]) -> set[int]:
    return {above for card in cards if card is not None for above, _ in card.tiers}


async def _read(
    connection: AsyncConnection, question: Question, calendar: Calendar, edges: Sequence[int]
) -> tuple[Sequence[MixRow], str]:
    """Return the calls from the events while these are few enough, else from rollups where those suffice."""
    span = question.span
    try:
        await check_scannable(connection, question.workspace_id, span, calendar.zone, MOST_EVENTS)
    except TooManyEvents as error:
        if edges or not set(question.filters) <= set(BASE):
            raise _narrow(error, tiered=bool(edges)) from None
        return await _read_rollups(connection, question, calendar), "rollups"
    early, zone = span.start - MAX_ID_SKEW, calendar.zone.key
    calls = Calls(question.workspace_id, span.start, span.end, early, zone, dict(question.filters))
    return await read_mix(connection, calls, edges), "events"


async def _read_rollups(
    connection: AsyncConnection, question: Question, calendar: Calendar
) -> Sequence[MixRow]:
    try:
        facts, _ = await find_facts(connection, question, calendar, OVERVIEW_KEYS, None)
    except TooManyEvents as error:
        raise refusal(question, calendar, OVERVIEW_KEYS, None, error) from None
    return [_standard(row) for row in await read_use_by_status(connection, facts)]


def _narrow(error: TooManyEvents, *, tiered: bool) -> Problem:
    why = (
        "one of the models is dearer for long inputs, so that each call has to be looked at"
        if tiered
        else f"no rollup keeps tokens by class together with anything but {', '.join(BASE)}"
    )
    return invalid(
        "from, to",
        "too_many_events",
        f"this range has {error.events} events and {why}; at most {MOST_EVENTS} are: ask for a shorter range"
        + ("" if tiered else f", or filter by {', '.join(BASE)} only"),
    )


def _standard(row: Mapping[str, Any]) -> MixRow:
    return MixRow(
        provider=row["provider"],
        model=row["model"],
        context=STANDARD,
        price_status=row["price_status"],
        billing=row["billing"],
        feature="",
        size=0,
        calls=row["events"],
        largest=0,
        cost=row["cost"],
        tool_cost=Decimal(0),
        tokens={name: row[name] for name in row if name.endswith("_tokens")},
    )


def _actual(rows: Sequence[MixRow], found: _Slice) -> dict[str, Any]:
    calls, spend = sum(row.calls for row in rows), sum((row.cost for row in rows), Decimal(0))
    usages = [usage_of(row.tokens) for row in rows]
    totals = {name: sum(getattr(usage, name) for usage in usages) for name in TOKEN_CLASSES}
    return {
        "calls": calls,
        "spend": to_wire(spend),
        "fees": to_wire(sum((row.tool_cost for row in rows), Decimal(0))) if found.fees_known else None,
        "spend_per_call": _per_call(spend, calls),
        "tokens": {name: count for name, count in totals.items() if count},
        "largest_input_tokens": (
            max((row.largest for row in rows), default=0) if found.basis == "events" else None
        ),
    }


def _target(
    model: Model,
    cards: _CARD,
    forced: str | None,
    known: Iterable[MixRow],
    unpriced: Iterable[MixRow],
    *,
    fees_known: bool,
) -> dict[str, Any]:
    calls, cost, spend = 0, Decimal(0), Decimal(0)
    missed: dict[tuple[str, tuple[str, ...]], int] = {}
    for row in known:
        card, tokens = cards[_context(row, forced)], usage_of(row.tokens)
        amount = _cost(card, row, tokens)
        if amount is None:
            classes = () if card is None else tuple(c for c in card.unpriced_classes if getattr(tokens, c))
            key = ("no_price" if card is None else "class_without_price", classes)
            missed[key] = missed.get(key, 0) + row.calls
            continue
        calls, cost, spend = calls + row.calls, cost + amount, spend + row.cost
    others = [_cost(cards[_context(row, forced)], row, usage_of(row.tokens)) for row in unpriced]
    priced = calls > 0
    # A cost without fees is not to be held against a spend with fees.
    comparable = priced and fees_known
    return {
        "provider": model.provider,
        "model": model.name,
        "price_status": "priced" if not missed and _any(cards) else "partly" if priced else "unpriced",
        "calls": calls,
        "cost": to_wire(cost) if priced else None,
        "cost_per_call": _per_call(cost, calls),
        "spend": to_wire(spend) if priced else None,
        "difference": to_wire(cost - spend) if comparable else None,
        "difference_percent": _percent(cost - spend, spend) if comparable else None,
        "not_priced": [
            {"reason": reason, "calls": number, "classes": list(classes)}
            for (reason, classes), number in sorted(missed.items())
        ],
        "unpriced_calls_cost": None
        if not others or None in others
        else to_wire(sum((amount for amount in others if amount is not None), Decimal(0))),
    }


def _any(cards: _CARD) -> bool:
    return not cards or any(card is not None for card in cards.values())


def _cost(card: RateCard | None, row: MixRow, tokens: TokenUsage) -> Decimal | None:
    """Return what a row's calls cost by a card, their fees as they were; None where it has no price."""
    pico = None if card is None else card.sum_cost(tokens, tokens.input_tokens // row.calls)
    return None if pico is None else from_pico(pico) + row.tool_cost


def _left_out(rows: Iterable[MixRow]) -> list[dict[str, Any]]:
    counts: dict[str, int] = {}
    for row in rows:
        if row.billing != "metered":
            reason = "not_metered"
        elif row.price_status in _NO_COUNTS:
            reason = "no_token_counts"
        elif row.price_status in ("free", "unpriced"):
            reason = row.price_status
        else:
            continue
        counts[reason] = counts.get(reason, 0) + row.calls
    return [{"reason": reason, "calls": calls} for reason, calls in sorted(counts.items())]


def _per_call(amount: Decimal, calls: int) -> str | None:
    return to_wire((amount / calls).quantize(Decimal(1).scaleb(-12))) if calls else None


def _percent(part: Decimal, whole: Decimal) -> str | None:
    return to_wire((100 * part / whole).quantize(Decimal("0.01"))) if whole else None
