"""Recognising the caller: `require` for FastAPI routes, `authenticate` for the plain hot route.

Credentials come as `Authorization: Bearer <token or API key>`, or a key as `X-API-Key`; where neither is
there, a web page's as the session cookie, except on the hot route. An API key belongs to one workspace; a
person's token has a home workspace and `X-LLMLab-Workspace` chooses another.
"""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Header, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from llmlab_shared.db.repositories.accounts import (
    Standing,
    find_credentials_of,
    find_standing,
    list_memberships,
)
from llmlab_shared.db.repositories.identities import find_user_of
from llmlab_shared.db.repositories.sessions import mark_seen
from llmlab_shared.security import KEY_START, is_api_key
from pydantic import WithJsonSchema
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.datastructures import Headers

from llmlab_api.auth import ROLE_RIGHTS, KeysUnavailable, Principal, Right
from llmlab_api.cookies import clear_session, refuse_forged, session_in
from llmlab_api.errors import Problem
from llmlab_api.parameters import refuse_unknown
from llmlab_api.services import Services
from llmlab_api.sign_in import agent_of, no_workspace
from llmlab_api.tokens import Claims, IssuerAway, Subject, TokenRejected

WORKSPACE_HEADER = "X-LLMLab-Workspace"
# The same in the URL, for the routes that take it: a link, which a browser downloads, has no headers.
WORKSPACE_PARAMETER = "workspace"
# Of which a second one is refused.
_ONCE = ("Authorization", "X-API-Key", WORKSPACE_HEADER)
_MAX_ID = 2**63 - 1
_STANDING_TIMEOUT = 5.0
# No workspace has this id.
_NOWHERE = 0
_HOW = "send `Authorization: Bearer <API key or token>`, or an API key as `X-API-Key`"


def services_of(request: Request) -> Services:
    """Return what the running API holds."""
    services: Services = request.app.state.services
    return services


def unauthenticated(code: str, detail: str) -> Problem:
    """Return the 401 for credentials that are absent or no good."""
    challenge = "Bearer" if code == "not_authenticated" else 'Bearer error="invalid_token"'
    return Problem(401, code, detail, headers={"WWW-Authenticate": challenge})


def credentials_in(headers: Headers) -> str:
    """Return the token or API key of a request; raise the 401 that says how to send one.

    A header that comes twice is refused with 400: a proxy in front may have looked at the other one.
    """
    for name in _ONCE:
        if len(headers.getlist(name)) > 1:
            raise Problem(
                400, "ambiguous_credentials", f"the request has more than one {name} header; send one"
            )
    authorization = headers.get("authorization", "")
    scheme, _, credentials = authorization.partition(" ")
    if credentials.strip() and scheme.lower() == "bearer":
        return credentials.strip()
    key = headers.get("x-api-key", "").strip()
    if key and not key.startswith(KEY_START):
        raise unauthenticated(
            "key_malformed",
            f"X-API-Key takes an API key, which begins with `{KEY_START}`; "
            "a token goes into `Authorization: Bearer <token>`",
        )
    if key:
        return key
    if authorization:
        raise unauthenticated("not_authenticated", f"the Authorization header is not a Bearer one: {_HOW}")
    raise unauthenticated("not_authenticated", f"this needs an API key or a token: {_HOW}")


async def authenticate(services: Services, headers: Headers) -> Principal:
    """Return who calls by the credentials in the headers, or raise the Problem that says why not.

    An API key is fresh within 5 seconds (see `auth`), a token is checked in PostgreSQL every time.
    """
    credentials = credentials_in(headers)
    wanted = _workspace_in(headers)
    if credentials.startswith(KEY_START):
        return await _by_key(services, credentials, wanted)
    return await _by_token(services, credentials, wanted, agent_of(headers))


