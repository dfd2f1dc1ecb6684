"""`llmlab demo`: a month of calls of a made-up company in a stack, for somebody who wants to look around."""

import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from decimal import ROUND_UP, Decimal
from pathlib import Path
from typing import Any

import httpx
from llmlab import LLMLab

from llmlab_deploy.demo.calls import month_of_calls
from llmlab_deploy.demo.company import PLAN_TAG
from llmlab_deploy.errors import StackError
from llmlab_deploy.first_user import FirstUser
from llmlab_deploy.run import run_stack
from llmlab_deploy.screen import Screen
from llmlab_deploy.stack import Stack, StackOptions

# How much of each budget the month has used up.
BUDGET_USED, CHAT_USED = Decimal("0.86"), Decimal("0.55")
_IN_DOLLARS = 20
_CHAT = "support-chat"
_PATIENCE_ROUNDS = 600


def run_month(options: StackOptions, *, kept: bool) -> None:
    """Run a stack with the month in it until Ctrl-C; unless `kept`, in a folder that is removed then."""
    if kept:
        run_stack(options, _fill)
        return
    with tempfile.TemporaryDirectory(prefix="llmlab-demo-") as place:
        Stack.make_passable(Path(place))
        run_stack(replace(options, data_dir=Path(place) / "data"), _fill, kept=False)


def _fill(stack: Stack, screen: Screen, user: FirstUser) -> None:
    """Send the month through the API, once, and set budgets, of which one is nearly used up."""
    with LLMLab(user.api_key, stack.url) as client:
        if client.costs.summary(from_="2020-01-01")["counts"]["events"]:
            screen.say("The month of an earlier start is still there.")
            return
        token = client.auth.login(user.email, user.password)["token"]
        _declare_tag(stack, token)
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
        customers = client.costs.summary(from_=first, group_by="customer")["groups"]
        chat = Decimal(client.costs.summary(feature=_CHAT)["total_spend"]) * 7 / 30
    dearest = max((Decimal(each["spend"]) for each in customers), default=Decimal(0))
    # The key that comes with a user reports and reads; budgets are set by the user.
    with LLMLab(base_url=stack.url, token=token) as owner:
        owner.budgets.set(round_budget(spend / BUDGET_USED), name="Everything, each month", period="month")
        owner.budgets.set(round_budget(dearest), name="Each customer", each="customer", period="month")
        owner.budgets.set(
            round_budget(chat / CHAT_USED),
            name="Support chat, each week",
            scope={"feature": _CHAT},
            period="week",
        )


def _declare_tag(stack: Stack, token: str) -> None:
    """Have the workspace count by the plans of customers."""
    answer = httpx.patch(
        f"{stack.url}/api/workspace",
        json={"tags": [PLAN_TAG]},
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    if not answer.is_success:
        raise StackError(f"the API would not count by the tag {PLAN_TAG}: {answer.text}")


def round_budget(amount: Decimal) -> Decimal:
    """Return an amount as people set one: in dollars, or in cents where a dollar more is a large part of it.

    So in the first days of a month, too, one budget is nearly used up.
    """
    step = Decimal(1) if amount >= _IN_DOLLARS else Decimal("0.01")
    return max(amount.quantize(step, ROUND_UP), step)


def _wait(stack: Stack, condition: Any, what: str) -> None:
    for _ in range(_PATIENCE_ROUNDS):
        if condition():
            return
        stack.supervisor.attend(0.1)
    raise StackError(f"gave up waiting until {what}")
