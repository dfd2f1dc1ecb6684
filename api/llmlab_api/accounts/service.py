"""What the account routes do. Every function is one transaction; passwords are hashed outside of it."""

from datetime import UTC, datetime

from llmlab_shared.db.repositories import accounts, budgets
from llmlab_shared.domain.money import to_wire
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_api import admission, passwords
from llmlab_api.accounts.schemas import (
    LoginRequest,
    MeRequest,
    MethodsResponse,
    PasswordRequest,
    SignupRequest,
    SignupResponse,
    TokenResponse,
    UserResponse,
    WorkspaceResponse,
    normal_email,
)
from llmlab_api.auth import Principal
from llmlab_api.errors import Problem
from llmlab_api.services import Services
from llmlab_api.sign_in import Visitor, no_workspace, start_session
from llmlab_api.zones import zone_in

_OTHER_WAY = (
    "; who came by another sign-in has no password here, and uses that one or sets a password by a reset link"
)


async def list_methods(services: Services) -> MethodsResponse:
    """Return what a sign-in page has to offer."""
    settings = services.settings
    async with services.engine.connect() as connection:
        first = not await accounts.any_user(connection)
    open_to = "open" if settings.signup == "open" else "first" if settings.signup == "first" and first else ""
    return MethodsResponse.model_validate(
        {
            "signup": open_to or "invitation",
            "first_user": first,
            "password_reset": "mail" if settings.mails_links else "operator",
            "supabase": None
            if settings.supabase_url is None
            else {
                "providers": settings.supabase_providers,
                "password": settings.supabase_anon_key is not None,
            },
        }
    )


async def sign_up(services: Services, request: SignupRequest, visitor: Visitor) -> SignupResponse:
    """Make a user with a token, and a workspace and an API key or a place in somebody else's workspace.

    Raises 403, 404, 409, 422 or 503 problems.
    """
    passwords.check_new("password", request.password)
    timezone = zone_in("timezone", request.timezone).key
    async with services.engine.connect() as connection:
        # Asked again below, where it counts; here it spares the hash.
        await admission.check(
            services, connection, email=request.email, invitation=request.invitation, decide=False
        )
    hashed = await passwords.hash_new(services, request.password)
    async with services.engine.begin() as connection:
        new = await admission.come_in(
            services,
            connection,
            email=request.email,
            hashed_password=hashed,
            invitation=request.invitation,
            workspace=request.workspace,
            timezone=timezone,
        )
        if new is None:
            raise Problem(409, "email_taken", "there is an account with this e-mail; log in instead")
        api_key = None
        if not new.invited:
            api_key = await admission.make_first_key(connection, new.workspace_id, new.user_id)
        user = await accounts.find_user(connection, new.user_id)
        assert user is not None, "inserted above, in this transaction"
        response = await _user_response(connection, user, new.workspace_id)
        token = await start_session(
            services,
            connection,
            visitor,
            user_id=new.user_id,
            workspace_id=new.workspace_id,
            generation=user.token_generation,
        )
    return SignupResponse(token=token, api_key=api_key, user=response)


async def log_in(services: Services, request: LoginRequest, visitor: Visitor) -> TokenResponse:
    """Return a token for the right password. Raises 401, 403, 404, 409, 429 or 503 problems."""
    email = normal_email(request.email)
    await services.throttle.attempt(email, visitor.address)
    try:
        found = None
        # PostgreSQL takes neither; nobody has such an e-mail.
        if email.isprintable():
            async with services.engine.connect() as connection:
                found = await accounts.find_credentials(connection, email)
        right = await passwords.verify(services, request.password, found.hashed_password if found else None)
    except Exception:
        await services.throttle.came_to_nothing(email, visitor.address)
        raise
    if found is None or not right:
        # The same for everybody: who has no password here is not a stranger's to know.
        elsewhere = _OTHER_WAY if services.supabase is not None else ""
        raise Problem(401, "bad_credentials", f"no account has this e-mail and this password{elsewhere}")
    await services.throttle.succeeded(email, visitor.address)
    async with services.engine.begin() as connection:
        workspace_id = found.workspace_id
        if request.invitation is not None:
            invitation = await admission.find_invitation(connection, request.invitation, email=email)
            await admission.accept(connection, invitation, found.user_id)
            workspace_id = invitation.workspace_id
        if workspace_id is None:
            raise no_workspace()
        token = await start_session(
            services,
            connection,
            visitor,
            user_id=found.user_id,
            workspace_id=workspace_id,
            generation=found.token_generation,
        )
    return TokenResponse(token=token)


