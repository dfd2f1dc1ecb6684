"""What a report says: spend, what moved it and why, what has no price, budgets, the month under way."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from llmlab_worker.notify.changes import change, growth, near_day, share, told_causes
from llmlab_worker.notify.notice import Notice, Section, Workspace
from llmlab_worker.notify.outlook_notices import counts
from llmlab_worker.notify.wording import money


def report(payload: Mapping[str, Any], workspace: Workspace) -> Notice:
    """Return a report as a message."""
    spend, previous = payload["spend"], payload["previous"]
    whose = f"team {payload['team']}" if payload["team"] is not None else workspace.name
    period = _period(payload)
    difference = Decimal(spend) - Decimal(previous)
    return Notice(
        title=f"{period}: {whose} spent {money(spend)} ({growth(spend, previous)})",
        severity="info",
        summary=_summary(payload, difference),
        facts=[
            (period, money(spend)),
            (f"The {payload['span']} before", f"{money(previous)} ({change(difference)})"),
            *_a_near_day(payload),
            ("Calls", f"{payload['calls']:,} (before: {payload['previous_calls']:,})"),
            ("Without a price", _unknown(payload["unknown"])),
            *_estimated(payload),
            *_month(payload["month"]),
        ],
        sections=list(_sections(payload)),
        link=f"{workspace.url}/costs" if workspace.url else None,
    )


def _period(payload: Mapping[str, Any]) -> str:
    start = date.fromisoformat(payload["from"])
    if payload["span"] == "month":
        return f"{start:%B %Y}"
    return f"Week of {near_day(start)} to {near_day(date.fromisoformat(payload['to']) - timedelta(days=1))}"


def _summary(payload: Mapping[str, Any], difference: Decimal) -> str:
    if not difference:
        return f"As much was spent as in the {payload['span']} before."
    parts = told_causes(payload["cause"])
    why = "; ".join(f"{words} {change(amount)}" for words, amount in parts[:3])
    more = "more" if difference > 0 else "less"
    because = f": {why}" if why else ""
    return f"{money(abs(difference))} {more} than in the {payload['span']} before{because}."


def _a_near_day(payload: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield spend a day where the two spans are of different length."""
    before, start, end = (date.fromisoformat(payload[name]) for name in ("previous_from", "from", "to"))
    days, days_before = (end - start).days, (start - before).days
    if days != days_before:
        now, then = Decimal(payload["spend"]) / days, Decimal(payload["previous"]) / days_before
        yield "A day", f"{money(now)} (before: {money(then)}, {growth(now, then)})"


def _unknown(unknown: Mapping[str, Any]) -> str:
    if not unknown["calls"]:
        return "none: every call has a price"
    return (
        f"{share(unknown['share'])} of calls ({unknown['calls']:,}), of {', '.join(unknown['models'])}; "
        "what they cost is not in these figures"
    )


def _estimated(payload: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if Decimal(payload["estimated"]):
        yield "Estimated", f"{money(payload['estimated'])} of it, from calls without usage"


def _month(month: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    name = f"{date.fromisoformat(month['month'] + '-01'):%B}"
    if "reason" in month:
        yield f"{name} so far", f"{money(month['spent'])}; no forecast: {month['reason']}"
    else:
        yield (
            f"{name} so far",
            f"{money(month['spent'])}, likely {money(month['likely'])} in the end "
            f"(80 % range: {money(month['low'])} to {money(month['high'])})",
        )


def _sections(payload: Mapping[str, Any]) -> Iterator[Section]:
    if payload["movers"]:
        features = any(one["feature"] for one in payload["features"])
        rows = [(_line(mover, features), _moved(mover)) for mover in payload["movers"]]
        if abs(Decimal(payload["other_movers"])) >= Decimal("0.01"):
            rows.append(("everything else", change(payload["other_movers"])))
        yield Section("What changed most", rows, headed=False)
    for name, heading in (("models", "Models"), ("features", "Features")):
        table = [
            (_name(one), money(one["spend"]), growth(one["spend"], one["previous"])) for one in payload[name]
        ]
        if table and not (name == "features" and all(one["feature"] == "" for one in payload[name])):
            yield Section(heading, [(heading[:-1], "Spent", "Change"), *table])
    if payload["budgets"]:
        listed = [_budget(one) for one in payload["budgets"]]
        yield Section("Budgets", [("Budget", "Counts", "Spent"), *listed])


def _line(mover: Mapping[str, Any], features: bool) -> str:
    if mover["feature"]:
        return f"{mover['model']} in {mover['feature']}"
    return f"{mover['model']} without a feature" if features else str(mover["model"])


def _moved(mover: Mapping[str, Any]) -> str:
    """Return by how much something changed, and why, if that has parts."""
    difference = change(Decimal(mover["spend"]) - Decimal(mover["previous"]))
    parts = told_causes(mover["cause"])
    if len(parts) == 1:
        return f"{difference}: {parts[0][0]}"
    return f"{difference}, of that {'; '.join(f'{words} {change(amount)}' for words, amount in parts)}"


def _name(row: Mapping[str, Any]) -> str:
    return f"{row['provider']}/{row['model']}" if "model" in row else row["feature"] or "(no feature)"


def _budget(budget: Mapping[str, Any]) -> tuple[str, str, str]:
    amount = Decimal(budget["amount"])
    part = f", {share(Decimal(budget['spent']) / amount)}" if amount > 0 else ""
    until = near_day(date.fromisoformat(budget["period_end"]) - timedelta(days=1))
    return (
        f"{budget['name']} (to {until})",
        counts(budget),
        f"{money(budget['spent'])} of {money(amount)}{part}",
    )
