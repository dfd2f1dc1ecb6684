"""What is said of a budget's threshold that was passed, and of a test."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from llmlab_worker.notify.notice import Notice, Severity, Workspace
from llmlab_worker.notify.wording import day, money, percent, period, scope

_FULL = Decimal(1)


def budget_crossing(payload: Mapping[str, Any], workspace: Workspace) -> Notice:
    """Say that spend reached a threshold of a budget; `amount` and `name` are in the payload."""
    threshold, spend = Decimal(payload["threshold"]), Decimal(payload["spend"])
    amount = Decimal(payload["amount"])
    name, value = str(payload["name"]), str(payload.get("value") or "")
    when = period(payload["period"], payload["period_start"], payload.get("period_end"))
    each = str(payload.get("each") or "value").replace("_", " ")
    used = percent(spend / amount) if amount else "all of it"
    left = amount - spend
    facts = [
        ("Budget", name),
        ("Spent", money(spend)),
        ("Amount", money(amount)),
        ("Used", used),
        ("Left", money(left)) if left >= 0 else ("Over by", money(-left)),
        ("Period", when),
        ("Counts", scope(payload.get("scope") or {})),
    ]
    if value:
        facts.insert(1, (each.capitalize(), value))
    if payload.get("period_end"):
        facts.append(("Starts anew on", day(payload["period_end"])))
    return Notice(
        title=f"{_named(name, each, value)} passed {percent(threshold)} of {money(amount)}",
        severity=_severity(threshold),
        summary=(
            f"{f'The {each} {value}' if value else workspace.name} has spent {money(spend)} of "
            f"{money(amount)} in {when}: {used} of the budget {name}."
        ),
        facts=facts,
        link=f"{workspace.url}/budgets" if workspace.url else None,
        resolved_by=(
            "See what it was spent on, then raise the amount or spend less: `llmlab status` and "
            "`llmlab optimize` show both."
        ),
    )


def test(payload: Mapping[str, Any], workspace: Workspace) -> Notice:
    """Say that a channel works."""
    return Notice(
        title=f"LLMLab can reach you from {workspace.name}",
        severity="info",
        summary="This is a test: alerts of this workspace will arrive here, just as this message did.",
        facts=[("Workspace", workspace.name)],
        link=workspace.url,
    )


def _severity(threshold: Decimal) -> Severity:
    if threshold >= _FULL:
        return "critical"
    return "warning" if threshold >= Decimal("0.75") else "info"


def _named(name: str, each: str, value: str) -> str:
    return f"{name}: {each} {value}" if value else name
