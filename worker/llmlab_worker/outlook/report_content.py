"""A report's figures as its message holds them: everything that it says, so that it never says anything else.

Amounts are decimal strings (USD); the parts of a cause add up to the change they explain.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from llmlab_shared.domain.causes import Cause, Model, Use, explain_one
from llmlab_shared.domain.forecast import METHOD, Forecast, TooLittle
from llmlab_shared.domain.money import to_wire

from llmlab_worker.outlook.report_reads import UNKNOWN, Figures, Line
from llmlab_worker.outlook.report_spans import ReportSpan

MOST_MOVERS: Final = 5
MOST_ROWS: Final = 5
MOST_UNKNOWN: Final = 3
# Less is no change worth a line.
_LEAST: Final = Decimal("0.01")
_ZERO: Final = Decimal(0)
_FEATURE: Final = 0


def content(figures: Figures, span: ReportSpan, team: str | None) -> dict[str, Any]:
    """Return what a report says of spend: totals, what moved them and why, and what is not priced."""
    lines = {*figures.now, *figures.before}
    known = {_model(line) for line, use in figures.before.items() if use.calls > 0}
    parts = {
        line: explain_one(_of(figures.before, line), _of(figures.now, line), is_new=_model(line) not in known)
        for line in lines
    }
    movers = sorted(parts, key=lambda line: (-abs(parts[line].difference), line))
    shown = [line for line in movers[:MOST_MOVERS] if abs(parts[line].difference) >= _LEAST]
    whole = sum(parts.values(), Cause())
    calls = sum(figures.calls.values())
    unknown = sum(figures.calls.get(status, 0) for status in UNKNOWN)
    return {
        "span": span.kind,
        "from": span.start.isoformat(),
        "to": span.end.isoformat(),
        "previous_from": span.before.isoformat(),
        "team": team,
        "spend": to_wire(_spend(figures.now.values())),
        "previous": to_wire(_spend(figures.before.values())),
        "calls": _calls(figures.now.values()),
        "previous_calls": _calls(figures.before.values()),
        "cause": whole.to_wire(),
        "movers": [_mover(figures, line, parts[line]) for line in shown],
        "other_movers": to_wire(whole.difference - sum((parts[line].difference for line in shown), _ZERO)),
        "models": _rows(figures, ("provider", "model")),
        "features": [] if team is not None else _rows(figures, ("feature",)),
        "unknown": {
            "calls": unknown,
            "share": to_wire(round(Decimal(unknown) / calls, 6)) if calls else "0",
            "models": [
                f"{provider}/{model}" for (provider, model), _ in figures.unknown.most_common(MOST_UNKNOWN)
            ],
            **{status: figures.calls[status] for status in UNKNOWN if figures.calls.get(status)},
        },
        "estimated": to_wire(figures.spend.get("estimated", _ZERO)),
    }


def outlook_content(made: Forecast | TooLittle, spent: Decimal, month: str) -> dict[str, Any]:
    """Return what a report says of the month that is under way."""
    known = {"month": month, "spent": to_wire(spent)}
    if isinstance(made, TooLittle):
        return {**known, "reason": made.reason}
    figures = {"low": made.low, "likely": made.likely, "high": made.high}
    return {**known, **{name: to_wire(amount) for name, amount in figures.items()}, "method": METHOD}


def _mover(figures: Figures, line: Line, cause: Cause) -> dict[str, Any]:
    feature, provider, model = line
    return {
        "feature": feature,
        "provider": provider,
        "model": model,
        "spend": to_wire(_of(figures.now, line).spend),
        "previous": to_wire(_of(figures.before, line).spend),
        "cause": cause.to_wire(),
    }


def _rows(figures: Figures, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the dearest of these names with their spend, beside that of the span before."""
    now, before = _sums(figures.now, names), _sums(figures.before, names)
    dearest = sorted(now, key=lambda key: (-now[key], key))
    return [
        {
            **dict(zip(names, key, strict=True)),
            "spend": to_wire(now[key]),
            "previous": to_wire(before.get(key, _ZERO)),
        }
        for key in dearest[:MOST_ROWS]
        if now[key] > 0
    ]


def _sums(uses: Mapping[Line, Use], names: Sequence[str]) -> dict[tuple[str, ...], Decimal]:
    sums: dict[tuple[str, ...], Decimal] = {}
    for line, use in uses.items():
        key = (line[_FEATURE],) if names == ("feature",) else line[1:]
        sums[key] = sums.get(key, _ZERO) + use.spend
    return sums


def _of(uses: Mapping[Line, Use], line: Line) -> Use:
    return uses.get(line, Use())


def _model(line: Line) -> Model:
    _, provider, model = line
    return provider, model


def _spend(uses: Iterable[Use]) -> Decimal:
    return sum((use.spend for use in uses), _ZERO)


def _calls(uses: Iterable[Use]) -> int:
    return int(sum((use.calls for use in uses), _ZERO))
