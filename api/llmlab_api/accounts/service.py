"""What the account routes do. Every function is one transaction; passwords are hashed outside of it."""

from datetime import UTC, datetime

from llmlab_shared.db.repositories import accounts, budgets, channels, keys
from llmlab_shared.domain.money import to_wire
from llmlab_shared.domain.zones import find_zone
from llmlab_shared.errors import LLMLabError
from llmlab_shared.security import HashingBusy, WeakPassword, check_password, new_api_key
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_api.accounts.schemas import (
    LoginRequest,
    MeRequest,
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

FIRST_KEY_NAME = "First key"
FIRST_KEY_SCOPES = ("ingest", "read")


async def sign_up(services: Services, request: SignupRequest) -> SignupResponse:
    """Make a user with a workspace, an API key and a token. Raises 403, 409, 422 or 503 problems."""
    mode = services.settings.signup
    if mode == "closed":
        raise _closed()
    _check_password("password", request.password)
    try:
        timezone = find_zone(request.timezone).key
    except LLMLabError as error:
        raise _field_problem(error, "timezone") from None
    if mode == "first":
        # Asked again below, under the lock; here it spares the hash.
        async with services.engine.connect() as connection:
            if await accounts.any_user(connection):
                raise _closed()
    hashed = await _hash(services, request.password)
    key = new_api_key()
    async with services.engine.begin() as connection:
        if mode == "first":
            await accounts.lock_first_signup(connection)
            if await accounts.any_user(connection):
                raise _closed()
        user_id = await accounts.insert_user(connection, request.email, hashed)
        if user_id is None:
            raise Problem(409, "email_taken", "there is an account with this e-mail; log in instead")
        workspace_id = await accounts.insert_workspace(connection, request.workspace, timezone, user_id)
        await keys.insert_key(
            connection,
            key,
            workspace_id=workspace_id,
            created_by=user_id,
            name=FIRST_KEY_NAME,
            scopes=FIRST_KEY_SCOPES,
            defaults={},
        )
        await channels.insert_owners_channel(connection, workspace_id, request.email)
        await accounts.write_audit(
            connection, workspace_id=workspace_id, actor=f"user:{user_id}", action="signed_up"
        )
        user = await accounts.find_user(connection, user_id)
        assert user is not None, "inserted above, in this transaction"
        response = await _user_response(connection, user, workspace_id)
    token = services.tokens.issue(
        user_id=user_id, workspace_id=workspace_id, generation=user.token_generation
    )
    return SignupResponse(token=token, api_key=key.secret, user=response)


async def log_in(services: Services, request: LoginRequest, address: str) -> TokenResponse:
    """Return a token for the right password. Raises 401, 429 or 503 problems."""
    email = normal_email(request.email)
    await services.throttle.attempt(email, address)
    try:
        found = None
        # PostgreSQL takes neither; nobody has such an e-mail.
        if email.isprintable():
            async with services.engine.connect() as connection:
                found = await accounts.find_credentials(connection, email)
        right = await _verify(services, request.password, found.hashed_password if found else None)
    except Exception:
        await services.throttle.came_to_nothing(email, address)
        raise
    if found is None or not right:
        raise Problem(401, "bad_credentials", "no account has this e-mail and this password")
    await services.throttle.succeeded(email, address)
    token = services.tokens.issue(
        user_id=found.user_id, workspace_id=found.workspace_id, generation=found.token_generation
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
            connection, workspace_id=person.workspace_id, actor=person.actor, action="logged_out"
        )


async def read_me(services: Services, person: Principal) -> UserResponse:
    """Return the signed-in user."""
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
    services: Services, person: Principal, request: PasswordRequest, address: str
) -> TokenResponse:
    """Set a new password; every older token of the user is dead afterwards, the returned one lives."""
    _check_password("new_password", request.new_password)
    async with services.engine.connect() as connection:
        user = await _user(connection, person)
    await services.throttle.attempt(user.email, address)
    try:
        right = await _verify(services, request.current_password, user.hashed_password)
        hashed = await _hash(services, request.new_password) if right else None
    except Exception:
        await services.throttle.came_to_nothing(user.email, address)
        raise
    if hashed is None:
        raise Problem(403, "wrong_password", "the current password is another one; nothing was changed")
    await services.throttle.succeeded(user.email, address)
    async with services.engine.begin() as connection:
        generation = await accounts.change_password(connection, user.id, hashed, was=user.hashed_password)
        if generation is None:
            raise Problem(409, "changed_meanwhile", "the password was changed by another request just now")
        await accounts.write_audit(
            connection, workspace_id=person.workspace_id, actor=person.actor, action="password_changed"
        )
    token = services.tokens.issue(user_id=user.id, workspace_id=person.workspace_id, generation=generation)
    return TokenResponse(token=token)


def _closed() -> Problem:
    return Problem(
        403,
        "signup_closed",
        "this installation takes no sign-ups; ask its owner for an invitation, or, if it is yours, start the "
        "API with LLMLAB_SIGNUP=open",
    )


def _field_problem(error: LLMLabError, field: str) -> Problem:
    wrong = {"field": field, "code": error.code, "message": error.detail}
    return Problem(422, error.code, error.detail, errors=[wrong])


def _check_password(field: str, password: str) -> None:
    try:
        check_password(password)
    except WeakPassword as error:
        raise _field_problem(error, field) from None


def _busy(error: HashingBusy) -> Problem:
    return Problem(503, error.code, error.detail, headers={"Retry-After": "5"})


async def _hash(services: Services, password: str) -> str:
    try:
        return await services.passwords.hash(password)
    except HashingBusy as error:
        raise _busy(error) from None


async def _verify(services: Services, password: str, hashed: str | None) -> bool:
    try:
        return await services.passwords.verify(password, hashed)
    except HashingBusy as error:
        raise _busy(error) from None


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
    return UserResponse(
        id=user.id,
        email=user.email,
        created_at=user.created_at,
        monthly_budget=None if budget is None else to_wire(budget),
        budget_alert_threshold=to_wire(threshold),
        workspaces=[
            WorkspaceResponse(id=row.id, name=row.name, role=row.role, timezone=row.timezone)
            for row in await accounts.list_memberships(connection, user.id)
        ],
    )
