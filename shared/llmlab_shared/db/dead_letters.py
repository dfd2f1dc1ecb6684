"""Dead letters: what was accepted and could not be written, looked at, chosen and dropped."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from llmlab_shared.domain.dead_letters import Key

_DROPPED_AT_ONCE = 1000
# PostgreSQL's details, on further lines, quote the row: values of the caller's own.
_REASON = r"split_part(reason, E'\n', 1)"
_SHOWN = (
    f"entry, index, d.workspace_id, api_key_id, received_at, body, defaults, code, {_REASON} AS reason, "
    "died_at, replayed_at"
)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which letters are meant: those that wait, or those that were replayed; of a workspace, a code, keys."""

    workspace_id: int | None = None
    code: str | None = None
    keys: Sequence[Key] | None = None
    replayed: bool = False

    @property
    def where(self) -> str:
        """Return the condition on rows; its parameters are $1 to $5, as `parameters` gives them."""
        return (
            f"replayed_at IS {'NOT ' if self.replayed else ''}NULL "
            "AND ($1::bigint IS NULL OR workspace_id = $1) AND ($2::text IS NULL OR code = $2) "
            "AND ($3::uuid[] IS NULL OR (entry, index) IN (SELECT * FROM unnest($3::uuid[], $4::int[]))) "
            "AND died_at <= $5"
        )

    def parameters(self, until: datetime) -> tuple[Any, ...]:
        """Return the parameters of `where`; what died after `until` is not meant."""
        entries = None if self.keys is None else [entry for entry, _ in self.keys]
        indexes = None if self.keys is None else [index for _, index in self.keys]
        return self.workspace_id, self.code, entries, indexes, until


EVERY_WAITING = Selection()


class Place(NamedTuple):
    """Where a letter stands in the order of lists: by when it died, last first."""

    died_at: datetime
    entry: UUID
    number: int


@dataclass(frozen=True, slots=True)
class Reason:
    """How many letters died of the same, of how many workspaces, and when the first and the last did."""

    code: str
    reason: str
    letters: int
    workspaces: int
    first: datetime
    last: datetime


async def read_now(connection: asyncpg.Connection) -> datetime:
    """Return the database's time: what dies later was not there when somebody looked."""
    now: datetime = await connection.fetchval("SELECT clock_timestamp()")
    return now


async def count_letters(connection: asyncpg.Connection, chosen: Selection, until: datetime) -> int:
    """Return how many letters are meant."""
    number: int = await connection.fetchval(
        f"SELECT count(*) FROM dead_letters WHERE {chosen.where}", *chosen.parameters(until)
    )
    return number


async def read_reasons(
    connection: asyncpg.Connection, chosen: Selection, until: datetime, most: int
) -> list[Reason]:
    """Return what the letters died of, the most frequent first."""
    rows = await connection.fetch(
        f"SELECT code, {_REASON} AS reason, count(*) AS letters, count(DISTINCT workspace_id) AS workspaces, "
        f"min(died_at) AS first, max(died_at) AS last FROM dead_letters WHERE {chosen.where} "
        f"GROUP BY code, {_REASON} ORDER BY letters DESC, code, reason LIMIT $6",
        *chosen.parameters(until),
        most,
    )
    return [Reason(**row) for row in rows]


async def read_letters(
    connection: asyncpg.Connection,
    chosen: Selection,
    until: datetime,
    most: int,
    after: Place | None = None,
) -> list[asyncpg.Record]:
    """Return the letters that died last, or those that come after a place."""
    behind = "AND (died_at < $7 OR (died_at = $7 AND (entry, index) > ($8, $9))) " if after else ""
    rows: list[asyncpg.Record] = await connection.fetch(
        f"SELECT {_SHOWN} FROM dead_letters d WHERE {chosen.where} {behind}"
        "ORDER BY died_at DESC, entry, index LIMIT $6",
        *chosen.parameters(until),
        most,
        *(after or ()),
    )
    return rows


async def read_letter(connection: asyncpg.Connection, key: Key) -> asyncpg.Record | None:
    """Return one letter, whether it waits or was replayed."""
    found: asyncpg.Record | None = await connection.fetchrow(
        f"SELECT {_SHOWN}, w.name AS workspace "
        "FROM dead_letters d LEFT JOIN workspaces w ON w.id = d.workspace_id "
        "WHERE entry = $1 AND index = $2",
        *key,
    )
    return found


async def drop_some(
    connection: asyncpg.Connection, chosen: Selection, until: datetime, *, actor: str, reason: str | None
) -> int:
    """Drop some of the letters and record it with each workspace, in one short transaction.

    Returns how many; 0 when none is left. What is dropped is in no total, and cannot be brought back.
    """
    async with connection.transaction():
        gone = await connection.fetch(
            "DELETE FROM dead_letters WHERE (entry, index) IN ("
            f"SELECT entry, index FROM dead_letters WHERE {chosen.where} ORDER BY entry, index LIMIT $6"
            ") RETURNING workspace_id, code",
            *chosen.parameters(until),
            _DROPPED_AT_ONCE,
        )
        codes: dict[int, Counter[str]] = {}
        for row in gone:
            codes.setdefault(row["workspace_id"], Counter())[row["code"]] += 1
        for workspace_id, counted in sorted(codes.items()):
            details = {"letters": counted.total(), "codes": dict(counted), "replayed": chosen.replayed}
            if reason:
                details["reason"] = reason
            await connection.execute(
                "INSERT INTO audit_log (workspace_id, actor, action, target, details) "
                "VALUES ($1, $2, 'dead_letters.drop', 'dead_letters', $3::jsonb)",
                # An entry that could not be read may name no workspace.
                workspace_id or None,
                actor,
                json.dumps(details),
            )
    return len(gone)
