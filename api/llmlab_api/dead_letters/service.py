"""Listing a workspace's dead letters, having them replayed, and dropping them.

Letters that name no workspace belong to nobody here: an operator sees them (`llmlab deadletters`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from llmlab_shared.db.dead_letters import (
    Place,
    Reason,
    Selection,
    count_letters,
    drop_some,
    read_letters,
    read_now,
    read_reasons,
)
from llmlab_shared.db.engine import driver_of
from llmlab_shared.db.repositories import accounts
from llmlab_shared.db.repositories.costs import read_snapshot
from llmlab_shared.domain.dead_letters import WHOLE_ENTRY, Key, letter_id, read_letter_id, shown_body
from llmlab_shared.errors import LLMLabError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_api.auth import Principal
from llmlab_api.costs.query import as_problem
from llmlab_api.cursors import read_cursor, write_cursor
from llmlab_api.dead_letters.schemas import DropRequest, ReplayRequest, State
from llmlab_api.errors import Problem
from llmlab_api.jobs import enqueue
from llmlab_api.services import Services

TIMEOUT_MS: Final = 10_000
REPLAY: Final = "replay_dead_letters"
MOST_REASONS: Final = 50
_Instant = Annotated[datetime, msgspec.Meta(tz=True)]
_Number = Annotated[int, msgspec.Meta(ge=WHOLE_ENTRY, lt=1 << 31)]
# Of one request that drops: each is a transaction of its own.
MOST_STEPS: Final = 20


async def list_letters(
    services: Services, workspace_id: int, *, state: State, code: str | None, cursor: str | None, limit: int
) -> dict[str, Any]:
    """Return a page of the workspace's letters, with what all in this state died of."""
    after = None if cursor is None else _place(cursor)
    every = Selection(workspace_id, replayed=state == "replayed")
    chosen = Selection(workspace_id, code, replayed=state == "replayed")
    async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
        driver = await driver_of(connection)
        now = await read_now(driver)
        total = await count_letters(driver, chosen, now)
        reasons = await read_reasons(driver, every, now, MOST_REASONS)
        rows = await read_letters(driver, chosen, now, limit + 1, after)
    page, last = rows[:limit], rows[limit - 1] if len(rows) > limit else None
    return {
        "deadletters": [_letter(dict(row)) for row in page],
        "reasons": [_reason(reason) for reason in reasons],
        "total": total,
        "next_cursor": None
        if last is None
        else write_cursor((last["died_at"], last["entry"], last["index"])),
    }


async def replay(services: Services, caller: Principal, asked: ReplayRequest) -> dict[str, int]:
    """Have a worker replay letters; raise the 404 where one of the named is not there, or a 503."""
    keys = _keys(asked.ids)
    async with services.engine.begin() as connection:
        chosen = Selection(caller.workspace_id, asked.code, keys)
        letters = await _count(connection, chosen)
        _check_named(keys, letters)
        if letters:
            await accounts.write_audit(
                connection,
                workspace_id=caller.workspace_id,
                actor=caller.actor,
                action="dead_letters.replay",
                target="dead_letters",
                details={"letters": letters, **({"code": asked.code} if asked.code else {})},
            )
            # Before the commit: an act that did not begin is in no audit log.
            if not await enqueue(services, REPLAY, caller.workspace_id, asked.code, asked.ids):
                raise Problem(
                    503,
                    "queue_unavailable",
                    "nothing was replayed: Redis, where workers look for what to do, is away; try again soon",
                    headers={"Retry-After": "5"},
                )
    return {"letters": letters}


async def drop(services: Services, caller: Principal, asked: DropRequest) -> dict[str, int]:
    """Drop letters for good, and return how many, and how many are left of very many."""
    keys = _keys(asked.ids)
    chosen = Selection(caller.workspace_id, asked.code, keys, asked.state == "replayed")
    async with services.engine.begin() as connection:
        there = await _count(connection, chosen)
        now = await read_now(await driver_of(connection))
    _check_named(keys, there)
    dropped = 0
    for _ in range(MOST_STEPS):
        async with services.engine.begin() as connection:
            await _bound(connection)
            driver = await driver_of(connection)
            some = await drop_some(driver, chosen, now, actor=caller.actor, reason=asked.reason)
        dropped += some
        if dropped >= there or not some:
            break
    return {"dropped": dropped, "left": max(there - dropped, 0)}


async def _bound(connection: AsyncConnection) -> None:
    await connection.execute(text(f"SET LOCAL statement_timeout = {TIMEOUT_MS}"))


async def _count(connection: AsyncConnection, chosen: Selection) -> int:
    await _bound(connection)
    driver = await driver_of(connection)
    return await count_letters(driver, chosen, await read_now(driver))


def _keys(ids: Sequence[str] | None) -> list[Key] | None:
    try:
        return None if ids is None else [*dict.fromkeys(read_letter_id(each) for each in ids)]
    except LLMLabError as error:
        raise as_problem(error, "ids") from None


def _check_named(keys: Sequence[Key] | None, found: int) -> None:
    if keys is not None and found < len(keys):
        raise Problem(
            404,
            "letter_not_found",
            f"of the {len(keys)} dead letters that were named {found} are there in this state, so nothing "
            "was done; list them anew",
        )


def _letter(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": letter_id(row["entry"], row["index"]),
        "code": row["code"],
        "reason": row["reason"],
        "received_at": row["received_at"],
        "died_at": row["died_at"],
        "replayed_at": row["replayed_at"],
        "api_key": row["api_key_id"] or None,
        "event": shown_body(row["body"]),
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "code": reason.code,
        "reason": reason.reason,
        "letters": reason.letters,
        "first": reason.first,
        "last": reason.last,
    }


def _place(cursor: str) -> Place:
    return Place(*read_cursor(cursor, tuple[_Instant, UUID, _Number]))