async def log_out(services: Services, person: Principal) -> None:
    """End the token of this request, in every API process."""
    assert person.user_id is not None, "the route takes people only"
    assert person.token_id is not None, "a person came with a token"
    async with services.engine.begin() as connection:
        await accounts.revoke_token(
            connection, person.token_id, person.user_id, person.expires_at or datetime.now(UTC)
        )
        await accounts.write_audit(
            connection,
            workspace_id=person.workspace_id if person.scopes else None,
            actor=person.actor,
            action="logged_out",
        )


async def read_me(services: Services, person: Principal) -> UserResponse:
    """Return the signed-in user."""
    if not person.scopes:
        raise no_workspace()
    async with services.engine.connect() as connection:
        return await _user_response(connection, await _user(connection, person), person.workspace_id)


async def change_me(services: Services, person: Principal, request: MeRequest) -> UserResponse:
    """Change what was sent, and return the user as it now is."""
    changes = request.model_dump(exclude_unset=True)
    if "budget_alert_threshold" in changes and request.budget_alert_threshold is None:
        raise Problem(
            422, "validation_failed", "budget_alert_threshold cannot be null; leave it out to keep it"
        )
    async with services.engine.begin() as connection:
        if request.budget_alert_threshold is not None:
            await budgets.set_alert_threshold(connection, person.workspace_id, request.budget_alert_threshold)
        if "monthly_budget" in changes:
            await budgets.set_month_budget(connection, person.workspace_id, request.monthly_budget)
        if changes:
            await accounts.write_audit(
                connection,
                workspace_id=person.workspace_id,
                actor=person.actor,
                action="workspace_changed",
                details={name: None if value is None else to_wire(value) for name, value in changes.items()},
            )
        return await _user_response(connection, await _user(connection, person), person.workspace_id)


async def change_password(
    services: Services, person: Principal, request: PasswordRequest, visitor: Visitor
) -> TokenResponse:
    """Set a new password; every older token of the user is dead afterwards, the returned one lives."""
    if not person.scopes:
        # Nor could they log in: a token needs a workspace.
        raise no_workspace()
    passwords.check_new("new_password", request.new_password)
    async with services.engine.connect() as connection:
        user = await _user(connection, person)
    if user.hashed_password is None:
        raise Problem(
            409,
            "no_password",
            "this account has no password yet; set one by a reset link (`POST /api/auth/password/forgot`)",
        )
    await services.throttle.attempt(user.email, visitor.address)
    try:
        right = await passwords.verify(services, request.current_password, user.hashed_password)
        hashed = await passwords.hash_new(services, request.new_password) if right else None
    except Exception:
        await services.throttle.came_to_nothing(user.email, visitor.address)
        raise
    if hashed is None:
        raise Problem(403, "wrong_password", "the current password is another one; nothing was changed")
    await services.throttle.succeeded(user.email, visitor.address)
    async with services.engine.begin() as connection:
        generation = await accounts.change_password(connection, user.id, hashed, was=user.hashed_password)
        if generation is None:
            raise Problem(409, "changed_meanwhile", "the password was changed by another request just now")
        await accounts.write_audit(
            connection, workspace_id=person.workspace_id, actor=person.actor, action="password_changed"
        )
        token = await start_session(
            services,
            connection,
            visitor,
            user_id=user.id,
            workspace_id=person.workspace_id,
            generation=generation,
        )
    return TokenResponse(token=token)


async def _user(connection: AsyncConnection, person: Principal) -> accounts.StoredUser:
    assert person.user_id is not None, "the route takes people only"
    user = await accounts.find_user(connection, person.user_id)
    if user is None:
        raise Problem(404, "not_found", "this account no longer exists")
    return user


async def _user_response(
    connection: AsyncConnection, user: accounts.StoredUser, workspace_id: int
) -> UserResponse:
    budget = await budgets.month_budget(connection, workspace_id)
    threshold = await accounts.alert_threshold(connection, workspace_id)
    return UserResponse.model_validate(
        {
            "id": user.id,
            "email": user.email,
            "created_at": user.created_at,
            "monthly_budget": None if budget is None else to_wire(budget),
            "budget_alert_threshold": to_wire(threshold),
            "has_password": user.hashed_password is not None,
            "workspaces": [
                WorkspaceResponse.model_validate(row, from_attributes=True)
                for row in await accounts.list_memberships(connection, user.id)
            ],
        }
    )
