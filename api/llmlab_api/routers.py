"""Every router of the API, in the order in which their routes are tried."""

from typing import Final

from fastapi import APIRouter

from llmlab_api import people
from llmlab_api.alerts.routes import deliveries_router
from llmlab_api.alerts.routes import router as alerts_router
from llmlab_api.audit.routes import router as audit_router
from llmlab_api.budgets.routes import router as budgets_router
from llmlab_api.call_sessions.routes import router as call_sessions_router
from llmlab_api.channels.routes import router as channels_router
from llmlab_api.costs.routes import router as costs_router
from llmlab_api.dead_letters.routes import router as dead_letters_router
from llmlab_api.dimension_values.routes import router as values_router
from llmlab_api.docs.routes import router as docs_router
from llmlab_api.estimates.routes import router as estimate_router
from llmlab_api.export.routes import router as export_router
from llmlab_api.forecasts.routes import router as forecasts_router
from llmlab_api.health.routes import router as health_router
from llmlab_api.keys.routes import router as keys_router
from llmlab_api.live.routes import router as live_router
from llmlab_api.mappings.routes import router as mappings_router
from llmlab_api.notification_settings.routes import router as notification_settings_router
from llmlab_api.prices.routes import router as prices_router
from llmlab_api.recommendations.routes import router as recommendations_router
from llmlab_api.repricings.routes import costs_router as corrections_router
from llmlab_api.repricings.routes import router as repricings_router
from llmlab_api.web.routes import router as web_router
from llmlab_api.what_if.routes import router as what_if_router
from llmlab_api.workspace.routes import router as workspace_router

ROUTERS: Final[tuple[APIRouter, ...]] = (
    health_router,
    *people.ROUTERS,
    budgets_router,
    # Before the costs', where their names would be the ids of events.
    forecasts_router,
    live_router,
    export_router,
    what_if_router,
    values_router,
    call_sessions_router,
    costs_router,
    docs_router,
    keys_router,
    dead_letters_router,
    audit_router,
    workspace_router,
    prices_router,
    mappings_router,
    estimate_router,
    repricings_router,
    corrections_router,
    recommendations_router,
    alerts_router,
    deliveries_router,
    channels_router,
    notification_settings_router,
    web_router,
)
