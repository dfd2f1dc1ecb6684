"""The application: which routes there are and what lives as long as it runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from llmlab_shared.config import ServerSettings
from llmlab_shared.db.engine import create_engine
from llmlab_shared.errors import ConfigurationError
from llmlab_shared.queue.writer import StreamWriter
from llmlab_shared.security import BCRYPT_COST, PasswordHasher
from redis.asyncio import Redis

from llmlab_api import errors, middleware, outage
from llmlab_api.export.formats import FORMATS
from llmlab_api.health.routes import HEALTH_PATHS
from llmlab_api.ingest.openapi import description as describe_ingest
from llmlab_api.ingest.routes import route as ingest_route
from llmlab_api.keys.serving import serve_keys
from llmlab_api.live.hub import Hub
from llmlab_api.login_throttle import LoginThrottle
from llmlab_api.openapi import describe
from llmlab_api.routers import ROUTERS
from llmlab_api.services import Services
from llmlab_api.supabase.serving import serve_supabase
from llmlab_api.tokens import HmacTokens
from llmlab_api.web.routes import ASSETS, ScreenRoute


def create_app(settings: ServerSettings, *, bcrypt_cost: int = BCRYPT_COST) -> FastAPI:
    """Return the API for these settings; nothing is connected before its lifespan starts.

    Tests lower `bcrypt_cost`, because the real one takes 0.3 s a password.
    """
    if not settings.database_url or not settings.redis_url:
        raise ConfigurationError(
            "the API needs LLMLAB_DATABASE_URL and LLMLAB_REDIS_URL; `llmlab up` brings its own"
        )
    database_url, redis_url = settings.database_url, settings.redis_url
    tokens = HmacTokens.from_settings(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine = create_engine(database_url)
        redis = Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=2)
        writer = StreamWriter(redis, settings.stream_shards, settings.backlog_bytes)
        passwords = PasswordHasher(cost=bcrypt_cost)
        async with serve_keys(database_url) as keys, serve_supabase(settings) as (supabase, foreign):
            app.state.services = Services(
                settings=settings,
                engine=engine,
                redis=redis,
                writer=writer,
                keys=keys,
                tokens=tokens,
                passwords=passwords,
                throttle=LoginThrottle(redis),
                reset_throttle=LoginThrottle(redis, counted="requests for a new password"),
                verifiers={each.issuer: each for each in (tokens, *foreign)},
                supabase=supabase,
            )
            app.state.live = Hub(app.state.services)
            yield
            await app.state.live.aclose()
            await asyncio.gather(*app.state.services.afterwards)
        await writer.aclose()
        passwords.close()
        app.state.services.resolvers.shutdown(wait=False, cancel_futures=True)
        await redis.aclose()
        await engine.dispose()

    app = FastAPI(
        title="LLMLab",
        version=version("llmlab-server"),
        lifespan=lifespan,
        # FastAPI's own page loads its script from another site: see `docs`.
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        # A slash too many is a 404: a redirect would name the scheme that a proxy in front ends, and send
        # credentials there.
        redirect_slashes=False,
        # Spans of its own would cost the ingest route more than its work.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        # A body without a Content-Type is JSON, and no other site can gain by it: what a cookie signs, or
        # sets a cookie, needs a header that another site's page may not send (see `cookies`).
        strict_content_type=False,
    )
    # First, because routes are tried in order.
    app.router.routes.insert(0, ingest_route)
    errors.install(app)
    outage.install(app)
    middleware.install(
        app,
        origins=settings.cors_origins,
        own_limit=[ingest_route.path],
        quiet=[ingest_route.path, *HEALTH_PATHS],
        files=ASSETS,
        # A reader that is slow has to slow the reading down, row by row.
        uncompressed={form.media_type for form in FORMATS.values()},
        shortcut=(ingest_route.path, ingest_route.app),
    )
    describe(app, describe_ingest)
    for router in ROUTERS:
        app.include_router(router)
    # Last: it takes whatever a browser is sent to.
    app.router.routes.append(ScreenRoute())
    return app
