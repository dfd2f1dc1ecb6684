"""Signing in by way of Supabase: whose token it is, which user that is here, and who may come in anew."""

import base64
import hashlib
import secrets
from urllib.parse import urlencode

from llmlab_shared.db.repositories import accounts, identities
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_api import admission
from llmlab_api.accounts.schemas import is_email, normal_email
from llmlab_api.deps import unauthenticated
from llmlab_api.errors import Problem, invalid
from llmlab_api.services import Services
from llmlab_api.sign_in import Visitor, no_workspace, start_session
from llmlab_api.supabase.issuer import Person, Refused, SupabaseIssuer, TooMany
from llmlab_api.supabase.schemas import SupabaseRequest, SupabaseResponse
from llmlab_api.tokens import IssuerAway, Subject, TokenRejected

# Their own wording tells a stranger no more than ours.
_WRONG = "no account at Supabase has this e-mail and this password, or it is not confirmed"


def issuer_of(services: Services) -> SupabaseIssuer:
    """Return the Auth server; raise the 404 where none is set."""
    if services.supabase is None:
        raise Problem(
            404, "supabase_not_set", "this installation has no sign-in by Supabase (LLMLAB_SUPABASE_URL)"
        )
    return services.supabase


def begin(services: Services, provider: str, own_origin: str) -> tuple[str, str]:
    """Return where to send a browser for a provider's sign-in, and the verifier that it keeps meanwhile."""
    issuer, settings = issuer_of(services), services.settings
    if provider not in settings.supabase_providers:
        known = ", ".join(settings.supabase_providers) or "none"
        raise invalid(
            "provider", "unknown_provider", f"{provider[:64]!r} is not offered here; these are: {known}"
        )
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    query = {
        "provider": provider,
        "redirect_to": f"{settings.public_url or own_origin}/auth/callback",
        "code_challenge": challenge,
        "code_challenge_method": "s256",
    }
    return f"{issuer.base}/authorize?{urlencode(query)}", verifier


async def sign_in(
    services: Services, request: SupabaseRequest, visitor: Visitor, verifier: str | None
) -> SupabaseResponse:
    """Return a token of ours for somebody whom Supabase vouches for.

    Raises 401, 403, 404, 409, 422, 429 or 503 problems.
    """
    issuer = issuer_of(services)
    try:
        token = await _access_token(services, issuer, request, visitor, verifier)
        subject = await services.identify(token)
        if not isinstance(subject, Subject):
            raise TokenRejected(
                "token_invalid", "access_token is a token of Supabase, and this is one of ours"
            )
        async with services.engine.connect() as connection:
            if await accounts.is_revoked(connection, subject.token_id):
                raise TokenRejected(
                    "token_revoked", "this session of Supabase was logged out here; sign in there anew"
                )
            known = await identities.find_user_of(connection, subject.issuer, subject.subject)
        person = None if known is not None else await issuer.read_person(token)
    except TokenRejected as error:
        raise unauthenticated(error.code, error.detail) from None
    except TooMany:
        raise Problem(
            429, "too_many_attempts", "Supabase takes no more attempts now", headers={"Retry-After": "60"}
        ) from None
    except IssuerAway as error:
        raise Problem(503, error.code, error.detail, headers={"Retry-After": "5"}) from None
    except Refused as error:
        raise unauthenticated("token_invalid", f"Supabase refuses this token: {error.detail}") from None
    return await _enter(services, request, visitor, subject, user_id=known, person=person)


async def _access_token(
    services: Services,
    issuer: SupabaseIssuer,
    request: SupabaseRequest,
    visitor: Visitor,
    verifier: str | None,
) -> str:
    if request.access_token is not None:
        return request.access_token
    if request.code is not None:
        if verifier is None:
            raise Problem(
                403,
                "sign_in_expired",
                "this sign-in was begun in another browser, or over ten minutes ago: begin it again",
            )
        try:
            return await issuer.exchange(request.code, verifier)
        except Refused as error:
            raise Problem(401, "code_refused", f"Supabase refuses the code: {error.detail}") from None
    assert request.email is not None, "the schema wants one of three"
    assert request.password is not None, "the schema wants one of three"
    email = normal_email(request.email)
    await services.throttle.attempt(email, visitor.address)
    try:
        token = await issuer.log_in(email, request.password)
    except Refused:
        raise Problem(401, "bad_credentials", _WRONG) from None
    except Exception:
        await services.throttle.came_to_nothing(email, visitor.address)
        raise
    await services.throttle.succeeded(email, visitor.address)
    return token


async def _enter(
    services: Services,
    request: SupabaseRequest,
    visitor: Visitor,
    subject: Subject,
    *,
    user_id: int | None,
    person: Person | None,
) -> SupabaseResponse:
    async with services.engine.begin() as connection:
        new, workspace_id = False, None
        if user_id is None:
            assert person is not None, "asked for whoever has not been here"
            user_id, new = await _link(services, connection, request, subject, person)
        if request.invitation is not None and not new:
            user = await accounts.find_user(connection, user_id)
            assert user is not None, "users are not deleted"
            invitation = await admission.find_invitation(connection, request.invitation, email=user.email)
            await admission.accept(connection, invitation, user_id)
            workspace_id = invitation.workspace_id
        home = await accounts.find_credentials_of(connection, user_id)
        assert home is not None, "users are not deleted"
        workspace_id = workspace_id or home.workspace_id
        if workspace_id is None:
            raise no_workspace()
        token = await start_session(
            services,
            connection,
            visitor,
            user_id=user_id,
            workspace_id=workspace_id,
            generation=home.token_generation,
        )
    return SupabaseResponse(token=token, new_account=new)


async def _link(
    services: Services,
    connection: AsyncConnection,
    request: SupabaseRequest,
    subject: Subject,
    person: Person,
) -> tuple[int, bool]:
    """Return which user somebody is who comes for the first time, and whether they are new."""
    if person.subject != subject.subject:
        raise unauthenticated("token_invalid", "Supabase names another person than the token does")
    email = normal_email(person.email or "")
    if not is_email(email):
        raise Problem(
            403,
            "email_not_verified",
            "Supabase has not verified your e-mail; confirm it there. (For whoever runs the project: as long "
            "as it takes e-mails without a confirmation, none counts as verified.)",
        )
    await identities.lock_linking(connection)
    user_id = await identities.find_user_of(connection, subject.issuer, subject.subject)
    if user_id is not None:
        return user_id, False
    found = await accounts.find_credentials(connection, email)
    new = found is None
    if found is not None:
        user_id = found.user_id
        await _claim(connection, user_id)
    else:
        made = await admission.come_in(
            services, connection, email=email, hashed_password=None, invitation=request.invitation
        )
        if made is None:
            raise Problem(
                409, "changed_meanwhile", "an account with this e-mail was made just now; sign in again"
            )
        user_id = made.user_id
    await identities.insert_identity(connection, subject.issuer, subject.subject, user_id)
    await accounts.write_audit(
        connection,
        workspace_id=None,
        actor=f"user:{user_id}",
        action="identity_linked",
        target=subject.issuer,
    )
    return user_id, new


async def _claim(connection: AsyncConnection, user_id: int) -> None:
    """Let somebody who has proven an e-mail have the account under it.

    Whoever made that account may only have typed the e-mail in, to wait for its owner: then their password
    and their tokens end. API keys stay, as they always do; they are listed.
    """
    user = await accounts.find_user(connection, user_id)
    assert user is not None, "users are not deleted"
    if not user.email_proven:
        await accounts.replace_password(connection, user_id, None)
