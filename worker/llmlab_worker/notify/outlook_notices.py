"""What is said of a budget that will be used up, and of a day whose spend stands out."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from llmlab_worker.notify.changes import change, near_day, told_causes
from llmlab_worker.notify.notice import Notice, Section, Workspace
from llmlab_worker.notify.wording import money, scope


def budget_forecast(payload: Mapping[str, Any], workspace: Workspace) -> Notice:
    """Say on which day a budget is used up if spend goes on like this."""
    made = payload["forecast"]
    name, amount = payload["name"], money(payload["amount"])
    whose = f" of {payload['each']} {payload['value']}" if payload["value"] else ""
    on, between = near_day(payload["expected_on"]), _between(payload["range"])
    last = date.fromisoformat(payload["period_end"]) - timedelta(days=1)
    return Notice(
        title=f"On this course {name}{whose} passes 100 % on {on}",
        severity="warning",
        summary=(
            f"On this course {amount} is used up on {on}{between}. {money(payload['spend'])} is spent so "
            f"far; by the end of {near_day(last)} it will be about {money(made['likely'])}."
        ),
        facts=[
            ("Budget", f"{name}: {amount} a {payload['period']}"),
            ("Counts", counts(payload)),
            ("Period", f"{near_day(payload['period_start'])} to {near_day(last)}"),
            ("Spent so far", money(payload["spend"])),
            ("Likely in the end", money(made["likely"])),
            ("80 % range", f"{money(made['low'])} to {money(made['high'])}"),
            ("Passes 100 %", f"{on}{between}"),
            ("Method", payload["method"]),
        ],
        link=_link(workspace, "budgets"),
        resolved_by="Find what grew, or set another amount; this budget's forecast is not sent again.",
    )


def _between(days: Sequence[str | None]) -> str:
    first, last = days
    if first is None or first == last:
        return ""
    return (
        f", between {near_day(first)} and {near_day(last)}"
        if last
        else f", from {near_day(first)} on or not at all"
    )


def spend_anomaly(payload: Mapping[str, Any], workspace: Workspace) -> Notice:
    """Say which value's spend stood out on a day, and why."""
    what = subject(payload)
    spend, expected = Decimal(payload["spend"]), Decimal(payload["expected"])
    over = payload["day_over"]
    on = near_day(payload["day"])
    times = f", {_times(spend / expected)} times as much as usual" if expected > 0 else ""
    usual = (
        f"Usual for such a day are {money(expected)} (up to {money(payload['range'][1])})."
        if expected > 0
        else "There was hardly any spend of it before."
    )
    facts = [
        ("What", what),
        ("Day", on if over else f"{on}, so far"),
        ("Spent", money(spend)),
        ("Usual", money(expected) if expected > 0 else "nothing"),
        ("Difference", change(spend - expected)),
        ("Calls", f"{payload['calls']:,} (usual: {payload['expected_calls']:,})"),
        *[(f"Of that: {words}", change(amount)) for words, amount in told_causes(payload["cause"])],
    ]
    sections = []
    models = payload["models"] if payload["dimension"] != "model" else []
    if models:
        rows = [
            (f"{one['provider']}/{one['model']}", money(one["spend"]), money(one["expected"]))
            for one in models
        ]
        sections.append(Section("Its models", [("Model", "Spent", "Usual"), *rows]))
    if payload["also"]:
        rows = [(subject(one), money(one["spend"]), money(one["expected"])) for one in payload["also"]]
        sections.append(Section("The same day also", [("What", "Spent", "Usual"), *rows]))
    return Notice(
        title=f"{what}: {money(spend)} on {on}{'' if over else ' so far'}{times}",
        severity="warning",
        summary=f"{what} cost {money(spend)} on {on}{'' if over else ' so far'}{times}. {usual}",
        facts=facts,
        sections=sections,
        link=_link(workspace, "costs"),
        resolved_by="Look at the calls of that day; if this is the new normal there is nothing to do.",
    )


def _times(ratio: Decimal) -> str:
    return f"{round(ratio, 1 if ratio < 10 else 0):,f}".removesuffix(".0")


def subject(payload: Mapping[str, Any]) -> str:
    """Return what an anomaly is about in a few words."""
    provider = f"{payload['provider']}/" if payload.get("provider") else ""
    return f"{str(payload['dimension']).capitalize()} {provider}{payload['value'] or '(none)'}"


def counts(budget: Mapping[str, Any]) -> str:
    """Return what a budget counts, or whose spend."""
    if budget["value"]:
        whose = f"{str(budget['each']).replace('_', ' ')} {budget['value']}"
        return f"{scope(budget['scope'])}, {whose}" if budget["scope"] else whose
    return scope(budget["scope"])


def _link(workspace: Workspace, page: str) -> str | None:
    return f"{workspace.url}/{page}" if workspace.url else None
