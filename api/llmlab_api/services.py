"""What the running API holds: connections, caches and the stream writer, made once by the lifespan."""

import asyncio
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from llmlab_shared.config import ServerSettings
from llmlab_shared.log import get_logger
from llmlab_shared.queue.writer import StreamWriter
from llmlab_shared.security import PasswordHasher
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from llmlab_api.auth import KeyCache
from llmlab_api.current_prices import CurrentPrices
from llmlab_api.login_throttle import LoginThrottle
from llmlab_api.recent import Recent
from llmlab_api.room import Room
from llmlab_api.tokens import Claims, HmacTokens, Subject, TokenVerifier, issuer_in

if TYPE_CHECKING:
    from llmlab_api.supabase.issuer import SupabaseIssuer

# Working recommendations out reads many events, and people look at them several times in a row.
ADVICE_SECONDS, ADVICE_WORKSPACES = 60.0, 256
RESOLVERS = 4
log = get_logger(__name__)


@dataclass(slots=True)
class Services:
    """Handed to requests as `request.app.state.services`; fields are added as features need them."""

    settings: ServerSettings
    engine: AsyncEngine
    redis: Redis
    writer: StreamWriter
    keys: KeyCache
    tokens: HmacTokens
    passwords: PasswordHasher
    throttle: LoginThrottle
    reset_throttle: LoginThrottle
    # By their issuers: who can tell whether a token is good. Ours is one of them.
    verifiers: Mapping[str, TokenVerifier]
    supabase: "SupabaseIssuer | None"
    room: Room = field(default_factory=Room)
    prices: CurrentPrices = field(default_factory=CurrentPrices)
    # Exports that read at the same time: they wait for each other, and not everybody else for them.
    exports: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
    # Names that users send are looked up by these alone: hung ones must not hold what ingest waits for.
    resolvers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(RESOLVERS, "resolve"))
    advice: Recent[Any] = field(default_factory=lambda: Recent(ADVICE_SECONDS, ADVICE_WORKSPACES))
    # What goes on after an answer is out.
    afterwards: set[asyncio.Task[None]] = field(default_factory=set)
    # By workspace: advice that many ask for at once is worked out once.
    working_out: WeakValueDictionary[int, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    async def identify(self, token: str) -> Claims | Subject:
        """Return what a token of whatever issuer says. Raises `TokenRejected` and `IssuerAway`."""
        verifier = self.verifiers.get(issuer_in(token) or "", self.tokens)
        return await verifier.identify(token)

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something after the answer, which must not wait for it; what fails is logged."""
        task = asyncio.create_task(_logged(work))
        self.afterwards.add(task)
        task.add_done_callback(self.afterwards.discard)


async def _logged(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception as error:
        log.error("what was to be done after an answer failed", exc_info=error)
