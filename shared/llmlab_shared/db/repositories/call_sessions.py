"""What sessions and traces cost, added up from single events: no rollup keeps them, there are too many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_shared.db.adjusted import EVENT_COLUMNS, adjusted, within
from llmlab_shared.db.repositories.events_read import matching
from llmlab_shared.db.repositories.facts import SPEND
from llmlab_shared.domain.ranges import Span

MOST_MODELS: Final = 5
SessionKey = Literal["session", "trace"]
COLUMNS: Final[Mapping[str, str]] = {"session": "session_id", "trace": "trace_id"}


@dataclass(frozen=True, slots=True)
class SessionSums:
    """The calls of one session or trace. `models` are the dearest of it, dearest first.

    `unknown` counts the calls whose cost is not known, which are in no spend.
    `user`, `customer` and `feature` are those of its calls, None where they have none, or several.
    """

    id: str
    spend: Decimal
    events: int
    tokens: int
    errors: int
    unknown: int
    first: datetime
    last: datetime
    models: Sequence[str]
    user: str | None
    customer: str | None
    feature: str | None


@dataclass(frozen=True, slots=True)
class Costliest:
    """The dearest sessions; `scanned` is how many events were added up, `without` how many have no id."""

    sessions: list[SessionSums]
    scanned: int
    without: int


_OWN = {"user_id": "user", "customer": "customer", "feature": "feature"}


async def read_costliest(
    connection: AsyncConnection,
    workspace_id: int,
    span: Span,
    filters: Mapping[str, Sequence[str]],
    *,
    by: SessionKey,
    most: int,
) -> Costliest:
    """Return the sessions or traces with the most metered spend; the caller has bounded the events."""
    conditions, parameters = matching(workspace_id, span, filters)
    events = adjusted(EVENT_COLUMNS, within(":workspace", ":early", ":late"))
    edges = ", ".join(
        f"min({column}) AS low_{name}, max({column}) AS high_{name}" for column, name in _OWN.items()
    )
    same = ", ".join(
        f'CASE WHEN min(low_{name}) = max(high_{name}) THEN min(low_{name}) END AS "{name}"'
        for name in _OWN.values()
    )
    # By model first, so that the few models of a session are put in order instead of its many calls.
    rows = await connection.execute(
        text(
            f"WITH by_model AS MATERIALIZED (SELECT {COLUMNS[by]} AS id, model, count(*) AS events, "
            f"{SPEND} AS spend, "
            "coalesce(sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0)), 0) AS tokens, "
            "count(*) FILTER (WHERE status = 'error') AS errors, "
            "count(*) FILTER (WHERE cost IS NULL) AS unknown, "
            f"min(timestamp) AS first, max(timestamp) AS last, {edges} "
            f"FROM {events} events WHERE {' AND '.join(conditions)} GROUP BY 1, 2) "
            "SELECT id, sum(spend) AS spend, sum(events)::bigint AS events, sum(tokens)::bigint AS tokens, "
            "sum(errors)::bigint AS errors, sum(unknown)::bigint AS unknown, "
            "min(first) AS first, max(last) AS last, "
            f"(array_agg(model ORDER BY spend DESC, events DESC, model))[1:{MOST_MODELS}] AS models, {same}, "
            "(SELECT sum(events)::bigint FROM by_model) AS scanned, "
            "(SELECT coalesce(sum(events), 0)::bigint FROM by_model WHERE id IS NULL) AS without "
            "FROM by_model GROUP BY id ORDER BY id IS NULL, 2 DESC, 3 DESC, 1 LIMIT :most"
        ),
        {**parameters, "most": most},
    )
    found = [dict(row) for row in rows.mappings()]
    scanned, without = (found[0]["scanned"], found[0]["without"]) if found else (0, 0)
    sessions = [
        SessionSums(**{name: row[name] for name in SessionSums.__slots__})
        for row in found
        if row["id"] is not None
    ]
    return Costliest(sessions, scanned, without)
