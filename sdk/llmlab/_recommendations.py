"""How to spend less, blocking: `LLMLab.recommendations`."""

from __future__ import annotations

from llmlab import _recommendation_calls
from llmlab._reads import Resource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from llmlab.types import JSON, Filter, JSONList, Moment


class Recommendations(Resource):
    """What would save money, and what was decided about it. Call it for the list of recommendations."""

    def __call__(self, *, state: Filter | None = None, limit: int | None = None) -> JSONList:
        """Return what would save money, the most valuable first.

        `state` is `open`, `accepted`, `dismissed` or `snoozed`, or several; open and accepted unless given.
        """
        answer = self.report(state=state, limit=limit)
        found: JSONList = answer["recommendations"]
        return found

    def report(self, *, state: Filter | None = None, limit: int | None = None) -> JSON:
        """Return `{"recommendations", "silent", "based_on"}`: also why rules are silent."""
        return self._send(_recommendation_calls.recommendations(state, limit))

    def accept(self, recommendation_id: str, *, note: str | None = None) -> JSON:
        """Accept one: from the next day on, its `verified` says what it really saved."""
        return self._send(_recommendation_calls.decide(recommendation_id, "accept", note))

    def dismiss(self, recommendation_id: str, *, note: str | None = None) -> JSON:
        """Dismiss one for good."""
        return self._send(_recommendation_calls.decide(recommendation_id, "dismiss", note))

    def snooze(
        self,
        recommendation_id: str,
        *,
        until: Moment | None = None,
        days: int | None = None,
        note: str | None = None,
    ) -> JSON:
        """Hide one until a time, or for so many days; give one of the two."""
        return self._send(_recommendation_calls.snooze(recommendation_id, until, days, note))

    def reopen(self, recommendation_id: str) -> JSON:
        """Take a decision back."""
        return self._send(_recommendation_calls.reopen(recommendation_id))
