"""Which events show how calls were made, where there are too many to read: probes from all over the days."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import sqrt
from typing import Final

from llmlab_shared.db.repositories.call_source import Calls, Probes, count_calls, find_beginning
from llmlab_shared.db.repositories.costs import read_event_days
from llmlab_shared.domain.ranges import Span
from llmlab_shared.domain.zones import day_start
from sqlalchemy.ext.asyncio import AsyncConnection

# So many are looked at, and half as many again where they come in bursts.
MOST_EVENTS: Final = 50_000
MOST_IN_BURSTS: Final = MOST_EVENTS * 3 // 2
# Crowds are counted in slots of five minutes, so none is cut.
SLOT: Final = timedelta(minutes=5)
# Fewer and longer ones would miss what runs for minutes, more and shorter ones would cut sessions.
PROBES: Final = 144
# Probes that hold less than this part of what they should lie beside the calls.
ENOUGH: Final = Decimal("0.25")
_DAY: Final = timedelta(days=1)
_A_DAY: Final = _DAY // SLOT
# The fractions of multiples of an irrational number are spread evenly, those of the golden ratio the most.
_FROM_DAY_TO_DAY, _IN_A_DAY = (sqrt(5) - 1) / 2, sqrt(2) - 1


@dataclass(frozen=True, slots=True)
class Sample:
    """The calls to be read: all of them, or those of probes, which are `share` of the time.

    `share` is None where nothing is left out between the first and the last of them.
    """

    calls: Calls
    whole: bool
    share: Decimal | None


async def choose_sample(connection: AsyncConnection, calls: Calls, span: Span) -> Sample:
    """Choose the events to read: all, else probes, else (calls too bunched for these) the newest."""
    asked = span.days()
    days = await read_event_days(connection, calls.workspace_id, (asked[0], asked[-1]))
    events = sum(days.values())
    if events <= MOST_EVENTS:
        return Sample(calls, whole=True, share=None)
    start, end = day_start(min(days), span.zone), day_start(max(days) + _DAY, span.zone)
    edges = place_probes(start, end, MOST_EVENTS / events)
    probed = replace(calls, probes=Probes(edges, MOST_IN_BURSTS))
    if await count_calls(connection, probed) >= ENOUGH * MOST_EVENTS:
        read = sum((ends - begins for begins, ends in edges), timedelta())
        return Sample(probed, whole=False, share=Decimal(read / (end - start)))
    beginning = await find_beginning(connection, calls, MOST_EVENTS)
    return Sample(replace(calls, early=beginning or calls.early), whole=False, share=None)


def place_probes(start: datetime, end: datetime, share: float) -> list[tuple[datetime, datetime]]:
    """Return stretches of time that cover about a share of [start, end), the newest first.

    They are as long as each other: so many whole slots that they divide a day. Of the stretches of all days
    those are taken whose place in a lattice of two irrational steps, one from day to day and one from stretch
    to stretch, falls under the share. So each hour has its share of the days, and each day of its hours: at
    equal distances, or by chance, what is made at the same hour each night could be missed.
    """
    first = start - (start - datetime.min.replace(tzinfo=UTC)) % SLOT
    slots = max((end - first) // SLOT, 1)
    most = max(int(slots * share) // PROBES, 1)
    length = next(length for length in range(min(most, _A_DAY), 0, -1) if _A_DAY % length == 0)
    places = {
        number: (number // (_A_DAY // length) * _FROM_DAY_TO_DAY + number % (_A_DAY // length) * _IN_A_DAY)
        % 1
        for number in range(slots // length)
    }
    chosen = [number for number, place in places.items() if place < share] or [0]
    edges = [(first + number * length * SLOT, first + (number + 1) * length * SLOT) for number in chosen]
    return edges[::-1]
