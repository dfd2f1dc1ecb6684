"""Which weeks and months are over and to be reported on, and with what they are compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from llmlab_shared.domain.budgets import period_start

Kind = Literal["week", "month"]

# Local time at which a report is due.
DUE: Final = time(8)
# After so long without any worker nobody waits for a report.
CATCH_UP: Final = timedelta(days=6)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ReportSpan:
    """A week or month that is over: local days [start, end), compared with [before, start)."""

    kind: Kind
    before: date
    start: date
    end: date


def due_spans(at: datetime, zone: ZoneInfo) -> Sequence[ReportSpan]:
    """Return what is due at an instant in a zone: since 08:00 of its Monday, or of the first of its month."""
    today = at.astimezone(zone).date()
    found = []
    kinds: Sequence[Kind] = ("week", "month")
    for kind in kinds:
        end = period_start(today, kind)
        since = at - datetime.combine(end, DUE, zone)
        if timedelta(0) <= since <= CATCH_UP:
            start = period_start(end - _DAY, kind)
            found.append(ReportSpan(kind, period_start(start - _DAY, kind), start, end))
    return found
