"""The application: which routes there are and what lives as long as it runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from llmlab_shared.config import ServerSettings
from llmlab_shared.db.engine import create_engine
from llmlab_shared.errors import ConfigurationError
from redis.asyncio import Redis

from llmlab_api import errors
from llmlab_api.services import Services


def create_app(settings: ServerSettings) -> FastAPI:
    """Return the API for these settings; nothing is connected before its lifespan starts."""
    if not settings.database_url or not settings.redis_url:
        raise ConfigurationError(
            "the API needs LLMLAB_DATABASE_URL and LLMLAB_REDIS_URL; `llmlab up` brings its own"
        )
    database_url, redis_url = settings.database_url, settings.redis_url

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine = create_engine(database_url)
        redis = Redis.from_url(redis_url)
        app.state.services = Services(settings=settings, engine=engine, redis=redis)
        yield
        await redis.aclose()
        await engine.dispose()

    app = FastAPI(title="LLMLab", lifespan=lifespan, docs_url="/api/docs", openapi_url="/api/openapi.json")
    errors.install(app)
    return app
