"""`/api/auth/supabase`: signing in with an account that is at Supabase, or at a provider behind it."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from llmlab_api.cookies import VERIFIER, cookie_in, set_cookie
from llmlab_api.deps import services_of
from llmlab_api.openapi import problems
from llmlab_api.sign_in import AVisitor, hand_over
from llmlab_api.supabase import service
from llmlab_api.supabase.schemas import SupabaseRequest, SupabaseResponse

router = APIRouter(prefix="/api/auth/supabase", tags=["accounts"])
# Somebody signs in over there meanwhile, perhaps with a second factor.
_VERIFIER_SECONDS = 600
_NOT_SET = "This installation has no sign-in by Supabase, or there is no such invitation."


@router.post(
    "",
    responses=problems(
        409,
        429,
        503,
        s401="Supabase does not know the credentials, or the token is no good.",
        s403="The e-mail is not verified, strangers may not come in, or another site asks.",
        s404=_NOT_SET,
    ),
)
async def sign_in(
    request: Request, response: Response, visitor: AVisitor, body: SupabaseRequest
) -> SupabaseResponse:
    """Sign in with an account at Supabase; the first time, its verified e-mail says whose it is here."""
    verifier = cookie_in(request, VERIFIER)
    answer = await service.sign_in(services_of(request), body, visitor, verifier)
    answer = hand_over(request, response, visitor, answer)
    if body.code is not None:
        response.headers.append("set-cookie", set_cookie(request, VERIFIER, "", 0))
    return answer


@router.get(
    "/start",
    status_code=302,
    response_class=RedirectResponse,
    responses=problems(422, s404="This installation has no sign-in by Supabase."),
)
async def start(request: Request, provider: Annotated[str, Query(max_length=64)]) -> RedirectResponse:
    """Send a browser to a provider's sign-in; it comes back to `/auth/callback` with a `code`."""
    own_origin = f"{request.url.scheme}://{request.url.netloc}"
    target, verifier = service.begin(services_of(request), provider, own_origin)
    redirect = RedirectResponse(target, status_code=302)
    redirect.headers["set-cookie"] = set_cookie(request, VERIFIER, verifier, _VERIFIER_SECONDS)
    redirect.headers["cache-control"] = "no-store"
    return redirect
