"""Workspaces whose events of many days came through the real pipeline, to look ahead and back at."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
from ledger import Ledger, entry_of
from llmlab_shared.clock import to_us
from llmlab_shared.ids import uuid7

# A Wednesday, long enough ago that every clock is past it.
TODAY = date(2025, 6, 18)
NOON = datetime.combine(TODAY, time(12), UTC)
# USD a token of gpt-4 in the catalogue.
_INPUT = Decimal("0.00003")


def day_before(days: int) -> date:
    return TODAY - timedelta(days=days)


@dataclass
class Calls:
    """Calls of one kind on one day: so much money in so many calls of so many tokens."""

    day: date
    usd: str
    calls: int = 1
    fields: Mapping[str, Any] = field(default_factory=dict)

    def events(self, zone: ZoneInfo) -> Iterable[dict[str, Any]]:
        tokens = Decimal(self.usd) / _INPUT / self.calls
        assert tokens == int(tokens), "choose an amount that tokens can make up"
        at = datetime.combine(self.day, time(10), zone)
        for n in range(self.calls):
            moment = at + timedelta(seconds=n)
            yield {
                "id": str(uuid7(to_us(moment))),
                "timestamp": moment.isoformat(),
                "provider": "openai",
                "model": "gpt-4",
                "input_tokens": int(tokens),
                "output_tokens": 0,
                **self.fields,
            }


@dataclass
class Days:
    """A workspace that is filled with days."""

    ledger: Ledger
    id: int
    zone: ZoneInfo

    @classmethod
    async def open(cls, ledger: Ledger, zone: str = "UTC") -> "Days":
        return cls(ledger, await ledger.workspace(zone=zone), ZoneInfo(zone))

    async def fill(self, calls: Iterable[Calls]) -> None:
        events = [event for one in calls for event in one.events(self.zone)]
        for start in range(0, len(events), 500):
            outcome = await self.ledger.process(entry_of(*events[start : start + 500], workspace_id=self.id))
            assert outcome.dead == outcome.duplicates == 0

    async def usual(self, days: int, usd: str = "30", calls: int = 1, **fields: Any) -> None:
        """So many days before today, each the same."""
        await self.fill(Calls(day_before(n), usd, calls, fields) for n in range(days, 0, -1))

    async def messages(self, kind: str) -> list[dict[str, Any]]:
        return await messages(self.ledger.pool, self.id, kind)


async def messages(pool: asyncpg.Pool, workspace_id: int, kind: str) -> list[dict[str, Any]]:
    rows = await pool.fetch(
        "SELECT dedupe_key, payload, channels FROM outbox WHERE workspace_id = $1 AND kind = $2 ORDER BY id",
        workspace_id,
        kind,
    )
    return [{**dict(row), "payload": json.loads(row["payload"])} for row in rows]