async def recognise(request: Request, *, anywhere: bool = False) -> Principal:
    """Return who calls, by header or by cookie, or raise the Problem that says why not.

    `anywhere` also lets in a person who has left their home workspace, and whoever is in none.
    """
    headers, services = request.headers, services_of(request)
    by_cookie = session_in(request)
    token = by_cookie or credentials_in(headers)
    wanted = _workspace_in(headers)
    if wanted is None and WORKSPACE_PARAMETER in request.query_params:
        wanted = _workspace_id(WORKSPACE_PARAMETER, request.query_params[WORKSPACE_PARAMETER])
    if by_cookie is None and token.startswith(KEY_START):
        return await _by_key(services, token, wanted)
    if by_cookie is not None:
        refuse_forged(request)
    try:
        return await _by_token(services, token, wanted, agent_of(headers), anywhere=anywhere)
    except Problem as problem:
        if by_cookie is not None and problem.status == HTTPStatus.UNAUTHORIZED:
            problem.headers = {**(problem.headers or {}), "Set-Cookie": clear_session(request)}
        raise


def check_scope(principal: Principal, right: Right) -> None:
    """Raise the 403 that names the scope which the caller lacks."""
    if right in principal.scopes:
        return
    # Of API keys it is only ever a part of this one.
    scope = "admin" if right == "edit" else right
    if principal.api_key_id is not None:
        detail = f"this API key lacks the scope `{scope}`; it has {_listed(principal.scopes - {'edit'})}"
    elif right == "edit":
        detail = "your role in this workspace is to look: changing this is for owners, admins and members"
    else:
        detail = f"this needs the scope `{scope}`, which your role in this workspace does not have"
    challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
    raise Problem(403, "insufficient_scope", detail, headers={"WWW-Authenticate": challenge})


def require(right: Right | None) -> Callable[..., Awaitable[Principal]]:
    """Return the dependency that yields the caller, who may do that and asks for what the route knows.

    None is for what concerns the person alone, in whatever workspace, or none.
    """

    async def caller(
        request: Request,
        _bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)] = None,
        _key: Annotated[str | None, Security(_API_KEY)] = None,
        _workspace: Annotated[
            str | None,
            WithJsonSchema({"type": "integer", "minimum": 1, "maximum": _MAX_ID}),
            Header(alias=WORKSPACE_HEADER, description="Another of your workspaces, by id."),
        ] = None,
    ) -> Principal:
        principal = await recognise(request, anywhere=right is None)
        if right is not None:
            check_scope(principal, right)
        refuse_unknown(request)
        return principal

    return caller


# Declared for the OpenAPI page; `authenticate` reads the headers itself.
_BEARER = HTTPBearer(auto_error=False, description="An API key (`llmlab_…`) or the token of a login.")
_API_KEY = APIKeyHeader(name="X-API-Key", auto_error=False)


async def _by_key(services: Services, secret: str, wanted: int | None) -> Principal:
    if not is_api_key(secret):
        raise unauthenticated(
            "key_malformed",
            "this API key is mistyped or cut (its checksum is wrong): copy it again, `llmlab_` to its end",
        )
    try:
        principal = services.keys.peek(secret) or await services.keys.lookup(secret)
    except KeysUnavailable as error:
        raise Problem(503, error.code, error.detail, headers={"Retry-After": "2"}) from None
    if principal is None:
        raise unauthenticated("key_unknown", "this API key is unknown or was revoked; make a new one")
    if wanted is not None and wanted != principal.workspace_id:
        raise Problem(
            403,
            "not_a_member",
            f"this API key belongs to another workspace than {WORKSPACE_HEADER} names; leave the header out",
        )
    return principal


