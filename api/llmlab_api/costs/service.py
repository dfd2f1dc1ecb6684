"""Answering `GET /api/costs/summary`: choosing the stores, reading one snapshot, shaping the answer."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any, get_args

from llmlab_shared import clock
from llmlab_shared.db.repositories.costs import (
    MAX_GROUPS,
    OVERVIEW_KEYS,
    Calendar,
    Overview,
    Sums,
    TooManyEvents,
    check_scannable,
    read_calendar,
    read_groups,
    read_overview,
    read_snapshot,
)
from llmlab_shared.db.repositories.events_read import failed_only
from llmlab_shared.db.repositories.facts import PARTS, Facts, Question
from llmlab_shared.domain.dimensions import Source
from llmlab_shared.domain.events import PriceStatus
from llmlab_shared.domain.money import to_wire
from llmlab_shared.domain.ranges import Span, Unit, Units, cut, resolve_span, split
from llmlab_shared.domain.zones import same_days
from llmlab_shared.errors import LLMLabError
from llmlab_shared.queue.backlog import read_backlog
from redis.exceptions import RedisError
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_api.costs.query import Query, as_problem, read_group_by
from llmlab_api.costs.stores import OtherAmongEvents, find_source, refusal, unfinished_folds
from llmlab_api.costs.timeouts import refuse_when_slow
from llmlab_api.costs.tokens import TOKEN_NAMES, token_classes
from llmlab_api.errors import invalid
from llmlab_api.services import Services
from llmlab_api.zones import zone_in

TIMEOUT_MS = 10_000
_QUEUE_PATIENCE = 0.5
_HOURLY_DAYS = 2
STATUSES = get_args(PriceStatus)


async def summarise(services: Services, workspace_id: int, query: Query) -> dict[str, Any]:
    """Return the summary that a query asks for; raise the Problem that says why there is none."""
    dimensions, unit = read_group_by(query.plain.get("group_by"))
    queue = asyncio.create_task(queue_state(services))
    try:
        with refuse_when_slow():
            async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
                calendar = await read_calendar(connection, workspace_id)
                span = find_span(query, calendar)
                question = Question(workspace_id, span, query.filters)
                trend, overview, source = await _overview(connection, question, calendar)
                groups = None
                if dimensions or unit:
                    groups, source = await _groups(connection, question, calendar, dimensions, unit)
        backlog, oldest = await queue
    finally:
        queue.cancel()
    start, end = span.named_edges()
    answer = {
        "total_spend": to_wire(sum((row.spend for row in overview.models), Decimal(0))),
        "currency": "USD",
        "from": start,
        "to": end,
        "tz": span.zone.key,
        "by_model": [
            {"provider": row.keys[0], "model": row.keys[1], **_spend(row)}
            for row in sorted(overview.models, key=_dearest)
        ],
        "by_provider": _by_provider(overview.models),
        "trends": _trends(trend, overview.slots),
        **_by_status(overview),
        "source": _source(source, overview),
        "freshness": {
            "as_of": calendar.as_of.isoformat().replace("+00:00", "Z"),
            "oldest_unprocessed_seconds": oldest,
            "backlog": backlog,
        },
    }
    if groups is not None:
        answer["groups"] = groups
    return answer


def find_span(query: Query, calendar: Calendar) -> Span:
    """Return the span that `from`, `to` and `tz` ask for, in the workspace's own zone by default."""
    zone = zone_in("tz", query.plain["tz"]) if "tz" in query.plain else calendar.zone
    try:
        return resolve_span(query.plain.get("from"), query.plain.get("to"), zone, clock.now())
    except LLMLabError as error:
        raise as_problem(error, "from, to") from None


def _source(source: Source, overview: Overview) -> dict[str, Any]:
    if source.tier != "events":
        return {"kind": "rollups", "events_scanned": 0}
    # Those that the filters let through; the scan met each of them once.
    return {"kind": "events", "events_scanned": sum(row["events"] for row in overview.statuses)}


def _trend_units(span: Span) -> tuple[Unit, ...]:
    short = span.end - span.start <= timedelta(days=_HOURLY_DAYS) or len(span.days()) <= _HOURLY_DAYS
    return ("hour", "day") if short else ("day",)


async def _overview(
    connection: AsyncConnection, question: Question, calendar: Calendar
) -> tuple[Units, Overview, Source]:
    *finer, coarsest = _trend_units(question.span)
    for unit in finer:
        # What is kept by days only, and is too much to count by hours, is still told by days.
        with suppress(TooManyEvents, OtherAmongEvents):
            facts, units = await find_facts(connection, question, calendar, OVERVIEW_KEYS, unit)
            return units, await read_overview(connection, facts), facts.source
    try:
        facts, units = await find_facts(connection, question, calendar, OVERVIEW_KEYS, coarsest)
    except (TooManyEvents, OtherAmongEvents) as error:
        raise refusal(question, calendar, (), coarsest, error) from None
    return units, await read_overview(connection, facts), facts.source


