"""Who may do what: every route that changes something, against every role and both kinds of keys.

The routes are taken from the application: one that is new fails here until it is settled.
"""

import re
from typing import Literal

from api_client import Api, api_settings
from fastapi.routing import iter_route_contexts
from llmlab_api.app import create_app
from people import joined

Needs = Literal["nobody", "themselves", "ingest", "read", "edit", "admin"]
# `themselves`: what concerns the person alone. `read`: it changes nothing that is kept.
MUTATING: dict[str, Needs] = {
    "POST /api/auth/signup": "nobody",
    "POST /api/auth/login": "nobody",
    "POST /api/auth/supabase": "nobody",
    "POST /api/auth/password/forgot": "nobody",
    "POST /api/auth/password/reset": "nobody",
    "POST /api/invitations/look": "nobody",
    "POST /api/auth/logout": "themselves",
    "PATCH /api/auth/password": "themselves",
    "DELETE /api/auth/sessions": "themselves",
    "DELETE /api/auth/sessions/{session_id}": "themselves",
    "POST /api/invitations/accept": "themselves",
    "POST /api/workspaces": "themselves",
    # Oneself too; whom else, the service says.
    "DELETE /api/members/{user_id}": "themselves",
    "POST /api/events/track": "ingest",
    "POST /api/budgets/backtest": "read",
    "POST /api/budgets": "edit",
    "PATCH /api/budgets/{id}": "edit",
    "DELETE /api/budgets/{id}": "edit",
    "POST /api/alerts/{alert_id}/acknowledge": "edit",
    "POST /api/alerts/acknowledge": "edit",
    "POST /api/recommendations/{id}/accept": "edit",
    "POST /api/recommendations/{id}/dismiss": "edit",
    "POST /api/recommendations/{id}/snooze": "edit",
    "POST /api/recommendations/{id}/reopen": "edit",
    "PATCH /api/auth/me": "admin",
    "PATCH /api/members/{user_id}": "admin",
    "POST /api/invitations": "admin",
    "DELETE /api/invitations/{invitation_id}": "admin",
    "POST /api/keys": "admin",
    "POST /api/keys/{key_id}/rotate": "admin",
    "DELETE /api/keys/{key_id}": "admin",
    "PUT /api/prices": "admin",
    "DELETE /api/prices": "admin",
    "PUT /api/prices/mappings": "admin",
    "DELETE /api/prices/mappings": "admin",
    "POST /api/prices/reprice": "admin",
    "POST /api/prices/repricings/{repricing_id}/undo": "admin",
    "POST /api/costs/release": "admin",
    "POST /api/costs/{id}/correct": "admin",
    "POST /api/channels": "admin",
    "PATCH /api/channels/{channel_id}": "admin",
    "DELETE /api/channels/{channel_id}": "admin",
    "POST /api/channels/{channel_id}/test": "admin",
    "POST /api/channels/{channel_id}/rotate": "admin",
    "POST /api/deliveries/{delivery_id}/retry": "admin",
    "PATCH /api/notifications/settings": "admin",
    "PATCH /api/workspace": "admin",
    "POST /api/deadletters/replay": "admin",
    "POST /api/deadletters/drop": "admin",
}
# What only people do; an API key, whatever it may, is none.
FOR_PEOPLE = re.compile(r"/api/(auth|members|invitations|workspaces)")
RIGHTS: dict[str, set[Needs]] = {
    "owner": {"ingest", "read", "edit", "admin"},
    "admin": {"ingest", "read", "edit", "admin"},
    "member": {"ingest", "read", "edit"},
    "viewer": {"read"},
    "key to read and report": {"ingest", "read"},
    "key with admin": {"ingest", "read", "edit", "admin"},
}
NOBODYS = {"session_id": "5d9f6a0e-0a4e-4c8e-8f51-5ffdce74fad2", "id": "5d9f6a0e-0a4e-4c8e-8f51-5ffdce74fad2"}
REFUSALS = {"insufficient_scope", "needs_login"}


def test_every_route_that_changes_something_is_settled() -> None:
    app = create_app(api_settings("postgresql://nowhere/nothing", "redis://nowhere"))
    found = {
        f"{method} {context.path}"
        for context in iter_route_contexts(app.routes)
        for method in (context.methods or set()) - {"GET", "HEAD", "OPTIONS"}
    }
    assert found == MUTATING.keys()


async def test_every_role_may_what_is_settled_and_no_more(api: Api) -> None:
    people = await joined(api.client)
    owner = people["owner"]
    callers = {role: account.auth for role, account in people.items()}
    scopes = ["ingest", "read", "admin"]
    made = await api.client.post("/api/keys", json={"name": "k", "scopes": scopes}, headers=owner.auth)
    callers["key to read and report"] = owner.key_auth
    callers["key with admin"] = {"Authorization": f"Bearer {made.json()['api_key']}"}
    for route, needs in MUTATING.items():
        if needs == "nobody" or route.endswith(("/logout", "/auth/sessions")):
            continue
        method, path = route.split()
        url = re.sub(r"{(\w+)}", lambda name: NOBODYS.get(name[1], "999999"), path)
        if path.startswith("/api/budgets/{id}"):
            url = "/api/budgets/999999"
        for caller, headers in callers.items():
            response = await api.client.request(method, url, headers=headers, json={"strange": 1})
            refused = response.status_code == 403 and response.json()["code"] in REFUSALS
            person = not caller.startswith("key")
            may = (needs in RIGHTS[caller] or (needs == "themselves" and person)) and (
                person or not FOR_PEOPLE.match(path)
            )
            assert refused is not may, (caller, route, response.text)
            assert response.status_code < 500
    # All of them look at everything, keys and who is invited aside.
    for path in (
        "budgets",
        "alerts",
        "channels",
        "deliveries",
        "recommendations",
        "costs",
        "prices",
        "members",
    ):
        for role, account in people.items():
            response = await api.client.get(f"/api/{path}", headers=account.auth)
            assert response.status_code == 200, (role, path)
