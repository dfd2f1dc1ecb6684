"""Putting accepted events on their streams: group commit, and a bound on what may wait.

While one pipeline of a shard is under way, what arrives collects; the next pipeline takes it all. So
there is no timer: a lone request leaves at once, and under load one round trip and one fsync of the
server serve many requests. A pipeline is one MULTI with the entries of all its requests and one INCRBY
of the backlog counter (`backlog.py`): it is written wholly or not at all.

A pipeline whose connection breaks is sent once more on a new one. It may then be on the stream twice,
which the entries' own ids undo: the worker's inbox takes an entry once. Nothing is ever trimmed.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import RedisError, ResponseError

from llmlab_shared.errors import LLMLabError
from llmlab_shared.log import get_logger
from llmlab_shared.queue.backlog import counter_name, read_shard
from llmlab_shared.queue.entry import Entry, stream_name

# A hung server must not hold a request longer; under it lies the slowest fsync of a busy disk.
TIMEOUT = 2.0
# What a pipeline carries at most, so that no reply takes long; and what may wait in this process.
MAX_GROUP_BYTES = 4 << 20
MAX_WAITING_BYTES = 32 << 20
# Smaller bodies are cheaper to copy than to send as pieces.
_COPIED_BYTES = 8 << 10
# How old the knowledge of a full backlog may grow before somebody looks whether it has drained.
_FULL_FOR = 0.25

log = get_logger(__name__)


class QueueUnavailable(LLMLabError):
    """The entries were not taken, or nobody can say whether they were; send the same events again."""

    def __init__(self, detail: str, *, retry_after: int = 1) -> None:
        super().__init__("queue_unavailable", detail)
        self.retry_after = retry_after


class BacklogFull(LLMLabError):
    """Too much waits for the workers; nothing was taken."""

    retry_after = 5

    def __init__(self, waiting: int, limit: int) -> None:
        super().__init__(
            "backlog_full",
            f"{waiting} bytes of events wait to be priced and the limit is {limit}: "
            "send again later; the operator should look at the workers (`llmlab workers`)",
        )


@dataclass(slots=True)
class _Append:
    packed: list[bytes]
    entries: int
    size: int
    done: asyncio.Future[None]


@dataclass(slots=True)
class _Shard:
    number: int
    stream: bytes
    counter: bytes
    waiting: list[_Append] = field(default_factory=list)
    waiting_bytes: int = 0
    flusher: asyncio.Task[None] | None = None
    connection: AbstractConnection | None = None
    backlog: int = 0
    full_until: float = 0.0
    look: asyncio.Task[None] | None = None


class StreamWriter:
    """Appends entries to the streams of one Redis; made for one event loop.

    `backlog_bytes` bounds what all writers together may leave waiting, in equal parts for the shards,
    since each may lie on a server of its own.
    """

    def __init__(self, redis: Redis, shards: int, backlog_bytes: int, *, timeout: float = TIMEOUT) -> None:
        self._redis = redis
        self._shards = [
            _Shard(number, stream_name(number).encode(), counter_name(number).encode())
            for number in range(shards)
        ]
        self._limit = backlog_bytes // shards
        self._timeout = timeout
        self._closed = False

    async def append(self, entries: Sequence[Entry]) -> None:
        """Put entries of one workspace on its stream, all or none, and return when they are there.

        Raises `BacklogFull`, or `QueueUnavailable` when Redis is away, hangs or refuses to write.
        """
        shard = self._shards[entries[0].workspace_id % len(self._shards)]
        size = sum(entry.size for entry in entries)
        if self._closed:
            raise QueueUnavailable("this server is stopping; send the same events again")
        if shard.backlog + shard.waiting_bytes + size > self._limit:
            await self._look_whether_drained(shard)
            if shard.backlog + shard.waiting_bytes + size > self._limit:
                raise BacklogFull(shard.backlog + shard.waiting_bytes, self._limit)
        if shard.waiting_bytes + size > MAX_WAITING_BYTES:
            raise QueueUnavailable("the event queue is slower than what arrives; send the same events again")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        packed = [piece for entry in entries for piece in _xadd(shard.stream, entry)]
        shard.waiting.append(_Append(packed, len(entries), size, done))
        shard.waiting_bytes += size
        if shard.flusher is None:
            shard.flusher = asyncio.create_task(self._flush(shard))
        await done

    async def aclose(self) -> None:
        """Send what waits, then close the connections."""
        self._closed = True
        for shard in self._shards:
            if shard.flusher is not None:
                await asyncio.wait({shard.flusher})
            if shard.look is not None:
                await asyncio.wait({shard.look})
            if shard.connection is not None:
                await shard.connection.disconnect()

    async def _flush(self, shard: _Shard) -> None:
        try:
            while shard.waiting:
                group = _take(shard)
                if not group:
                    break
                error = await self._send(shard, group)
                if error is not None:
                    # What waits behind would only wait as long for the same answer.
                    _fail(group + shard.waiting, error)
                    shard.waiting, shard.waiting_bytes = [], 0
                    continue
                for append in group:
                    shard.waiting_bytes -= append.size
                    # A request that was cancelled meanwhile has a done future already.
                    if not append.done.done():
                        append.done.set_result(None)
        finally:
            shard.flusher = None

    async def _send(self, shard: _Shard, group: list[_Append]) -> QueueUnavailable | None:
        """Write a group; return why it failed, in the words for its callers."""
        try:
            async with asyncio.timeout(self._timeout):
                reused = shard.connection is not None and shard.connection.is_connected
                try:
                    shard.backlog = await self._exchange(shard, group)
                except ConnectionLost:
                    if not reused:
                        raise
                    # The server was restarted, or closed an idle connection, behind our back.
                    shard.backlog = await self._exchange(shard, group)
        except Exception as error:
            if shard.connection is not None:
                await shard.connection.disconnect(nowait=True)
            log.warning("events not queued", requests=len(group), reason=f"{type(error).__name__}: {error}")
            return _explain(error)
        return None

    async def _exchange(self, shard: _Shard, group: list[_Append]) -> int:
        """Send the group as one MULTI and read every reply; return the backlog in bytes after it."""
        if shard.connection is None:
            pool = self._redis.connection_pool
            # One timeout holds for the whole exchange, instead of a timer for each reply.
            options = {**pool.connection_kwargs, "socket_timeout": None}
            shard.connection = pool.connection_class(**options)
        connection = shard.connection
        packed = [_command([b"MULTI"])]
        for append in group:
            packed += append.packed
        packed.append(_command([b"INCRBY", shard.counter, sum(append.size for append in group)]))
        packed.append(_command([b"EXEC"]))
        await connection.send_packed_command(packed, check_health=False)
        refusal: ResponseError | None = None
        result: list[Any] = []
        for _ in range(sum(append.entries for append in group) + 3):
            try:
                result = await connection.read_response()
            except ResponseError as error:
                # The first says why; EXEC only says that there was one.
                refusal = refusal or error
        if refusal is None:
            refusal = next((reply for reply in result if isinstance(reply, ResponseError)), None)
        if refusal is not None:
            raise refusal
        return int(result[-1])

    async def _look_whether_drained(self, shard: _Shard) -> None:
        """Learn a full shard's backlog anew, at most every quarter of a second for all callers."""
        loop = asyncio.get_running_loop()
        if shard.look is None:
            if loop.time() < shard.full_until:
                return
            shard.look = loop.create_task(self._look(shard))
        await asyncio.shield(shard.look)

    async def _look(self, shard: _Shard) -> None:
        try:
            async with asyncio.timeout(self._timeout):
                shard.backlog = (await read_shard(self._redis, shard.number)).bytes
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("backlog not read", reason=f"{type(error).__name__}: {error}")
        finally:
            shard.full_until = asyncio.get_running_loop().time() + _FULL_FOR
            shard.look = None


