"""Telling of spend that stands out: of models, features, customers and users, today and yesterday.

Both days are looked at every hour. Today as far as it is: what has already spent too much for a whole day is
told at once. Yesterday as a whole, late events included. One thing that went wrong shows in several
dimensions; what goes up by about as much on the same day is one message.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

from llmlab_shared.domain.anomalies import HISTORY_DAYS, Anomaly, judge, usual_day
from llmlab_shared.domain.causes import Cause, Model, Use, explain
from llmlab_shared.domain.money import to_wire
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from llmlab_worker.outlook.messages import Message, tell
from llmlab_worker.outlook.tenants import Tenant, for_each_tenant, looking_at
from llmlab_worker.outlook.uses import (
    MODEL,
    WATCHED,
    Subject,
    Uses,
    read_dear,
    read_hidden,
    read_histories,
    read_totals,
    read_uses,
)

KIND: Final = "spend_anomaly"
_DAY: Final = timedelta(days=1)
# What people can act on comes first.
_ORDER: Final = (*WATCHED, MODEL)
# Two dimensions that go up by amounts this near to each other show the same.
_NEAR: Final = Decimal("0.25")
_USUAL_DAYS: Final = 28
_MOST_MODELS: Final = 3

_TOLD = text("""
SELECT dedupe_key, payload -> 'also' AS also FROM outbox
WHERE workspace_id = :workspace AND kind = 'spend_anomaly' AND dedupe_key IS NOT NULL AND created_at >= :since
""")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that stood out on a day, and what its models used then and usually do."""

    subject: Subject
    day: date
    anomaly: Anomaly
    now: Mapping[Model, Use]
    usual: Mapping[Model, Use]

    @property
    def excess(self) -> Decimal:
        """Return by how much more was spent than usual."""
        return self.anomaly.spend - self.anomaly.expected

    @property
    def key(self) -> str:
        """Return what a message about it is told once for."""
        provider = f"{self.subject.provider}/" if self.subject.provider else ""
        return f"{self.subject.dimension}:{provider}{self.subject.value}:{self.day}"


async def find_anomalies(engine: AsyncEngine, at: datetime) -> int:
    """Look at today and yesterday, as of an instant, in every workspace; return how many messages it made."""

    async def look(tenant: Tenant) -> int:
        if not tenant.settings.anomalies:
            return 0
        async with looking_at(engine, tenant) as connection:
            messages = await _look(connection, tenant)
        return await tell(engine, tenant.id, messages)

    return await for_each_tenant(engine, (at - 2 * _DAY).date(), at, look)


async def _look(connection: AsyncConnection, tenant: Tenant) -> list[Message]:
    today = tenant.today
    days = (today - _DAY - HISTORY_DAYS * _DAY, today)
    least = tenant.settings.anomaly_minimum
    totals = await read_totals(connection, tenant.id, days)
    looked_at = [day for day in (today - _DAY, today) if totals.get(day, Decimal(0)) >= least]
    if not looked_at:
        return []
    usual = usual_day([spend for day, spend in totals.items() if day < today])
    dear = await read_dear(connection, tenant.id, looked_at, least)
    findings: list[Finding] = []
    by_dimension = sorted(dear, key=lambda one: one[1].dimension)
    for _, found in groupby(by_dimension, key=lambda one: one[1].dimension):
        findings += await _judge(connection, tenant, list(found), days, usual)
    if not findings:
        return []
    known = await _known(connection, tenant)
    return [
        _message(group, today)
        for group in group_alike(findings)
        if not any(finding.key in known for finding in group)
    ]


async def _judge(
    connection: AsyncConnection,
    tenant: Tenant,
    dear: Sequence[tuple[date, Subject, Decimal]],
    days: tuple[date, date],
    workspace_usual: Decimal,
) -> list[Finding]:
    subjects = list(dict.fromkeys(subject for _, subject, _ in dear))
    histories = await read_histories(connection, tenant.id, subjects, days)
    hidden = await read_hidden(connection, tenant.id, subjects, days)
    findings = []
    for day, subject, spend in dear:
        unknown = hidden.get(subject, set())
        if day in unknown:
            continue
        anomaly = judge(
            histories.get(subject, {}),
            day,
            spend,
            workspace_usual=workspace_usual,
            minimum=tenant.settings.anomaly_minimum,
            unknown=unknown,
        )
        if anomaly is not None:
            uses = await read_uses(connection, tenant.id, subject, (day - _USUAL_DAYS * _DAY, day))
            usual = usual_use(uses, day, anomaly.expected)
            findings.append(Finding(subject, day, anomaly, uses.get(day, {}), usual))
    return findings


