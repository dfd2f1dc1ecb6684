"""The calls of the made-up company in thirty days: always the same ones for the same day."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from llmlab_deploy.demo.company import (
    ABORTED,
    CUSTOMERS,
    DAYS,
    FAILED,
    FAILED_BILLED,
    HOURS,
    NIGHT,
    PLAN_TAG,
    TOLD_TWICE,
    WORKLOADS,
    Workload,
)


@dataclass(frozen=True, slots=True)
class _Run:
    """Calls that belong together: one conversation, one run of an agent, or a single call."""

    workload: Workload
    at: datetime
    customer: str
    user: str
    number: str


def month_of_calls(until: datetime) -> Iterator[dict[str, Any]]:
    """Yield the events of the thirty days before `until`, oldest first, as `track` takes them."""
    dice = random.Random(until.date().toordinal())
    names, weights = list(CUSTOMERS), [weight for weight, _ in CUSTOMERS.values()]
    start = until - timedelta(days=DAYS)
    events: list[dict[str, Any]] = []
    for day in range(DAYS + 1):
        date = (start + timedelta(days=day)).date()
        midnight = datetime(date.year, date.month, date.day, tzinfo=UTC)
        pace = (0.3 if date.weekday() >= 5 else 1.0) * (0.7 + 0.6 * day / DAYS)
        for workload in WORKLOADS:
            together = workload.session * workload.trace
            for _ in range(round(workload.calls / together * pace * dice.uniform(0.8, 1.2))):
                hour = dice.choices(range(24), NIGHT if workload.batch else HOURS)[0]
                at = midnight + timedelta(hours=hour, seconds=dice.uniform(0, 3600))
                run = _Run(
                    workload,
                    at,
                    dice.choices(names, weights)[0],
                    f"user-{dice.randint(1, 60)}",
                    f"{dice.getrandbits(48):012x}",
                )
                events += (event for event in _calls(dice, run) if start <= event["timestamp"] < until)
    events.sort(key=lambda event: event["timestamp"])
    yield from events


def _calls(dice: random.Random, run: _Run) -> Iterator[dict[str, Any]]:
    workload, at = run.workload, run.at
    for turn in range(_about(dice, workload.session)):
        # Every turn of a conversation is a trace, and so is every run of an agent.
        trace = f"{run.number}{turn:020x}"
        for step in range(_about(dice, workload.trace)):
            event = _event(dice, run, at, turn)
            event |= {"trace_id": trace, "span_id": f"{run.number}{turn:02x}{step:02x}"}
            if step:
                event["parent_span_id"] = f"{run.number}{turn:02x}{0:02x}"
            if workload.session > 1:
                event["session_id"] = f"chat-{run.number}"
            yield event
            if dice.random() < TOLD_TWICE:
                yield event | {"timestamp": at + timedelta(seconds=1), "release": "gateway"}
            at += timedelta(seconds=dice.uniform(2, 12))
        at += timedelta(seconds=dice.uniform(20, 200))


def _about(dice: random.Random, usual: int) -> int:
    return 1 if usual == 1 else dice.randint(1, 2 * usual - 1)


def _event(dice: random.Random, run: _Run, at: datetime, turn: int) -> dict[str, Any]:
    workload = run.workload
    event: dict[str, Any] = {
        "provider": workload.provider,
        "model": workload.model,
        "timestamp": at,
        "feature": workload.feature,
        "project": workload.project,
        "team": workload.team,
        "customer": run.customer,
        "user": run.user,
        "environment": "staging" if dice.random() < 0.06 else "production",
        "release": "2.4" if dice.random() < 0.5 else "2.3",
        "latency_ms": round(dice.lognormvariate(6.8, 0.5), 1),
        "tags": {PLAN_TAG: CUSTOMERS[run.customer][1]},
    }
    if workload.batch:
        event["processing"] = "batch"
    failed = dice.random() < FAILED
    if failed and dice.random() >= FAILED_BILLED:
        return event | {"status": "error"}
    event["response_id"] = f"resp_{dice.getrandbits(64):016x}"
    # A conversation carries what was said before.
    size = dice.lognormvariate(0, 0.35) * (1 + 0.3 * turn)
    event["input_tokens"] = max(1, round(workload.input_tokens * size))
    event["output_tokens"] = max(1, round(workload.output_tokens * dice.lognormvariate(0, 0.4)))
    if failed:
        return event | {"status": "error", "output_tokens": 0}
    if dice.random() < ABORTED:
        event |= {"status": "aborted", "output_tokens": event["output_tokens"] // 3}
    if workload.cached and (turn or dice.random() < 0.5):
        event["cache_read_tokens"] = round(event["input_tokens"] * workload.cached)
    elif workload.cached and workload.provider == "anthropic":
        event["cache_write_tokens"] = round(event["input_tokens"] * workload.cached)
    return event
