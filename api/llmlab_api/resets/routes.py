"""`/api/auth/password/forgot` and `…/reset`: a new password without the old one."""

from fastapi import APIRouter, Request, Response

from llmlab_api.accounts.schemas import TokenResponse
from llmlab_api.deps import services_of
from llmlab_api.openapi import problems
from llmlab_api.resets import service
from llmlab_api.resets.schemas import ForgotRequest, ForgotResponse, ResetRequest
from llmlab_api.sign_in import AVisitor, hand_over

router = APIRouter(prefix="/api/auth/password", tags=["accounts"])
_OTHER_SITE = "Another site asks."


@router.post("/forgot", status_code=202, responses=problems(429, 503, s403=_OTHER_SITE))
async def forget(request: Request, visitor: AVisitor, body: ForgotRequest) -> ForgotResponse:
    """Ask for a link to choose a new password; the answer is the same whether or not there is an account."""
    return await service.forget(services_of(request), body.email, visitor)


@router.post(
    "/reset",
    responses=problems(
        503,
        s403="The password is set, but you belong to no workspace any more; or another site asks.",
        s404="The link was used, has expired, or was never made.",
    ),
)
async def reset(request: Request, response: Response, visitor: AVisitor, body: ResetRequest) -> TokenResponse:
    """Choose a new password by a link; all sessions but the new one end."""
    return hand_over(request, response, visitor, await service.reset(services_of(request), body, visitor))
