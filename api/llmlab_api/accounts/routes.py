"""`/api/auth`: signing up, logging in and out, the signed-in user."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from llmlab_api.accounts import service
from llmlab_api.accounts.schemas import (
    LoginRequest,
    MeRequest,
    PasswordRequest,
    SignupRequest,
    SignupResponse,
    TokenResponse,
    UserResponse,
)
from llmlab_api.auth import Principal
from llmlab_api.deps import require, services_of
from llmlab_api.errors import Problem
from llmlab_api.openapi import problems

router = APIRouter(prefix="/api/auth", tags=["accounts"])


def _person(principal: Principal) -> Principal:
    if principal.user_id is None:
        raise Problem(
            403, "needs_login", "this speaks of a person, and an API key is none: log in and send the token"
        )
    return principal


async def _member(principal: Annotated[Principal, Depends(require("read"))]) -> Principal:
    return _person(principal)


async def _administrator(principal: Annotated[Principal, Depends(require("admin"))]) -> Principal:
    return _person(principal)


Member = Annotated[Principal, Depends(_member)]
Administrator = Annotated[Principal, Depends(_administrator)]


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""


@router.post("/signup", status_code=201, responses=problems(409, 503, s403="Strangers may not sign up here."))
async def sign_up(request: Request, body: SignupRequest) -> SignupResponse:
    """Make an account; whether strangers may is LLMLAB_SIGNUP's to say."""
    return await service.sign_up(services_of(request), body)


@router.post("/login", responses=problems(429, 503, s401="The e-mail or the password is wrong."))
async def log_in(request: Request, body: LoginRequest) -> TokenResponse:
    """Exchange e-mail and password for a token."""
    return await service.log_in(services_of(request), body, _address(request))


@router.post("/logout", status_code=204)
async def log_out(request: Request, person: Member) -> Response:
    """End this token, everywhere."""
    await service.log_out(services_of(request), person)
    return Response(status_code=204)


@router.get("/me", responses=problems(404))
async def read_me(request: Request, person: Member) -> UserResponse:
    """The signed-in user, with the budget of the workspace that the request speaks for."""
    return await service.read_me(services_of(request), person)


@router.patch("/me", responses=problems(404))
async def change_me(request: Request, person: Administrator, body: MeRequest) -> UserResponse:
    """Change the workspace's budget of every month, or the share of it that alerts."""
    return await service.change_me(services_of(request), person, body)


@router.patch("/password", responses=problems(404, 409, 429))
async def change_password(request: Request, person: Member, body: PasswordRequest) -> TokenResponse:
    """Change the password; all other tokens die."""
    return await service.change_password(services_of(request), person, body, _address(request))
