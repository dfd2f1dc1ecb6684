"""`/api/auth`: signing up, logging in and out, the signed-in user."""

from fastapi import APIRouter, Request, Response

from llmlab_api.accounts import service
from llmlab_api.accounts.schemas import (
    LoginRequest,
    MeRequest,
    MethodsResponse,
    PasswordRequest,
    SignupRequest,
    SignupResponse,
    TokenResponse,
    UserResponse,
)
from llmlab_api.cookies import clear_session, session_in
from llmlab_api.deps import Manager, Person, services_of
from llmlab_api.openapi import problems
from llmlab_api.sign_in import AVisitor, hand_over

router = APIRouter(prefix="/api/auth", tags=["accounts"])


@router.get("/methods", responses=problems(503))
async def list_methods(request: Request) -> MethodsResponse:
    """What a sign-in page has to offer: who may sign up, how a forgotten password is replaced."""
    return await service.list_methods(services_of(request))


@router.post(
    "/signup", status_code=201, responses=problems(404, 409, 503, s403="Strangers may not sign up here.")
)
async def sign_up(
    request: Request, response: Response, visitor: AVisitor, body: SignupRequest
) -> SignupResponse:
    """Make an account; whether strangers may is LLMLAB_SIGNUP's to say, an invitation is always let in."""
    answer = await service.sign_up(services_of(request), body, visitor)
    return hand_over(request, response, visitor, answer)


@router.post(
    "/login",
    responses=problems(
        404,
        409,
        429,
        503,
        s401="The e-mail or the password is wrong.",
        s403="You belong to no workspace any more, the invitation is for another, or another site asks.",
    ),
)
async def log_in(
    request: Request, response: Response, visitor: AVisitor, body: LoginRequest
) -> TokenResponse:
    """Exchange e-mail and password for a token."""
    return hand_over(request, response, visitor, await service.log_in(services_of(request), body, visitor))


@router.post("/logout", status_code=204)
async def log_out(request: Request, person: Person) -> Response:
    """End this token, everywhere; the cookie that it came in is cleared."""
    await service.log_out(services_of(request), person)
    by_cookie = session_in(request) is not None
    return Response(status_code=204, headers={"set-cookie": clear_session(request)} if by_cookie else None)


@router.get("/me", responses=problems(404))
async def read_me(request: Request, person: Person) -> UserResponse:
    """The signed-in user, with the budget of the workspace that the request speaks for."""
    return await service.read_me(services_of(request), person)


@router.patch("/me", responses=problems(404))
async def change_me(request: Request, person: Manager, body: MeRequest) -> UserResponse:
    """Change the workspace's budget of every month, or the share of it that alerts."""
    return await service.change_me(services_of(request), person, body)


@router.patch("/password", responses=problems(404, 409, 429))
async def change_password(
    request: Request, response: Response, visitor: AVisitor, person: Person, body: PasswordRequest
) -> TokenResponse:
    """Change the password; all other tokens die."""
    answer = await service.change_password(services_of(request), person, body, visitor)
    return hand_over(request, response, visitor, answer)
