"""The whole metadata: importing this module knows every table."""

from llmlab_shared.db.models import (
    accounts,
    budgets,
    events,
    notification_settings,
    notifications,
    people,
    prices,
    rebuilds,
    recommendations,
    repricings,
    rollups,
)
from llmlab_shared.db.models.base import Base

metadata = Base.metadata

__all__ = [
    "accounts",
    "budgets",
    "events",
    "metadata",
    "notification_settings",
    "notifications",
    "people",
    "prices",
    "rebuilds",
    "recommendations",
    "repricings",
    "rollups",
]
