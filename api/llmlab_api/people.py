"""The routes about people: how they come in and stay, and who belongs to a workspace."""

from fastapi import APIRouter

from llmlab_api.accounts.routes import router as accounts_router
from llmlab_api.invitations.routes import router as invitations_router
from llmlab_api.members.routes import router as members_router
from llmlab_api.members.routes import workspaces_router
from llmlab_api.resets.routes import router as resets_router
from llmlab_api.sessions.routes import router as sessions_router
from llmlab_api.supabase.routes import router as supabase_router

ROUTERS: tuple[APIRouter, ...] = (
    accounts_router,
    resets_router,
    supabase_router,
    sessions_router,
    members_router,
    workspaces_router,
    invitations_router,
)
