"""What arq hands to jobs: the runtime of the process they run in."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmlab_worker.runtime import Runtime

RUNTIME = "llmlab_runtime"


def runtime_of(ctx: dict[str, Any]) -> "Runtime":
    """Return the runtime that `main` put into arq's context."""
    runtime: Runtime = ctx[RUNTIME]
    return runtime