def _take(shard: _Shard) -> list[_Append]:
    """Take the waiting requests that one pipeline carries; who was cancelled meanwhile is let go."""
    group: list[_Append] = []
    total = count = 0
    for append in shard.waiting:
        if append.done.done():
            shard.waiting_bytes -= append.size
        elif group and total + append.size > MAX_GROUP_BYTES:
            break
        else:
            group.append(append)
            total += append.size
        count += 1
    del shard.waiting[:count]
    return group


def _fail(appends: list[_Append], error: Exception) -> None:
    for append in appends:
        if not append.done.done():
            append.done.set_exception(error)


def _explain(error: Exception) -> QueueUnavailable:
    if isinstance(error, ResponseError):
        return QueueUnavailable(f"the event queue refuses to write: {error}", retry_after=5)
    if isinstance(error, TimeoutError):
        return QueueUnavailable("the event queue does not answer in time; send the same events again")
    return QueueUnavailable("the event queue is away; send the same events again")


def _xadd(stream: bytes, entry: Entry) -> list[bytes]:
    """Return XADD as Redis' protocol has it; a large body is a piece of its own, so that it is not copied."""
    fields = entry.fields()
    del fields[b"b"]
    arguments = [b"XADD", stream, b"*", *chain.from_iterable(fields.items()), b"b"]
    head = b"*%d\r\n%b$%d\r\n" % (len(arguments) + 1, b"".join(map(_argument, arguments)), len(entry.body))
    if len(entry.body) < _COPIED_BYTES:
        return [b"%b%b\r\n" % (head, entry.body)]
    return [head, entry.body, b"\r\n"]


def _command(arguments: Sequence[bytes | int]) -> bytes:
    return b"*%d\r\n%b" % (len(arguments), b"".join(map(_argument, arguments)))


def _argument(argument: bytes | int) -> bytes:
    text = argument if isinstance(argument, bytes) else b"%d" % argument
    return b"$%d\r\n%b\r\n" % (len(text), text)
