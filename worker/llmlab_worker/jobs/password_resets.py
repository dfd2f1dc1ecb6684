"""Jobs that mail links to choose a new password. The rows are what counts: a lost job waits for the sweep."""

from typing import Any

from llmlab_worker.jobs.context import runtime_of

SWEEP_SECONDS = 15


async def send_password_reset(ctx: dict[str, Any], reset_id: int) -> None:
    """Make one attempt at mailing a link; twice sends nothing twice."""
    await runtime_of(ctx).post.send_reset(reset_id)


async def sweep_password_resets(ctx: dict[str, Any]) -> int:
    """Mail what nobody was asked for, or failed before; return how many were due."""
    post = runtime_of(ctx).post
    due = await post.resets_due()
    for reset_id in due:
        await post.send_reset(reset_id)
    return len(due)