def usual_use(uses: Uses, day: date, expected: Decimal) -> dict[Model, Use]:
    """Return what models use on a day like this, on the scale on which it costs what is expected.

    Days like this are the same weekdays of four weeks, where two of them cost anything; else all days.
    """
    before = [day - n * _DAY for n in range(1, _USUAL_DAYS + 1)]
    some = [one for one in before if any(use.spend > 0 for use in uses.get(one, {}).values())]
    alike = [one for one in some if one.weekday() == day.weekday()]
    together: dict[Model, Use] = {}
    for one in alike if len(alike) > 1 else some:
        for model, use in uses[one].items():
            together[model] = together.get(model, Use()) + use
    spend = sum((use.spend for use in together.values()), Decimal(0))
    if spend <= 0 or expected <= 0:
        return {}
    scaled = {model: use.times(expected / spend) for model, use in together.items()}
    # Its parts add up to what is expected to the last digit.
    dearest = max(scaled, key=lambda model: scaled[model].spend)
    scaled[dearest] += Use(expected - sum((use.spend for use in scaled.values()), Decimal(0)))
    return scaled


def group_alike(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Return findings by what went wrong, what people can act on first, the dearest first."""
    groups: list[list[Finding]] = []
    for finding in sorted(findings, key=lambda one: (_ORDER.index(one.subject.dimension), -one.excess)):
        for group in groups:
            dimensions = {one.subject.dimension for one in group}
            if finding.subject.dimension not in dimensions and _is_same(group[0], finding):
                group.append(finding)
                break
        else:
            groups.append([finding])
    return sorted(groups, key=lambda group: -group[0].excess)


def _is_same(main: Finding, other: Finding) -> bool:
    """Say whether two findings of different dimensions show the same spend.

    They do when they go up by about as much; and a model does with what mainly used it, even where it goes
    up by less because others used less of it.
    """
    if main.day != other.day:
        return False
    most = max(main.excess, other.excess)
    if abs(main.excess - other.excess) <= _NEAR * most:
        return True
    model = (other.subject.provider, other.subject.value)
    dearest = max(main.now, key=lambda one: main.now[one].spend, default=None)
    return other.subject.dimension == MODEL and other.excess < main.excess and model == dearest


async def _known(connection: AsyncConnection, tenant: Tenant) -> set[str]:
    """Return the keys that messages of the last days were about, or named beside others."""
    since = tenant.calendar.as_of - 3 * _DAY
    known: set[str] = set()
    for row in await connection.execute(_TOLD, {"workspace": tenant.id, "since": since}):
        known |= {row.dedupe_key, *(one["key"] for one in row.also or ())}
    return known


def _message(group: Sequence[Finding], today: date) -> Message:
    main, *others = group
    usual, now = main.usual, main.now
    # What had no spend before has nothing but its calls to explain it.
    cause = explain(usual, now) if usual else Cause(calls=main.excess)
    dearest = sorted(now, key=lambda model: usual.get(model, Use()).spend - now[model].spend)
    payload: dict[str, Any] = {
        **_named(main),
        "day": main.day.isoformat(),
        "day_over": main.day < today,
        "range": [to_wire(main.anomaly.low), to_wire(main.anomaly.high)],
        "calls": _count(now.values()),
        "expected_calls": _count(usual.values()),
        "cause": cause.to_wire(),
        "models": [
            {
                "provider": model[0],
                "model": model[1],
                "spend": to_wire(now[model].spend),
                "expected": to_wire(round(usual.get(model, Use()).spend, 2)),
            }
            for model in dearest[:_MOST_MODELS]
        ],
        "also": [{**_named(other), "key": other.key} for other in others],
    }
    return Message(KIND, main.key, payload)


def _named(finding: Finding) -> dict[str, Any]:
    return {
        "dimension": finding.subject.dimension,
        "value": finding.subject.value,
        "provider": finding.subject.provider,
        "spend": to_wire(finding.anomaly.spend),
        "expected": to_wire(finding.anomaly.expected),
    }


def _count(uses: Iterable[Use]) -> int:
    return round(sum((use.calls for use in uses), Decimal(0)))