async def _groups(
    connection: AsyncConnection,
    question: Question,
    calendar: Calendar,
    dimensions: Sequence[str],
    unit: Unit | None,
) -> tuple[list[dict[str, Any]], Source]:
    try:
        facts, units = await find_facts(connection, question, calendar, dimensions, unit)
    except (TooManyEvents, OtherAmongEvents) as error:
        raise refusal(question, calendar, dimensions, unit, error) from None
    rows = await read_groups(connection, facts, len(dimensions))
    if len(rows) > MAX_GROUPS:
        raise invalid(
            "group_by",
            "too_many_groups",
            f"that makes more than {MAX_GROUPS} groups; ask for a shorter range, or add filters",
        )
    rows.sort(key=lambda row: (row.slot, *_dearest(row)))
    groups = [
        {
            "keys": {
                **dict(zip(dimensions, row.keys, strict=True)),
                **({unit: units.labels[row.slot]} if unit else {}),
            },
            **_spend(row),
        }
        for row in rows
    ]
    return groups, facts.source


async def find_facts(
    connection: AsyncConnection,
    question: Question,
    calendar: Calendar,
    keys: Sequence[str],
    unit: Unit | None,
) -> tuple[Facts, Units]:
    """Return the rows that answer a question exactly; raise `TooManyEvents` or `OtherAmongEvents`."""
    span, own = question.span, calendar.zone
    source = await find_source(connection, question, calendar, keys, unit)
    alike = unit is None or (unit != "hour" and same_days(span.zone, own, span.start, span.end))
    pieces = cut(span, calendar.day_zone if alike else None)
    scans = [(span.start, span.end)] if source.tier == "events" else pieces.rest
    for start, end in scans:
        await check_scannable(
            connection,
            question.workspace_id,
            Span(start, end, own),
            own,
            failed=bool(failed_only(question.filters)),
        )
    units = split(span, unit) if unit else Units([""], [span.start], [span.start.date()])
    unfinished = await unfinished_folds(connection, question, calendar, source)
    return Facts(question, source, pieces, keys, units, unfinished=unfinished), units


def _dearest(row: Sums) -> tuple[Any, ...]:
    return -row.spend, -row.events, row.keys


def _spend(row: Sums) -> dict[str, Any]:
    return {"spend": to_wire(row.spend), "events": row.events, "tokens": row.tokens}


def _by_provider(models: Iterable[Sums]) -> list[dict[str, Any]]:
    providers: dict[str, Sums] = {}
    for row in models:
        provider = row.keys[0]
        so_far = providers.get(provider, Sums((provider,), 0, 0, Decimal(0), 0))
        providers[provider] = Sums(
            (provider,),
            0,
            so_far.events + row.events,
            so_far.spend + row.spend,
            so_far.tokens + row.tokens,
        )
    return [{"provider": row.keys[0], **_spend(row)} for row in sorted(providers.values(), key=_dearest)]


def _trends(units: Units, slots: Iterable[Sums]) -> list[dict[str, Any]]:
    found = {row.slot: row for row in slots}
    nothing = Sums((), 0, 0, Decimal(0), 0)
    return [
        {"bucket": label, "spend": to_wire(row.spend), "events": row.events}
        for label, row in ((label, found.get(slot, nothing)) for slot, label in enumerate(units.labels))
    ]


def _by_status(overview: Overview) -> dict[str, Any]:
    rows = overview.statuses
    events = dict.fromkeys(STATUSES, 0)
    known = {status: Decimal(0) for status in STATUSES[:3]}
    doubtful = {status: {"events": 0, "tokens": 0} for status in STATUSES[3:6]}
    list_value = {"subscription": Decimal(0), "provisioned": Decimal(0)}
    for row in rows:
        status, billing = row["k2"], row["billing"]
        events[status] += row["events"]
        if billing in list_value:
            list_value[billing] += row["cost"]
        elif billing == "metered" and status in known:
            known[status] += row["cost"]
        elif billing == "metered" and status in doubtful:
            doubtful[status]["events"] += row["events"]
            doubtful[status]["tokens"] += row["input_tokens"] + row["output_tokens"]
    return {
        "counts": {
            "events": sum(events.values()),
            **events,
            "errors": sum(row["errors"] for row in rows),
        },
        "tokens": _tokens(overview),
        "confidence": {**_wire(known), **doubtful},
        "list_value": _wire(list_value),
    }


def _wire(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {name: to_wire(amount) for name, amount in amounts.items()}


def _tokens(overview: Overview) -> dict[str, int | None]:
    def total(name: str) -> int:
        return sum(row[name] for row in overview.statuses)

    if PARTS[0] not in overview.measures:
        kept = ("input_tokens", "output_tokens")
        return {name: total(name) for name in kept} | dict.fromkeys(TOKEN_NAMES)
    return token_classes({name: total(name) for name in ("input_tokens", "output_tokens", *PARTS)})


async def queue_state(services: Services) -> tuple[int | None, float | None]:
    """Return how many entries wait and for how many seconds the oldest has; None twice without Redis."""
    try:
        async with asyncio.timeout(_QUEUE_PATIENCE):
            waiting = await read_backlog(services.redis, services.settings.stream_shards)
    except (RedisError, OSError):
        return None, None
    if waiting.oldest_at_us is None:
        return waiting.entries, 0.0
    return waiting.entries, max(clock.now_us() - waiting.oldest_at_us, 0) / 1_000_000
