"""How to spend less, awaited: the asynchronous twin of `_recommendations`."""

from __future__ import annotations

from llmlab import _recommendation_calls
from llmlab._async_reads import AsyncResource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from llmlab.types import JSON, Filter, JSONList, Moment


class AsyncRecommendations(AsyncResource):
    """What would save money, and what was decided about it. Call it for the list of recommendations."""

    async def __call__(self, *, state: Filter | None = None, limit: int | None = None) -> JSONList:
        """Return what would save money, the most valuable first.

        `state` is `open`, `accepted`, `dismissed` or `snoozed`, or several; open and accepted unless given.
        """
        answer = await self.report(state=state, limit=limit)
        found: JSONList = answer["recommendations"]
        return found

    async def report(self, *, state: Filter | None = None, limit: int | None = None) -> JSON:
        """Return `{"recommendations", "silent", "based_on"}`: also why rules are silent."""
        return await self._send(_recommendation_calls.recommendations(state, limit))

    async def accept(self, recommendation_id: str, *, note: str | None = None) -> JSON:
        """Accept one: from the next day on, its `verified` says what it really saved."""
        return await self._send(_recommendation_calls.decide(recommendation_id, "accept", note))

    async def dismiss(self, recommendation_id: str, *, note: str | None = None) -> JSON:
        """Dismiss one for good."""
        return await self._send(_recommendation_calls.decide(recommendation_id, "dismiss", note))

    async def snooze(
        self,
        recommendation_id: str,
        *,
        until: Moment | None = None,
        days: int | None = None,
        note: str | None = None,
    ) -> JSON:
        """Hide one until a time, or for so many days; give one of the two."""
        return await self._send(_recommendation_calls.snooze(recommendation_id, until, days, note))

    async def reopen(self, recommendation_id: str) -> JSON:
        """Take a decision back."""
        return await self._send(_recommendation_calls.reopen(recommendation_id))
