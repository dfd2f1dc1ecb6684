"""The numbers of one answer are of one moment, however much is written meanwhile."""

import asyncio
from decimal import Decimal

from ledger import entry_of, event
from world import World


async def test_an_answer_agrees_with_itself_while_events_come_in(world: World) -> None:
    done = asyncio.Event()

    async def write() -> None:
        writer = world.ledger.another()
        while not done.is_set():
            await writer.process(entry_of(event(feature="a"), workspace_id=world.account.workspace_id))

    async def read() -> None:
        for number in range(40):
            asked = {"group_by": ("feature", "feature,customer", "provider")[number % 3]}
            answer = await world.summary(**asked)
            groups = answer["groups"]
            total = Decimal(answer["total_spend"])
            assert sum((Decimal(group["spend"]) for group in groups), Decimal(0)) == total
            assert sum((Decimal(day["spend"]) for day in answer["trends"]), Decimal(0)) == total
            assert sum(group["events"] for group in groups) == answer["counts"]["events"]

    writing = asyncio.create_task(write())
    try:
        await read()
    finally:
        done.set()
        await writing
