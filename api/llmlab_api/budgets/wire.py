"""Budgets in the words of the wire."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from llmlab_shared.db.repositories.budget_states import BudgetState, Crossing
from llmlab_shared.domain.budgets import alert_threshold, period_end
from llmlab_shared.domain.dimensions import TAG
from llmlab_shared.domain.money import to_wire


def budget_on_wire(state: BudgetState, wanted: Decimal, *, current: bool) -> dict[str, Any]:
    """Return a budget; `wanted` is the workspace's alert threshold, `current`: it counts today's spend."""
    rule = state.rule
    speaking = alert_threshold(rule.thresholds, wanted)
    each = {"values": [value_on_wire(*held) for held in state.values], "values_count": state.count}
    return {
        "id": rule.id,
        "name": rule.name,
        "scope": scope_on_wire(rule.scope),
        "each": rule.each,
        "period": rule.period,
        "month": f"{rule.month:%Y-%m}" if rule.month else None,
        "period_start": state.start.isoformat(),
        "period_end": period_end(state.start, rule.period).isoformat(),
        "counts_from": _day(rule.counts_from),
        "budget_amount": to_wire(rule.amount_of(state.start).amount),
        "amounts": [
            {"from": held.valid_from.isoformat(), "amount": to_wire(held.amount)} for held in rule.amounts
        ],
        "thresholds": [to_wire(threshold) for threshold in rule.thresholds],
        "spent": to_wire(state.spent),
        **(each if rule.each else {}),
        "alert_sent": speaking in state.crossed,
        "in_force": current,
        "paused": rule.paused,
        "channels": list(rule.channels or ()),
        "alerts": [_alert(crossing) for crossing in state.crossings],
        "alerts_count": sum(state.crossed.values()),
    }


def value_on_wire(value: str, spent: Decimal) -> dict[str, str]:
    """Return whose spend a budget for each counts, and how much."""
    return {"value": value, "spent": to_wire(spent)}


def scope_on_wire(scope: Mapping[str, str]) -> dict[str, Any]:
    """Return a scope with its tags in an object of their own and an API key's id as a number."""
    plain: dict[str, Any] = {name: value for name, value in scope.items() if not name.startswith(TAG)}
    if "api_key" in plain:
        plain["api_key"] = int(plain["api_key"])
    tags = {name.removeprefix(TAG): value for name, value in scope.items() if name.startswith(TAG)}
    return plain | ({"tag": tags} if tags else {})


def _alert(crossing: Crossing) -> dict[str, Any]:
    return {
        "threshold": to_wire(crossing.threshold),
        "crossed_at": _instant(crossing.crossed_at),
        "spend": to_wire(crossing.spend),
        **({"value": crossing.value} if crossing.value else {}),
    }


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
