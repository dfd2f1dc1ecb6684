"""From which store a question is answered exactly, and why not when none can.

A folded day (`llmlab_shared.db.repositories.folds`) keeps apart only its dearest values: whoever asks for
another by name is answered from the events, and the sum of the others, `(other)`, is known to tier 2 alone.
"""

from collections.abc import Sequence
from datetime import date

from llmlab_shared.db.repositories.costs import Calendar, TooManyEvents
from llmlab_shared.db.repositories.facts import Question
from llmlab_shared.db.repositories.folds import count_hiding_days, read_folded_days
from llmlab_shared.domain.dimensions import BESIDE_OWN, OTHER, Source, choose_source, not_kept
from llmlab_shared.domain.ranges import Span, Unit, is_whole_days
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_api.costs.query import as_problem
from llmlab_api.errors import Problem, invalid
from llmlab_api.rebuilding import rebuilding


class OtherAmongEvents(Exception):
    """The events cannot tell which of them are `(other)` in a dimension."""

    def __init__(self, dimension: str) -> None:
        super().__init__(dimension)
        self.dimension = dimension


async def find_source(
    connection: AsyncConnection,
    question: Question,
    calendar: Calendar,
    asked: Sequence[str],
    unit: Unit | None,
) -> Source:
    """Return the store to read; raise `OtherAmongEvents` where it would have to be the events and cannot."""
    source = _plain_source(question, calendar, asked, unit)
    days = _days(question.span, calendar)
    if source.tier == "own" and calendar.rebuilding:
        source = Source("events")
    if source.tier == "own" and await _hides(connection, question, source.dimension or "", days):
        return Source("events")
    if source.tier == "events":
        for name, values in question.filters.items():
            if OTHER in values and await read_folded_days(connection, question.workspace_id, name, days):
                raise OtherAmongEvents(name)
    return source


async def unfinished_folds(
    connection: AsyncConnection, question: Question, calendar: Calendar, source: Source
) -> Sequence[date]:
    """Return the folded days of a question that still hold rows of values that are not kept."""
    if source.dimension is None:
        return ()
    days = _days(question.span, calendar)
    folded = await read_folded_days(connection, question.workspace_id, source.dimension, days)
    return [day for day, unfinished in folded.items() if unfinished]


def refusal(
    question: Question,
    calendar: Calendar,
    asked: Sequence[str],
    unit: Unit | None,
    error: TooManyEvents | OtherAmongEvents,
) -> Problem:
    """Return the 422 that says what to ask instead, or the 503 for what is only being rebuilt."""
    source = _plain_source(question, calendar, asked, unit)
    if source.tier == "own" and calendar.rebuilding:
        return rebuilding()
    if isinstance(error, OtherAmongEvents):
        return invalid(
            error.dimension,
            "value_not_kept",
            f"`{OTHER}` adds up the values of {error.dimension} that are not kept apart; it is known with "
            f"{', '.join(BESIDE_OWN)}, day and month, over whole days of the workspace's own time zone",
        )
    if source.tier == "own":
        return invalid(
            source.dimension or "",
            "value_not_kept",
            f"on some of these days what is asked for is among the values of {source.dimension} that are "
            f"added up as `{OTHER}`, and the {error.events} events of this range are too many to count one "
            f"by one; ask for a shorter range, or for `{OTHER}`",
        )
    if source.tier == "base":
        return invalid(
            "from, to",
            "bad_range",
            f"from and to lie inside a quarter of an hour, around which there are {error.events} events: too "
            "many to count one by one; send times on :00, :15, :30 or :45, or plain dates",
        )
    names = list(dict.fromkeys([*question.filters, *asked, *([unit] if unit else [])]))
    reason = f"the {error.events} events of this range are too many to count one by one"
    return as_problem(not_kept(names, calendar.declared_tags, reason), "group_by")


def _plain_source(question: Question, calendar: Calendar, asked: Sequence[str], unit: Unit | None) -> Source:
    return choose_source(
        {*asked, *question.filters},
        [unit] if unit else [],
        declared_tags=calendar.declared_tags,
        whole_days=is_whole_days(question.span, calendar.zone),
    )


def _days(span: Span, calendar: Calendar) -> tuple[date, date]:
    days = Span(span.start, span.end, calendar.zone).days()
    return days[0], days[-1]


async def _hides(
    connection: AsyncConnection, question: Question, dimension: str, days: tuple[date, date]
) -> bool:
    """Say whether a value is filtered by that has no rows of its own on a folded day.

    Together with `(other)` it needs none: what it spent there is part of that.
    """
    values = [value for value in question.filters.get(dimension, ()) if value]
    if not values or OTHER in values:
        return False
    return await count_hiding_days(connection, question.workspace_id, dimension, days, values) > 0
