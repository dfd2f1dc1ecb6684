"""A month of calls of a made-up company, for somebody who wants to look around.

Always the same calls for the same day, ending now: a support chat, a search and a contract review that
grow over the month, on several models, for a dozen customers.
"""

import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_UP, Decimal
from pathlib import Path
from typing import Any

from llmlab import LLMLab

from llmlab_deploy.errors import StackError
from llmlab_deploy.first_user import FirstUser
from llmlab_deploy.run import run_stack
from llmlab_deploy.screen import Screen
from llmlab_deploy.stack import Stack, StackOptions

DAYS = 30
BUDGET_USED = Decimal("0.86")
_PATIENCE_ROUNDS = 600

_CUSTOMERS = (
    ("Northwind Books", 22), ("Alder Clinic", 17), ("Brightside Energy", 14), ("Casa Verde", 11),
    ("Delta Freight", 9), ("Elm Street Bank", 8), ("Fjord Outdoor", 6), ("Granite Legal", 5),
    ("Harbor Foods", 4), ("Iris Optics", 3), ("Juniper Travel", 1),
)  # fmt: skip
_HOURS = (1, 1, 1, 1, 1, 2, 4, 7, 11, 14, 15, 14, 11, 13, 15, 14, 12, 9, 6, 4, 3, 2, 2, 1)


@dataclass(frozen=True, slots=True)
class _Workload:
    """One use of one model: how often on a working day, and how many tokens a call."""

    feature: str
    team: str
    provider: str
    model: str
    calls: int
    input_tokens: int
    output_tokens: int
    cached: float = 0.0  # part of the input that the provider had cached


_WORKLOADS = (
    _Workload("contract-review", "legal-tech", "openai", "gpt-4", 7, 2600, 620),
    _Workload("support-chat", "support", "openai", "gpt-4o", 30, 1400, 320, cached=0.4),
    _Workload("support-chat", "support", "openai", "gpt-4o-mini", 34, 900, 180, cached=0.3),
    _Workload("summaries", "content", "anthropic", "claude-sonnet-4-5", 18, 3800, 540, cached=0.5),
    _Workload("search", "platform", "anthropic", "claude-haiku-4-5", 26, 1100, 150),
    _Workload("search", "platform", "google", "gemini-2.5-flash", 20, 1500, 210),
    _Workload("moderation", "platform", "in-house", "harbour-7b", 6, 400, 20),
)


def month_of_calls(until: datetime) -> Iterator[dict[str, Any]]:
    """Yield the events of the thirty days before `until`, oldest first, as `track` takes them."""
    dice = random.Random(until.date().toordinal())
    names, weights = zip(*_CUSTOMERS, strict=True)
    start = until - timedelta(days=DAYS)
    events = []
    for day in range(DAYS + 1):
        date = (start + timedelta(days=day)).date()
        midnight = datetime(date.year, date.month, date.day, tzinfo=UTC)
        pace = (0.3 if date.weekday() >= 5 else 1.0) * (0.7 + 0.6 * day / DAYS)
        for workload in _WORKLOADS:
            for _ in range(round(workload.calls * pace * dice.uniform(0.8, 1.2))):
                hour = dice.choices(range(24), _HOURS)[0]
                at = midnight + timedelta(hours=hour, seconds=dice.uniform(0, 3600))
                if start <= at < until:
                    customer = dice.choices(names, weights)[0]
                    events.append(_event(dice, workload, at, customer))
    events.sort(key=lambda event: event["timestamp"])
    yield from events


def _event(dice: random.Random, workload: _Workload, at: datetime, customer: str) -> dict[str, Any]:
    event: dict[str, Any] = {
        "provider": workload.provider,
        "model": workload.model,
        "timestamp": at,
        "feature": workload.feature,
        "team": workload.team,
        "customer": customer,
        "user": f"user-{dice.randint(1, 60)}",
        "environment": "staging" if dice.random() < 0.06 else "production",
        "release": "2.4" if dice.random() < 0.5 else "2.3",
        "latency_ms": round(dice.lognormvariate(6.8, 0.5), 1),
    }
    if dice.random() < 0.012:
        return event | {"status": "error"}
    size = dice.lognormvariate(0, 0.35)
    event["input_tokens"] = max(1, round(workload.input_tokens * size))
    event["output_tokens"] = max(1, round(workload.output_tokens * dice.lognormvariate(0, 0.4)))
    if workload.cached and dice.random() < 0.7:
        event["cache_read_tokens"] = round(event["input_tokens"] * workload.cached)
    return event


def run_month(options: StackOptions, *, kept: bool) -> None:
    """Run a stack with the month in it until Ctrl-C; unless `kept`, in a folder that is removed then."""
    if kept:
        run_stack(options, _fill)
        return
    with tempfile.TemporaryDirectory(prefix="llmlab-demo-") as place:
        Stack.make_passable(Path(place))
        run_stack(replace(options, data_dir=Path(place) / "data"), _fill, kept=False)


def _fill(stack: Stack, screen: Screen, user: FirstUser) -> None:
    """Send the month through the API, once, and set a budget that most of it has used up."""
    with LLMLab(user.api_key, stack.url) as client:
        if client.costs.summary(from_="2020-01-01")["counts"]["events"]:
            screen.say("The month of an earlier start is still there.")
            return
        now = datetime.now(UTC)
        sent = 0
        with screen.timed("a month of calls") as stage:
            for event in month_of_calls(now):
                client.track(**event)
                sent += 1
            _wait(stack, lambda: client.flush(0.1), "the API has taken the month")
            rejected = client.stats()["rejected"]
            if rejected:
                raise StackError(f"the API refused events of the month: {rejected}")
            _wait(
                stack,
                lambda: client.costs.summary(from_="2020-01-01")["counts"]["events"] >= sent,
                "the worker has priced the month",
            )
            stage.what = f"a month of calls, {sent:,} events"
        first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        spend = Decimal(client.costs.summary(from_=first)["total_spend"])
        amount = (spend / BUDGET_USED).quantize(Decimal(1), ROUND_UP)
        token = client.auth.login(user.email, user.password)["token"]
    # The key that comes with a user reports and reads; budgets are set by the user.
    with LLMLab(base_url=stack.url, token=token) as owner:
        owner.budgets.set(max(amount, Decimal(1)), name="Everything, each month", period="month")


def _wait(stack: Stack, condition: Any, what: str) -> None:
    for _ in range(_PATIENCE_ROUNDS):
        if condition():
            return
        stack.supervisor.attend(0.1)
    raise StackError(f"gave up waiting until {what}")
