"""All events of a span as they hold now, oldest first, in steps that are short however many there are.

A step is bounded by what it looks through as well as by what it finds: where few events of many are meant,
no statement takes longer than another. Nothing is held between steps, neither a snapshot nor a connection.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_shared.db.repositories.events_read import COLUMNS, EVENTS, Place, matching
from llmlab_shared.domain.ranges import Span

# Events looked through in a stretch, and events returned by a step: tenths of a second, and a megabyte of
# usual events.
STRETCH: Final = 20_000
STEP: Final = 500

_END = f"""
SELECT id_time, id FROM cost_events
WHERE workspace_id = :workspace AND id_time BETWEEN :early AND :late {{behind}}
ORDER BY id_time, id OFFSET {STRETCH - 1} LIMIT 1
"""
# Said twice: partitions are chosen by the first, the place within one by the second.
_BEHIND = ("id_time >= :after_time", "(id_time, id) > (:after_time, :after_id)")
_UP_TO = ("id_time <= :end_time", "(id_time, id) <= (:end_time, :end_id)")


class EventWalk:
    """One way through the events of a span that pass the filters, beginning behind a place.

    New events may come while it is under way: those behind the place reached will be met, others not.
    """

    def __init__(
        self,
        workspace_id: int,
        span: Span,
        filters: Mapping[str, Sequence[str]],
        after: Place | None = None,
    ) -> None:
        self._conditions, self._parameters = matching(workspace_id, span, filters)
        self._place = after
        # The end of the stretch being looked through; None when the rest of the span is shorter than one.
        self._end: Place | None = None
        self._measured = False
        self.done = False

    async def step(self, connection: AsyncConnection) -> Iterator[dict[str, Any]]:
        """Return the next events, at most `STEP`, maybe none; `done` says that these were the last.

        They are made as they are taken: all at once would keep others waiting for milliseconds.
        """
        if not self._measured:
            self._end = await self._find_end(connection)
            self._measured = True
        conditions, parameters = [*self._conditions], {**self._parameters}
        if self._place is not None:
            conditions += _BEHIND
            parameters |= {"after_time": self._place.id_time, "after_id": self._place.id}
        if self._end is not None:
            conditions += _UP_TO
            parameters |= {"end_time": self._end.id_time, "end_id": self._end.id}
        statement = (
            f"SELECT {COLUMNS} FROM {EVENTS} events WHERE {' AND '.join(conditions)} "
            f"ORDER BY id_time, id LIMIT {STEP}"
        )
        found = await connection.execute(text(statement), parameters)
        names, rows = tuple(found.keys()), found.all()
        if len(rows) == STEP:
            self._place = Place(rows[-1].id_time, rows[-1].id)
        elif self._end is not None:
            self._place, self._end, self._measured = self._end, None, False
        else:
            self.done = True
        return (dict(zip(names, row, strict=True)) for row in rows)

    async def _find_end(self, connection: AsyncConnection) -> Place | None:
        parameters = {name: self._parameters[name] for name in ("workspace", "early", "late")}
        behind = ""
        if self._place is not None:
            behind = "".join(f" AND {condition}" for condition in _BEHIND)
            parameters |= {"after_time": self._place.id_time, "after_id": self._place.id}
        row = (await connection.execute(text(_END.format(behind=behind)), parameters)).first()
        return None if row is None else Place(*row)
