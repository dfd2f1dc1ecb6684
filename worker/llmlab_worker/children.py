"""Processes of their own for what must not share the consumer's event loop, started by this worker's jobs.

A child gets the settings in its environment and a pipe as standard input: when that ends, who started it
has died, and it ends too.
"""

import asyncio
import os
import sys
from collections.abc import Coroutine
from typing import Any, Final

# Below everything that events wait for.
NICE: Final = 10


async def run_child(database_url: str, module: str, *arguments: str) -> int:
    """Run a module as a child and return its exit code; it ends with the caller."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        env=os.environ | {"LLMLAB_DATABASE_URL": database_url},
    )
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def while_parent_lives(work: Coroutine[Any, Any, int], orphaned: int) -> int:
    """Do the work of a child and return its exit code, or `orphaned` when the parent dies before its end."""
    doing = asyncio.create_task(work)
    alone = asyncio.create_task(_stdin_ends())
    await asyncio.wait([doing, alone], return_when=asyncio.FIRST_COMPLETED)
    alone.cancel()
    if doing.done():
        return doing.result()
    doing.cancel()
    await asyncio.gather(doing, return_exceptions=True)
    return orphaned


async def _stdin_ends() -> None:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while await reader.read(1024):
        pass
