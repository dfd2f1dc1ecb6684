"""Alerts on their way: messages become deliveries, deliveries are sent, and a sweep finds what was left.

The rows are what counts (`llmlab_worker.notify.outbox`, `.deliveries`): a job that is lost, a killed worker
or an empty Redis delay a message by a sweep and a lease, less than a minute. A job twice sends nothing twice.
"""

import time
from collections.abc import Iterable
from typing import Any

from llmlab_shared.domain.notifications import DELIVER, FAN_OUT

from llmlab_worker.jobs.context import runtime_of
from llmlab_worker.notify.deliveries import SWEEP_SECONDS, Due


async def fan_out(ctx: dict[str, Any]) -> int:
    """Make the deliveries of some of what waits in the outbox and ask for them; return of how many messages.

    And ask for the rest: nobody waits until all of it is worded.
    """
    made = await runtime_of(ctx).post.fan_out()
    await _ask_for(ctx, made.due)
    if made.messages:
        await ctx["redis"].enqueue_job(FAN_OUT)
    return made.messages


async def deliver(ctx: dict[str, Any], delivery_id: int) -> None:
    """Make one attempt at a delivery, and ask for what waits behind it."""
    behind = await runtime_of(ctx).post.deliver(delivery_id)
    if behind is not None:
        await ctx["redis"].enqueue_job(DELIVER, behind)


async def sweep_deliveries(ctx: dict[str, Any]) -> int:
    """Do what nobody was asked for, or whoever was did not live to do: return how many deliveries."""
    await fan_out(ctx)
    due = await runtime_of(ctx).post.due()
    await _ask_for(ctx, due)
    return len(due)


async def _ask_for(ctx: dict[str, Any], deliveries: Iterable[Due]) -> None:
    # One job an attempt and sweep, whoever asks: an older job's id may be held by a worker that is gone.
    turn = int(time.time()) // SWEEP_SECONDS
    for delivery, attempts in deliveries:
        name = f"{DELIVER}:{delivery}:{attempts}:{turn}"
        await ctx["redis"].enqueue_job(DELIVER, delivery, _job_id=name)