async def _by_token(
    services: Services, token: str, wanted: int | None, agent: str, *, anywhere: bool = False
) -> Principal:
    try:
        said = await services.identify(token)
    except TokenRejected as error:
        raise unauthenticated(error.code, error.detail) from None
    except IssuerAway as error:
        raise Problem(503, error.code, error.detail, headers={"Retry-After": "5"}) from None
    async with asyncio.timeout(_STANDING_TIMEOUT), services.engine.connect() as connection:
        claims = said if isinstance(said, Claims) else await _claims_of(connection, said)
        workspace_id = claims.workspace_id if wanted is None else wanted
        standing = await find_standing(
            connection, user_id=claims.user_id, jti=claims.token_id, workspace_id=workspace_id
        )
        if standing is None or standing.revoked or _generation(standing, claims) != standing.token_generation:
            raise unauthenticated(
                "token_revoked",
                "this token was ended by a logout or a change of password; log in again (`llmlab login`)",
            )
        if isinstance(said, Claims) and not standing.seen:
            await mark_seen(
                connection,
                jti=claims.token_id,
                user_id=claims.user_id,
                generation=claims.generation,
                agent=agent,
                expires_at=claims.expires_at,
            )
            await connection.commit()
        role = standing.role
        if role is None and wanted is None and anywhere:
            others = await list_memberships(connection, claims.user_id)
            workspace_id, role = (others[0].id, others[0].role) if others else (workspace_id, None)
        elif role is None:
            if workspace_id == _NOWHERE:
                raise no_workspace()
            raise Problem(403, "not_a_member", f"you are not a member of workspace {workspace_id}")
    return Principal(
        workspace_id=workspace_id,
        scopes=ROLE_RIGHTS[role] if role is not None else frozenset(),
        user_id=claims.user_id,
        token_id=claims.token_id,
        expires_at=claims.expires_at,
        generation=standing.token_generation,
    )


async def _claims_of(connection: AsyncConnection, subject: Subject) -> Claims:
    """Return what a token of ours would say of somebody whom another issuer vouches for."""
    user_id = await find_user_of(connection, subject.issuer, subject.subject)
    user = None if user_id is None else await find_credentials_of(connection, user_id)
    if user is None:
        raise unauthenticated(
            "identity_unknown",
            "whoever this token is of has not been here: sign in once by `POST /api/auth/supabase`",
        )
    return Claims(
        user_id=user.user_id,
        workspace_id=_NOWHERE if user.workspace_id is None else user.workspace_id,
        generation=user.token_generation,
        token_id=subject.token_id,
        expires_at=subject.expires_at,
    )


def _generation(standing: Standing, claims: Claims) -> int:
    """Return the generation in which a token is good: its own, unless it outlived the end of the others."""
    return claims.generation if standing.session_generation is None else standing.session_generation


def _workspace_in(headers: Headers) -> int | None:
    value = headers.get(WORKSPACE_HEADER.lower())
    return None if value is None else _workspace_id(WORKSPACE_HEADER, value)


def _workspace_id(name: str, value: str) -> int:
    if value.isascii() and value.isdigit() and len(value) < 20 and 0 < int(value) <= _MAX_ID:
        return int(value)
    raise Problem(400, "bad_workspace", f"{name} is the id of a workspace: a whole number")


def _listed(scopes: frozenset[str]) -> str:
    return ", ".join(f"`{scope}`" for scope in sorted(scopes)) or "none"


Reader = Annotated[Principal, Depends(require("read"))]
Editor = Annotated[Principal, Depends(require("edit"))]
Administrator = Annotated[Principal, Depends(require("admin"))]


def _person(principal: Principal) -> Principal:
    if principal.user_id is None:
        raise Problem(
            403, "needs_login", "this speaks of a person, and an API key is none: log in and send the token"
        )
    return principal


async def _anybody(principal: Annotated[Principal, Depends(require(None))]) -> Principal:
    return _person(principal)


async def _member(principal: Annotated[Principal, Depends(require("read"))]) -> Principal:
    return _person(principal)


async def _managing(principal: Annotated[Principal, Depends(require("admin"))]) -> Principal:
    return _person(principal)


# People, and no API keys: in any workspace or none, in this workspace, and who may run it.
Person = Annotated[Principal, Depends(_anybody)]
Member = Annotated[Principal, Depends(_member)]
Manager = Annotated[Principal, Depends(_managing)]
