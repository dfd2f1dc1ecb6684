"""What an accepted recommendation really saved: the same calls before and after, at constant volume."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from llmlab_shared.db.repositories.costs import Calendar, TooManyEvents
from llmlab_shared.db.repositories.facts import Question
from llmlab_shared.db.repositories.slices import DayCost, list_models, read_day_costs
from llmlab_shared.domain.ranges import Span
from llmlab_shared.domain.zones import day_start, local_day
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_api.costs.stores import OtherAmongEvents, find_source
from llmlab_api.recommendations import words
from llmlab_api.recommendations.advice import Model, Slice
from llmlab_api.recommendations.alternatives import family_of

MIN_CALLS: Final = 20
BASELINE_DAYS: Final = 30
METHOD: Final = (
    "(cost a call before − cost a call since) × calls since, of the same calls: constant volume. `low` and "
    "`high` take the cheaper and the dearer quarter of the days before for the cost before. What else "
    "changed of these calls meanwhile is in it too."
)


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a slice's calls cost before: in all, and a call of its cheaper and its dearer days (quartiles)."""

    slice: Slice
    calls: int
    spend: Decimal
    days: int
    cheaper: Decimal
    dearer: Decimal

    @property
    def cost_per_call(self) -> Decimal:
        """USD; 0 where there was no call."""
        return self.spend / self.calls if self.calls else Decimal(0)


async def measure_baseline(
    connection: AsyncConnection, workspace_id: int, calendar: Calendar, about: Slice, now: datetime
) -> Baseline:
    """Return what the calls of a slice cost in the 30 days up to today's end."""
    end = day_start(local_day(now, calendar.zone) + timedelta(days=1), calendar.zone)
    start = day_start(local_day(now, calendar.zone) - timedelta(days=BASELINE_DAYS - 1), calendar.zone)
    days = await _costs(connection, workspace_id, calendar, about, Span(start, end, calendar.zone))
    units = sorted(day.cost / day.calls for day in days or () if day.calls)
    return Baseline(
        about,
        sum(day.calls for day in days or ()),
        sum((day.cost for day in days or ()), Decimal(0)),
        len(units),
        units[len(units) // 4] if units else Decimal(0),
        units[len(units) * 3 // 4] if units else Decimal(0),
    )


async def verify(
    connection: AsyncConnection,
    workspace_id: int,
    calendar: Calendar,
    baseline: Baseline,
    *,
    accepted_at: datetime,
    now: datetime,
) -> dict[str, Any]:
    """Return the saving since the first whole day after acceptance, or why it cannot be said yet."""
    zone = calendar.zone
    start = day_start(local_day(accepted_at, zone) + timedelta(days=1), zone)
    end = day_start(local_day(now, zone) + timedelta(days=1), zone)
    told: dict[str, Any] = {
        "since": local_day(start, zone).isoformat(),
        "calls": 0,
        "saving": None,
        "low": None,
        "high": None,
        "baseline_cost_per_call": words.money(baseline.cost_per_call) if baseline.calls else None,
        "cost_per_call": None,
        "method": METHOD,
        "reason": None,
    }
    if start >= end:
        return {**told, "reason": "it is measured from the first whole day after it was accepted on"}
    days = await _costs(connection, workspace_id, calendar, baseline.slice, Span(start, end, zone))
    if days is None:
        return {**told, "reason": "these calls are too many to count one by one, and no rollup keeps them"}
    calls, spend = sum(day.calls for day in days), sum((day.cost for day in days), Decimal(0))
    told |= {"calls": calls, "cost_per_call": words.money(spend / calls) if calls else None}
    for number, when in ((baseline.calls, "before"), (calls, "since")):
        if number < MIN_CALLS:
            return {**told, "reason": f"{words.calls(number)} {when}, of the {MIN_CALLS} that it takes"}
    return told | {
        name: words.money((unit - spend / calls) * calls)
        for name, unit in (
            ("saving", baseline.cost_per_call),
            ("low", min(baseline.cheaper, baseline.cost_per_call)),
            ("high", max(baseline.dearer, baseline.cost_per_call)),
        )
    }


async def _costs(
    connection: AsyncConnection, workspace_id: int, calendar: Calendar, about: Slice, span: Span
) -> Sequence[DayCost] | None:
    """Return the cost of a slice by day, or None when only too many events would tell it."""
    filters: dict[str, Sequence[str]] = {name: [value] for name, value in about.values}
    if len(filters) > 1:
        # Rollups keep a feature or an environment: work is followed by the feature.
        filters.pop("environment", None)
    if about.models:
        meant = {(provider, family_of(model)) for provider, model in (*about.models, *about.moved_to)}
        used = await list_models(connection, workspace_id, span)
        names = [(provider, model) for provider, model in used if (provider, family_of(model)) in meant]
        if not names:
            return []
        filters |= {
            "provider": sorted({provider for provider, _ in names}),
            "model": sorted({model for _, model in names}),
        }
    question = Question(workspace_id, span, filters)
    try:
        source = await find_source(connection, question, calendar, (), "day")
        return await read_day_costs(connection, question, source, calendar.zone, per_answer=about.per_answer)
    except (TooManyEvents, OtherAmongEvents):
        return None


def as_json(baseline: Baseline) -> dict[str, Any]:
    """Return a baseline as it is kept with the decision."""
    about = baseline.slice
    return {
        "models": [list(model) for model in about.models],
        "values": [list(value) for value in about.values],
        "moved_to": [list(model) for model in about.moved_to],
        "per_answer": about.per_answer,
        "calls": baseline.calls,
        "spend": words.money(baseline.spend),
        "days": baseline.days,
        "cheaper": str(baseline.cheaper),
        "dearer": str(baseline.dearer),
    }


def from_json(kept: dict[str, Any]) -> Baseline:
    """Return a baseline from what was kept."""
    return Baseline(
        Slice(
            _pairs(kept["models"]),
            _pairs(kept["values"]),
            _pairs(kept["moved_to"]),
            kept["per_answer"],
        ),
        kept["calls"],
        Decimal(kept["spend"]),
        kept["days"],
        Decimal(kept["cheaper"]),
        Decimal(kept["dearer"]),
    )


def _pairs(rows: Sequence[Sequence[str]]) -> tuple[Model, ...]:
    return tuple((first, second) for first, second in rows)
