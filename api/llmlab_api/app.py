"""The application: which routes there are and what lives as long as it runs."""

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
from llmlab_api.accounts.routes import router as accounts_router
from llmlab_api.alerts.routes import deliveries_router
from llmlab_api.alerts.routes import router as alerts_router
from llmlab_api.budgets.routes import router as budgets_router
from llmlab_api.call_sessions.routes import router as call_sessions_router
from llmlab_api.channels.routes import router as channels_router
from llmlab_api.costs.routes import router as costs_router
from llmlab_api.dimension_values.routes import router as values_router
from llmlab_api.docs.routes import router as docs_router
from llmlab_api.estimates.routes import router as estimate_router
from llmlab_api.export.routes import router as export_router
from llmlab_api.forecasts.routes import router as forecasts_router
from llmlab_api.health.routes import HEALTH_PATHS
from llmlab_api.health.routes import router as health_router
from llmlab_api.ingest.openapi import description as describe_ingest
from llmlab_api.ingest.routes import route as ingest_route
from llmlab_api.invitations.routes import router as invitations_router
from llmlab_api.keys.routes import router as keys_router
from llmlab_api.keys.serving import serve_keys
from llmlab_api.live.hub import Hub
from llmlab_api.live.routes import router as live_router
from llmlab_api.login_throttle import LoginThrottle
from llmlab_api.mappings.routes import router as mappings_router
from llmlab_api.members.routes import router as members_router
from llmlab_api.members.routes import workspaces_router
from llmlab_api.notification_settings.routes import router as notification_settings_router
from llmlab_api.openapi import describe
from llmlab_api.prices.routes import router as prices_router
from llmlab_api.recommendations.routes import router as recommendations_router
from llmlab_api.repricings.routes import costs_router as corrections_router
from llmlab_api.repricings.routes import router as repricings_router
from llmlab_api.services import Services
from llmlab_api.sessions.routes import router as sessions_router
from llmlab_api.tokens import HmacTokens
from llmlab_api.web.routes import ASSETS, ScreenRoute
from llmlab_api.web.routes import router as web_router
from llmlab_api.what_if.routes import router as what_if_router


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
        async with serve_keys(database_url) as keys:
            app.state.services = Services(
                settings=settings,
                engine=engine,
                redis=redis,
                writer=writer,
                keys=keys,
                tokens=tokens,
                passwords=passwords,
                throttle=LoginThrottle(redis),
            )
            app.state.live = Hub(app.state.services)
            yield
            await app.state.live.aclose()
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
        shortcut=(ingest_route.path, ingest_route.app),
    )
    describe(app, describe_ingest)
    app.include_router(health_router)
    app.include_router(accounts_router)
    app.include_router(sessions_router)
    app.include_router(members_router)
    app.include_router(workspaces_router)
    app.include_router(invitations_router)
    app.include_router(budgets_router)
    # Before the costs', where their names would be the ids of events.
    app.include_router(live_router)
    app.include_router(export_router)
    app.include_router(what_if_router)
    app.include_router(values_router)
    app.include_router(call_sessions_router)
    # Before the costs, where every other name is an event's id.
    app.include_router(forecasts_router)
    app.include_router(costs_router)
    app.include_router(docs_router)
    app.include_router(keys_router)
    app.include_router(prices_router)
    app.include_router(mappings_router)
    app.include_router(estimate_router)
    app.include_router(repricings_router)
    app.include_router(corrections_router)
    app.include_router(recommendations_router)
    app.include_router(alerts_router)
    app.include_router(deliveries_router)
    app.include_router(channels_router)
    app.include_router(notification_settings_router)
    app.include_router(web_router)
    # Last: it takes whatever a browser is sent to.
    app.router.routes.append(ScreenRoute())
    return app
