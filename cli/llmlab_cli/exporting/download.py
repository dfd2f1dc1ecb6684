"""An export read to its end, however often the connection breaks on the way."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from llmlab import ConnectionFailed, LLMLab, RateLimited, ServerUnavailable

from llmlab_cli import screen
from llmlab_cli.errors import CLIError, fact_of
from llmlab_cli.render import figures

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
# How often in a row the connection may break without bringing a row: a minute and a half in all.
MOST_FAILURES = 8


@dataclass
class Reached:
    """How far an export is: what came whole, and which event was the last. `heading` is that of CSV."""

    rows: int = 0
    last_id: str | None = None
    heading: bytes = b""


class Download:
    """The rows of one export from one place on.

    `expected`, `without_cost`, `start` and `end` are what the server said: how many rows, how many calls
    without a known cost (None where it cannot tell), and the range.
    """

    def __init__(self, client: LLMLab, form: str, query: Mapping[str, Any], reached: Reached) -> None:
        self._client = client
        self._form: Any = "jsonl" if form == "parquet" else form
        self._query = dict(query)
        self._rows, self._last_id = reached.rows, reached.last_id
        self._heading = reached.heading
        self._current: Any = None
        self.expected: int | None = None
        self.without_cost: int | None = None
        self.start = self.end = ""

    @property
    def reached(self) -> Reached:
        """How far it is now."""
        current = self._current
        if current is None:
            return Reached(self._rows, self._last_id, self._heading)
        return Reached(self._rows + current.seen, current.last_id or self._last_id, self._heading)

    def blocks(self, started: Callable[[], object] = lambda: None) -> Iterator[bytes]:
        """Yield pieces of whole rows, a heading only before the first; `started` is called when one is there.

        When a connection breaks, the rest is asked for; only the very first has to come about at once. Raises
        CLIError when the columns are others than those of the heading that was kept.
        """
        failures, asked_again = 0, False
        while True:
            before = self.reached
            try:
                yield from self._stretch(started)
            except (ConnectionFailed, ServerUnavailable, RateLimited) as error:
                if self._keep().rows > before.rows:
                    failures = 0
                failures += 1
                if not self.start or failures > MOST_FAILURES:
                    raise
                pause = min(_FIRST_PAUSE * 2 ** (failures - 1), _LONGEST_PAUSE)
                pause = max(pause, error.retry_after or 0)
                rows = figures.plural(self.reached.rows, "row")
                soon = f" in {figures.duration(pause)}" if pause >= 1 else ""
                screen.say(f"{fact_of(error).removesuffix(': try again')}, after {rows}; going on{soon}")
                time.sleep(pause)
                continue
            reached = self._keep()
            # Something on the way may end a stream as if that were all; whoever asks for the rest finds out.
            short = self.expected is not None and reached.rows < self.expected
            if asked_again or not short:
                return
            asked_again = True

    def _stretch(self, started: Callable[[], object]) -> Iterator[bytes]:
        self._current = self._client.costs.export(self._form, after=self._last_id, **self._query)
        with self._current as export:
            self._begin(export)
            started()
            blocks = export.blocks()
            if self._form != "jsonl":
                heading = next(blocks, b"")
                if not self._heading:
                    self._heading = heading
                    yield heading
                elif heading != self._heading:
                    raise CLIError(
                        "the columns are others than when this export was begun: start it anew with --force"
                    )
            yield from blocks

    def _begin(self, export: Any) -> None:
        if export.rows is not None:
            self.expected = export.rows
        if export.rows_without_cost is not None:
            self.without_cost = export.rows_without_cost
        self.start, self.end = export.from_, export.to
        # From now on this very range, whatever day it gets.
        self._query |= {"from_": export.from_, "to": export.to}

    def _keep(self) -> Reached:
        """Take what came of the request that ended into account, and forget the request."""
        reached = self.reached
        self._rows, self._last_id, self._current = reached.rows, reached.last_id, None
        return reached
