"""What the running API holds: connections, caches and the stream writer, made once by the lifespan."""

from dataclasses import dataclass

from llmlab_shared.config import ServerSettings
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine


@dataclass(slots=True)
class Services:
    """Handed to requests as `request.app.state.services`; fields are added as features need them."""

    settings: ServerSettings
    engine: AsyncEngine
    redis: Redis
